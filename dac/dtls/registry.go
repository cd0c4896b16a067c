// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"context"
	"crypto/x509"
	"errors"
	"maps"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/cert"
	"github.com/radius-dynauth/dynauth/dac/internal/mux"
)

// state is what a Config has open, and its counters.
type state struct {
	mu       sync.Mutex // guards what follows
	open     map[*Conn]struct{}
	incoming int // of open, those that came in
	byPeer   map[string]map[*Conn]struct{}
	opened   uint64
	refused  map[string]uint64
	failed   map[string]uint64
	closed   map[string]uint64
	told     map[string]time.Time // when the log heard of a reason last
	sweeper  *time.Timer          // nil: nothing is open
	pool     map[poolKey]*pooled

	dropped, displaced uint64
}

// Stats are the counters of a Config. Reasons are few and fixed.
type Stats struct {
	Open      int               // sessions now
	Opened    uint64            // sessions whose handshake was good
	Refused   map[string]uint64 // at a limit, by reason
	Failed    map[string]uint64 // handshakes, by reason
	Closed    map[string]uint64 // open sessions that ended, by reason
	Dropped   uint64            // datagrams of no session, and those that found no room
	Displaced uint64            // handshakes without a proved address whose place a newer one took
}

// Stats returns the counters.
func (c *Config) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{
		Open: len(c.open), Opened: c.opened, Refused: maps.Clone(c.refused), Failed: maps.Clone(c.failed), Closed: maps.Clone(c.closed),
		Dropped: c.dropped, Displaced: c.displaced,
	}
}

func (c *Config) add(n *uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*n++
}

func count(m *map[string]uint64, reason string) {
	if *m == nil {
		*m = make(map[string]uint64)
	}
	(*m)[reason]++
}

// refuse counts what a limit refused.
func (c *Config) refuse(remote netip.AddrPort, err error) { c.note(&c.refused, remote, err) }

// fail counts a handshake that failed.
func (c *Config) fail(remote any, err error) {
	if errors.Is(err, errSessions) {
		c.note(&c.refused, remote, err)
		return
	}
	c.note(&c.failed, remote, err)
}

// note counts, and says so in the log, at most once a second for a reason: any machine can bring it
// about.
func (c *Config) note(m *map[string]uint64, remote any, err error) {
	reason := reasonOf(err)
	c.mu.Lock()
	count(m, reason)
	now := time.Now()
	say := now.Sub(c.told[reason]) >= time.Second
	if say {
		if c.told == nil {
			c.told = make(map[string]time.Time)
		}
		c.told[reason] = now
	}
	c.mu.Unlock()
	if say {
		c.log().Warn("dtls: session refused", "remote", remote, "reason", reason, "err", err)
	}
}

// reasonOf is why a handshake has failed: few words, and no octet of the other end's.
func reasonOf(err error) string {
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	for _, known := range []struct {
		err    error
		reason string
	}{
		{errNoCertificate, "no certificate"}, {errOwn, "own certificate"}, {cert.ErrName, "wrong name"}, {cert.ErrRealm, "bad certificate"},
		{errSessions, "too many sessions"}, {errHandshakes, "too many handshakes"}, {errRoots, "no authorities"}, {errHost, "host"},
		{dac.ErrUnknownPeer, "unknown peer"}, {context.DeadlineExceeded, "timeout"}, {os.ErrDeadlineExceeded, "timeout"},
		{context.Canceled, "shutting down"},
	} {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	switch {
	case errors.As(err, &authority):
		return "unknown authority"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "expired certificate"
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return "certificate for another purpose"
	case errors.As(err, &invalid):
		return "bad certificate"
	}
	return "other"
}

// track takes a session among the open ones, or says why there is no place. Where its peer has too
// many the one ends that was silent the longest: a peer whose port changed leaves those behind.
func (c *Config) track(conn *Conn) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if name := conn.party.who(); !conn.party.client {
		if len(c.byPeer[name]) >= c.maxSessionsPerPeer() {
			var silent *Conn
			for one := range c.byPeer[name] {
				if silent == nil || one.m.Latest().Before(silent.m.Latest()) {
					silent = one
				}
			}
			c.lockedUntrack(silent, "a newer session of the peer took its place")
			go silent.Close()
		} else if c.incoming >= c.maxSessions() {
			return errSessions
		}
		if c.byPeer == nil {
			c.byPeer = make(map[string]map[*Conn]struct{})
		}
		if c.byPeer[name] == nil {
			c.byPeer[name] = make(map[*Conn]struct{})
		}
		c.byPeer[name][conn] = struct{}{}
		c.incoming++
	}
	if c.open == nil {
		c.open = make(map[*Conn]struct{})
	}
	c.open[conn] = struct{}{}
	c.opened++
	if c.sweeper == nil {
		c.sweeper = time.AfterFunc(c.recheckEvery(), c.sweep)
	}
	return nil
}

