// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/exchange"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/rate"
	"github.com/radius-dynauth/dynauth/dac/internal/report"
	"github.com/radius-dynauth/dynauth/dac/internal/show"
	"layeh.com/radius"
)

// A clientCore is what a Client and those that With made of it share: their engine, and what is
// wrong with the configuration.
type clientCore struct {
	*exchange.Engine
	trace      bool  // the Client has a Trace
	fault      error // of the configuration
	peersFault error // of Peers
}

func newClientCore(c *Client) *clientCore {
	return &clientCore{
		Engine: exchange.New(exchange.Config{
			Retry: c.Retry.filled(), PerNAS: rateLimit(c.PerNAS), Dial: c.Dial, IdleTimeout: cmp.Or(c.IdleTimeout, 30*time.Second), FailFast: c.FailFast,
			Observer: newClientObserver(c), Random: c.tune.random, ConnsOfNAS: c.tune.portsOfNAS, Conns: c.tune.ports,
		}),
		trace: c.Trace != nil, fault: c.check(), peersFault: peersCheck(c.Peers),
	}
}

// rateLimit is l without a Rate that is none.
func rateLimit(l Limit) rate.Limit { return rate.Limit(l.bounded()) }

// check says what is wrong with the configuration, Peers aside.
func (c *Client) check() error {
	errs := []error{c.Retry.check()}
	if r := c.PerNAS.Rate; r < 0 || math.IsNaN(r) || c.PerNAS.Burst < 0 || c.PerNAS.InFlight < 0 {
		errs = append(errs, fmt.Errorf("dac: Client.PerNAS has a field below zero: zero is no bound"))
	}
	if c.InFlight < 0 || c.RetryCauses < 0 || c.IdleTimeout < 0 {
		errs = append(errs, errors.New("dac: InFlight, RetryCauses and IdleTimeout of a Client may not be negative: zero is the default"))
	}
	return errors.Join(errs...)
}

// faults says what is wrong with the configuration of c, Peers included where it asks them.
func (c *Client) faults() error {
	core := c.core()
	if c.peer != nil {
		return core.fault
	}
	return errors.Join(core.fault, core.peersFault)
}

// makeExchange begins an exchange of r with peer. The rest of call is the caller's.
func (core *clientCore) makeExchange(peer *Peer, r *Request, call exchange.Call) *exchange.Exchange {
	p := peer.spoken()
	call.Body, call.Code, call.AuthorizeOnly = (*requestBody)(r), r.Packet.Code, packet.AuthorizeOnly(r.Packet.Attributes)
	return core.Make(&p, &call)
}

// DialFrom returns a Dial of a Client that sends from the address local, for a host with several of
// which the NASes know one. Its sockets are connected UDP sockets, like those of a Client without
// Dial.
func DialFrom(local netip.Addr) func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
	return func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
		return exchange.DialUDP(net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)), nas)
	}
}

// openVia opens a connection to nas by the Transport of p.
func openVia(ctx context.Context, nas netip.AddrPort, p Peer) (*exchange.TransportConn, error) {
	pc, err := p.Via.Open(ctx, nas, p)
	if err != nil {
		return nil, err
	}
	if pc == nil {
		return nil, errors.New("Transport.Open returned neither a PacketConn nor an error")
	}
	info := pc.Info()
	if err := checkInfo(info); err != nil {
		pc.Close()
		return nil, err
	}
	w := &exchange.Info{
		Transport: info.Transport, Tokens: info.Version == RADIUS11, Reliable: info.Reliable, Secret: authn.Secret(info.Secret), Break: pc.Break, Host: info,
	}
	if info.Identifiers != nil {
		w.Identifiers = info.Identifiers
	}
	return &exchange.TransportConn{Link: netio.NewStreamLink(pc, info.Local), Info: w}, nil
}

// checkInfo says what is wrong with what a Transport says of a connection.
func checkInfo(info *ConnInfo) error {
	switch {
	case info == nil:
		return errors.New("PacketConn.Info returned nil")
	case info.Version != RADIUS11 && info.Secret == "":
		return errors.New("ConnInfo.Secret is empty, and RADIUS/1.0 signs with it: set it to \"radsec\" for TLS")
	}
	return nil
}

// A clientObserver tells Trace and Logger of a Client what becomes of its packets.
type clientObserver struct {
	trace func(Event)
	report.Log
}

// newClientObserver returns nil where there is neither a Logger nor a Trace.
func newClientObserver(c *Client) exchange.Observer {
	if c.Trace == nil && c.Logger == nil {
		return nil
	}
	return &clientObserver{c.Trace, report.Log{Logger: show.Steady(c.Logger)}}
}

var clientOps = [...]EventOp{exchange.Sent: Sent, exchange.Resent: Resent, exchange.Received: Received, exchange.Dropped: Dropped, exchange.GaveUp: GaveUp}

// Packet tells of one packet. Its octets may be unverified.
func (o *clientObserver) Packet(c *exchange.PacketEvent) {
	e := Event{
		Time: time.Now(), Op: clientOps[c.Op], Local: c.Local, Peer: c.NAS, Wire: c.Octets, ID: c.ID, Err: c.Err, Tag: c.Label, Transport: "udp",
	}
	if c.Info != nil {
		e.Transport, e.PeerIdentity = c.Info.Transport, c.Info.Host.(*ConnInfo).Identity
	}
	if len(c.Octets) > 1 {
		e.Code = radius.Code(c.Octets[0])
	}
	if e.Op == Received {
		e.Cause = packet.RefusalOf(c.Octets).Cause
	}
	if c.GaveUp != nil {
		e.Err = errorOf(c.GaveUp)
	}
	if o.trace != nil {
		o.tell(e)
	}
	o.Log.Packet(c, e.Err)
}

// tell calls Trace, and survives its panic in a goroutine of the Client's: the NAS has been asked,
// or has answered, and that is what counts. The panic about a request that leaves is that of the
// call.
func (o *clientObserver) tell(e Event) {
	if e.Op != Sent {
		defer show.Survive(o.Logger, "dac: Client.Trace panicked")
	}
	o.trace(e)
}
