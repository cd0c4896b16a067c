// SPDX-License-Identifier: Apache-2.0

package route

import (
	"context"
	"net/netip"

	"github.com/radius-dynauth/dynauth/dac"
	"layeh.com/radius"
)

// Routes is the Router that most need. What is left zero is not asked and costs nothing. It is safe
// for concurrent use; NASes, Learned and Realms may change at any time, the rest may not once it is
// used; do not copy it.
//
// A request with an Operator-Name goes by that alone, where Visited or Realms know any realm: to a
// NAS of this network, or to the network whose realm it is (RFC 8559, sections 3.2 and 4.3.2); else
// Func is asked. Any other request goes to the NAS that it names, else to the sole forwarding
// server, else to where its session was learned to be, else to where the NAS that it names was
// learned to be, else to where Func says.
type Routes struct {
	NASes NASes
	// Forward are forwarding servers: where there is exactly one, everything for no NAS of NASes
	// goes there.
	Forward []dac.Target
	Learned Learned
	Visited *Visited // nil: this is no visited network
	Realms  Realms
	Func    dac.RouterFunc // the host's own; nil: none
}

// Learn is that of Learned.
func (t *Routes) Learn(ctx context.Context, p *radius.Packet, from netip.AddrPort) error {
	return t.Learned.Learn(ctx, p, from)
}

// Route returns where r goes.
func (t *Routes) Route(ctx context.Context, r *dac.Request) (dac.Target, error) {
	if name, _ := operatorOf(r.Attributes()); name != "" && (t.Visited != nil || t.Realms.any()) {
		return First(t.visited(), &t.Realms, t.host()).Route(ctx, r)
	}
	return First(&t.NASes, Sole(t.Forward...), &t.Learned, dac.RouterFunc(t.Learned.RouteNAS), t.host()).Route(ctx, r)
}

func (t *Routes) visited() dac.Router {
	if t.Visited == nil {
		return nil
	}
	return t.Visited
}

func (t *Routes) host() dac.Router {
	if t.Func == nil {
		return nil
	}
	return t.Func
}
