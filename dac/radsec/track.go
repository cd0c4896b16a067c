// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/mux"
)

// state is what a Config has open, and its counters.
type state struct {
	mu       sync.Mutex // guards what follows
	open     map[*tracked]struct{}
	incoming int            // of open, those that came in
	byPeer   map[string]int // of those that came in
	opened   uint64
	refused  map[string]uint64
	closed   map[string]uint64
	failed   map[string]uint64
	wake     *time.Timer // calls sweep; nil: nothing is open
	wakeAt   time.Time
	rechecks time.Time // the next one
	gate     gate
	pool     map[poolKey]*pooled
	lines    lines
}

// tracked is a connection that is open.
type tracked struct {
	party  *party
	cs     *tls.ConnectionState
	conn   *Conn
	reason string // of this end, to close it; guarded by state.mu
}

// reserve takes a place among the connections that came in, or says why there is none.
func (c *Config) reserve(p *party) error {
	if p.client {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch name := p.found.id.Name; {
	case c.incoming >= c.maxConns():
		return errConns
	case c.byPeer[name] >= c.maxConnsPerPeer():
		return errPeerConns
	default:
		if c.byPeer == nil {
			c.byPeer = make(map[string]int)
		}
		c.byPeer[name]++
		c.incoming++
	}
	return nil
}

// track takes a connection, which has its place, among the open ones.
func (c *Config) track(t *tracked) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = make(map[*tracked]struct{})
	}
	c.open[t] = struct{}{}
	c.opened++
	if c.rechecks.IsZero() {
		c.rechecks = time.Now().Add(c.recheckEvery())
	}
	c.wakeBy(c.expiry(t))
	c.wakeBy(c.rechecks)
}

// untrack forgets t, which has ended.
func (c *Config) untrack(t *tracked) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.open[t]; !ok {
		return
	}
	delete(c.open, t)
	if name := t.party.found.id.Name; !t.party.client {
		c.incoming--
		if c.byPeer[name]--; c.byPeer[name] == 0 {
			delete(c.byPeer, name)
		}
	}
	reason := t.reason
	if reason == "" {
		reason = endReason(t.conn.Err())
	}
	count(&c.closed, reason)
	if len(c.open) == 0 {
		c.wake.Stop()
		c.wake, c.rechecks = nil, time.Time{}
	}
}

func count(m *map[string]uint64, reason string) {
	if *m == nil {
		*m = make(map[string]uint64)
	}
	(*m)[reason]++
}

// endReason is why a connection ended that this package did not end.
func endReason(err error) string {
	var end *mux.EndError
	if errors.As(err, &end) {
		return string(end.Reason)
	}
	return string(mux.ByPeer)
}

func (c *Config) recheckEvery() time.Duration {
	switch {
	case c.RecheckEvery < 0:
		return 1 << 62
	case c.RecheckEvery == 0:
		return defaultRecheck
	}
	return c.RecheckEvery
}

// expiry is when the certificate of t expires, by the clock of this program.
func (c *Config) expiry(t *tracked) time.Time {
	return time.Now().Add(t.party.found.expires.Sub(c.now()))
}

// wakeBy lets sweep run at the time at, or before.
func (c *Config) wakeBy(at time.Time) {
	if c.wake == nil {
		c.wake, c.wakeAt = time.AfterFunc(time.Until(at), c.sweep), at
	} else if at.Before(c.wakeAt) {
		c.wake.Reset(time.Until(at))
		c.wakeAt = at
	}
}

