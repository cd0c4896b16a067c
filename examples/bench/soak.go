// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"time"
)

const (
	soakSamples = 100 // of a run, since the server stands still for each
	soakShown   = time.Minute
	soakLast    = 5 * time.Minute // of which the growth is said
)

// A sample is what a server had resident at a time after the start.
type sample struct {
	at       time.Duration
	resident int64
}

// soakMinimal asks the minimal host evenly, with the default Window or, where it is to be quick, the
// short one, and shows what its memory does, and the latency while the cache grows and after that. It
// fails where a request found no room.
func (s *suite) soakMinimal() (err error) {
	s.defaultWindow = !s.quick
	setup, t := s.setup(), s.task(false)
	setup.kind, t.For, t.Rate, t.Grows = "minimal", s.soak, float64(s.soakRate), s.window()
	one, err := setup.start(s.stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, one.stop()) }()
	t.Addr = one.addr
	type outcome struct {
		result
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		r, err := s.gen.do(t)
		done <- outcome{r, err}
	}()
	fmt.Fprintf(s.stdout, "\nminimal host at %d requests/s, Window %v, Memory %d\n", s.soakRate, s.window(), s.memory)
	began := time.Now()
	var samples []sample
	for tick := time.NewTicker(max(s.soak/soakSamples, time.Millisecond)); ; {
		var out *outcome
		select {
		case <-tick.C:
		case o := <-done:
			tick.Stop()
			out = &o
		}
		r, err := one.report()
		if err != nil {
			return err
		}
		next := sample{time.Since(began), r.Resident}
		if shown(samples, next) || out != nil {
			fmt.Fprintf(s.stdout, "%8v  %5d MiB  %d collections  %d without room\n", next.at.Round(time.Second), r.Resident>>20, r.Collections, r.Overload)
		}
		samples = append(samples, next)
		if out == nil {
			continue
		}
		one.sentAgain(out.Resent)
		if out.err != nil {
			return out.err
		}
		fmt.Fprintf(s.stdout, "p99 %.1f µs in the first %v, in which the cache grows, %.1f µs after them\n", out.Growing*1e6, min(s.window(), s.soak), out.Steady*1e6)
		last, growth := growthOf(samples)
		fmt.Fprintf(s.stdout, "%.0f requests/s; p50 %.1f µs, p99 %.1f µs, p99.9 %.1f µs; resident %d MiB at the end, %+.1f %% in the last %v\n",
			float64(out.Requests)/out.Seconds, out.P50*1e6, out.P99*1e6, out.P999*1e6, r.Resident>>20, growth*100, last.Round(time.Second))
		return nil
	}
}

// shown reports whether a sample is the first of its minute.
func shown(samples []sample, next sample) bool {
	return len(samples) > 0 && next.at/soakShown != samples[len(samples)-1].at/soakShown
}

// growthOf is how much more was resident at the end than five minutes before, as a part of it; of
// a shorter run it is the last third.
func growthOf(samples []sample) (last time.Duration, growth float64) {
	end := samples[len(samples)-1]
	last = min(soakLast, end.at/3)
	for _, one := range samples {
		if one.at >= end.at-last {
			return last, float64(end.resident-one.resident) / float64(max(one.resident, 1))
		}
	}
	return last, 0
}
