// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/peerstate"
)

// An Engine is the engine of a Server: what its listeners share, and its Host. There is one for
// each Server, however often Serve is called. It is safe for concurrent use.
type Engine struct {
	state
	host Host
}

// New makes an engine. It has no goroutine and no socket until a Listener serves.
func New(h Host, c Config) *Engine {
	e := &Engine{host: h}
	e.state.begin(c)
	e.notes.to, e.notes.on, e.notes.log = h, c.Observed, c.Log
	return e
}

// Begin notes that the engine serves; true: it is the first time. It comes before the first
// Listener, since the times of requests are counted from here.
func (e *Engine) Begin() (first bool) {
	e.startedOnce.Do(func() { e.started, first = time.Now(), true })
	return first
}

// Open keeps workers for one more listener; each Open has a Close, which waits for them.
func (e *Engine) Open() { e.workers.Open() }

// Close ends what Open began.
func (e *Engine) Close() { e.workers.Close() }

// Peers are the rows of the peers.
func (e *Engine) Peers() *peerstate.Table { return &e.peers }

// Totals are the counters of what has no row.
func (e *Engine) Totals() *peerstate.Totals { return &e.totals }
