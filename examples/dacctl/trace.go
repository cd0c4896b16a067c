// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"

	"github.com/radius-dynauth/dynauth/dac"
)

// printPackets writes each packet as radclient does: what it is and between whom, then with -x its
// attributes. Each is shown at once: who looks at packets waits for them.
func printPackets(out *output, whole bool) func(dac.Event) {
	return func(e dac.Event) {
		from, to, what := e.Local, e.Peer, "Sent"
		switch e.Op {
		case dac.Sent:
		case dac.Resent:
			what = "Sent again"
		case dac.Received:
			from, to, what = e.Peer, e.Local, "Received"
		case dac.Dropped:
			from, to, what = e.Peer, e.Local, fmt.Sprintf("Dropped (%v)", e.Err)
		default:
			return
		}
		var packet bytes.Buffer
		dac.Dump(&packet, e.Wire) // into memory, which does not fail
		header, attributes, _ := bytes.Cut(packet.Bytes(), []byte("\n"))
		header, length, _ := bytes.Cut(header, []byte(" length "))
		if !whole {
			attributes = nil
		}
		fmt.Fprintf(out, "%s %s from %v to %v length %s\n%s", what, header, from, to, length, attributes)
		out.flush()
	}
}
