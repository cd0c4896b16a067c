// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A job is a request that was taken in, until it is answered.
type job struct {
	st      *serverState
	l       *listener
	row     *peerRow
	key     *keyed
	from    *origin // read-only
	ref     ref
	arrived time.Duration // since the server started
	req     *Request

	reader *reader // while the read loop runs it, with the number of its turn
	turn   uint64
	lost   *bool                 // of the goroutine that leads: it has ceased to
	after  func(context.Context) // to be called, the answer being out
	ctx    handlerContext

	kind   uint8
	stamp  bool   // the answer carries an Event-Timestamp
	handed bool   // its goroutine is gone, and another ends it
	later  bool   // it was sent on, and who ends that answers it
	unsent onward // it, to be sent

	// guarded by st.places.mu
	away  bool // it has given its place back for a while (Yield)
	left  bool // it is over
	many  bool // others were waiting when it went on
	prev  *job
	next  *job
	asked onward    // it, sent on
	back  chan bool // closed once it has a place again; nil: it does not wait for one
}

// counted counts a first arrival that was taken in.
func (j *job) counted() {
	count := &j.row.kinds[j.kind]
	count.add(cRequests)
	if authorizeOnly(j.req.Packet.Attributes) {
		count.add(cAuthOnlyRequests)
	}
}

// code is the code of the request as it came, whatever a handler made of its Packet.
func (j *job) code() radius.Code { return radius.Code(j.req.wire[0]) }

func authorizeOnly(set radius.Attributes) bool {
	for _, a := range set {
		if a != nil && a.Type == typeServiceType {
			return len(a.Attribute) == 4 && a.Attribute[3] == 17 && a.Attribute[0]|a.Attribute[1]|a.Attribute[2] == 0
		}
	}
	return false
}

// run handles j in a worker and returns who has its place then.
func (j *job) run() (next *job) {
	over := false
	defer func() {
		if !over && !j.handed { // an After or a Trace of the host's has ended this goroutine
			j.leave()
		}
	}()
	if j.after == nil {
		began := time.Now()
		resp, err := j.call()
		j.l.worked(time.Since(began))
		if err == errLater {
			over = true
			if j.unsent != nil {
				j.unsent.post()
			}
			return nil
		}
		j.finish(resp, err, nil)
	}
	j.follow()
	over = true
	return j.st.places.leave(j)
}

// end is run for a handler that has returned already.
func (j *job) end(resp *Response, err error) {
	defer j.leave()
	j.finish(resp, err, nil)
	j.follow()
}

// leave gives the place of j, which is over, to the next.
func (j *job) leave() {
	if next := j.st.places.leave(j); next != nil {
		j.st.workers.run(next)
	}
}

// follow calls what follows the answer.
func (j *job) follow() {
	if j.after == nil {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			j.log(slog.LevelError, "dac: Response.After panicked", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		}
	}()
	j.after(j.l.ctx)
}

// Faults of a handler.
var (
	errPanicked = errors.New("dac: the handler panicked")
	errGoexit   = errors.New("dac: the handler ended its goroutine")
)

// call calls the Handler and makes the answer of what it returned; it survives what either does, since an error of the host's is its code too.
// The answer is nil where there is none: err is ErrDiscard or ErrSilent then.
func (j *job) call() (resp *Response, err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if p := recover(); p != nil {
			j.log(slog.LevelError, "dac: handler panicked", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			resp, err = j.fault(errPanicked), nil
			return
		}
		// runtime.Goexit: this goroutine is gone, and what it had to do goes on in others.
		j.handed = true
		if j.reader != nil {
			*j.lost = true
			j.reader.handOver(j.turn)
		}
		j.st.workers.spawn(func() { j.end(j.fault(errGoexit), nil) })
	}()
	if p := j.st.postponer; p != nil {
		resp, err = p.handleLater(j)
	} else {
		resp, err = j.st.s.Handler.Handle(&j.ctx, j.req)
	}
	if err != errLater {
		resp, err = j.settle(resp, err)
	}
	returned = true
	return resp, err
}

