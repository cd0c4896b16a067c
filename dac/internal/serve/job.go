// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/admission"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/coalesce"
	"github.com/radius-dynauth/dynauth/dac/internal/dedup"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/peerstate"
	"github.com/radius-dynauth/dynauth/errcause"
)

// A Job is a request that was taken in, until it is answered. It stands in its task, in one
// allocation, and is used again with it where no code of a host has it (Host.Over): the context of
// its handler, which a host may keep, is apart.
//
// One goroutine at a time has a Job: the read loop, then, where it does not handle it itself, a
// worker, then, where the host sends it on, the goroutine of the host's that ends it. What is
// handed from one to the next is handed under a lock or by a channel. In each of them the order is
// the same: handled, answered (conclude: encoded, kept for retransmissions, counted; then signed
// and sent), followed by its After, and left (Leave), which gives its place on. Each happens once:
// where the host panics or ends the goroutine, a deferred function goes on.
type Job struct {
	l       *Listener
	row     *peerstate.Row
	key     *peerstate.Keyed
	from    *netio.Origin // read-only
	ref     dedup.Ref     // where its answer is kept; zero: nowhere
	wait    *wait         // which connections wait for it; nil: it came as a datagram
	task    Task
	ctx     *Context
	ticket  admission.Ticket
	forward Forward // it, sent on; nil: it is not

	lost  *bool                 // of the goroutine that leads: it has ceased to
	after func(context.Context) // to be called, the answer being out

	kind   uint8 // 0 Disconnect, 1 CoA
	stamp  bool  // the answer carries an Event-Timestamp
	asked  bool  // code of a host may have it
	handed bool  // its goroutine is gone, and another ends it
	later  bool  // it was sent on, and who ends that answers it
	unsent bool  // forward is to be sent
}

// begin makes j the job of t, the request that v says, which came to l. A ref of zero has no place
// in the duplicate detection cache.
func (j *Job) begin(ctx *Context, l *Listener, t Task, v *Verified, row *peerstate.Row, ref dedup.Ref, now time.Time) {
	j.ctx = ctx
	j.l, j.row, j.key, j.from, j.ref, j.task = l, row, v.Key, v.From, ref, t
	j.ctx.j, j.ctx.of, j.ctx.arrived = j, &l.scope, now.Sub(l.started)
	j.ticket.Of = (*member)(j)
}

// counted counts a first arrival that was taken in.
func (j *Job) counted() {
	count := &j.row.Kinds[j.kind]
	count.Add(peerstate.Requests)
	if packet.IsAuthorizeOnly(packet.Find(j.task.Wire(), packet.TypeServiceType)) {
		count.Add(peerstate.AuthOnlyRequests)
	}
}

// arrive gives a request its number, in order of arrival, and tells the host, one at a time: the
// requests of a session are handled in the order in which they came, by whichever listener.
func (j *Job) arrive() {
	st := j.l.st
	st.arriving.Lock()
	defer st.arriving.Unlock()
	st.seq++
	j.task.Arrive(st.seq)
}

// enter takes a place for j.
func (j *Job) enter() admission.Result {
	return j.l.st.places.Enter(&j.ticket, &j.l.workload, j.row.InWork.Load())
}

// dispatch has j, which has a place of its own or one in the queue, run by a worker.
func (j *Job) dispatch(where admission.Result) {
	if where == admission.Placed || j.l.st.places.Push(&j.ticket, j.kind) {
		j.l.st.workers.Run(&j.ticket)
	}
}

// Leave gives the place of j, which is over, to the next.
func (j *Job) Leave() {
	if next := j.l.st.places.Leave(&j.ticket, &j.l.workload); next != nil {
		j.l.st.workers.Run(next)
	}
}

// run handles j in a worker, or calls what follows an answer that the read loop has sent, and
// returns who has its place then.
func (j *Job) run() (next *admission.Ticket) {
	over := false
	defer func() {
		if !over && !j.handed { // an After or a Trace of the host's has ended this goroutine
			j.Leave()
		}
	}()
	if j.after == nil {
		began := time.Now()
		o := j.call()
		j.l.spells.worked(time.Since(began))
		if o == IsDeferred {
			over = true
			if j.unsent {
				j.forward.Post()
			}
			return nil
		}
		j.finish(o)
	}
	j.follow()
	over = true
	return j.l.st.places.Leave(&j.ticket, &j.l.workload)
}

