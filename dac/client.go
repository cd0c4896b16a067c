// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A Client sends Disconnect-Requests and CoA-Requests, retransmits them by the rules of RFC 5080, section 2.2.1, and takes the first answer
// that verifies. Peers is required; every other zero field is a sound default. It is safe for concurrent use; do not copy or change it
// once used. Close it to free its sockets at once; those of a Client that is not used any more close by themselves after IdleTimeout.
type Client struct {
	Peers       Peers
	Retry       Retry // of each request; the zero Retry is the RFC's
	PerNAS      Limit // of requests to one NAS; who asks for more waits
	InFlight    int   // of all NASes together in Each; zero is 4096, or 32 for each NAS where that is more, at most 65,536
	Budget      int   // silent requests in a row after which Each fails a NAS fast, probing it now and then; zero is 16, negative none
	RetryCauses int   // how often Each tries a retryable Cause again; zero is not at all
	// Dial opens a way to nas. Each Read of the Conn is one packet and each Write is one; ctx ends when the Client is closed or the
	// Retry's Duration is over. nil: a connected UDP socket, so that ICMP errors arrive; DialFrom binds it to an address.
	Dial        func(ctx context.Context, nas netip.AddrPort) (net.Conn, error)
	IdleTimeout time.Duration // of a socket; zero is 30 s
	FailFast    bool          // an ICMP error ends the request at once; else it is noted and the schedule goes on
	Logger      *slog.Logger  // nil: silent
	Trace       func(Event)   // every packet and what became of it; called concurrently, in the read loop, where Close must not be called; nil: none
	_           func()

	once sync.Once
	made *clientCore
	peer func() Peer // of With; nil: ask Peers. A function, which no verb of fmt looks into
	tune clientTuning
}

// clientTuning is what tests change.
type clientTuning struct {
	random     func() float64 // [0, 1); nil: math/rand/v2
	portsOfNAS int            // source ports of one NAS at most; zero: maxPortsOfNAS
	ports      int            // source ports of all at most; zero: what the system allows
}

// core returns what this Client and those that With made of it share.
func (c *Client) core() *clientCore {
	c.once.Do(func() {
		if c.made == nil {
			c.made = newClientCore(c)
		}
	})
	return c.made
}

// With returns the same client, sockets, limits and counters and all, that takes p for whatever NAS it is asked about: for a host whose own
// record of the NAS has the secret in it. Closing either closes both.
func (c *Client) With(p Peer) *Client {
	return &Client{
		Peers: c.Peers, Retry: c.Retry, PerNAS: c.PerNAS, InFlight: c.InFlight, Budget: c.Budget, RetryCauses: c.RetryCauses,
		Dial: c.Dial, IdleTimeout: c.IdleTimeout, FailFast: c.FailFast, Logger: c.Logger, Trace: c.Trace,
		made: c.core(), peer: func() Peer { return p },
	}
}

// Do sends r, which it does not change, to nas and waits for the answer, which it does not interpret: a NAK is a Response, and so is a
// Protocol-Error (code 52, RFC 7930), which a proxy must not pass on. A nas with port 0 is asked at Port. r gets an identifier and a port
// from the client's own, an Event-Timestamp, where it has none, and a Message-Authenticator, unless the Peer omits them; each retransmission
// is the same octets from the same port.
//
// Do returns when the first valid answer comes, when the retransmissions are used up (30 s, whether ctx has a deadline or not), when ctx is
// done or when the Client is closed; the last three are a *NoAnswerError, and the request may have been executed all the same. Under
// a Limit, or with every identifier in use, it first waits for its turn, for as long as ctx lets it. Other errors: an unknown peer or one
// without a secret, a request that cannot be encoded, a *PacketError where the socket failed.
func (c *Client) Do(ctx context.Context, nas netip.AddrPort, r *Request) (*Response, error) {
	return c.do(ctx, ctx, 0, nas, r)
}

