// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"layeh.com/radius"
)

// AnyKey is a Key or HiddenKey of any T.
type AnyKey interface {
	ID() ID
	String() string
	check(Revealer) error
	sealed()
}

// A Revealer shows hidden values; *dac.Request is one. Reveal gets a value as it stands in the
// packet, salt first and without its tag.
type Revealer interface {
	Attributes() radius.Attributes
	Reveal(hidden []byte) ([]byte, error)
}
