// SPDX-License-Identifier: Apache-2.0

package session

import (
	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
)

// A reading is how a Dispatcher has read the identification in a request, for a host that wants to
// see it: few do once the session is found, so it is read again instead of kept. nil: by no rules
// but those of the RFCs.
type reading struct {
	by       *rules
	context  string
	selected *attrs.Identity // where a test says what selected the sessions; nil: the request does
}

// of reads r. What a Dispatcher let pass has no error.
func (x *reading) of(r *dac.Request) (attrs.NAS, attrs.Identity) {
	if r == nil || r.Packet == nil {
		return attrs.NAS{}, attrs.Identity{}
	}
	set, also := r.Attributes(), []attrs.AnyKey(nil)
	if x != nil && x.by != nil {
		one := reader{rules: x.by, packed: packed(set), narrow: true}
		set, also = one.identification(set), x.by.also
	}
	nas, id, err := attrs.SelectionOf(set, also...)
	if err == nil && x != nil {
		id.Context = x.context
	}
	return nas, id
}

func (x *reading) identity(r *dac.Request) attrs.Identity {
	if x != nil && x.selected != nil {
		return *x.selected
	}
	_, id := x.of(r)
	return id
}

func (x *reading) nas(r *dac.Request) attrs.NAS {
	nas, _ := x.of(r)
	return nas
}

// setContext notes the context of a, for a host that asks what has selected its sessions.
func (a *arrival) setContext(x *rules) {
	read := &x.reading
	if c := a.identity.Context; c != "" {
		read = &reading{by: x, context: c}
	}
	if a.urgent {
		a.disconnect.read = read
	} else {
		a.change.read = read
	}
}
