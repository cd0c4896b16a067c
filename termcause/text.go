// SPDX-License-Identifier: Apache-2.0

package termcause

import (
	"sync"

	"github.com/radius-dynauth/dynauth/internal/causetext"
)

// byName holds what UnmarshalText takes beside numbers: String of every registered
// cause, and the names of FreeRADIUS that differ from it.
var byName = sync.OnceValue(func() causetext.Names[Cause] {
	n := causetext.Names[Cause]{}
	n.Add(PortReinitialized, "Port-Reinit")
	n.Add(PortAdministrativelyDisabled, "Port-Disabled")
	for c := range All() {
		n.Add(c, c.String())
	}
	return n
})

// AppendText appends String to b. The error is always nil.
func (c Cause) AppendText(b []byte) ([]byte, error) { return append(b, c.String()...), nil }

// MarshalText returns String. The error is always nil.
func (c Cause) MarshalText() ([]byte, error) { return c.AppendText(nil) }

// UnmarshalText takes a name or a number from 0 to 4294967295: "NAS-Request", "nas request", "10"
// and "Cause(10)". Names are those of IANA and of FreeRADIUS; case does not matter, and a space, a
// hyphen and an underscore are the same. It takes back what MarshalText returns for every Cause.
// Where it returns an error, c is as it was.
func (c *Cause) UnmarshalText(text []byte) error {
	v, err := byName().Parse("termcause", text)
	if err != nil {
		return err
	}
	*c = v
	return nil
}
