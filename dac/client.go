// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/compose"
	"github.com/radius-dynauth/dynauth/dac/internal/exchange"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/peers"
	"github.com/radius-dynauth/dynauth/dac/internal/show"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A Client sends Disconnect-Requests and CoA-Requests, retransmits them by the rules of RFC 5080,
// section 2.2.1, and takes the first answer that verifies. Peers is required; every other zero
// field is a sound default. It is safe for concurrent use; do not copy or change it once used.
// Close it to free its sockets at once; those of a Client that is not used any more close by
// themselves after IdleTimeout.
type Client struct {
	Peers  Peers
	Retry  Retry // of each request; the zero Retry is the RFC's
	PerNAS Limit // of requests to one NAS whose Peer has no Limit; what is more waits
	// InFlight bounds the requests in flight to all NASes together in Each; zero is 4096, or 32 for
	// each NAS where that is more, at most 65,536.
	InFlight int
	// Budget is the number of silent requests in a row after which Each fails a NAS fast, probing
	// it now and then; zero is 16, negative none.
	Budget      int
	RetryCauses int // how often Each tries a retryable Cause again; zero is not at all
	// Dial opens a way to nas. Each Read of the Conn is one packet and each Write is one, of which
	// there is one at a time; ctx ends when the Client is closed or the Retry's Duration is over,
	// and a Conn that comes later is closed. nil: a connected UDP socket, so that ICMP errors
	// arrive; DialFrom binds it to an address.
	Dial        func(ctx context.Context, nas netip.AddrPort) (net.Conn, error)
	IdleTimeout time.Duration // of a socket; zero is 30 s
	// FailFast ends a request at the first ICMP error; else it is noted and the schedule goes on.
	FailFast bool
	Logger   *slog.Logger // nil: silent
	// Trace is told of every packet and what became of it; called concurrently, in the read loop,
	// where Close must not be called. A panic when a request leaves is that of Do, Disconnect or
	// CoA; another one is a line in the log and changes nothing. nil: none.
	Trace func(Event)
	_     func()

	once sync.Once
	made *clientCore
	peer func() Peer // of With; nil: ask Peers. A function, which no verb of fmt looks into
	tune clientTuning
}