// End is Finish of a job for which a goroutine has waited, and gives its place on.
func (j *Job) End(o Outcome) {
	defer j.Leave()
	j.finish(o)
	j.follow()
}

// follow calls what follows the answer.
func (j *Job) follow() {
	if j.after == nil {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			j.Log(slog.LevelError, "dac: Response.After panicked", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		}
	}()
	j.after(j.l.ctx)
}

// Faults of a handler. What it has done by then is not known, so it is answered with a NAK, which
// is kept as every answer is: its request is not executed again.
var (
	ErrPanicked = errors.New("dac: the handler panicked")
	errGoexit   = errors.New("dac: the handler ended its goroutine")
)

// call has the host handle j, and survives what it does: an error of the host's is its code too.
func (j *Job) call() (o Outcome) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if p := recover(); p != nil {
			j.Log(slog.LevelError, "dac: handler panicked", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			j.task.Refuse(ErrPanicked)
			o = ToAnswer
			return
		}
		// runtime.Goexit: this goroutine is gone, and what it had to do goes on in others.
		j.handed = true
		if j.ctx.turns != nil {
			*j.lost = true
			j.ctx.turns.handOff(j.ctx.turn)
		}
		j.l.st.workers.Spawn(func() {
			j.task.Refuse(errGoexit)
			j.End(ToAnswer)
		})
	}()
	o = j.task.Handle(j.ctx)
	returned = true
	return o
}

// conclude ends the work on j as o says, in one order: the context of the handler ends; the answer
// is encoded, appended to b, and kept for retransmissions, before it is sent, so that one that
// comes while it is being sent finds it; then j is in work no more. Nothing is appended where
// nothing is to be sent. What is appended is not signed.
func (j *Job) conclude(o Outcome, b []byte, now time.Time) (octets []byte, cause errcause.Cause, to recipients) {
	j.asked = j.ctx.over()
	if o == ToForget {
		j.leaveUnanswered()
		return b, 0, recipients{}
	}
	start := len(b)
	var said Verdict
	if o == ToAnswer || o == ToRefuse {
		b, said = j.encode(b, now)
	}
	to = j.remember(o, b[start:], now)
	j.row.InWork.Add(-1)
	if len(b) == start {
		j.row.Kinds[j.kind].Add(peerstate.Dropped)
		return b, 0, recipients{}
	}
	j.count(&said, now)
	j.after = said.After
	if to.first == nil && len(to.others) == 0 {
		return b[:start], 0, to
	}
	return b, said.Cause, to
}

// The recipients of an answer.
type recipients struct {
	first  *netio.Origin  // who sent the request; nil: it has given it up
	others []netio.Origin // who retransmitted it from elsewhere, or by another connection
}

// finish answers j as o says, by itself: it is not in the batch of a read loop. The answer is sent
// at once, or waits in the coalescer of its listener for others that are about to come.
func (j *Job) finish(o Outcome) {
	buf := buffers.Get().(*[]byte)
	octets := (*buf)[:0]
	defer func() { *buf = octets[:0]; buffers.Put(buf) }()
	var cause errcause.Cause
	var to recipients
	if octets, cause, to = j.conclude(o, octets, time.Now()); len(octets) == 0 {
		return
	}
	if j.key.Signs() {
		authn.SignResponse(octets, j.task.Wire(), j.key.Secret)
	}
	st := j.l.st
	if to.first == nil {
		// It is for the others alone.
	} else if j.later {
		j.l.coalescer.Put(signedAnswer{j.from, octets, cause})
	} else if (j.ticket.Many() || st.workers.Busy() > coalesce.Min) && j.after == nil {
		// What follows the answer follows it.
		j.l.coalescer.Post(signedAnswer{j.from, octets, cause})
	} else {
		st.notes.write(j.from.Socket, []netio.Outgoing{{Origin: j.from, Octets: octets, Tag: tagOf(wasSent, cause)}})
	}
	for _, o := range to.others {
		st.notes.write(o.Socket, []netio.Outgoing{{Origin: &o, Octets: octets, Tag: tagOf(wasResent, cause)}})
	}
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}

