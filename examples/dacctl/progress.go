// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

const (
	progressEvery = 200 * time.Millisecond // on a terminal
	linesEvery    = 10 * time.Second       // elsewhere
	progressWidth = 79                     // the narrowest terminal, less the column that makes it wrap
	progressNAKs  = 2                      // causes shown, the most frequent first
	rateOver      = 10 * time.Second       // that the rate is of
	silentAfter   = 3 * time.Second        // that a NAS answers nothing of what waits for it
)

// A pace is how many outcomes there were when, over the last ten seconds.
type pace struct{ points []point }

type point struct {
	at   time.Time
	done int
}

// add notes how many there are, and returns the rate a second of the last ten seconds.
func (p *pace) add(now time.Time, done int) float64 {
	for len(p.points) > 1 && now.Sub(p.points[1].at) >= rateOver {
		p.points = p.points[1:]
	}
	p.points = append(p.points, point{now, done})
	return perSecond(done-p.points[0].done, now.Sub(p.points[0].at))
}

// A gauge is what the progress is told from.
type gauge struct {
	total   int // packets; 0: not known
	done    int
	waiting int // sent, without an outcome yet
	rate    float64
}

// left is how long the rest takes at the rate of the last ten seconds.
func (g gauge) left() (time.Duration, bool) {
	if g.total <= 0 || g.rate <= 0 {
		return 0, false
	}
	return time.Duration(float64(max(g.total-g.done, 0)) / g.rate * float64(time.Second)), true
}

// progressLine says how far it is.
func (t *tally) progressLine(g gauge, silent []string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	line := fmt.Sprintf("%d done", g.done)
	if g.total > 0 {
		line = fmt.Sprintf("%d of %d done", g.done, g.total)
	}
	parts := []string{line, fmt.Sprintf("%d waiting", g.waiting)}
	causes := slices.SortedFunc(maps.Keys(t.causes), func(a, b errcause.Cause) int {
		return cmp.Or(cmp.Compare(t.causes[b], t.causes[a]), cmp.Compare(a, b))
	})
	for _, c := range causes[:min(len(causes), progressNAKs)] {
		nak := "NAK"
		if c != 0 {
			nak = fmt.Sprintf("NAK %d", uint32(c))
		}
		parts = append(parts, fmt.Sprintf("%d %s", t.causes[c], nak))
	}
	parts = append(parts, fmt.Sprintf("%.0f/s", g.rate))
	if left, known := g.left(); known {
		parts = append(parts, fmt.Sprintf("%s left", left.Round(time.Second)))
	}
	line = strings.Join(parts, ", ")
	if len(silent) > 0 {
		line += "; silent: " + strings.Join(silent, " ")
	}
	return line
}

// A hearing is when a NAS was last heard of.
type hearing struct {
	answers uint64
	since   time.Time
}

// A watcher reads the counters of several Clients. Clients may be added while it reads.
type watcher struct {
	mu      sync.Mutex // guards the clients
	clients []*dac.Client
	heard   map[netip.AddrPort]hearing
	began   time.Time
}

func (w *watcher) add(c *dac.Client) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clients = append(w.clients, c)
}

// look returns how many requests wait for an answer, and the NASes that have answered none of
// theirs for a while, by address.
func (w *watcher) look(now time.Time) (waiting int, silent []netip.AddrPort) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.clients {
		stats := c.Stats()
		waiting += int(stats.Total.Disconnect.Pending + stats.Total.CoA.Pending)
		for nas, n := range stats.NAS {
			answers := n.Disconnect.ACKs + n.Disconnect.NAKs + n.CoA.ACKs + n.CoA.NAKs
			h, known := w.heard[nas]
			if !known {
				h.since = w.began
			}
			if h.answers != answers || n.Disconnect.Pending+n.CoA.Pending == 0 {
				h = hearing{answers, now}
			} else if now.Sub(h.since) >= silentAfter {
				silent = append(silent, nas)
			}
			w.heard[nas] = h
		}
	}
	slices.SortFunc(silent, netip.AddrPort.Compare)
	return waiting, silent
}

// watch shows how far a file is: a line that is written over on a terminal, a line every ten
// seconds elsewhere. It hands outcomes to the system as they come, until it is stopped.
func (s *sender) watch(clients *watcher) (stop func()) {
	if s.file == "" {
		return func() {}
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		show, over := s.screen.line, linesEvery
		if f, ok := s.screen.w.(*os.File); ok && isTerminal(f) && os.Getenv("TERM") != "dumb" {
			show, over = s.screen.status, progressEvery
		}
		s.tick(done, over, show, clients)
	})
	return func() {
		close(done)
		wg.Wait()
		s.screen.clear()
	}
}

func (s *sender) tick(done <-chan struct{}, every time.Duration, show func(string), clients *watcher) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	var p pace
	last := time.Now()
	p.add(last, 0)
	for {
		select {
		case <-done:
			return
		case now := <-tick.C:
			s.out.flush() // what fails here fails again at the end
			mine, all := s.tally.done()
			g := gauge{done: all, rate: p.add(now, mine)}
			if s.plan != nil {
				g.total = s.plan.packets * s.count
			}
			if s.quiet || now.Sub(last) < every-progressEvery/2 {
				continue
			}
			last = now
			var silent []netip.AddrPort
			g.waiting, silent = clients.look(now)
			names := make([]string, len(silent))
			for i, nas := range silent {
				names[i] = s.nasName(nas)
			}
			show(s.tally.progressLine(g, names))
		}
	}
}

// nasName is the name of the NAS at an address, or the address.
func (s *sender) nasName(at netip.AddrPort) string {
	for _, n := range s.nases.all {
		if n.addr.Addr() == at.Addr() && (n.addr.Port() == 0 || n.addr.Port() == at.Port()) {
			return n.name
		}
	}
	return at.String()
}

// isTerminal reports whether f is a terminal.
func isTerminal(f io.Writer) bool {
	file, ok := f.(*os.File)
	if !ok {
		return false
	}
	st, err := file.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0 && file.Name() != os.DevNull
}
