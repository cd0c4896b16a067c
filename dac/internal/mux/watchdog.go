// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"layeh.com/radius"
)

// jitter is how far Tw is off, either way (RFC 3539, section 3.4.1).
const jitter = 2 * time.Second

// restInterval is how often a connection without a watchdog looks whether it is idle or old.
const restInterval = 30 * time.Second

// What RFC 3539, section 3.4.1, does with a connection that has gone silent:
//
//	latest packet        Tw              2 Tw             3 Tw
//	      +---------------+---------------+----------------+
//	                Status-Server      suspect           closed

// A watchdog is the one timer of a connection, and the Status-Server that is not answered yet.
// RFC 3539, section 3.4.1: after Tw without a packet from the other end a Status-Server; after Tw
// more the connection is suspect, and others should be used; after a third Tw it is closed. Any
// packet begins Tw anew.
type watchdog struct {
	c       *Conn
	suspect atomic.Bool

	mu      sync.Mutex // guards what follows
	timer   *time.Timer
	tw      time.Duration // with its jitter; from the latest packet, or expiry
	since   time.Duration // when tw began
	request []byte        // not answered yet; nil: none
	token   uint32        // of request, in RADIUS/1.1
	ended   bool
}

// IdentifierFree is never called: a watchdog waits for no identifier.
func (w *watchdog) IdentifierFree() {}

// lost and trim have nothing to do: the watchdog ends with its connection, and holds 38 octets.
func (w *watchdog) lost(error) {}

func (w *watchdog) trim() {}

// start begins the watch. A Client sends a Status-Server at once: only an answer shows that the
// other end has taken its certificate.
func (c *Conn) startWatchdog() {
	w := &c.watchdog
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.watches() {
		c.sendStatus()
	}
	c.rearm(0)
}

// watches reports whether this end sends Status-Servers: the one that opened the connection (RFC
// 6613, section 2.6, by which a server answers them).
func (c *Conn) watches() bool { return c.o.Client && c.o.Watchdog > 0 }

// rearm begins Tw at the instant from. The jitter keeps the watchdogs of many connections, which
// one restart has begun together, apart (RFC 3539, section 3.4.1). It is called with the lock of
// the watchdog held, as sendStatus is.
func (c *Conn) rearm(from time.Duration) {
	w := &c.watchdog
	if w.ended {
		return
	}
	w.since, w.tw = from, restInterval
	if c.o.IdleTimeout > 0 {
		w.tw = min(w.tw, c.o.IdleTimeout)
	}
	if c.watches() {
		w.tw = c.o.Watchdog - jitter + mathrand.N(2*jitter)
	}
	wait := max(w.since+w.tw-time.Since(c.began), 0)
	if w.timer == nil {
		w.timer = time.AfterFunc(wait, c.tick)
	} else {
		w.timer.Reset(wait)
	}
}

// tick is called when Tw has passed since the latest packet that was known when it was set. A
// packet that came since only begins Tw anew: the reader stores when it came, and touches no timer.
// Close may wait, so it has a goroutine of its own.
func (c *Conn) tick() {
	now := time.Since(c.began)
	c.checkAge(now)
	if c.o.IdleTimeout > 0 && now-c.inUseAt() >= c.o.IdleTimeout {
		go c.close(Idle)
		return
	}
	c.out.trim()
	c.holders.trim()
	if c.watch(now) {
		c.end(NoWatchdog, nil)
	}
}

// inUseAt is when a packet came last that keeps the connection from being idle. By a session of
// DTLS that came in that is the watchdog's too: only packets show that the other end still has it
// (RFC 7360, section 5.1.1).
func (c *Conn) inUseAt() time.Duration {
	if c.o.Datagrams && !c.o.Client {
		return time.Duration(c.latest.Load())
	}
	return time.Duration(c.used.Load())
}

// Latest is when a packet came last by the connection, or when it began.
func (c *Conn) Latest() time.Time { return c.began.Add(time.Duration(c.latest.Load())) }