// clientTuning is what tests change.
type clientTuning struct {
	random     func() float64 // [0, 1); nil: math/rand/v2
	portsOfNAS int            // source ports of one NAS at most; zero: exchange.maxSocketsOfNAS
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

// Format prints the exported fields, with secrets as "[secret]", under every verb.
func (c *Client) Format(f fmt.State, verb rune) { show.Exported(f, verb, c) }

// With returns the same client, sockets, limits and counters and all, that takes p for every NAS
// that it is asked about: for a host whose own record of the NAS has the secret in it. Closing
// either closes both.
func (c *Client) With(p Peer) *Client {
	return &Client{
		Peers: c.Peers, Retry: c.Retry, PerNAS: c.PerNAS, InFlight: c.InFlight, Budget: c.Budget, RetryCauses: c.RetryCauses,
		Dial: c.Dial, IdleTimeout: c.IdleTimeout, FailFast: c.FailFast, Logger: c.Logger, Trace: c.Trace,
		made: c.core(), peer: func() Peer { return p },
	}
}

// Do sends r, which it does not change, to nas and waits for the answer. nil is an ACK, with
// any cause or none: what was asked is done. A NAK, or a Protocol-Error (code 52, RFC 7930), is a
// *NAKError, beside the Response. A nas with port 0 is asked at Port. r gets an identifier and a
// port from the client's own, an Event-Timestamp, where it has none, and a Message-Authenticator,
// unless the Peer omits them; each retransmission is the same octets from the same port.
//
// To a Peer with Via r goes by a connection, of which the Client keeps some for each NAS. A
// reliable one has no retransmission: r is given up after Retry.Duration. Where the connection ends
// after r was sent, r goes once more by another one, the same octets with the same identifier, for
// which the time runs on; Response.Resent says so. By RADIUS/1.1, where a NAS cannot know such a
// duplicate, a CoA-Request is not sent again. Where no other connection comes the error is a
// *NoAnswerError. A NAS that is not connected, and cannot be by the Client, is ErrUnreachable.
//
// Do returns when the first valid answer comes, when the retransmissions are used up (30 s, whether
// ctx has a deadline or not), when ctx is done or when the Client is closed; the last three are a
// *NoAnswerError, and the request may have been executed all the same, unless its Sent is zero:
// nothing is sent once ctx is done, nor what Peer.DenyDisconnect or DenyCoA denies. Under a Limit,
// or with every identifier in use, it first waits for its turn, for as long as ctx lets it. Other
// errors: an unknown peer or one without a secret, a request that cannot be encoded, a *PacketError
// where the socket failed.
func (c *Client) Do(ctx context.Context, nas netip.AddrPort, r *Request) (*Response, error) {
	return interpreted(c.RoundTrip(ctx, nas, r))
}

// RoundTrip is Do for a proxy: it does not interpret the answer, as http.RoundTripper does not. A
// NAK is a Response and a nil error, and so is a Protocol-Error, which a proxy must not pass on.
func (c *Client) RoundTrip(ctx context.Context, nas netip.AddrPort, r *Request) (*Response, error) {
	return c.do(ctx, ctx, 0, nas, r, callerTag(ctx), nil)
}

// interpreted makes a *NAKError of a NAK.
func interpreted(resp *Response, err error) (*Response, error) {
	if err != nil {
		return nil, err
	}
	return resp, resp.Err()
}

// tagKey is the key of WithTag.
type tagKey struct{}

// WithTag returns a context with which the calls of a Client carry tag, the caller's own: a
// subscriber, a row number. It is the Tag of the Response, of a *NoAnswerError, a *PacketError and
// each Event of the call. Job.Tag does the same for a Job.
func WithTag(ctx context.Context, tag any) context.Context {
	return context.WithValue(ctx, tagKey{}, tag)
}

func callerTag(ctx context.Context) any { return ctx.Value(tagKey{}) }

// do is RoundTrip that waits until end is done, and no longer than span where that is not zero.
// begun, where it is not nil, is told of the exchange before it is sent.
func (c *Client) do(ctx, end context.Context, span time.Duration, nas netip.AddrPort, r *Request, tag any, begun func(*exchange.Exchange)) (*Response, error) {
	x, nas, err := c.newExchange(ctx, nas, r, exchange.Call{Span: span, Label: tag})
	if err == nil {
		err = notDone(nas, end, tag)
	}
	if err != nil {
		return nil, err
	}
	hasTurn, err := c.made.Enter(nas, x)
	if err != nil {
		return nil, err
	}
	if begun != nil {
		begun(x)
	}
	x.Await(end, hasTurn)
	resp, err := responseOf(x)
	x.Drop() // not deferred: what a Trace that panics leaves behind is still in flight
	return resp, err
}

// notDone is the error of a request to nas that is not sent, where ctx is done already.
func notDone(nas netip.AddrPort, ctx context.Context, tag any) error {
	if err := ctx.Err(); err != nil {
		return &NoAnswerError{NAS: nas, Err: err, Tag: tag}
	}
	return nil
}

// newExchange begins an exchange of r with nas, and completes nas.
func (c *Client) newExchange(ctx context.Context, nas netip.AddrPort, r *Request, call exchange.Call) (*exchange.Exchange, netip.AddrPort, error) {
	core := c.core()
	nas, err := peers.NAS(nas, Port)
	if err != nil {
		return nil, nas, err
	}
	if err := notDone(nas, ctx, call.Label); err != nil {
		return nil, nas, err
	}
	peer, err := c.lookUp(ctx, nas)
	if err != nil {
		return nil, nas, err
	}
	if err := canSend(r); err != nil {
		return nil, nas, err
	}
	if err := peer.allows(nas, r, call.Label); err != nil {
		return nil, nas, err
	}
	return core.makeExchange(&peer, r, call), nas, nil
}

// lookUp returns the Peer at nas. Without a secret, or Via, nothing is sent.
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
		if p, err = c.Peers.Peer(ctx, netip.AddrPortFrom(netio.Plain(nas.Addr()), nas.Port())); err != nil {
			return Peer{}, fmt.Errorf("dac: nothing sent to %v, whose secret is not known: %w; see that Client.Peers has it", nas, err)
		}
	}
	switch {
	case p.Via != nil && (p.Secret != "" || p.Previous != ""):
		return Peer{}, fmt.Errorf("dac: nothing sent to %v: Peer.Via and Peer.Secret are both set: the transport authenticates, so leave Secret and Previous out", nas)
	case p.Via != nil && !reflect.TypeOf(p.Via).Comparable():
		return Peer{}, fmt.Errorf("dac: nothing sent to %v: Peer.Via is a %T, which cannot be compared: make the Transport a pointer", nas, p.Via)
	case p.Via == nil && p.Secret == "":
		return Peer{}, fmt.Errorf("dac: nothing sent to %v: %w: set Peer.Secret to the one that the NAS has for this client", nas, authn.ErrNoSecret)
	}
	return p, nil
}

