// SPDX-License-Identifier: Apache-2.0

// Package consumer is a user's program: an older Go, an older testify, and accessors that
// layeh.com/radius has generated from a dictionary, in place of Keys.
package consumer

import (
	"context"
	"errors"
	"net/netip"

	"example.org/consumer/acme"
	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
	"layeh.com/radius/rfc2866"
)

// SetPlan changes the plan of a session.
func SetPlan(ctx context.Context, c *dac.Client, nas netip.AddrPort, session, plan string) error {
	r, err := dac.NewCoA(attrs.AcctSessionID.Of(session))
	if err != nil {
		return err
	}
	if err := acme.AcmePlan_SetString(r.Packet, plan); err != nil {
		return err
	}
	_, err = c.Do(ctx, nas, r)
	return err
}

// Disconnect ends a session with a packet made the way of layeh.com/radius.
func Disconnect(ctx context.Context, c *dac.Client, nas netip.AddrPort, session string) error {
	p := radius.New(radius.CodeDisconnectRequest, nil)
	if err := rfc2866.AcctSessionID_SetString(p, session); err != nil {
		return err
	}
	_, err := c.Do(ctx, nas, &dac.Request{Packet: p})
	return err
}

// Plans are the plans of sessions. It is for one request at a time.
type Plans map[string]string

// Handle changes a plan or ends a session.
func (all Plans) Handle(ctx context.Context, r *dac.Request) (*dac.Response, error) {
	session := rfc2866.AcctSessionID_GetString(r.Packet)
	if _, ok := all[session]; !ok {
		return nil, errcause.SessionContextNotFound
	}
	if r.Packet.Code == radius.CodeDisconnectRequest {
		delete(all, session)
		return r.ACK()
	}
	plan, err := acme.AcmePlan_LookupString(r.Packet)
	if errors.Is(err, radius.ErrNoAttribute) {
		return nil, errcause.MissingAttribute
	}
	if err != nil {
		return nil, errcause.InvalidAttributeValue
	}
	all[session] = plan
	return r.ACK()
}
