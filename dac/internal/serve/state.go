// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/admission"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/coalesce"
	"github.com/radius-dynauth/dynauth/dac/internal/dedup"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/peerstate"
	"github.com/radius-dynauth/dynauth/dac/internal/rate"
)

// A Config is how an engine serves.
type Config struct {
	Window         time.Duration // negative: timestamps are not checked
	Timeout        time.Duration // HandlerTimeout
	Drain          time.Duration
	MaxHandlers    int
	Memory         int // entries of the duplicate detection cache
	PeerRate       rate.Limit
	RefuseOverflow bool
	RestartGuard   bool
	Fixed          bool // the host says the same of an address each time
	Lookahead      bool // the host wants to be told ahead
	Observed       bool // and what becomes of each packet
	Log            *slog.Logger
	KeyHost        func(authn.Secret) any // what the host makes of a secret; "": nothing is hidden
}

// A state is what all listeners of a Server share: a request that comes again by another socket or
// connection is known, and handlers are bounded over all of them. Each part is safe for concurrent
// use by itself, and none calls another with its lock held.
type state struct {
	Config
	// Requests that arrive in the read loop before the first of them is handled.
	stage       int
	dedup       *dedup.Cache[netio.Origin]
	clock       wallClock
	firsts      firsts
	places      admission.Places
	workers     admission.Workers
	notes       notes
	peers       peerstate.Table
	clear       *peerstate.Keyed // of RADIUS/1.1
	totals      peerstate.Totals
	connections atomic.Uint64
	waits       waits
	startedOnce sync.Once
	started     time.Time

	arriving sync.Mutex // held while a request takes its number, and the host is told of it
	seq      uint64     // guarded by arriving
}

const (
	// unstampedWindow is for how long a request without Event-Timestamp is known after its answer:
	// senders have given it up by then (RFC 5080, section 2.2.1), and the window that RFC 5176,
	// section 6.3, asks for is tied to the timestamp.
	unstampedWindow = 30 * time.Second

	// uncheckedWindow is for how long duplicates are remembered where timestamps are not checked.
	uncheckedWindow = 60 * time.Second

	// restartSlack is how long before the start of the server a request may be stamped where
	// RestartGuard is set: the clocks of both ends differ.
	restartSlack = 30 * time.Second

	// Each request that has arrived has a place: those that arrive together use a part of them
	// only.
	StageShare = 16
	MostStaged = 16 // at most
)

// begin makes the state of an engine that serves as c says.
func (st *state) begin(c Config) {
	st.Config = c
	st.clear = &peerstate.Keyed{Host: c.KeyHost("")}
	known := dedup.Config{Window: c.Window, Unstamped: unstampedWindow, Max: c.Memory, Share: st.peers.Share}
	if c.Window < 0 {
		known.Window, known.Unstamped = uncheckedWindow, uncheckedWindow
	}
	st.dedup = dedup.New[netio.Origin](known)
	st.places.Max, st.places.Many = c.MaxHandlers, coalesce.Min
	st.stage = min(max(c.MaxHandlers/StageShare, 1), MostStaged)
}

// beforeStart reports whether an Event-Timestamp is of before the server started, so that its
// request may be one that the server before it has executed: nothing remembers that. Once Window
// has passed such a request is stale as it is; where the clock was set back meanwhile, new ones are
// stamped so too, and are taken.
func (st *state) beforeStart(stamp uint32, now time.Time) bool {
	return now.Sub(st.started) <= st.Window &&
		time.Unix(int64(stamp), 0).Before(st.started.Add(-restartSlack).Truncate(time.Second))
}
