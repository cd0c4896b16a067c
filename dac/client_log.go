// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"layeh.com/radius"
)

// observe tells Trace and Logger of one packet on p and what became of it. wire may be unverified. No lock is held.
func (core *clientCore) observe(op EventOp, p *sourcePort, peer string, wire []byte, err error) {
	if core.trace == nil && core.logger == nil {
		return
	}
	e := Event{Time: time.Now(), Op: op, Local: p.local, Peer: p.to.nas, Wire: wire, Err: err}
	if len(wire) > 1 {
		e.Code, e.ID = radius.Code(wire[0]), uint32(wire[1])
	}
	if op == Received {
		e.Cause = refusalOf(wire).cause
	}
	if core.trace != nil {
		core.trace(e)
	}
	if core.logger != nil {
		core.log(e, peer)
	}
}

// log writes one line for e. A refusal is worth more than a Debug line, since RFC 5176, section 3.5, wants its cause logged.
func (core *clientCore) log(e Event, peer string) {
	level, text := slog.LevelDebug, "sent"
	switch e.Op {
	case Resent:
		text = "sent again"
	case Received:
		text = "answered"
		if e.Code != radius.CodeDisconnectACK && e.Code != radius.CodeCoAACK {
			level, text = slog.LevelInfo, "refused"
		}
	case Dropped:
		text = "reply discarded"
	case GaveUp:
		level, text = slog.LevelWarn, "no answer"
	}
	ctx := context.Background()
	if !core.logger.Enabled(ctx, level) {
		return
	}
	a := append(make([]slog.Attr, 0, 6), peerAttr(e.Peer, peer), slog.String("code", codeName(e.Code)), slog.Uint64("id", uint64(e.ID)))
	if e.Local.IsValid() {
		a = append(a, slog.String("local", e.Local.String()))
	}
	if e.Cause != 0 {
		a = append(a, slog.String("cause", describe(e.Cause)))
	}
	if e.Err != nil {
		a = append(a, slog.String("err", e.Err.Error()))
	}
	core.logger.LogAttrs(ctx, level, "dac: "+text, a...)
}

// peerAttr names a NAS by its address, and by the name that its Peer gives it.
func peerAttr(nas netip.AddrPort, name string) slog.Attr {
	if name != "" {
		return slog.String("peer", name+" "+nas.String())
	}
	return slog.String("peer", nas.String())
}

// diagnose says once for a NAS what its replies have.
func (t *target) diagnose(peer string, err error) {
	if t.core.logger != nil {
		t.core.logger.LogAttrs(context.Background(), slog.LevelWarn, "dac: replies of this NAS are discarded; look at "+advice(err),
			peerAttr(t.nas, peer), slog.String("err", err.Error()))
	}
}

// sayFull says once for a NAS that its requests wait for identifiers, and what rate is left where they rest. It is called with the lock held, and logs
// without.
func (t *target) sayFull() {
	if t.core.logger == nil || t.told&(1<<faults) != 0 {
		return
	}
	t.told |= 1 << faults
	ids := len(t.ports) * identifiersOfPort
	rest := t.queue.first.peer.IdentifierRest
	a := []slog.Attr{peerAttr(t.nas, t.queue.first.peer.Name), slog.Int("ports", len(t.ports)), slog.Int("identifiers", ids)}
	if rest > 0 {
		a = append(a, slog.Duration("rest", rest), slog.Float64("rate", float64(ids)/rest.Seconds()))
	}
	t.core.spawn(func() {
		t.core.logger.LogAttrs(context.Background(), slog.LevelWarn, "dac: every identifier of this NAS is in use or rests: its requests wait for one another", a...)
	})
}
