// SPDX-License-Identifier: Apache-2.0

package session

import (
	"math/bits"
	"net/netip"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// A query is what is looked for.
type query struct {
	id     *attrs.Identity // less what it had in Other
	others []other         // that
	fields uint16          // of both
}

// empty says that nothing identifies a session: a context alone does not.
func (q *query) empty() bool { return q.fields&^(1<<fieldContext) == 0 }

// selects says whether the query selects the session of which body is the encoded identity. It
// reads no more of body than the query asks about and leaves the verdict to attrs.Identity.Selects.
// All that the request names has to be so of the session (RFC 5176, section 3): what the session
// has beside it does not matter, what it lacks does.
func (q *query) selects(body []byte) bool {
	s := scanner[[]byte]{body}
	has, behind := s.head()
	if q.fields&^has != 0 || (q.fields^has)&(1<<fieldContext) != 0 {
		return false
	}
	var (
		got      attrs.Identity
		prefixes [4]netip.Prefix
	)
	port := s.number(has)
	got.NASPort = &port
	got.FramedIPAddress = s.address(has)
	iface := s.iface(has)
	got.FramedInterfaceID = &iface
	need := q.fields & textFields
	for rest := has & textFields; need != 0; rest &= rest - 1 {
		f := field(bits.TrailingZeros16(rest))
		v := s.text()
		if need&(1<<f) == 0 {
			continue
		}
		need &^= 1 << f
		switch want := *f.text(q.id); {
		case string(v) == want:
			*f.text(&got) = want
		// The same MAC address in another form, mostly.
		case f == fieldCallingStationID || f == fieldCalledStationID:
			*f.text(&got) = string(v)
		default:
			return false
		}
	}
	if q.fields&(1<<fieldIPv6Prefix|1<<fieldOther) == 0 {
		return q.id.Selects(got)
	}
	s.b = body[behind:]
	if has&(1<<fieldIPv6Prefix) != 0 {
		got.FramedIPv6Prefix = prefixes[:0]
		for range s.uvarint() {
			got.FramedIPv6Prefix = append(got.FramedIPv6Prefix, s.prefix())
		}
	}
	if q.fields&(1<<fieldOther) != 0 {
		if !q.selectsOthers(s) {
			return false
		}
		if q.fields&^(1<<fieldOther|1<<fieldContext) == 0 {
			return true // nothing else identifies the session
		}
	}
	return q.id.Selects(got)
}

// selectsOthers says whether all that the query has in Other is in the session's.
func (q *query) selectsOthers(s scanner[[]byte]) bool {
	found := 0
	for range s.uvarint() {
		id := attrs.ID{Type: radius.Type(s.varint()), Vendor: s.uint32(), Sub: s.uint32()}
		name, v := s.text(), s.text()
		for i := range q.others {
			o := &q.others[i]
			if o.Type == id.Type && o.Vendor == id.Vendor && o.Sub == id.Sub && o.Name == string(name) && o.value == string(v) {
				found++
			}
		}
	}
	return found == len(q.others)
}
