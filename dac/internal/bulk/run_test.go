// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"context"
	"errors"
	"iter"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A job is one of a test, and what became of it.
type job struct {
	nas, n int
	end    string
}

// A host is NASes of which each does with a job what answer says: after a time it ends so.
type host struct {
	run    *Run[job, int]
	epoch  time.Time
	answer func(j job) (time.Duration, End)

	mu    sync.Mutex // guards begun
	begun []time.Duration
	jobs  []job // of begun
}

func newHost(budget int, answer func(j job) (time.Duration, End)) *host {
	h := &host{epoch: time.Now(), answer: answer}
	h.run = New(h, Config{
		OfNAS: 256, Budget: budget, Retries: 1, Initial: 2 * time.Second, Max: 16 * time.Second, Span: 30 * time.Second, Ask: 30 * time.Second,
		Wait:       func(time.Duration) time.Duration { return 2 * time.Second },
		AskExpired: errors.New("late"), AskBroken: errors.New("broken"), SendBroken: errors.New("broken"),
	})
	return h
}

func (h *host) Now() Instant { return time.Since(h.epoch) }

func (h *host) Address(j *job) (netip.AddrPort, bool) {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(j.nas >> 16), byte(j.nas >> 8), byte(j.nas)}), 3799), true
}

func (h *host) Peer(context.Context, netip.AddrPort) (int, error) { return 0, nil }

func (h *host) Begin(t *Task[job, int], _ netip.AddrPort, _ *int) (any, bool) {
	h.mu.Lock()
	h.begun, h.jobs = append(h.begun, h.Now()), append(h.jobs, t.Job)
	h.mu.Unlock()
	after, end := h.answer(t.Job)
	time.AfterFunc(after, func() {
		h.run.Ended([]*Task[job, int]{t}, func(int) End {
			t.Job.end = map[End]string{Answered: "answered", Passing: "passing", Silent: "silent"}[end]
			return end
		})
	})
	return t, true
}

func (h *host) Send([]any)                                        {}
func (h *host) CancelAll(error)                                   {}
func (h *host) Fresh(j *job) job                                  { return job{nas: j.nas, n: j.n} }
func (h *host) Failed(j *job, _ netip.AddrPort, _ error)          { j.end = "failed" }
func (h *host) Stopped(j *job, _ netip.AddrPort, _ error, _ bool) { j.end = "stopped" }
func (h *host) Unsent(j *job, _ Unsent)                           { j.end = "unsent" }

// each runs jobs and returns how many ended how.
func (h *host) each(t *testing.T, jobs iter.Seq[job]) map[string]int {
	ends := make(map[string]int)
	h.run.Each(t.Context(), jobs, func(j *job) bool {
		ends[j.end]++
		return true
	})
	return ends
}

func (h *host) at(d time.Duration) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, at := range h.begun {
		if at == d {
			n++
		}
	}
	return n
}

// Once all but one of Budget requests were silent, one more is sent, and no full window.
func TestNoFullWindowAfterAllButOneOfBudgetWereSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var alive atomic.Bool
		alive.Store(true)
		h := newHost(5, func(job) (time.Duration, End) {
			if alive.Load() {
				return time.Millisecond, Answered
			}
			return 30 * time.Second, Silent
		})
		ends := h.each(t, func(yield func(job) bool) {
			for n := range 400 { // the window is wide open
				if !yield(job{n: n}) {
					return
				}
			}
			time.Sleep(time.Second)
			alive.Store(false)
			for n := range 4 {
				if !yield(job{n: n}) {
					return
				}
			}
			time.Sleep(30 * time.Second) // they are silent
			for n := range 100 {
				if !yield(job{n: n}) {
					return
				}
			}
		})
		require.Equal(t, 1, h.at(31*time.Second), "of 100 jobs")
		require.Equal(t, 400, ends["answered"])
		require.Equal(t, 104, ends["silent"]+ends["unsent"])
	})
}

// A probe of a breaker that has closed since says nothing to the next one: that has a probe of its
// own on its way.
func TestAnOldProbeDoesNotFailALaterBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(1, nil)
		r := h.run
		r.ctx, r.cancel = context.WithCancel(t.Context())
		q := r.queue(netip.MustParseAddrPort("10.0.0.1:3799"))
		probe := func() *Task[job, int] {
			task := &Task[job, int]{q: q}
			q.begins(task, 0, r)
			return task
		}
		r.missed(q, 0)
		old := probe()
		require.Equal(t, halfOpen, q.state)
		r.noteEnd(q, probe(), Answered, 0)
		require.Equal(t, closed, q.state)
		r.missed(q, 0)
		next := probe()
		require.Equal(t, halfOpen, q.state)
		r.noteEnd(q, old, Silent, 0)
		require.Equal(t, halfOpen, q.state, "its own probe is on its way")
		r.noteEnd(q, next, Silent, 0)
		require.Equal(t, open, q.state)
	})
}

// A NAS that is forgotten to make room loses no job that waits to be tried again, and stays one
// that may be waiting for jobs.
func TestForgettingANASForgetsNoJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const nases = 3 * maxQueues
		h := newHost(16, func(j job) (time.Duration, End) { return time.Millisecond, Passing })
		ends := h.each(t, func(yield func(job) bool) {
			for n := range nases {
				if !yield(job{nas: n, n: n}) {
					return
				}
			}
		})
		require.Equal(t, map[string]int{"passing": nases}, ends)
		require.Len(t, h.jobs, 2*nases, "each twice")
	})
	synctest.Test(t, func(t *testing.T) {
		h := newHost(16, nil)
		r := h.run
		idle := r.queue(netip.MustParseAddrPort("10.0.0.1:3799"))
		r.draws = 1
		idle.drawn = 1
		r.updateIdle(idle)
		r.forget()
		require.True(t, r.someIdle())
		require.Contains(t, r.queues, idle.nas)
		r.draws += r.recent()
		require.False(t, r.someIdle())
		r.forget()
		require.Empty(t, r.queues)
	})
}