// do is Do that waits until end is done, and no longer than span where that is not zero.
func (c *Client) do(ctx, end context.Context, span time.Duration, nas netip.AddrPort, r *Request) (*Response, error) {
	x, nas, err := c.newExchange(ctx, span, nas, r)
	if err != nil {
		return nil, err
	}
	hasTurn, err := c.made.enter(nas, x)
	if err != nil {
		return nil, err
	}
	resp, err := x.await(end, hasTurn)
	x.drop() // not deferred: what a Trace that panics leaves behind is still in flight
	return resp, err
}

// newExchange begins an exchange of r with nas, for span where that is not zero, and completes nas.
func (c *Client) newExchange(ctx context.Context, span time.Duration, nas netip.AddrPort, r *Request) (*exchange, netip.AddrPort, error) {
	core := c.core()
	nas, err := c.address(nas)
	if err != nil {
		return nil, nas, err
	}
	peer, err := c.lookUp(ctx, nas)
	if err != nil {
		return nil, nas, err
	}
	if err := canSend(r); err != nil {
		return nil, nas, err
	}
	x := core.newExchange(peer, r, core.now())
	x.span = span
	return x, nas, nil
}

// address checks and completes the address of a NAS. The unspecified address would reach this machine, and a multicast one many.
func (c *Client) address(nas netip.AddrPort) (netip.AddrPort, error) {
	a := nas.Addr().Unmap()
	switch {
	case !a.IsValid():
		return nas, errors.New("dac: no NAS address: give the address of the NAS, netip.MustParseAddrPort(\"192.0.2.1:3799\") say")
	case a.IsUnspecified(), a.IsMulticast():
		return nas, fmt.Errorf("dac: %v is not the address of one NAS", a)
	}
	port := nas.Port()
	if port == 0 {
		port = Port
	}
	return netip.AddrPortFrom(a, port), nil
}

// lookUp returns the Peer at nas. Without a secret nothing is sent.
func (c *Client) lookUp(ctx context.Context, nas netip.AddrPort) (Peer, error) {
	core := c.core()
	if core.fault != nil {
		return Peer{}, core.fault
	}
	var p Peer
	if c.peer != nil {
		p = c.peer()
	} else if core.peersFault != nil {
		return Peer{}, core.peersFault
	} else {
		var err error
		if p, err = c.Peers.Peer(ctx, netip.AddrPortFrom(plain(nas.Addr()), nas.Port())); err != nil {
			return Peer{}, fmt.Errorf("dac: nothing sent to %v, whose secret is not known: %w; see that Client.Peers has it", nas, err)
		}
	}
	if p.Secret == "" {
		return Peer{}, fmt.Errorf("dac: nothing sent to %v: %w: set Peer.Secret to the one that the NAS has for this client", nas, errNoSecret)
	}
	return p, nil
}

// Disconnect builds and sends a Disconnect-Request (RFC 5176, section 2.1). nil is a Disconnect-ACK, whatever cause it carries. A NAK, or a
// Protocol-Error, is a *NAKError, beside the Response; else errors are as of Do.
func (c *Client) Disconnect(ctx context.Context, nas netip.AddrPort, a ...attrs.Attr) (*Response, error) {
	return c.send(ctx, DisconnectJob(nas, a...))
}

// CoA builds and sends a CoA-Request (RFC 5176, section 2.2). nil is a CoA-ACK, whatever cause it carries. A NAK, or a Protocol-Error, is
// a *NAKError, beside the Response; else errors are as of Do.
func (c *Client) CoA(ctx context.Context, nas netip.AddrPort, a ...attrs.Attr) (*Response, error) {
	return c.send(ctx, CoAJob(nas, a...))
}

func (c *Client) send(ctx context.Context, j Job) (*Response, error) {
	if j.Err != nil {
		return nil, j.Err
	}
	resp, err := c.Do(ctx, j.NAS, j.Request)
	if err != nil {
		return nil, err
	}
	return resp, resp.Err()
}

// serviceAuthorizeOnly is the Service-Type of a request to ask for authorization anew (RFC 5176, section 3.2).
const serviceAuthorizeOnly = 17

