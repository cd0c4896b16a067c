// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/exchange"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/show"
	"layeh.com/radius"
)

// A Log is the log of a Client, and the part of its exchange.Observer that writes there. Without a
// Logger it writes nothing. What the Logger's handler does is its caller's to survive: see
// show.Steady.
type Log struct{ Logger *slog.Logger }

// A line is how a packet is told of: by its Op, but for an answer that is no ACK.
type line struct {
	level slog.Level
	text  string
}

// lines are by Op. A missing answer is the one thing that an operator has to look at.
var lines = [...]line{
	exchange.Sent:     {slog.LevelDebug, "dac: sent"},
	exchange.Resent:   {slog.LevelDebug, "dac: sent again"},
	exchange.Received: {slog.LevelDebug, "dac: answered"},
	exchange.Dropped:  {slog.LevelDebug, "dac: reply discarded"},
	exchange.GaveUp:   {slog.LevelWarn, "dac: no answer"},
}

// refused is worth more than a Debug line: RFC 5176, section 3.5, wants its cause logged.
var refused = line{slog.LevelInfo, "dac: refused"}

// Packet writes one line for a packet, where the Logger takes it. err is the packet's, or that of
// a request that was given up. The octets may be unverified: their code and their cause are read,
// and no attribute is written.
func (l Log) Packet(c *exchange.PacketEvent, err error) {
	if l.Logger == nil {
		return
	}
	var code radius.Code
	if len(c.Octets) > 1 {
		code = radius.Code(c.Octets[0])
	}
	how := lines[c.Op]
	if c.Op == exchange.Received && !packet.IsACK(code) {
		how = refused
	}
	ctx := context.Background()
	if !l.Logger.Enabled(ctx, how.level) {
		return
	}
	a := append(appendPeer(make([]slog.Attr, 0, 8), c.NAS, c.Peer), slog.String("code", packet.CodeName(code)), slog.Uint64("id", uint64(c.ID)))
	if c.Local.IsValid() {
		a = append(a, slog.String("local", c.Local.String()))
	}
	if cause := packet.RefusalOf(c.Octets).Cause; c.Op == exchange.Received && cause != 0 {
		a = append(a, slog.String("cause", show.Cause(cause)))
	}
	if err != nil {
		a = append(a, slog.String("err", err.Error()))
	}
	if c.Label != nil {
		a = append(a, slog.Any("tag", c.Label))
	}
	l.Logger.LogAttrs(ctx, how.level, how.text, a...)
}

// appendPeer appends the name that its Peer gives a NAS, where there is one, and its address: a
// search for either finds the line. All lines of the module have those two keys for it.
func appendPeer(a []slog.Attr, nas netip.AddrPort, name string) []slog.Attr {
	if name != "" {
		a = append(a, slog.String("peer", name))
	}
	return append(a, slog.String("addr", nas.String()))
}

// Panicked says that a function of the host's panicked with v. The Client goes on: the NAS has been
// asked, or has answered, and that is what counts.
func (l Log) Panicked(what string, v any, stack []byte) {
	if l.Logger != nil {
		l.Logger.Error(what, "panic", v, "stack", string(stack))
	}
}

// Discards says what the replies of a NAS have, and where to look: the engine calls it once for
// each kind of fault, and not for each reply.
func (l Log) Discards(nas netip.AddrPort, name string, err error) {
	if l.Logger != nil {
		l.Logger.LogAttrs(context.Background(), slog.LevelWarn, "dac: replies of this NAS are discarded; look at "+Advice(err),
			append(appendPeer(nil, nas, name), slog.String("err", err.Error()))...)
	}
}

// Full says that the requests to a NAS wait for identifiers, and what rate is left where they rest:
// a port has 256 of them (RFC 2865, section 3), and a NAS has so many ports at most.
func (l Log) Full(nas netip.AddrPort, name string, ports, ids int, rest time.Duration) {
	if l.Logger == nil {
		return
	}
	a := append(appendPeer(nil, nas, name), slog.Int("ports", ports), slog.Int("identifiers", ids))
	if rest > 0 { // Peer.IdentifierRest
		a = append(a, slog.Duration("rest", rest), slog.Float64("rate", float64(ids)/rest.Seconds()))
	}
	l.Logger.LogAttrs(context.Background(), slog.LevelWarn, "dac: every identifier of this NAS is in use or rests: its requests wait for one another", a...)
}
