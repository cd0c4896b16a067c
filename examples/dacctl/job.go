// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/profile"
	"github.com/radius-dynauth/dynauth/dac"
)

// A tag is what a Job remembers of its packet until the outcome is known.
type tag struct {
	row, line     int
	fingerprint   uint32 // 0: nobody will ask
	disconnect    bool
	authorizeOnly bool
	ids           *profile.Identification // how -profile names the session; nil: it does not
}

// job makes the request of a packet. What is wrong with it becomes the Job's Err.
func (o *options) job(p packet) dac.Job {
	to := o.target
	list, err := to.parse(p.text)
	err = errors.Join(p.err, err)
	if err == nil && !to.nas.IsValid() {
		err = errors.New("no NAS: give -nas, or Packet-Dst-IP-Address in the packet")
	}
	if to.nas.IsValid() && to.nas.Port() == 0 {
		to.nas = netip.AddrPortFrom(to.nas.Addr(), o.way.port(to.disconnect))
	}
	t := tag{row: p.row, line: p.line, disconnect: to.disconnect}
	if p.line != 0 && (o.json || o.results != "") {
		t.fingerprint = p.fingerprint(o.seed)
	}
	j := dac.Job{NAS: to.nas}
	if err == nil {
		list, t.ids, err = o.way.attrs(to.disconnect, append(list, o.attrs...))
	}
	if err == nil {
		j.Request, err = t.request(list)
	}
	if err != nil && p.line != 0 {
		err = fmt.Errorf("packet %d, line %d: %w", p.row, p.line, err)
	}
	j.Err, j.Tag = err, t
	return j
}

func (t *tag) request(list []attrs.Attr) (*dac.Request, error) {
	if t.disconnect {
		return dac.NewDisconnect(list...)
	}
	r, err := dac.NewCoA(list...)
	if err != nil {
		return nil, err
	}
	service, present, err := attrs.ServiceType.Lookup(r.Attributes())
	t.authorizeOnly = err == nil && present && service == attrs.AuthorizeOnly
	return r, nil
}
