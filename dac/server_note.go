// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// noted reports whether anybody listens to what becomes of datagrams.
func (st *serverState) noted() bool { return st.s.Trace != nil || st.debug }

// note traces and logs one datagram that came in and what became of it. Where nobody listens it costs a comparison or two.
func (st *serverState) note(o *origin, op EventOp, wire []byte, err error) {
	if !st.noted() {
		return
	}
	st.noting.Lock()
	defer st.noting.Unlock()
	st.tell(o, op, wire, 0, err)
}

// tell traces and logs one datagram. noting is held, from before it was written where it was: what the other side sends when it has an answer is not
// told of before that answer.
func (st *serverState) tell(o *origin, op EventOp, wire []byte, cause errcause.Cause, err error) {
	e := Event{Time: time.Now(), Op: op, Local: o.local, Peer: unmapped(o.remote), Wire: wire, Cause: cause, Err: err}
	if len(wire) >= 2 {
		e.Code, e.ID = radius.Code(wire[0]), uint32(wire[1])
	}
	if st.s.Trace != nil {
		st.trace(e)
	}
	if st.debug {
		st.log.LogAttrs(context.Background(), slog.LevelDebug, "dac: "+op.String(), e.attrs()...)
	}
}

// trace calls the Trace of the host and survives it: what is traced goes its way all the same.
func (st *serverState) trace(e Event) {
	defer func() {
		if p := recover(); p != nil {
			st.log.Error("dac: Server.Trace panicked", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	st.s.Trace(e)
}

// log logs something about j.
func (j *job) log(level slog.Level, msg string, as ...slog.Attr) {
	ctx := context.Background()
	if !j.st.log.Enabled(ctx, level) {
		return
	}
	as = append(as, slog.String("peer", j.req.Source.String()), slog.String("code", codeName(j.code())), slog.Int("id", int(j.req.wire[1])))
	j.st.log.LogAttrs(ctx, level, msg, as...)
}

// write writes answers and notes them.
func (st *serverState) write(io packetIO, os []outgoing) {
	noted := st.noted()
	if noted {
		st.noting.Lock()
		defer st.noting.Unlock()
	}
	beforeWrite()
	io.write(os)
	for i := range os {
		o := &os[i]
		if o.err != nil {
			st.log.Warn("dac: an answer could not be sent; it is kept for the next retransmission", "peer", o.remote, "err", o.err)
		}
		if noted {
			st.tell(o.origin, o.op, o.octets, o.cause, o.err)
		}
	}
}
