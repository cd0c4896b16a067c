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

// Handle sends r on and returns the answer, or the error that stands for one.
func (p *Proxy) Handle(ctx context.Context, r *Request) (*Response, error) {
	if err := p.prepare(); err != nil {
		return nil, refuse(errcause.OtherProxyProcessingError, err)
	}
	if r == nil || r.Packet == nil {
		return nil, refuse(errcause.OtherProxyProcessingError, errNoPacket)
	}
	h := Hop{Request: r, Began: time.Now()}
	h.Response, h.Err = p.forward(ctx, r, &h)
	h.Duration = time.Since(h.Began)
	p.tell(ctx, &h)
	return h.Response, h.Err
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

func (p *Proxy) forward(ctx context.Context, r *Request, h *Hop) (*Response, error) {
	if err := p.circles(r); err != nil {
		return nil, err
	}
	to, err := p.Router.Route(ctx, r)
	if err != nil {
		return nil, otherwise(errcause.OtherProxyProcessingError, err)
	}
	if to.Addr.Port() == 0 {
		to.Addr = netip.AddrPortFrom(to.Addr.Addr(), Port)
	}
	h.Target = to
	if p.isSelf(r, to.Addr) {
		return nil, refuse(errcause.RequestNotRoutable, fmt.Errorf("the way to %v leads back here", to))
	}
	if p.Allow != nil {
		if err := p.Allow(ctx, r, to); err != nil {
			return nil, otherwise(errcause.AdministrativelyProhibited, err)
		}
	}
	next, err := p.next(r, to, h)
	if err != nil {
		return nil, otherwise(errcause.OtherProxyProcessingError, err)
	}
	resp, err := p.ask(ctx, to.Addr, next)
	if err != nil {
		return nil, p.unanswered(err)
	}
	return resp, nil
}

// ask sends r to to and waits for the answer, with the place among the handlers given back.
func (p *Proxy) ask(ctx context.Context, to netip.AddrPort, r *Request) (*Response, error) {
	span := cmp.Or(p.Span, defaultSpan)
	if c, ok := ctx.(*handlerContext); ok {
		// Nobody between has a context of its own, so this wait needs neither a timer nor a channel: the exchange has a deadline as it is.
		if c.j.giveBack() {
			defer c.j.st.places.resume(c.j)
		}
		return p.Client.do(ctx, c.j.l.ctx, max(min(span, time.Until(c.deadline())), 1), to, r)
	}
	defer Yield(ctx)()
	ctx, cancel := context.WithTimeout(ctx, span)
	defer cancel()
	return p.Client.Do(ctx, to, r)
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

// next is the request that goes to the next hop.
func (p *Proxy) next(r *Request, to Target, h *Hop) (*Request, error) {
	made := new(forwarded)
	set := made.set[:0]
	if n := len(r.Packet.Attributes) + 1; n > len(made.set) {
		set = make(radius.Attributes, 0, n)
	}
	set = append(set, r.Packet.Attributes...)
	if to.HoldProxyStates {
		set = slices.DeleteFunc(set, func(a *radius.AVP) bool { return a != nil && a.Type == typeProxyState })
	}
	if to.Edit != nil {
		var err error
		if set, err = to.Edit(set); err != nil {
			return nil, err
		}
		if slices.Contains(set, nil) {
			return nil, errors.New("Target.Edit returned a nil attribute")
		}
	}
	if !to.OmitProxyState {
		h.ProxyState = binary.BigEndian.AppendUint64(append(made.state[:0], p.mark...), p.n.Add(1))
		made.avp = radius.AVP{Type: typeProxyState, Attribute: h.ProxyState}
		set = append(set, &made.avp)
	}
	made.p.Code, made.p.Attributes = r.Packet.Code, set
	made.r.Packet, made.r.reveal = &made.p, r.reveal
	return &made.r, nil
}

// A forwarded is a request for the next hop in one piece, where it is of the usual size.
type forwarded struct {
	r     Request
	p     radius.Packet
	avp   radius.AVP // the Proxy-State
	state [defaultProxyID + proxyStateTail]byte
	set   [8]*radius.AVP
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
