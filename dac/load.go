// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"sync"
	"sync/atomic"
	"time"
)

// A load is what a server reads from one socket, or a client from all of its own. The zero one is none. It is safe for concurrent use.
type load struct {
	lasts atomic.Int64 // unix nanoseconds until which it is heavy, should nothing come any more; zero: it is not

	mu     sync.Mutex    // guards what follows
	excess time.Duration // what came beyond heavyRate
	until  time.Time     // of the latest read
}

// A load is heavy that is so many datagrams a second, and so many beyond that.
const (
	heavyRate   = 20_000
	heavyExcess = 4_096

	heavyShare = time.Second / heavyRate // the time of one datagram
)

// read notes that n datagrams were read.
func (l *load) read(n int, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if since := now.Sub(l.until); since > 0 { // another reader may have looked at the clock later
		l.excess, l.until = max(l.excess-since, 0), now
	}
	l.excess = min(l.excess+time.Duration(n)*heavyShare, 2*heavyExcess*heavyShare)
	if over := l.excess - heavyExcess*heavyShare; over >= 0 {
		l.lasts.Store(l.until.Add(over).UnixNano())
	} else if l.lasts.Load() != 0 {
		l.lasts.Store(0)
	}
}

// heavy reports whether the load is high, and lasts.
func (l *load) heavy() bool { return l.heavyAt(time.Now()) }

func (l *load) heavyAt(now time.Time) bool {
	until := l.lasts.Load()
	return until != 0 && now.UnixNano() <= until
}
