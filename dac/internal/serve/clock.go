// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// A wallClock looks whether the clock of the system was set. Event-Timestamps are judged by it, so
// a peer whose requests were current is stale from one moment to the next; duplicates are known by
// the monotonic clock and stay known. It is safe for concurrent use.
type wallClock struct {
	epoch atomic.Pointer[time.Time] // of the first look, with both clocks
	// Nanoseconds by which the wall clock has moved against the monotonic one since then.
	offset atomic.Int64
	mu     sync.Mutex    // guards seen, and is held while a step is told of
	seen   time.Duration // monotonic, of the latest look that moved offset
}

// A clock that is slewed moves by less than slewed of the time that passes, which is twice what
// systems allow; with the slack, what moves more was set.
const (
	clockSlack = time.Second
	slewed     = 1000 // one part in so many
)

// look compares the two clocks, and logs a step once.
func (c *wallClock) look(now time.Time, log *slog.Logger) {
	epoch := c.epoch.Load()
	if epoch == nil {
		first := now // now itself stays off the heap
		c.epoch.CompareAndSwap(nil, &first)
		return
	}
	passed := now.Sub(*epoch)
	wall := now.Round(0).Sub(epoch.Round(0))
	if moved := wall - passed - time.Duration(c.offset.Load()); moved > clockSlack/8 || moved < -clockSlack/8 {
		if step := c.moved(passed, wall-passed); step != 0 {
			log.Warn("dac: the clock of the system was set: Event-Timestamps are judged by it from here on; duplicates stay known", "by", step)
		}
	}
}

// moved notes by how much the wall clock has moved, and returns the step where that is one: a
// second look at it sees none.
func (c *wallClock) moved(passed, offset time.Duration) (step time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if passed < c.seen {
		return 0 // another read loop has looked since now was read
	}
	step = offset - time.Duration(c.offset.Load())
	may := clockSlack + (passed-c.seen)/slewed
	c.offset.Store(int64(offset))
	c.seen = passed
	if step >= -may && step <= may {
		return 0
	}
	return step
}
