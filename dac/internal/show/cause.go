// SPDX-License-Identifier: Apache-2.0

package show

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// Cause says c, its absence, or that its octets stand the wrong way round, as some senders put
// them: Error-Cause is an integer in network byte order (RFC 5176, section 3.5).
func Cause(c errcause.Cause) string {
	if c == 0 {
		return "no Error-Cause"
	}
	if meant, ok := errcause.Swapped(c); ok {
		return fmt.Sprintf("Error-Cause %#08x, which is %v with its octets swapped", uint32(c), meant)
	}
	return c.Error()
}

// CauseHint says what to look at after a refusal for c; the hint for 0 is that of a NAK without
// Error-Cause.
func CauseHint(c errcause.Cause) string {
	if meant, ok := errcause.Swapped(c); ok {
		c = meant
	}
	return c.Hint()
}

// Refusal says what was refused, by whom and why: "dac: Disconnect-NAK from 192.0.2.1:3799:
// Session-Context-Not-Found (503)". p may be nil, as of a handler that has made no answer; from is
// zero where nothing came from a NAS; err is what lies behind the refusal, or nil. The text is for
// a log of this machine: it never leaves it.
func Refusal(p *radius.Packet, from netip.AddrPort, c errcause.Cause, err error) string {
	text := "dac: NAK"
	if p != nil {
		text = "dac: " + packet.CodeName(p.Code)
	}
	if from.IsValid() {
		text += fmt.Sprintf(" from %v", from)
	}
	cause, behind := Cause(c), ""
	if err != nil {
		behind = err.Error()
	}
	if !strings.Contains(behind, cause) { // an error that wraps the cause mostly says it
		text += ": " + cause
	}
	if behind != "" {
		text += ": " + behind
	}
	return text
}
