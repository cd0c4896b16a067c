// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/compose"
	"github.com/radius-dynauth/dynauth/dac/internal/exchange"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/relay"
	"github.com/radius-dynauth/dynauth/dac/internal/serve"
	"github.com/radius-dynauth/dynauth/errcause"
)

// A forwarding is one request on its way: the one for the next hop in one piece, where it is of the
// usual size.
type forwarding struct {
	hop Hop
	r   Request // for the next hop, of out
	out relay.Forward

	proxy *Proxy // where no goroutine waits for the answer, as are the others
	task  *slab
	job   *serve.Job // of task
	x     *exchange.Exchange
}

// Handle sends r on and returns the answer, or the error that stands for one.
func (p *Proxy) Handle(ctx context.Context, r *Request) (*Response, error) {
	if err := p.usable(r); err != nil {
		return nil, err
	}
	f := p.forwarding(r)
	err := p.route(ctx, f)
	if err != nil {
		return p.end(ctx, f, nil, err)
	}
	resp, err := p.ask(ctx, f.hop.Target.Addr, &f.r)
	if err != nil {
		err = p.unanswered(err)
	}
	return p.end(ctx, f, resp, err)
}

// usable says what is wrong with the configuration or with r.
func (p *Proxy) usable(r *Request) error {
	if err := p.prepare(); err != nil {
		return refuse(errcause.OtherProxyProcessingError, err)
	}
	if r == nil || r.Packet == nil {
		return refuse(errcause.OtherProxyProcessingError, compose.ErrNoPacket)
	}
	return nil
}

func (p *Proxy) forwarding(r *Request) *forwarding {
	f := new(forwarding)
	f.hop.Request = r
	if p.listens() {
		f.hop.Began = time.Now()
	}
	return f
}

// listens reports whether a Logger or a Trace is told of what becomes of requests.
func (p *Proxy) listens() bool { return p.Logger != nil || p.Trace != nil }

// end tells what became of f and returns it.
func (p *Proxy) end(ctx context.Context, f *forwarding, resp *Response, err error) (*Response, error) {
	h := &f.hop
	h.Response, h.Err = resp, err
	if p.listens() {
		h.Duration = time.Since(h.Began)
		p.tell(ctx, h)
	}
	return resp, err
}

// refuse is err with a cause, which comes first: what a host's error wraps beside does not count.
func refuse(cause errcause.Cause, err error) error {
	return fmt.Errorf("dac: proxy: %w: %w", cause, err)
}

// otherwise is err, with cause where it has none of its own.
func otherwise(cause errcause.Cause, err error) error {
	if _, ok := errcause.Of(err); ok {
		return err
	}
	return refuse(cause, err)
}

// route finds where f goes, and makes what goes there.
func (p *Proxy) route(ctx context.Context, f *forwarding) error {
	r := f.hop.Request
	if err := p.mark.Circles(r.Packet.Attributes, cmp.Or(p.MaxProxyStates, defaultStates)); err != nil {
		return refuse(errcause.RequestNotRoutable, err)
	}
	to, err := p.Router.Route(ctx, r)
	if err != nil {
		return otherwise(errcause.OtherProxyProcessingError, err)
	}
	if to.Addr.Port() == 0 {
		to.Addr = netip.AddrPortFrom(to.Addr.Addr(), Port)
	}
	f.hop.Target = to
	if p.isSelf(r, to.Addr) {
		return refuse(errcause.RequestNotRoutable, fmt.Errorf("the way to %v leads back here", to))
	}
	if p.Allow != nil {
		if err := p.Allow(ctx, r, to); err != nil {
			return otherwise(errcause.AdministrativelyProhibited, err)
		}
	}
	way := relay.Way{Hold: to.HoldProxyStates, Omit: to.OmitProxyState, Edit: to.Edit}
	if f.hop.ProxyState, err = f.out.Make(r.Packet, way, p.mark, p.n.Add(1)); err != nil {
		return otherwise(errcause.OtherProxyProcessingError, err)
	}
	f.r.Packet, f.r.reveal = &f.out.Packet, r.reveal
	return nil
}

