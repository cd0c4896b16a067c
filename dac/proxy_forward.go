// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A forwarding is one request on its way: the one for the next hop in one piece, where it is of the usual size.
type forwarding struct {
	hop   Hop
	r     Request // for the next hop, of p
	p     radius.Packet
	avp   radius.AVP // the Proxy-State
	state [defaultProxyID + proxyStateTail]byte
	set   [8]*radius.AVP

	proxy *Proxy // where nobody waits for the answer, as are the others
	job   *job
	x     *exchange
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
		return refuse(errcause.OtherProxyProcessingError, errNoPacket)
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

// listens reports whether anybody is told of what becomes of requests.
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
	if err := p.circles(r); err != nil {
		return err
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
	if err := p.next(f); err != nil {
		return otherwise(errcause.OtherProxyProcessingError, err)
	}
	return nil
}

// ask sends r to to and waits for the answer, with the place among the handlers given back.
func (p *Proxy) ask(ctx context.Context, to netip.AddrPort, r *Request) (*Response, error) {
	if c, ok := ctx.(*handlerContext); ok {
		// Nobody between has a context of its own, so this wait needs neither a timer nor a channel: the exchange has a deadline as it is.
		if c.j.giveBack() {
			defer c.j.st.places.resume(c.j)
		}
		return p.Client.do(ctx, c.j.l.ctx, p.spanOf(c), to, r)
	}
	defer Yield(ctx)()
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(p.Span, defaultSpan))
	defer cancel()
	return p.Client.Do(ctx, to, r)
}

// spanOf is how long the next hop has: Span, or what is left of HandlerTimeout.
func (p *Proxy) spanOf(c *handlerContext) time.Duration {
	return max(min(cmp.Or(p.Span, defaultSpan), time.Until(c.deadline())), 1) // zero would be the Client's own time
}

// circles says whether r has been here before, or has been passed on more often than any way is long.
func (p *Proxy) circles(r *Request) error {
	states := 0
	for _, a := range r.Packet.Attributes {
		if a == nil || a.Type != typeProxyState {
			continue
		}
		states++
		if len(a.Attribute) == len(p.mark)+proxyStateTail && bytes.HasPrefix(a.Attribute, p.mark) {
			return refuse(errcause.RequestNotRoutable, errors.New("the request has a Proxy-State of this proxy: it goes in a circle"))
		}
	}
	if most := cmp.Or(p.MaxProxyStates, defaultStates); states > most {
		return refuse(errcause.RequestNotRoutable, fmt.Errorf("the request has %d Proxy-States, %d at most: it goes in a circle", states, most))
	}
	return nil
}

// isSelf reports whether a request that came as r did, and goes to to, comes back.
func (p *Proxy) isSelf(r *Request, to netip.AddrPort) bool {
	same := func(a netip.AddrPort) bool { return a.Port() == to.Port() && plain(a.Addr()) == plain(to.Addr()) }
	return same(r.Local) || slices.ContainsFunc(p.Self, same)
}

// next makes the request that goes to the next hop.
func (p *Proxy) next(f *forwarding) error {
	r, to := f.hop.Request, &f.hop.Target
	set := f.set[:0]
	if n := len(r.Packet.Attributes) + 1; n > len(f.set) {
		set = make(radius.Attributes, 0, n)
	}
	set = append(set, r.Packet.Attributes...)
	if to.HoldProxyStates {
		set = slices.DeleteFunc(set, func(a *radius.AVP) bool { return a != nil && a.Type == typeProxyState })
	}
	if to.Edit != nil {
		var err error
		if set, err = to.Edit(set); err != nil {
			return err
		}
		if slices.Contains(set, nil) {
			return errors.New("Target.Edit returned a nil attribute")
		}
	}
	if !to.OmitProxyState {
		f.hop.ProxyState = binary.BigEndian.AppendUint64(append(f.state[:0], p.mark...), p.n.Add(1))
		f.avp = radius.AVP{Type: typeProxyState, Attribute: f.hop.ProxyState}
		set = append(set, &f.avp)
	}
	f.p.Code, f.p.Attributes = r.Packet.Code, set
	f.r.Packet, f.r.reveal = &f.p, r.reveal
	return nil
}

// unanswered is what the sender gets where the next hop gave no answer.
func (p *Proxy) unanswered(err error) error {
	silent, ok := errors.AsType[*NoAnswerError](err)
	switch {
	case !ok:
		return refuse(errcause.OtherProxyProcessingError, err)
	case silent.Sent == 0 && !errors.Is(err, net.ErrClosed):
		return refuse(errcause.ResourcesUnavailable, err) // no identifier, or no turn under the limit of this NAS
	case errors.Is(err, ErrUnreachable):
		return refuse(errcause.UnsupportedExtension, err) // RFC 5176, section 3.5: what a proxy says of an ICMP port unreachable
	case silent.Sent == 0, p.AnswerSilence:
		return refuse(errcause.OtherProxyProcessingError, err)
	}
	return fmt.Errorf("%w: %w", ErrSilent, err)
}