// Disconnect builds and sends a Disconnect-Request (RFC 5176, section 2.1). nil is a
// Disconnect-ACK, with any cause or none. A NAK, or a Protocol-Error, is a *NAKError, beside the
// Response; else errors are as of Do.
func (c *Client) Disconnect(ctx context.Context, nas netip.AddrPort, a ...attrs.Attr) (*Response, error) {
	return c.send(ctx, DisconnectJob(nas, a...))
}

// CoA builds and sends a CoA-Request (RFC 5176, section 2.2). nil is a CoA-ACK, with any cause
// or none. A NAK, or a Protocol-Error, is a *NAKError, beside the Response; else errors are as of
// Do.
func (c *Client) CoA(ctx context.Context, nas netip.AddrPort, a ...attrs.Attr) (*Response, error) {
	return c.send(ctx, CoAJob(nas, a...))
}

func (c *Client) send(ctx context.Context, j Job) (*Response, error) {
	if j.Err != nil {
		return nil, j.Err
	}
	if j.Tag == nil {
		j.Tag = callerTag(ctx)
	}
	return interpreted(c.do(ctx, ctx, 0, j.NAS, j.Request, j.Tag, nil))
}

// Reauthorize sends a CoA-Request with Service-Type Authorize-Only and a, which is identification
// and the State that the NAS is to send back in its Access-Request (RFC 5176, sections 3.2 and
// 3.3): without one, or with anything to change, nothing is sent. CoA-NAK 507, Request-Initiated,
// is success and nil; another NAK is a *NAKError; an ACK, which the RFC forbids here, wraps
// ErrWrongKind. Else errors are as of Do.
func (c *Client) Reauthorize(ctx context.Context, nas netip.AddrPort, a ...attrs.Attr) (*Response, error) {
	r, err := NewCoA(a...)
	if err != nil {
		return nil, err
	}
	if err := compose.AuthorizeOnly(r.Packet); err != nil {
		return nil, err
	}
	resp, err := c.RoundTrip(ctx, nas, r)
	switch {
	case err != nil:
		return nil, err
	case resp.ACK():
		return resp, &PacketError{Op: "verify", Peer: resp.Source, Err: fmt.Errorf("%w: a CoA-ACK to Authorize Only (RFC 5176, section 3.2)", ErrWrongKind), Tag: resp.Tag}
	case resp.Packet.Code == radius.CodeCoANAK && resp.Cause() == errcause.RequestInitiated:
		return resp, nil
	}
	return resp, resp.Err()
}

