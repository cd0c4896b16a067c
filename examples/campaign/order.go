// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/riverqueue/river"
)

// An Order is what is to become of one session, as it stands in the table of jobs.
type Order struct {
	NAS        string `json:"nas"`        // address and port
	Change     bool   `json:"change"`     // a CoA; else a Disconnect
	Attributes string `json:"attributes"` // as radclient writes them
}

// Kind is that of the jobs.
func (Order) Kind() string { return "dynauth" }

// InsertOpts puts the orders of each NAS into a queue of their own.
func (o Order) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: o.queue(), MaxAttempts: maxAttempts}
}

const maxAttempts = 200 // of ten minutes at most: a day

// queue is the name of the queue of the NAS: letters, digits and single dashes.
func (o Order) queue() string {
	nas, err := netip.ParseAddrPort(o.NAS)
	if err != nil {
		return river.QueueDefault // request says what is wrong
	}
	addr := strings.NewReplacer(".", "-", ":", "-").Replace(nas.Addr().WithZone("").StringExpanded())
	return fmt.Sprintf("nas-%s-%d", addr, nas.Port())
}

// request makes the request, or says what is wrong with o.
func (o Order) request() (netip.AddrPort, *dac.Request, error) {
	nas, err := netip.ParseAddrPort(o.NAS)
	if err != nil {
		return nas, nil, err
	}
	if nas.Port() == 0 {
		return nas, nil, errors.New("the NAS has no port: 3799 mostly")
	}
	list, err := attrs.ParseList(o.Attributes)
	if err != nil {
		return nas, nil, err
	}
	build := dac.NewDisconnect
	if o.Change {
		build = dac.NewCoA
	}
	r, err := build(list...)
	return nas, r, err
}

// readOrders reads a file of orders. Each is checked, so that none stands in the table that cannot
// be sent.
func readOrders(r io.Reader) (all []Order, err error) {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		parts := strings.SplitN(text, " ", 3)
		if len(parts) < 3 || parts[1] != "disconnect" && parts[1] != "coa" {
			return nil, fmt.Errorf("line %d: give ADDRESS:PORT, disconnect or coa, and attributes", n)
		}
		o := Order{NAS: parts[0], Change: parts[1] == "coa", Attributes: parts[2]}
		if _, _, err := o.request(); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		all = append(all, o)
	}
	return all, lines.Err()
}