// Reauthorize sends a CoA-Request with Service-Type Authorize-Only and a, which is identification and the State that the NAS is to send
// back in its Access-Request (RFC 5176, sections 3.2 and 3.3): without one, or with anything to change, nothing is sent. CoA-NAK 507,
// Request-Initiated, is success and nil; another NAK is a *NAKError; an ACK, which the RFC forbids here, wraps ErrWrongKind. Else errors
// are as of Do.
func (c *Client) Reauthorize(ctx context.Context, nas netip.AddrPort, a ...attrs.Attr) (*Response, error) {
	r, err := NewCoA(a...)
	if err != nil {
		return nil, err
	}
	if err := authorizeOnlyRequest(r); err != nil {
		return nil, err
	}
	resp, err := c.Do(ctx, nas, r)
	switch {
	case err != nil:
		return nil, err
	case resp.ACK():
		return resp, fmt.Errorf("%w: %v answered Authorize Only with a CoA-ACK, which RFC 5176, section 3.2, forbids: see whether it supports Authorize Only; nothing may have been reauthorized", ErrWrongKind, resp.Source)
	case resp.Packet.Code == radius.CodeCoANAK && resp.Cause() == errcause.RequestInitiated:
		return resp, nil
	}
	return resp, resp.Err()
}

// authorizeOnlyRequest makes r, which nobody else has, a request to ask for authorization anew, or says why it cannot be one.
func authorizeOnlyRequest(r *Request) error {
	states, service := 0, false
	for id, err := range attrs.IDs(r.Packet.Attributes) {
		switch {
		case err != nil:
			return err
		case id.Type == typeState:
			states++
		case id.Type == typeServiceType:
			service = true
		case id.Role() == attrs.RoleAuthorization:
			return fmt.Errorf("dac: Authorize Only with %v: it holds identification and State alone (RFC 5176, section 3.2); what is to change goes into the Access-Accept", id)
		}
	}
	if states != 1 || len(r.Packet.Get(typeState)) == 0 {
		return errors.New("dac: Authorize Only needs one State (RFC 5176, section 3.3): add attrs.State, which the NAS sends back in its Access-Request")
	}
	if !service {
		r.Packet.Add(typeServiceType, radius.NewInteger(serviceAuthorizeOnly))
	} else if !slices.Equal(r.Packet.Get(typeServiceType), radius.NewInteger(serviceAuthorizeOnly)) {
		return errors.New("dac: Reauthorize with another Service-Type than Authorize-Only: leave Service-Type out")
	}
	return nil
}

// DryRun returns the octets that Do would send to nas for r now, with identifier 0, and sends nothing. Errors are as of Do before it sends.
func (c *Client) DryRun(ctx context.Context, nas netip.AddrPort, r *Request) ([]byte, error) {
	nas, err := c.address(nas)
	if err != nil {
		return nil, err
	}
	peer, err := c.lookUp(ctx, nas)
	if err != nil {
		return nil, err
	}
	if err := canSend(r); err != nil {
		return nil, err
	}
	return appendRequest(nil, r, 0, peer, time.Now())
}

// canSend says why r is nothing to be sent.
func canSend(r *Request) error {
	if r == nil || r.Packet == nil {
		return errNoPacket
	}
	if !isRequest(r.Packet.Code) {
		return fmt.Errorf("%w: %s is no Disconnect-Request or CoA-Request", ErrMalformed, codeName(r.Packet.Code))
	}
	if slices.Contains(r.Packet.Attributes, nil) {
		return fmt.Errorf("%w: a nil attribute", ErrMalformed)
	}
	return nil
}

// appendRequest signs r for peer.
func appendRequest(b []byte, r *Request, id byte, peer Peer, now time.Time) ([]byte, error) {
	return r.appendSigned(b, id, signingFor(peer, now))
}

// signingFor is how peer wants requests. Event-Timestamp is the time of the first transmission, and stays (RFC 5176, section 6.3).
func signingFor(peer Peer, now time.Time) signing {
	o := signing{Secret: peer.Secret, MessageAuthenticator: !peer.OmitMessageAuthenticator}
	if !peer.OmitEventTimestamp {
		o.EventTimestamp = now
	}
	return o
}

// Close ends what is in flight, or waits for its turn, with net.ErrClosed, closes the sockets and waits for the Client's goroutines. It returns
// nil; further calls of the Client fail with net.ErrClosed.
func (c *Client) Close() error {
	c.core().close()
	return nil
}