// sweep closes what has expired, and checks the others when it is time to.
func (c *Config) sweep() {
	now := time.Now()
	c.mu.Lock()
	due := !now.Before(c.rechecks)
	if due {
		c.rechecks = now.Add(c.recheckEvery())
	}
	var expired []*tracked
	for t := range c.open {
		if !now.Before(c.expiry(t)) {
			expired = append(expired, t)
		}
	}
	c.mu.Unlock()
	for _, t := range expired {
		c.end(t, "the certificate has expired")
	}
	if due {
		c.Recheck()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wake == nil {
		return
	}
	at := c.rechecks
	for t := range c.open {
		if e := c.expiry(t); t.reason == "" && e.Before(at) {
			at = e
		}
	}
	c.wake, c.wakeAt = time.AfterFunc(time.Until(at), c.sweep), at
}

// end closes t, once, without waiting for it.
func (c *Config) end(t *tracked, reason string) {
	c.mu.Lock()
	first := t.reason == ""
	if first {
		t.reason = reason
	}
	c.mu.Unlock()
	if first {
		c.log().Warn("radsec: connection closed", "peer", t.party.found.id.Name, "addr", t.party.remote, "reason", reason)
		go t.conn.Close()
	}
}

// Recheck decides anew about every open connection, as its handshake did, and closes those whose
// certificate is no longer good, or is of another Peer now: call it when the authorities, a
// revocation list or the Peers have changed. It runs by itself every RecheckEvery. A Peers that
// fails, other than with ErrUnknownPeer, closes nothing. It may be called at any time.
func (c *Config) Recheck() {
	c.mu.Lock()
	all := make([]*tracked, 0, len(c.open))
	for t := range c.open {
		all = append(all, t)
	}
	c.mu.Unlock()
	for _, t := range all {
		if reason := c.recheck(t); reason != "" {
			c.end(t, reason)
		}
	}
}

// recheck says why t is to be closed; "": it is not.
func (c *Config) recheck(t *tracked) string {
	ctx, cancel := context.WithTimeout(context.Background(), c.handshakeTimeout())
	defer cancel()
	found, err := t.party.verify(ctx, t.cs)
	switch {
	case err == nil && found.peer == t.party.found.peer:
		return ""
	case err == nil:
		return "Peers has changed"
	case errors.Is(err, dac.ErrUnknownPeer):
		return "Peers knows it no longer"
	case found.id != nil && t.party.tls.VerifyConnection == nil: // path and name are good
		c.log().Warn("radsec: Peers could not be asked about a connection, which stays", "peer", t.party.found.id.Name, "err", err)
		return ""
	}
	return reasonOf(err)
}

// Stats are the counters of a Config. Reasons are few and fixed.
type Stats struct {
	Open, Handshaking, Waiting int               // connections now; those that wait for a handshake
	Opened                     uint64            // connections whose handshake was good
	Refused                    map[string]uint64 // at a limit, by reason
	Failed                     map[string]uint64 // handshakes, and dials, by reason
	Closed                     map[string]uint64 // open connections that ended, by reason
}

// Stats returns the counters.
func (c *Config) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{
		Open: len(c.open), Handshaking: c.gate.running, Waiting: c.gate.waiting, Opened: c.opened,
		Refused: maps.Clone(c.refused), Failed: maps.Clone(c.failed), Closed: maps.Clone(c.closed),
	}
}

// fail counts a handshake that failed and says so in the log, at most once a second for a reason.
func (c *Config) fail(remote any, err error) {
	reason := reasonOf(err)
	c.mu.Lock()
	if errors.Is(err, errConns) || errors.Is(err, errPeerConns) || errors.Is(err, errWaiting) {
		count(&c.refused, reason)
	} else {
		count(&c.failed, reason)
	}
	say, more := c.lines.say(reason, time.Now())
	c.mu.Unlock()
	if say {
		c.log().Warn("radsec: connection refused", "addr", remote, "reason", reason, "err", err, "more", more)
	}
}

// lines bounds the log: what any machine can bring about is said once a second for each reason.
type lines map[string]*line

type line struct {
	until time.Time
	more  int
}

func (l *lines) say(reason string, now time.Time) (say bool, more int) {
	if *l == nil {
		*l = make(lines)
	}
	one := (*l)[reason]
	if one == nil {
		one = &line{}
		(*l)[reason] = one
	}
	if now.Before(one.until) {
		one.more++
		return false, 0
	}
	more, one.more, one.until = one.more, 0, now.Add(time.Second)
	return true, more
}
