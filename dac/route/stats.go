// SPDX-License-Identifier: Apache-2.0

package route

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
)

// LearnedStats are counters of a Learned. They begin at zero and only grow.
type LearnedStats struct {
	Learned   uint64 // packets that told of a session: Access-Requests, Start and interim updates
	Ended     uint64 // sessions that an Accounting Stop has ended
	Restarts  uint64 // Accounting-On and -Off, each of which ends all sessions of its NAS
	OtherPeer uint64 // packets about a session that another peer has reported (ErrOtherPeer)
	// Failed counts packets of which nothing was learned for another reason: no session in them,
	// malformed, a Store that fails.
	Failed   uint64
	NoTarget uint64 // packets that told of a session at a NAS for which Target knows no way
}

type learnedCounts struct{ learned, ended, restarts, otherPeer, failed, noTarget atomic.Uint64 }

// Stats returns the counters, each read by itself.
func (l *Learned) Stats() LearnedStats {
	c := &l.counts
	return LearnedStats{c.learned.Load(), c.ended.Load(), c.restarts.Load(), c.otherPeer.Load(), c.failed.Load(), c.noTarget.Load()}
}

// lostNASes are those for which Target knows no way, each told in the log once.
type lostNASes struct {
	mu   sync.Mutex
	told map[string]bool // by who reports and of which NAS
}

// mostLost is how many of them are told.
const mostLost = 1024

// first reports whether this is the first time that key is lost.
func (n *lostNASes) first(key string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.told[key] || len(n.told) >= mostLost {
		return false
	}
	if n.told == nil {
		n.told = make(map[string]bool)
	}
	n.told[key] = true
	return true
}

// found has key told again should it get lost again.
func (n *lostNASes) found(key []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.told, string(key))
}

// lookForTarget counts what Target knows no way to, and says so in the log, once for each NAS.
func (l *Learned) lookForTarget(ctx context.Context, s *Session) {
	if l.Target == nil {
		return
	}
	var buf [keyRoom]byte
	key := appendReporter(buf[:0], s.From.Addr(), &s.NAS)
	_, err := l.target(ctx, s)
	if err == nil {
		l.lost.found(key)
		return
	}
	l.counts.noTarget.Add(1)
	if l.lost.first(string(key)) && l.Logger != nil {
		l.Logger.LogAttrs(ctx, slog.LevelWarn, "route: accounting of a NAS that is no target: requests for its sessions cannot be sent on",
			slog.String("addr", s.From.Addr().String()), slog.String("nas", nasText(&s.NAS)), slog.Any("err", err))
	}
}
