// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/show"
	"github.com/radius-dynauth/dynauth/errcause"
)

// A Hop is one request on its way through a Proxy, both sides of it: which Events of the Server and
// which of the Client belong together. What it points at is read-only.
type Hop struct {
	// Request is as it came: Source and Packet.Identifier are those of the Server's Events.
	Request    *Request
	Target     Target    // where it went; zero where no way was found
	ProxyState []byte    // that the Proxy added; nil: none
	Response   *Response // that came: Local and ID are those of the Client's Events; nil: none
	// Err is why none came, or why nothing was sent; ErrSilent: the sender gets nothing.
	Err      error
	Began    time.Time     // when the Proxy got it
	Duration time.Duration // until it was answered or given up
}

// Cause returns the Error-Cause that the sender gets, from the NAS or from the Proxy; 0: none.
func (h Hop) Cause() errcause.Cause {
	if h.Response != nil {
		return h.Response.Cause()
	}
	if errors.Is(h.Err, ErrSilent) {
		return 0
	}
	cause, _ := errcause.Of(h.Err)
	return cause
}

// LogValue is h as a group of attributes, both addresses and both identifiers among them.
func (h Hop) LogValue() slog.Value { return slog.GroupValue(h.attrs()...) }

func (h *Hop) attrs() []slog.Attr {
	as := make([]slog.Attr, 0, 9)
	if r := h.Request; r != nil && r.Packet != nil {
		if r.Peer != "" {
			as = append(as, slog.String("peer", r.Peer))
		}
		as = append(as, slog.String("addr", r.Source.String()), slog.String("code", packet.CodeName(r.Packet.Code)), slog.Int("id", int(r.Packet.Identifier)))
	}
	if h.Target.Addr.IsValid() {
		as = append(as, slog.String("target", h.Target.String()))
	}
	var silent *NoAnswerError
	if errors.As(h.Err, &silent) && silent.Sent > 0 {
		as = append(as, slog.String("from", silent.Local.String()), slog.Any("target_id", silent.ID), slog.Int("sent", silent.Sent))
	}
	if r := h.Response; r != nil && r.Packet != nil {
		as = append(as, slog.String("from", r.Local.String()), slog.Any("target_id", r.ID), slog.Int("sent", r.Sent), slog.String("answer", packet.CodeName(r.Packet.Code)))
	}
	if c := h.Cause(); c != 0 {
		as = append(as, slog.String("cause", c.String()))
	}
	as = append(as, slog.Duration("took", h.Duration))
	if h.Err != nil {
		as = append(as, slog.Any("err", h.Err))
	}
	return as
}

// tell logs and traces h, and survives what a Logger and a Trace of the host's do: the NAS has
// answered, and that is what counts.
func (p *Proxy) tell(ctx context.Context, h *Hop) {
	if p.Logger != nil {
		p.log(ctx, h)
	}
	if p.Trace != nil {
		p.trace(h)
	}
}

func (p *Proxy) log(ctx context.Context, h *Hop) {
	defer func() { recover() }() // a log that panics cannot be told of it
	level, msg := slog.LevelDebug, "dac: forwarded"
	if h.Err != nil {
		level, msg = slog.LevelInfo, "dac: not forwarded, or not answered"
	}
	if p.Logger.Enabled(ctx, level) {
		p.Logger.LogAttrs(ctx, level, msg, h.attrs()...)
	}
}

func (p *Proxy) trace(h *Hop) {
	defer show.Survive(p.Logger, "dac: Proxy.Trace panicked")
	p.Trace(*h)
}
