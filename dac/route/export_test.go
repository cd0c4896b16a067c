// SPDX-License-Identifier: Apache-2.0

package route

import (
	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// NASOf is the NAS that set names, as NASes see it and as Learned does.
func NASOf(set radius.Attributes) (quick, whole attrs.NAS) {
	name, addrs := nasOf(set)
	quick.Identifier = string(name)
	for _, a := range addrs {
		if a.IsValid() {
			quick.Addrs = append(quick.Addrs, a)
		}
	}
	whole, _ = identify(set)
	return quick, whole
}

// ReadRecord is how a Memory reads the octets that it keeps.
func ReadRecord(octets string) (Session, bool) {
	r := new(record)
	ok := r.read(octets)
	return r.one[0], ok
}
