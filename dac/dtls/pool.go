// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/mux"
)

// maxPooled bounds the sessions with one NAS: a further one is dialled where the identifiers of all
// others are in use.
const maxPooled = 8

// A poolKey says which uses share sessions.
type poolKey struct {
	addr netip.AddrPort
	name string
}

// A pooled has the sessions with one NAS. Its fields are guarded by Config.mu.
type pooled struct {
	open    []*pooledConn
	waiting int // calls of Open
	dialing bool
	changed chan struct{} // closed when open or err has changed
	err     error         // of the last dial
	again   backoff
	earlier time.Time // no dial before that
}

// A pooledConn is open until its last use has ended.
type pooledConn struct {
	conn *Conn
	uses int
}

// Open returns a use of a session with nas, which all Clients share that reach it by c with the
// same Peer.ServerName; a further one is dialled where all identifiers are in use. It waits, until
// ctx is done, while a session is dialled, and for the time between two dials: 0.5 s, doubled up to
// 60 s until a packet comes. A session is closed with its last use. Port 0 is Port.
func (c *Config) Open(ctx context.Context, nas netip.AddrPort, p dac.Peer) (dac.PacketConn, error) {
	if err := c.check(true); err != nil {
		return nil, err
	}
	if nas.Port() == 0 {
		nas = netip.AddrPortFrom(nas.Addr(), Port)
	}
	key := poolKey{nas, p.ServerName}
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.pool[key]
	if one == nil {
		one = &pooled{changed: make(chan struct{})}
		if c.pool == nil {
			c.pool = make(map[poolKey]*pooled)
		}
		c.pool[key] = one
	}
	one.waiting++
	defer func() {
		one.waiting--
		c.lockedForget(key, one)
	}()
	for {
		if use := c.lockedTake(key, one); use != nil {
			return use, nil
		}
		if !one.dialing {
			one.dialing = true
			go c.dialPooled(key, one, time.Until(one.earlier))
		}
		changed := one.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		c.mu.Lock()
		if ctx.Err() != nil {
			return nil, fmt.Errorf("dtls: no session with %v: %w", nas, errors.Join(one.err, ctx.Err()))
		}
	}
}

// lockedTake is a use of an open session: of those that have identifiers free the one with the
// fewest uses.
func (c *Config) lockedTake(key poolKey, one *pooled) dac.PacketConn {
	one.lockedSweep()
	var best *pooledConn
	for _, p := range one.open {
		if (best == nil || p.uses < best.uses) && (len(one.open) >= maxPooled || p.hasFree()) {
			best = p
		}
	}
	if best == nil {
		return nil
	}
	best.uses++
	return &pooledUse{best.conn.m.View(), sync.OnceFunc(func() { c.drop(key, one, best) })}
}

// hasFree says whether an identifier is free.
func (p *pooledConn) hasFree() bool {
	ids := p.conn.Info().Identifiers
	id, ok := ids.Acquire(func() {})
	if ok {
		ids.Release(id, 0)
	}
	return ok
}

// lockedForget removes an entry when nothing is left of it, the time of its next dial included.
func (c *Config) lockedForget(key poolKey, one *pooled) {
	if one.waiting == 0 && !one.dialing && len(one.open) == 0 && !time.Now().Before(one.earlier) {
		delete(c.pool, key)
	}
}

// lockedChanged wakes the calls of Open.
func (one *pooled) lockedChanged() {
	close(one.changed)
	one.changed = make(chan struct{})
}

// dialPooled dials once, after wait, for those who call Open.
func (c *Config) dialPooled(key poolKey, one *pooled, wait time.Duration) {
	if wait > 0 {
		pause(context.Background(), wait)
	}
	addr := key.addr.String()
	conn, err := c.dial(context.Background(), dialling{addr: addr, name: key.name, change: func(o *mux.Options) {
		o.IdleTimeout = c.idleTimeout()
	}})
	if err != nil {
		c.fail(addr, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	one.dialing, one.err = false, err
	if conn == nil {
		one.earlier = time.Now().Add(one.again.next())
	} else {
		p := &pooledConn{conn: conn}
		one.open = append(one.open, p)
		go c.watchPooled(key, one, p)
		if one.waiting == 0 {
			p.uses++
			go c.drop(key, one, p) // who wanted it is gone
		}
	}
	one.lockedChanged()
	c.lockedForget(key, one)
}

// watchPooled waits for the end of a session. One that was lost is dialled again after a while.
func (c *Config) watchPooled(key poolKey, one *pooled, p *pooledConn) {
	<-p.conn.Done()
	c.mu.Lock()
	defer c.mu.Unlock()
	one.lockedSweep()
	c.lockedForget(key, one)
}

// lockedSweep takes out what has ended by itself, after which the next dial has to wait for its
// turn. A use may see that before watchPooled does, and ask for a session.
func (one *pooled) lockedSweep() {
	for _, p := range slices.Clone(one.open) {
		err := p.conn.m.Lost()
		if err == nil {
			continue
		}
		one.open = slices.DeleteFunc(one.open, func(other *pooledConn) bool { return other == p })
		one.err = err
		one.again.up = p.conn.m.Up()
		one.earlier = time.Now().Add(one.again.next())
		one.lockedChanged()
	}
}

// drop ends a use of p.
func (c *Config) drop(key poolKey, one *pooled, p *pooledConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one.lockedSweep()
	if p.uses--; p.uses > 0 {
		return
	}
	if at := slices.Index(one.open, p); at >= 0 {
		one.open = slices.Delete(one.open, at, at+1)
		go p.conn.Close()
	}
	c.lockedForget(key, one)
}

// A pooledUse is a use of a pooled session.
type pooledUse struct {
	*mux.View
	drop func()
}

// Close ends the use.
func (u *pooledUse) Close() error {
	err := u.View.Close()
	u.drop()
	return err
}
