// SPDX-License-Identifier: Apache-2.0

package relay

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"layeh.com/radius"
)

const (
	randomMark = 16
	// Octets behind the mark, which make each request another one, with an authenticator of its
	// own.
	stateTail = 8
	// Attributes that a request has before they need an allocation of their own.
	usualSet = 8
)

// A Mark begins the Proxy-States of one proxy, or of several that share the work.
type Mark []byte

// NewMark is the Mark of a proxy with an id; 16 random octets stand for none.
func NewMark(id string) Mark {
	if id != "" {
		return Mark(id)
	}
	m := make(Mark, randomMark)
	rand.Read(m)
	return m
}

// Circles says whether a request with set has been here before, or has been passed on more often
// than any way is long: more than most times.
func (m Mark) Circles(set radius.Attributes, most int) error {
	states := 0
	for _, a := range set {
		if a == nil || a.Type != packet.TypeProxyState {
			continue
		}
		states++
		if len(a.Attribute) == len(m)+stateTail && bytes.HasPrefix(a.Attribute, m) {
			return errors.New("the request has a Proxy-State of this proxy: it goes in a circle")
		}
	}
	if states > most {
		return fmt.Errorf("the request has %d Proxy-States, %d at most: it goes in a circle", states, most)
	}
	return nil
}

// A Way is how a request goes to the next hop.
type Way struct {
	Hold bool // the Proxy-States of the request are held back
	Omit bool // that of the proxy is left off
	// Edit returns the attributes that go there, of a copy; nil: all, as they came.
	Edit func(set radius.Attributes) (radius.Attributes, error)
}

// A Forward is the request for the next hop in one piece, where it is of the usual size.
type Forward struct {
	Packet radius.Packet

	avp   radius.AVP // of state
	state [randomMark + stateTail]byte
	set   [usualSet]*radius.AVP
}

// Make makes f of r, which it does not change, and returns the Proxy-State that was added; nil:
// none was. n is another number for each request.
func (f *Forward) Make(r *radius.Packet, way Way, mark Mark, n uint64) (state []byte, err error) {
	set := f.set[:0]
	if n := len(r.Attributes) + 1; n > len(f.set) {
		set = make(radius.Attributes, 0, n)
	}
	set = append(set, r.Attributes...)
	if way.Hold {
		set = slices.DeleteFunc(set, func(a *radius.AVP) bool { return a != nil && a.Type == packet.TypeProxyState })
	}
	if way.Edit != nil {
		if set, err = way.Edit(set); err != nil {
			return nil, err
		}
		if slices.Contains(set, nil) {
			return nil, errors.New("Target.Edit returned a nil attribute")
		}
	}
	if !way.Omit {
		state = binary.BigEndian.AppendUint64(append(f.state[:0], mark...), n)
		f.avp = radius.AVP{Type: packet.TypeProxyState, Attribute: state}
		set = append(set, &f.avp)
	}
	f.Packet.Code, f.Packet.Attributes = r.Code, set
	return state, nil
}
