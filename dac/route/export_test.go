// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// NASOf is the NAS that set names, as NASes see it and as Learned does: none where what names it
// contradicts itself.
func NASOf(set radius.Attributes) (quick, whole attrs.NAS) {
	name, addrs, err := nasOf(set)
	quick.Identifier = string(name)
	for _, a := range addrs {
		if a.IsValid() {
			quick.Addrs = append(quick.Addrs, a)
		}
	}
	var naming radius.Attributes
	for _, a := range set {
		if namesNAS(a) {
			naming = append(naming, a)
		}
	}
	whole, _, otherwise := identify(naming)
	if (err == nil) != (otherwise == nil) {
		panic(fmt.Sprint(err, otherwise))
	}
	if err != nil {
		return attrs.NAS{}, attrs.NAS{}
	}
	return quick, whole
}

// ReadRecord is how a Memory reads the octets that it keeps.
func ReadRecord(octets string) (Session, bool) {
	r := new(record)
	ok := r.read(octets)
	return r.one[0], ok
}