func (c *Config) recheckEvery() time.Duration {
	if c.RecheckEvery == 0 {
		return defaultRecheck
	}
	return c.RecheckEvery
}

// untrack forgets conn, which has ended.
func (c *Config) untrack(conn *Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	reason := string(mux.ByPeer)
	var end *mux.EndError
	if errors.As(conn.m.Err(), &end) {
		reason = string(end.Reason)
	}
	c.lockedUntrack(conn, reason)
}

func (c *Config) lockedUntrack(conn *Conn, reason string) {
	if _, ok := c.open[conn]; !ok {
		return
	}
	delete(c.open, conn)
	if name := conn.party.who(); !conn.party.client {
		c.incoming--
		if delete(c.byPeer[name], conn); len(c.byPeer[name]) == 0 {
			delete(c.byPeer, name)
		}
	}
	count(&c.closed, reason)
	if len(c.open) == 0 && c.sweeper != nil {
		c.sweeper.Stop()
		c.sweeper = nil
	}
}

// sweep calls Recheck while a session is open.
func (c *Config) sweep() {
	c.Recheck()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sweeper != nil {
		c.sweeper.Reset(c.recheckEvery())
	}
}

// Recheck decides anew about every open session, as its handshake did, and closes those whose
// certificate is no longer good (it has expired, its authority is gone), whose key has changed, or
// that are of another Peer now. It runs by itself every RecheckEvery. A Peers that fails, other
// than with dac.ErrUnknownPeer, closes nothing. It may be called at any time.
func (c *Config) Recheck() {
	c.mu.Lock()
	all := make([]*Conn, 0, len(c.open))
	for conn := range c.open {
		all = append(all, conn)
	}
	c.mu.Unlock()
	for _, conn := range all {
		if reason := c.recheck(conn); reason != "" {
			c.log().Warn("dtls: session closed", "peer", conn.party.who(), "remote", conn.party.remote, "reason", reason)
			c.mu.Lock()
			c.lockedUntrack(conn, reason)
			c.mu.Unlock()
			go conn.Close()
		}
	}
}

// recheck says why conn is to be closed; "": it is not.
func (c *Config) recheck(conn *Conn) string {
	ctx, cancel := context.WithTimeout(context.Background(), c.handshakeTimeout())
	defer cancel()
	p := conn.party
	s := p.found.id.State.(*State)
	var found verdict
	var err error
	if s.PSK {
		found, err = p.recheckKey(ctx)
	} else {
		found, err = p.verifyCertificate(ctx, s)
	}
	switch {
	case err == nil && found.peer == p.found.peer:
		return ""
	case err == nil:
		return "Peers has changed"
	case errors.Is(err, dac.ErrUnknownPeer):
		return "Peers knows it no longer"
	case errors.Is(err, errKey):
		return "its key has changed"
	case found.id != nil: // path and name are good
		c.log().Warn("dtls: Peers could not be asked about a session, which stays", "peer", p.who(), "err", err)
		return ""
	}
	return reasonOf(err)
}
