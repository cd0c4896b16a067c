// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"sync"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/profile"
	"github.com/radius-dynauth/dynauth/dac"
	"layeh.com/radius"
)

// A tag is what a Job remembers of its packet until the outcome is known.
type tag struct {
	row, line     int
	fingerprint   uint32 // 0: results are not kept
	kind, expect  radius.Code
	authorizeOnly bool
	maybe         bool // an earlier run may have executed it
	nas           *nas // nil: not known
	list          []attrs.Attr
	kept          []byte                  // in the place of list, as a plan keeps it
	ids           *profile.Identification // how -profile names the session; nil: it does not
	of            *kept                   // whose it is; nil: it is by itself
}

// recycle takes back the memory of a Job whose outcome is counted, and of which nothing is written:
// an answered request is not sent again, so its Client is done with it.
func (t *tag) recycle() {
	if t.of != nil {
		keptJobs.Put(t.of)
	}
}

// attributes are what was given, of which a profile may have sent a part.
func (t *tag) attributes() []attrs.Attr {
	if t.kept == nil {
		return t.list
	}
	return attributesOf(t.kept)
}

// job makes the request of a packet. What is wrong with it becomes the Job's Err.
func (o *options) job(p parsed) dac.Job {
	if p.kept != nil && o.asKept() {
		return o.keptJob(&p)
	}
	p.list = p.attributes()
	t := &tag{row: p.row, line: p.line, fingerprint: p.fingerprint, kind: p.target.kind, expect: p.target.expect}
	j := dac.Job{Err: p.err, Tag: t}
	if j.Err == nil && p.target.kind == 0 {
		j.Err = errNoKind
	}
	t.list = p.list
	if j.Err != nil {
		if _, to, err := o.nasOf(&p.target, p.list); err == nil { // where it would have gone, for the summary
			j.NAS = to
		}
		return j
	}
	if len(o.attrs) > 0 {
		t.list = append(p.list[:len(p.list):len(p.list)], o.attrs...)
	}
	if t.nas, j.NAS, j.Err = o.nasOf(&p.target, t.list); j.Err != nil {
		return j
	}
	var list []attrs.Attr
	if list, t.ids, j.Err = t.nas.way.attrs(p.target.disconnect(), t.list); j.Err == nil {
		j.Request, j.Err = t.request(list)
	}
	return j
}

func (t *tag) request(list []attrs.Attr) (*dac.Request, error) {
	if t.kind == radius.CodeDisconnectRequest {
		return dac.NewDisconnect(list...)
	}
	r, err := dac.NewCoA(list...)
	if err != nil {
		return nil, err
	}
	t.noteAuthorizeOnly(r)
	return r, nil
}

func (t *tag) noteAuthorizeOnly(r *dac.Request) {
	service, present, err := attrs.ServiceType.Lookup(r.Attributes())
	t.authorizeOnly = err == nil && present && service == attrs.AuthorizeOnly
}

// asKept reports whether packets of a plan leave as it keeps them: no flag and no profile adds to
// their attributes, or reads them.
func (o *options) asKept() bool {
	return len(o.attrs) == 0 && len(o.nases.all) == 0 && o.standard.way.profile == nil && o.standard.way.action == nil
}

// fewAVPs is how many attributes on the wire a keptJob has room for.
const fewAVPs = 4

// A kept is the Job of a packet that leaves as the plan keeps it: all that it needs beside the
// octets, which stay those of the plan, in one piece of memory.
type kept struct {
	t    tag
	r    dac.Request
	p    radius.Packet
	avps [fewAVPs]radius.AVP
	set  [fewAVPs]*radius.AVP
}

// keptJobs are those whose request was answered, for others: there are hundreds of thousands.
var keptJobs = sync.Pool{New: func() any { return new(kept) }}

// keptJob is job for a packet that leaves as the plan keeps it.
func (o *options) keptJob(p *parsed) dac.Job {
	made := keptJobs.Get().(*kept)
	made.t = tag{row: p.row, line: p.line, fingerprint: p.fingerprint, kind: p.target.kind, expect: p.target.expect, kept: p.kept, of: made}
	j := dac.Job{Tag: &made.t}
	if made.t.nas, j.NAS, j.Err = o.nasOf(&p.target, nil); j.Err != nil {
		return j
	}
	made.p = radius.Packet{Code: p.target.kind, Attributes: keptAVPs(p.kept, made.avps[:0], made.set[:0])}
	made.r = dac.Request{Packet: &made.p}
	if !p.target.disconnect() {
		made.t.noteAuthorizeOnly(&made.r)
	}
	j.Request = &made.r
	return j
}

// keptAVPs are the attributes on the wire of a packet as a plan keeps it, in avps and set where
// they have room.
func keptAVPs(b []byte, avps []radius.AVP, set radius.Attributes) radius.Attributes {
	count, n := binary.Uvarint(b)
	for b = b[n:]; count > 0; count-- {
		parts, n := binary.Uvarint(b)
		for b = b[n:]; parts > 0; parts-- {
			end := int(b[1])
			if len(avps) == cap(avps) { // those before it stay where set points
				avps = make([]radius.AVP, 0, 4*fewAVPs)
			}
			avps = append(avps, radius.AVP{Type: radius.Type(b[0]), Attribute: radius.Attribute(b[2:end:end])})
			set, b = append(set, &avps[len(avps)-1]), b[end:]
		}
	}
	return set
}