// DryRun returns the octets that Do would send to nas for r now, with identifier 0, and sends
// nothing. Errors are as of Do before it sends.
func (c *Client) DryRun(ctx context.Context, nas netip.AddrPort, r *Request) ([]byte, error) {
	nas, err := peers.NAS(nas, Port)
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
	if err := peer.allows(nas, r, callerTag(ctx)); err != nil {
		return nil, err
	}
	if peer.Via != nil {
		return nil, errors.New("dac: DryRun of a Peer with Via: what is sent depends on what the connection agrees upon")
	}
	return r.appendSigned(nil, 0, signingFor(&peer, time.Now()))
}

// signingFor is how peer wants requests. Event-Timestamp is the time of the first transmission, and
// stays (RFC 5176, section 6.3).
func signingFor(peer *Peer, now time.Time) signing {
	how := signing{Secret: authn.Secret(peer.Secret), MessageAuthenticator: !peer.OmitMessageAuthenticator, HideUserPassword: peer.HideUserPassword}
	if !peer.OmitEventTimestamp {
		how.EventTimestamp = now
	}
	return how
}

// canSend says why r is nothing to be sent.
func canSend(r *Request) error {
	if r == nil {
		return compose.ErrNoPacket
	}
	if err := compose.Check(r.Packet); err != nil {
		return err
	}
	if slices.Contains(r.Packet.Attributes, nil) {
		return fmt.Errorf("%w: a nil attribute", ErrMalformed)
	}
	return nil
}

// allows says why r is not sent to p at nas, where p denies it.
func (p *Peer) allows(nas netip.AddrPort, r *Request, tag any) error {
	what := "DenyCoA"
	if r.Disconnect() {
		what = "DenyDisconnect"
	}
	if r.Disconnect() && p.DenyDisconnect || !r.Disconnect() && p.DenyCoA {
		return &PacketError{Op: "send", Peer: nas, Err: fmt.Errorf("%w: Peer.%s is set", errcause.AdministrativelyProhibited, what), Tag: tag}
	}
	return nil
}

// Close delivers the answers that have arrived, ends what else is in flight, or waits for its turn,
// with net.ErrClosed, closes the sockets and waits for the Client's goroutines, but for a Dial or a
// Write of a host's Conn that hangs. It returns nil; further calls of the Client fail with
// net.ErrClosed.
func (c *Client) Close() error {
	c.core().Close()
	return nil
}

// Retry is the rule of RFC 5080, section 2.2.1. Each zero field is that of the RFC: a request goes
// out at 0, 2, 6 and 14 s, each interval up to a tenth shorter or longer, and fails at 30 s. Every
// is one of equal intervals. Negative fields, and a time that reaches the 300 s for which a NAS
// takes an Event-Timestamp for current (RFC 5176, section 6.3), are refused.
type Retry struct {
	// Initial is IRT, the first wait; zero is 2 s. Each further one is twice the one before.
	Initial time.Duration
	// Max is MRT, the longest wait; zero is 16 s, or Initial where that is longer.
	Max time.Duration
	// Duration is MRD, from the first transmission to giving up; zero is 30 s, or what
	// Transmissions take where that is set and longer. The context may end it earlier.
	Duration time.Duration
	// Transmissions is MRC, the first one included; zero is 5. The last one is waited for like the
	// others: 1 sends once and waits Initial.
	Transmissions int
}

// Every is the Retry that sends a request every t, n times at most, and waits t for an answer to
// the last one too: after n times t, each up to a tenth shorter or longer, it has failed. t of zero
// is 2 s; n below 1 is 1.
func Every(t time.Duration, n int) Retry {
	t = cmp.Or(t, 2*time.Second)
	return Retry{Initial: t, Max: t, Transmissions: max(n, 1)}
}

// check says what is wrong with r.
func (r Retry) check() error { return exchange.Retry(r).Check() }

// filled returns r with the values of RFC 5080 for its zero fields.
func (r Retry) filled() exchange.Retry { return exchange.Retry(r).Filled() }