// leaveUnanswered forgets j: its retransmission is a first arrival.
func (j *Job) leaveUnanswered() {
	j.forget()
	j.row.InWork.Add(-1)
	j.row.Kinds[j.kind].Add(peerstate.Dropped)
}

// encode appends the answer.
func (j *Job) encode(b []byte, now time.Time) ([]byte, Verdict) {
	if !j.stamp {
		now = time.Time{}
	}
	return j.task.Encode(b, now)
}

// count counts an answer (RFC 4673).
func (j *Job) count(said *Verdict, now time.Time) {
	count := &j.row.Kinds[j.kind]
	if said.ACK {
		count.Add(peerstate.ACKs)
		count[peerstate.Sessions].Add(uint64(min(max(said.Sessions, 1), math.MaxInt32)))
	} else {
		count.Add(peerstate.NAKs)
		if said.Cause == errcause.SessionContextNotFound {
			count.Add(peerstate.NoContextNAKs)
		}
		if said.AuthorizeOnly {
			count.Add(peerstate.AuthOnlyNAKs)
		}
	}
	if j.ctx.late(now) {
		count.Add(peerstate.Late)
	}
}

// Refused makes the answer a NAK and is its outcome.
func (j *Job) Refused(why error) Outcome {
	j.task.Refuse(why)
	return ToAnswer
}

// remember has the answer b kept for retransmissions, and silence where it is empty, as o says. It
// returns who gets it. What is kept is the code and the attributes behind a Message-Authenticator,
// which stands first: a retransmission has the same Request Authenticator, so it is signed to the
// same octets again.
func (j *Job) remember(o Outcome, b []byte, now time.Time) recipients {
	gaveUp := j.waitOver()
	to := recipients{first: j.from}
	code, first := byte(0), len(b)
	if len(b) > 0 {
		code, first = b[0], packet.HeaderLen
		if at, _ := packet.FindMessageAuthenticator(b); at != 0 { // the first of them
			first = at + packet.AuthenticatorLen
		}
	}
	switch {
	case j.ref == (dedup.Ref{}):
	case o == ToRefuse:
		to.others = j.l.st.dedup.Forget(j.ref)
	default:
		to.others = j.l.st.dedup.Answer(j.ref, code, b[first:], now)
	}
	if len(gaveUp) > 0 {
		left := func(o netio.Origin) bool { return slices.Contains(gaveUp, o.Socket) }
		to.others = slices.DeleteFunc(to.others, left)
		if left(*j.from) {
			to.first = nil
		}
	}
	return to
}

// forget makes j, of which nothing was done, a first arrival when it comes again.
func (j *Job) forget() {
	j.waitOver()
	if j.ref != (dedup.Ref{}) {
		j.l.st.dedup.Forget(j.ref)
	}
}

// waitOver ends the wait for j, which is answered next or never, and returns by which sockets it
// was given up before.
func (j *Job) waitOver() []netio.Socket {
	if j.wait != nil {
		return j.l.st.waits.over(j.wait)
	}
	return nil
}

// A member is a Job as the places and the workers know it.
type member Job

func (m *member) Run() (next *admission.Ticket) { return (*Job)(m).run() }

func (m *member) Hold() { m.forward.Hold() }

// Attr names the request in a line about those that are still in work.
func (m *member) Attr() slog.Attr {
	return slog.String(m.from.Remote.String(), packet.CodeName(packet.Code(m.task.Wire()[0])))
}

// Log logs something about j.
func (j *Job) Log(level slog.Level, msg string, as ...slog.Attr) {
	ctx := context.Background()
	if !j.l.st.Log.Enabled(ctx, level) {
		return
	}
	wire := j.task.Wire()
	as = append(j.row.AppendLabel(as, netio.Unmap(j.from.Remote).String()), slog.String("code", packet.CodeName(packet.Code(wire[0]))), slog.Any("id", packet.IDOf(wire, j.l.tokens())))
	j.l.st.Log.LogAttrs(ctx, level, msg, as...)
}
