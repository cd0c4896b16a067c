// SPDX-License-Identifier: Apache-2.0

package errcause

import (
	"sync"

	"github.com/radius-dynauth/dynauth/internal/causetext"
)

// byName holds what UnmarshalText takes beside numbers: String and Error of every
// registered cause, and the names that differ from String, IANA's where it adds a word in brackets
// and FreeRADIUS's.
var byName = sync.OnceValue(func() causetext.Names[Cause] {
	n := causetext.Names[Cause]{}
	n.Add(ResidualSessionContextRemoved, "Residual-Context-Removed")
	n.Add(InvalidEAPPacket, "Invalid EAP Packet (Ignored)")
	n.Add(RequestNotRoutable, "Request Not Routable (Proxy)", "Proxy-Request-Not-Routable")
	n.Add(OtherProxyProcessingError, "Proxy-Processing-Error")
	for c := range All() {
		n.Add(c, c.String(), c.Error())
	}
	return n
})

// AppendText appends String to b. The error is always nil.
func (c Cause) AppendText(b []byte) ([]byte, error) { return append(b, c.String()...), nil }

// MarshalText returns String. The error is always nil.
func (c Cause) MarshalText() ([]byte, error) { return c.AppendText(nil) }

// UnmarshalText takes a name or a number from 0 to 4294967295: "Session-Context-Not-Found",
// "session context not found", "503", "Cause(503)", and what Error returns. Names are those of IANA
// and of FreeRADIUS; case does not matter, and a space, a hyphen and an underscore are the same. It
// takes back what MarshalText returns for every Cause. Where it returns an error, c is as it was.
func (c *Cause) UnmarshalText(text []byte) error {
	v, err := byName().Parse("errcause", text)
	if err != nil {
		return err
	}
	*c = v
	return nil
}
