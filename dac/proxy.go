// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/relay"
	"github.com/radius-dynauth/dynauth/dac/internal/show"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A Proxy is a Handler that asks the next hop: it sends each request on to where Router says, by
// Client, and returns the answer that comes, with its code and its cause unchanged (RFC
// 5176, sections 1.3 and 3.1; RFC 8559). Client and Router are required. It is safe for concurrent
// use; do not copy or change it once it handles. It is a Checker: with a configuration that cannot
// work no Server begins to serve.
//
//	proxy := &dac.Proxy{Client: &dac.Client{Peers: nases}, Router: router}
//	srv := &dac.Server{Peers: upstream, Handler: proxy, MaxHandlers: 4096}
//
// Each hop has a secret, an identifier and a port of its own. Attributes go on as they came, in
// their order, none of them counting as mandatory: only the NAS decides (RFC 8559, section 4.3.2).
// What is salted is hidden again for the next hop, Message-Authenticator is made again, and behind
// everything else comes one Proxy-State of the Proxy's own. The answer carries the Proxy-States of
// the request, and no others.
//
// One request goes on once, however often it comes: the Server knows the retransmissions of the
// sender, and Client retransmits by itself, for Span. What the Proxy answers where the next hop
// does not: 501 where Allow refuses; 502 where Router knows no way, or where the request goes in a
// circle, or where the NAS is not connected (ErrUnreachable of a Transport); 506 where it could not
// be sent for want of a turn; 406 where nothing but ICMP errors came, one after each transmission;
// 505 where nothing was sent for another reason. Where the request has left and no answer came, the
// next hop being silent, or the way to it broken, or the Server having drained, the silence is
// passed on and remembered (ErrSilent): the request may have been executed, and a retransmission
// must not go on again. AnswerSilence makes 505 of it.
//
// Where the connection that a request came by ends (ServePackets), or uses its Identifier again, no
// retransmission follows (RequestCounters.Abandoned). An answer that still comes is kept, and the
// same octets by the peer's next connection have the retransmissions go on, so that the NAS
// executes them once.
//
// When the Server ends, the Proxy goes on relaying every answer of the next hop that comes within
// Server.Drain. What is not answered then is counted as Dropped.
//
// A request that was sent on has given its place among the handlers back (Yield); of those a Server
// holds four times MaxHandlers. Where the Proxy itself is the Handler of the Server, and neither
// those two nor the Client has a Trace, no goroutine waits for the next hop: the goroutine that
// ends the exchange answers the sender, a Client that reads many answers at a time all of them
// together. A Logger is called there too and holds up the others while it writes. With middleware
// between, or a Trace, each request has a goroutine that waits.
type Proxy struct {
	Client *Client
	Router Router

	// Allow is asked before anything is sent: may r go to there? A bare error is 501; nil:
	// everything may.
	Allow func(ctx context.Context, r *Request, to Target) error

	// Span is given to the next hop, the Client's retransmissions included; zero is 24 s, so that
	// with the 30 s of the sender and the HandlerTimeout of the Server an answer still finds
	// a sender that waits. Where the Client's Retry ends earlier, that counts.
	Span time.Duration
	// AnswerSilence answers NAK 505 where the request was sent and no answer came; else the sender
	// gets nothing either.
	AnswerSilence bool
	// ID begins the Proxy-State; the same for proxies that share the work, 64 octets at most; zero:
	// 16 random octets.
	ID             string
	MaxProxyStates int // of a request, more are a circle; zero is 16
	// Self is where this proxy listens, beside the address that a request came to: nothing is sent
	// there.
	Self []netip.AddrPort

	Logger *slog.Logger // nil: silent
	Trace  func(Hop)    // called once for each request, before its answer; concurrently; nil: none
	_      func()

	once sync.Once
	mark relay.Mark // of ID, or what stands for it
	err  error      // of the configuration
	n    atomic.Uint64
}

const (
	// Below the 25 s of HandlerTimeout and the 30 s of a sender (RFC 5080, section 2.2.1).
	defaultSpan   = 24 * time.Second
	defaultStates = 16
	mostProxyID   = 64
)

// A Router says where a request goes. It is called concurrently. An error is a NAK with the Cause
// it wraps, else with 505; ErrNoRoute says that this Router knows no way, and that another may.
type Router interface {
	Route(ctx context.Context, r *Request) (Target, error)
}

// RouterFunc is a function that is a Router.
type RouterFunc func(ctx context.Context, r *Request) (Target, error)

// Route calls f.
func (f RouterFunc) Route(ctx context.Context, r *Request) (Target, error) { return f(ctx, r) }

// ErrNoRoute says that a Router knows no way for a request. It wraps errcause.RequestNotRoutable
// (502).
var ErrNoRoute = fmt.Errorf("dac: no route: %w", errcause.RequestNotRoutable)

// A Target is where a request goes, a NAS or a further proxy, and how it goes there. Its secret is
// what Client.Peers has for Addr. A Target is a Router too, which sends everything there.
type Target struct {
	Name string         // in logs and Hops; "" is the address
	Addr netip.AddrPort // port 0 is Port

	// NASes exist that refuse or drop what carries a Proxy-State, against RFC 8559, section 4.3.2.
	// Not for a further proxy: without a Proxy-State a request that goes in a circle is not known
	// again.
	OmitProxyState  bool // the proxy's own is left off
	HoldProxyStates bool // those of the request are held back, and in the answer all the same

	// Edit returns the attributes that go there. set is a copy, of which the attributes themselves
	// are not to be changed; hidden ones may be left out and not added. nil: all, as they came.
	Edit func(set radius.Attributes) (radius.Attributes, error)
}

// Route returns t.
func (t Target) Route(ctx context.Context, r *Request) (Target, error) { return t, nil }

// String returns Name, or the address.
func (t Target) String() string {
	if t.Name != "" {
		return t.Name
	}
	return t.Addr.String()
}

// Format prints the exported fields, with secrets as "[secret]", under every verb.
func (p *Proxy) Format(f fmt.State, verb rune) { show.Exported(f, verb, p) }

// Check says what is wrong with the configuration of p, and of its Client, all of it. Where it
// finds a fault each request is NAK 505 then.
func (p *Proxy) Check() error { return p.prepare() }

// prepare makes what the fields do not say, at the first request or before.
func (p *Proxy) prepare() error {
	p.once.Do(func() {
		p.mark = relay.NewMark(p.ID)
		p.err = p.check()
	})
	return p.err
}

// check says what is wrong with the configuration, all of it.
func (p *Proxy) check() error {
	var errs []error
	if p.Client == nil {
		errs = append(errs, errors.New("dac: Proxy.Client is required"))
	} else {
		errs = append(errs, p.Client.faults())
	}
	if p.Router == nil {
		errs = append(errs, errors.New("dac: Proxy.Router is required"))
	}
	if p.Span < 0 || p.MaxProxyStates < 0 {
		errs = append(errs, errors.New("dac: Proxy.Span and MaxProxyStates may not be negative: zero is the default"))
	}
	if len(p.ID) > mostProxyID {
		errs = append(errs, fmt.Errorf("dac: Proxy.ID of %d octets, %d at most", len(p.ID), mostProxyID))
	}
	return errors.Join(errs...)
}