// settle is the answer for what a handler returned, or ErrDiscard or ErrSilent.
func (j *job) settle(resp *Response, err error) (*Response, error) {
	switch {
	case errors.Is(err, ErrSilent): // before ErrDiscard: what may have been done is not done again
		return nil, ErrSilent
	case errors.Is(err, ErrDiscard):
		j.log(slog.LevelDebug, "dac: request discarded by its handler", slog.Any("err", err))
		return nil, ErrDiscard
	}
	return j.answer(resp, err), nil
}

// fault is the NAK for a handler that did not return.
func (j *job) fault(err error) *Response {
	j.log(slog.LevelInfo, "dac: refused", slog.Any("err", err))
	return j.nak(0)
}

// yield gives the place of j back; see Yield.
func (j *job) yield() (resume func()) {
	if !j.giveBack() {
		return func() {}
	}
	return sync.OnceFunc(func() { j.st.places.resume(j) })
}

// giveBack gives the place of j back until places.resume; false: it has none.
func (j *job) giveBack() bool {
	next, ok := j.st.places.yield(j, nil)
	if !ok {
		return false
	}
	if j.reader == nil {
		j.l.slowOnes.Add(1)
	} else if j.reader.handOver(j.turn) {
		j.reader.waited(j.turn)
	}
	if next != nil {
		j.st.workers.run(next)
	}
	return true
}

// finish answers j with what call made: in the batch of r, or at once where r is nil.
func (j *job) finish(resp *Response, err error, r *reader) {
	j.ctx.finish()
	if err == ErrDiscard {
		j.leaveUnanswered()
		return
	}
	var now time.Time
	var octets []byte
	if r == nil {
		now = time.Now()
		buf := buffers.Get().(*[]byte)
		defer func() { *buf = octets[:0]; buffers.Put(buf) }()
		octets = *buf
	} else {
		now, octets = r.now, r.octets // it took no longer than a tick, or r would have gone on without it
	}
	start := len(octets)
	if err == nil {
		resp, octets = j.encode(resp, octets, now)
	}
	others := j.remember(octets[start:], now)
	j.row.inWork.Add(-1)
	if len(octets) == start {
		j.row.kinds[j.kind].add(cDropped)
		return
	}
	j.count(resp, now)
	j.after = resp.After
	if r != nil {
		r.octets = octets
		r.owe(j.key, j.req.wire, start)
		r.send(j.from, start, Sent, resp.Cause())
		for i := range others {
			r.send(&others[i], start, Resent, resp.Cause())
		}
		return
	}
	signResponse(octets[start:], j.req.wire, j.key.Secret)
	if j.later {
		j.l.box.put(j, octets[start:], resp.Cause())
	} else if (j.many || j.st.workers.busy.Load() > together) && resp.After == nil { // what follows the answer follows it
		j.l.box.post(j, octets[start:], resp.Cause())
	} else {
		j.st.write(j.from.io, []outgoing{{origin: j.from, octets: octets[start:], op: Sent, cause: resp.Cause()}})
	}
	for _, o := range others {
		j.st.write(o.io, []outgoing{{origin: &o, octets: octets[start:], op: Resent, cause: resp.Cause()}})
	}
}

// leaveUnanswered forgets j: its retransmission is a first arrival.
func (j *job) leaveUnanswered() {
	j.st.memory.forget(j.ref)
	j.row.inWork.Add(-1)
	j.row.kinds[j.kind].add(cDropped)
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}

// count counts an answer.
func (j *job) count(resp *Response, now time.Time) {
	count := &j.row.kinds[j.kind]
	if resp.ACK() {
		count.add(cACKs)
		count[cSessions].Add(uint64(max(resp.Sessions, 1)))
	} else {
		count.add(cNAKs)
		if resp.Cause() == errcause.SessionContextNotFound {
			count.add(cNoContextNAKs)
		}
		if authorizeOnly(resp.Packet.Attributes) {
			count.add(cAuthOnlyNAKs)
		}
	}
	if now.Sub(j.st.started)-j.arrived > j.st.timeout {
		count.add(cLate)
	}
}