// watch sends a Status-Server where it is time, and reports whether the connection is to be closed.
func (c *Conn) watch(now time.Duration) (dead bool) {
	w := &c.watchdog
	w.mu.Lock()
	defer w.mu.Unlock()
	latest := time.Duration(c.latest.Load())
	switch {
	case latest > w.since:
		w.suspect.Store(false)
		c.rearm(latest)
		return false
	case !c.watches():
	case w.request == nil:
		c.sendStatus()
	case w.suspect.Load():
		return true
	default:
		w.suspect.Store(true)
		if c.o.Datagrams { // it or its answer may be lost
			c.sendStatus()
		}
	}
	c.rearm(now)
	return false
}

// sendStatus sends a Status-Server (RFC 5997), new each time: identifier 0 in RADIUS/1.0, with a
// random authenticator.
func (c *Conn) sendStatus() {
	w := &c.watchdog
	var id uint32
	if c.version == dac.RADIUS11 {
		id, _ = c.ids.Take(w)
		w.token = id
	}
	b, err := c.encode(radius.CodeStatusServer, id, true, nil)
	if err != nil {
		return // 38 octets always fit
	}
	if c.version != dac.RADIUS11 {
		rand.Read(b[4:packet.HeaderLen])
		c.signMessage(b)
	}
	w.request = b
	c.post(b) // where nothing can be written the connection ends by itself
}

// answer takes the answer to the Status-Server.
func (w *watchdog) answer(p []byte) error {
	c := w.c
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.request == nil {
		c.stats.unmatched.Add(1)
		return nil
	}
	if c.version == dac.RADIUS11 {
		c.ids.Put(w, w.token, 0)
	} else if err := authn.VerifyResponse(p, w.request, c.key); err != nil {
		if c.o.Datagrams { // a late one, to a Status-Server before this one
			c.stats.unmatched.Add(1)
			return nil
		}
		return fmt.Errorf("answer to Status-Server: %w", err)
	}
	w.request = nil
	w.suspect.Store(false)
	return nil
}

// end stops the timer for good.
func (w *watchdog) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	if w.timer != nil {
		w.timer.Stop()
	}
}

// Suspect reports whether the other end has been silent since a Status-Server, for Tw: another
// connection, where there is one, should be used (RFC 3539, section 3.4.1).
func (c *Conn) Suspect() bool {
	return c.watchdog.suspect.Load() && time.Duration(c.latest.Load()) <= c.watchdog.began()
}

// began is when Tw began.
func (w *watchdog) began() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.since
}

// takeStatus answers a Status-Server with Access-Accept (RFC 5997, section 4.2). One without a
// Message-Authenticator is dropped (section 2).
func (c *Conn) takeStatus(p []byte) error {
	if c.version != dac.RADIUS11 && packet.Find(p, packet.TypeMessageAuthenticator) == nil {
		return nil
	}
	if err := c.verify(p); err != nil {
		return err
	}
	c.isUp()
	b, err := c.codec.answer(p, radius.CodeAccessAccept, nil)
	if err != nil {
		return nil // its Proxy-States leave no room
	}
	return c.post(b)
}

// checkAge closes Old when the connection is old, and the connection when nothing has replaced it
// in a quarter of that time more.
func (c *Conn) checkAge(now time.Duration) {
	age := max(float64(now)/float64(c.o.MaxAge), float64(c.out.records.Load()+c.received.Load())/float64(c.o.MaxRecords))
	if age >= 1 {
		c.oldOnce.Do(func() { close(c.old) })
	}
	if age >= 1.25 { // nothing has replaced it
		go c.close(Old)
	}
}

// Old is closed when the connection has reached Options.MaxAge or Options.MaxRecords: open another
// one, and then close this one. One that has reached five quarters of them closes itself.
func (c *Conn) Old() <-chan struct{} { return c.old }