// The first probe leaves in the instant in which the breaker opens, and has its full time before
// the jobs are given up.
func TestTheFirstProbeLeavesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(3, func(job) (time.Duration, End) { return 30 * time.Second, Silent })
		began := time.Now()
		ends := h.each(t, func(yield func(job) bool) {
			for n := range 100 {
				if !yield(job{n: n}) {
					return
				}
			}
		})
		require.Equal(t, map[string]int{"silent": 4, "unsent": 96}, ends)
		require.Equal(t, 1, h.at(30*time.Second))
		require.Equal(t, time.Minute, time.Since(began))
	})
}

// A puller that waits because jobs for a silent NAS fill the queue is woken when the NAS is
// suspected, and when another has nothing to do; no other event need come.
func TestAStalledPullerIsWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(16, func(j job) (time.Duration, End) {
			if j.nas == 0 {
				return 30 * time.Second, Silent
			}
			return time.Second, Answered
		})
		began := time.Now()
		var last time.Duration
		h.run.Each(t.Context(), func(yield func(job) bool) {
			for n := range 40_000 {
				if !yield(job{nas: n % 2, n: n}) {
					return
				}
			}
		}, func(j *job) bool {
			if j.nas == 1 {
				require.Equal(t, "answered", j.end)
				last = time.Since(began)
			}
			return true
		})
		// 20,000 answers of one second each, of which the window lets more and more be on their
		// way: less than two minutes.
		alone := newHost(16, h.answer)
		began = time.Now()
		alone.each(t, func(yield func(job) bool) {
			for n := range 20_000 {
				if !yield(job{nas: 1, n: n}) {
					return
				}
			}
		})
		require.LessOrEqual(t, last, time.Since(began)+5*time.Second)
	})
}

// No alarm is set to an instant that has passed.
func TestNoAlarmInThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(2, nil)
		r := h.run
		r.ctx, r.cancel = context.WithCancel(t.Context())
		q := r.queue(netip.MustParseAddrPort("10.0.0.1:3799"))
		now := time.Hour
		for range 3 {
			r.enqueue(q, &Task[job, int]{q: q}, now)
		}
		parked := r.dequeue(q)
		q.begins(parked, now, r)
		parked.parked = true
		q.parked++
		r.missed(q, now)
		r.missed(q, now)
		for ; now < 2*time.Hour; now += 777 * time.Millisecond {
			r.refresh(q, now)
			at := r.nextAlarm(q, now)
			require.Greater(t, at, now)
			for due := r.alarms.due(now); due != nil; due = r.alarms.due(now) {
				due.alarm = never
				r.refresh(due, now)
			}
			require.Greater(t, r.alarms.first(), now)
		}
		r.timer.Stop()
	})
}

// What is drawn and what is in flight grow with the NASes that have jobs, up to a bound, and
// Config.InFlight is never passed.
func TestGrowsWithItsNASes(t *testing.T) {
	for _, c := range []struct{ inFlight, nases, ahead, most int }{
		{0, 1, 4096, 4096},
		{0, 128, 4096, 4096},
		{0, 129, 4128, 4128},
		{0, 1000, 32_000, 32_000},
		{0, 5000, 65_536, 65_536},
		{50, 1000, 4096, 50},
		{20_000, 1000, 20_000, 20_000},
		{100_000, 5000, 65_536, 100_000},
	} {
		h := newHost(16, nil)
		h.run = New(h, Config{InFlight: c.inFlight, OfNAS: 256, Budget: 16})
		for i := range c.nases {
			nas, _ := h.Address(&job{nas: i})
			q := h.run.queue(nas)
			q.tasks.push(new(Task[job, int]))
			h.run.count(q)
		}
		require.Equal(t, [2]int{c.ahead, c.most}, [2]int{h.run.ahead, h.run.most}, "%+v", c)
	}
}

// An instantHost ends what it is given before Send returns.
type instantHost struct {
	host
	one [1]*Task[job, int]
}

func (h *instantHost) Begin(t *Task[job, int], _ netip.AddrPort, _ *int) (any, bool) { return t, true }

func (h *instantHost) Send(all []any) {
	for _, t := range all {
		h.one[0] = t.(*Task[job, int])
		h.run.Ended(h.one[:], func(int) End { return Answered })
	}
}

// A job costs no allocation: tasks are used again.
func TestAJobAllocatesNothing(t *testing.T) {
	const jobs = 200_000
	h := new(instantHost)
	h.epoch = time.Now()
	h.run = New(h, newHost(16, nil).run.Config)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := 0
	h.run.Each(t.Context(), func(yield func(job) bool) {
		for i := range jobs {
			if !yield(job{nas: i % 7, n: i}) {
				return
			}
		}
	}, func(*job) bool {
		n++
		return true
	})
	runtime.ReadMemStats(&after)
	require.Equal(t, jobs, n)
	require.Less(t, after.Mallocs-before.Mallocs, uint64(jobs/5), "the tasks that are in use at once, and no more")
}