// ask sends r to to and waits for the answer, with the place among the handlers given back.
func (p *Proxy) ask(ctx context.Context, to netip.AddrPort, r *Request) (*Response, error) {
	if j := jobOf(ctx); j != nil {
		// No handler between has a context of its own, so this wait needs neither a timer nor a
		// channel: the exchange has a deadline as it is.
		if j.Await() {
			defer j.Resume()
		}
		return p.Client.do(ctx, j.ListenerContext(), p.spanOf(ctx), to, r, nil, sendsFor(j))
	}
	defer Yield(ctx)()
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(p.Span, defaultSpan))
	defer cancel()
	j, _ := ctx.Value(serve.JobKey{}).(*serve.Job)
	return p.Client.do(ctx, ctx, 0, to, r, callerTag(ctx), sendsFor(j))
}

// sendsFor tells j of the exchange by which it is sent on; nil where j is.
func sendsFor(j *serve.Job) func(*exchange.Exchange) {
	if j == nil {
		return nil
	}
	return func(x *exchange.Exchange) { j.Sends(x) }
}

// jobOf is the job whose handler's context ctx is; nil: it is another one, or the handler has
// returned.
func jobOf(ctx context.Context) *serve.Job {
	if c, ok := ctx.(*serve.Context); ok {
		return c.Job()
	}
	return nil
}

// spanOf is how long the next hop has: Span, or what is left of HandlerTimeout.
func (p *Proxy) spanOf(ctx context.Context) time.Duration {
	deadline, _ := ctx.Deadline()
	// Zero would be the Client's own time.
	return max(min(cmp.Or(p.Span, defaultSpan), time.Until(deadline)), 1)
}

// isSelf reports whether a request that came as r did, and goes to to, comes back.
func (p *Proxy) isSelf(r *Request, to netip.AddrPort) bool {
	same := func(a netip.AddrPort) bool {
		return a.Port() == to.Port() && netio.Plain(a.Addr()) == netio.Plain(to.Addr())
	}
	return same(r.Local) || slices.ContainsFunc(p.Self, same)
}

// unanswered is what the sender gets where the next hop gave no answer. A NAK says that nothing was
// done, so where the request has left and may have been executed the sender hears nothing either,
// unless AnswerSilence asks for 505.
func (p *Proxy) unanswered(err error) error {
	var silent *NoAnswerError
	if errors.As(err, &silent) {
		switch {
		case silent.Sent == 0 && !errors.Is(err, net.ErrClosed):
			// No identifier, no turn under the limit of this NAS, or no connection yet.
			return refuse(errcause.ResourcesUnavailable, err)
		case errors.Is(err, ErrUnreachable) && (silent.Sent == 0 || silent.silence.Refused):
			// RFC 5176, section 3.5: what a proxy says of an ICMP port unreachable.
			return refuse(errcause.UnsupportedExtension, err)
		case silent.Sent == 0:
			return refuse(errcause.OtherProxyProcessingError, err)
		}
	} else if !mayHaveLeft(err) {
		if errors.Is(err, errcause.AdministrativelyProhibited) {
			// The Peer of the next hop denies such requests.
			return refuse(errcause.AdministrativelyProhibited, err)
		}
		if errors.Is(err, ErrUnreachable) { // the next hop is not connected
			return refuse(errcause.RequestNotRoutable, err)
		}
		return refuse(errcause.OtherProxyProcessingError, err)
	}
	if p.AnswerSilence {
		return refuse(errcause.OtherProxyProcessingError, err)
	}
	return fmt.Errorf("%w: %w", ErrSilent, err)
}

// mayHaveLeft reports whether err, of an exchange that ended without an answer and is no
// NoAnswerError, may have come after the request was sent: the way to the next hop broke
// ("receive"), or what came back could not be read ("parse"). It fails closed: an error that is not
// known may have.
func mayHaveLeft(err error) bool {
	var fault *PacketError
	if !errors.As(err, &fault) {
		return false // the configuration, or a request that cannot be encoded
	}
	return fault.Op != "send" && fault.Op != "dial"
}
