// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"layeh.com/radius"
)

// bounds are those of the histograms, in seconds, from a tenth of a millisecond to what a client
// waits at most (RFC 5080, section 2.2.1).
var bounds = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// A Latency is a histogram of how long answers take, by kind and verdict.
type Latency struct {
	name, help string

	mu   sync.Mutex
	seen map[[2]string]*histogram
}

type histogram struct {
	counts [18]uint64 // of each bound, and beyond the last
	sum    float64
}

func (l *Latency) observe(disconnect, ack bool, d time.Duration) {
	key := [2]string{"coa", "nak"}
	if disconnect {
		key[0] = "disconnect"
	}
	if ack {
		key[1] = "ack"
	}
	i, s := 0, d.Seconds()
	for i < len(bounds) && s > bounds[i] {
		i++
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil {
		l.seen = map[[2]string]*histogram{}
	}
	h := l.seen[key]
	if h == nil {
		h = new(histogram)
		l.seen[key] = h
	}
	h.counts[i]++
	h.sum += s
}

// Source shows the histogram.
func (l *Latency) Source(w *Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, h := range l.seen {
		f, labels, n := w.add(l.name, "histogram", l.help), []string{"kind", key[0], "verdict", key[1]}, uint64(0)
		for i, count := range h.counts {
			n += count
			le := "+Inf"
			if i < len(bounds) {
				le = strconv.FormatFloat(bounds[i], 'g', -1, 64)
			}
			f.line(l.name+"_bucket", append(labels[:4:4], "le", le), strconv.FormatUint(n, 10))
		}
		f.line(l.name+"_sum", labels, strconv.FormatFloat(h.sum, 'g', -1, 64))
		f.line(l.name+"_count", labels, strconv.FormatUint(n, 10))
	}
}

// Timed is next, and how long it takes. It keeps the order of arrival where next does
// (dac.Sequencer).
func Timed(next dac.Handler) (dac.Handler, *Latency) {
	l := &Latency{name: "dynauth_server_handler_seconds", help: "How long the Handler took."}
	if q, ok := next.(dac.Sequencer); ok {
		return timedSequencer{q, l}, l
	}
	return timed{next, l}, l
}

type timed struct {
	next    dac.Handler
	latency *Latency
}

func (t timed) Handle(ctx context.Context, r *dac.Request) (*dac.Response, error) {
	return observed(ctx, t.next, r, t.latency)
}

type timedSequencer struct {
	dac.Sequencer
	latency *Latency
}

func (t timedSequencer) Handle(ctx context.Context, r *dac.Request) (*dac.Response, error) {
	return observed(ctx, t.Sequencer, r, t.latency)
}

func observed(ctx context.Context, h dac.Handler, r *dac.Request, l *Latency) (*dac.Response, error) {
	began := time.Now()
	resp, err := h.Handle(ctx, r)
	if verdict := dac.Verdict(resp, err); !errors.Is(verdict, dac.ErrDiscard) && !errors.Is(verdict, dac.ErrSilent) {
		l.observe(r.Disconnect(), verdict == nil, time.Since(began))
	}
	return resp, err
}

// maxWaiting bounds the requests whose answers are timed.
const maxWaiting = 1 << 18

// Answers times the answers that a Client gets: trace is for its Trace, before its first request.
func Answers() (trace func(dac.Event), l *Latency) {
	l = &Latency{name: "dynauth_client_answer_seconds", help: "From the first transmission of a request to its answer."}
	type exchange struct {
		local, nas netip.AddrPort
		id         uint32
	}
	var mu sync.Mutex
	waiting := map[exchange]time.Time{}
	return func(e dac.Event) {
		x := exchange{e.Local, e.Peer, e.ID}
		mu.Lock()
		defer mu.Unlock()
		switch e.Op {
		case dac.Sent:
			if len(waiting) < maxWaiting {
				waiting[x] = e.Time
			}
		case dac.GaveUp:
			delete(waiting, x)
		case dac.Received:
			if began, ok := waiting[x]; ok {
				delete(waiting, x)
				disconnect := e.Code == radius.CodeDisconnectACK || e.Code == radius.CodeDisconnectNAK
				l.observe(disconnect, e.Code == radius.CodeDisconnectACK || e.Code == radius.CodeCoAACK, e.Time.Sub(began))
			}
		}
	}, l
}
