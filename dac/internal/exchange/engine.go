// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/rate"
)

// maxDestinations is how many NASes a client knows by themselves. Beyond that, those that have
// nothing open are forgotten and their counters go into the total. A NAS is some hundred octets
// while it is idle.
const maxDestinations = 1 << 16

// Config is how an Engine works.
type Config struct {
	Retry  Retry      // filled
	PerNAS rate.Limit // of what is sent to a NAS whose Peer has no Limit
	// Dial opens a conn to a NAS; nil: a connected UDP socket.
	Dial        func(ctx context.Context, nas netip.AddrPort) (net.Conn, error)
	IdleTimeout time.Duration // of a socket
	FailFast    bool          // an ICMP error ends a request
	Observer    Observer      // nil: none
	Random      func() float64
	ConnsOfNAS  int // sockets of one NAS; zero: maxSocketsOfNAS
	Conns       int // sockets of all; zero: what the system allows
}

// An Engine sends requests to NASes, and takes the answers. It is safe for concurrent use. Its mu
// may be taken with the lock of a destination held: under it no such lock is waited for.
type Engine struct {
	Config
	epoch  time.Time
	ctx    context.Context // ends with the engine
	cancel context.CancelFunc
	budget connBudget

	exchanges sync.Pool // those that have ended

	mu           sync.RWMutex // guards what follows
	closed       bool
	destinations map[address]*destination
	forgotten    Counters // of destinations that were forgotten
	running      sync.WaitGroup
}

// An address is where a client sends: an address by UDP, or one by a Transport.
type address struct {
	nas netip.AddrPort
	via any // to compare; nil: UDP
}

// New makes an Engine.
func New(c Config) *Engine {
	engine := &Engine{Config: c, epoch: time.Now(), destinations: make(map[address]*destination)}
	if c.Random == nil {
		engine.Random = rand.Float64
	}
	if c.ConnsOfNAS == 0 {
		engine.ConnsOfNAS = maxSocketsOfNAS
	}
	engine.budget.spawn = engine.spawn
	if engine.budget.most = c.Conns; c.Conns == 0 {
		engine.budget.most = systemSockets()
	}
	engine.budget.max = engine.budget.most
	engine.ctx, engine.cancel = context.WithCancel(context.Background())
	return engine
}

// Context ends with the engine, before Close ends what is in flight.
func (engine *Engine) Context() context.Context { return engine.ctx }

// OpenConns is how many sockets are open to nas by UDP, and to all.
func (engine *Engine) OpenConns(nas netip.AddrPort) (ofNAS, all int) {
	if d, err := engine.destination(address{nas: nas}); err == nil {
		d.mu.Lock()
		ofNAS = len(d.conns)
		d.mu.Unlock()
	}
	engine.budget.mu.Lock()
	defer engine.budget.mu.Unlock()
	return ofNAS, engine.budget.open
}

// Now is the time on the client's own clock, which is monotonic: a clock that is set ends no wait.
func (engine *Engine) Now() instant { return time.Since(engine.epoch) }

// errClosed is what a closed client says.
var errClosed = fmt.Errorf("dac: the Client is closed: %w", net.ErrClosed)

// Enter lets x have its turn at nas, or queues it. hasTurn: the caller signs and sends x. With an
// error x has not begun, and is its caller's.
func (engine *Engine) Enter(nas netip.AddrPort, x *Exchange) (hasTurn bool, err error) {
	for {
		d, err := engine.destination(address{nas, x.peer.Via})
		if err != nil {
			return false, err
		}
		if hasTurn, err = d.enter(x, x.began); err != errForgotten {
			return hasTurn, err
		}
	}
}

// destination returns the destination for a, a new one where it was not asked before.
func (engine *Engine) destination(a address) (*destination, error) {
	engine.mu.RLock()
	d, closed := engine.destinations[a], engine.closed
	engine.mu.RUnlock()
	if d != nil && !closed {
		return d, nil
	}
	engine.mu.Lock()
	defer engine.mu.Unlock()
	if engine.closed {
		return nil, errClosed
	}
	if d := engine.destinations[a]; d != nil {
		return d, nil
	}
	if len(engine.destinations) >= maxDestinations {
		engine.forgetSome()
	}
	d = &destination{engine: engine, nas: a.nas, via: a.via, armed: never}
	engine.destinations[a] = d
	return d, nil
}

// forgetSome makes room: of a few destinations that the map gives, which are random ones, those go
// that have nothing under way. It is called with mu held. A goroutine that has found one before it
// goes gets errForgotten from it.
func (engine *Engine) forgetSome() {
	seen := 0
	for a, d := range engine.destinations {
		if d.mu.TryLock() { // its holder may be waiting for engine.mu
			if len(d.conns)+len(d.ending) == 0 && d.queue.first == nil && d.displaced.first == nil && !d.opening {
				d.closed = true
				d.counters.AddTo(&engine.forgotten)
				delete(engine.destinations, a)
			}
			d.mu.Unlock()
		}
		if seen++; seen == 64 {
			return
		}
	}
}

// spawn runs f in a goroutine that Close waits for. It reports false when the client is closed:
// then f does not run.
func (engine *Engine) spawn(f func()) bool {
	engine.mu.RLock()
	defer engine.mu.RUnlock()
	if !engine.closed {
		engine.running.Go(f)
	}
	return !engine.closed
}

// CancelAll ends with err every exchange of o.
func (engine *Engine) CancelAll(o Owner, err error) {
	for _, d := range engine.all() {
		d.cancelAll(o, err)
	}
}

// all are the NASes that are known.
func (engine *Engine) all() []*destination {
	engine.mu.RLock()
	defer engine.mu.RUnlock()
	return slices.Collect(maps.Values(engine.destinations))
}

// Close delivers the answers that have arrived, ends what else is in flight or waits, closes the
// sockets and waits for the goroutines, but for a Dial or a Write of the host's that hangs.
//
// The order is what makes it complete: no new destination and no new goroutine, then the answers,
// then the ends; what a reader or a timer does at the same time finds draining or closed set.
func (engine *Engine) Close() {
	engine.mu.Lock()
	engine.closed = true
	engine.mu.Unlock()
	engine.cancel()
	engine.drain()
	for _, d := range engine.all() {
		d.shut()
	}
	engine.running.Wait()
}

// dial opens a conn to nas, which is connected: its reads and its ICMP errors are of this NAS
// alone.
func (engine *Engine) dial(nas netip.AddrPort) (net.Conn, error) {
	if engine.Dial == nil {
		return DialUDP(nil, nas)
	}
	return openWithin(engine.ctx, engine.Retry.Duration, "Client.Dial", func(ctx context.Context) (net.Conn, error) { return engine.Dial(ctx, nas) })
}

// DialUDP opens a connected UDP socket.
func DialUDP(from *net.UDPAddr, nas netip.AddrPort) (net.Conn, error) {
	c, err := net.DialUDP("udp", from, net.UDPAddrFromAddrPort(nas))
	if err != nil { // a nil *net.UDPConn is no nil Conn
		return nil, err
	}
	return c, nil
}

// A Count is the counters of one destination.
type Count struct {
	NAS       netip.AddrPort
	Via       any // what opens its connections; nil: UDP
	Transport string
	Counters
}

// Count returns the counters of each destination, and those of all.
func (engine *Engine) Count() (each []Count, total Counters) {
	engine.mu.RLock()
	total = engine.forgotten
	all := slices.Collect(maps.Values(engine.destinations))
	engine.mu.RUnlock()
	for _, d := range all {
		c := Count{d.nas, d.via, d.transport(), d.count()}
		c.AddTo(&total)
		each = append(each, c)
	}
	return each, total
}

// observe tells the Observer of one packet on c and what became of it. octets may be unverified,
// and shorter than a header. No lock is held.
func (engine *Engine) observe(op Op, c *conn, peer string, octets []byte, err error, label any) {
	if engine.Observer == nil {
		return
	}
	e := PacketEvent{Op: op, Local: c.local, NAS: c.to.nas, Peer: peer, Octets: octets, Err: err, Label: label, Info: c.info}
	switch {
	case len(octets) >= packet.HeaderLen:
		e.ID = c.idOf(octets)
	case len(octets) > 1 && !c.tokens():
		e.ID = uint32(octets[1])
	}
	engine.Observer.Packet(&e)
}

// gaveUp tells of x, which was sent and has ended without an answer. No lock is held: x is the
// caller's, who has not finished it yet.
func (engine *Engine) gaveUp(x *Exchange) {
	if engine.Observer != nil {
		r := x.Result()
		engine.Observer.Packet(&PacketEvent{
			Op: GaveUp, Local: x.conn.local, NAS: x.to.nas, Peer: x.peer.Name, Octets: x.wire, ID: x.id, GaveUp: &r, Label: x.label, Info: x.conn.info,
		})
	}
}

// survive is deferred where the Observer may panic, in a goroutine of the engine's: a host's Trace
// must not end the process from there.
func (engine *Engine) survive() {
	if v := recover(); v != nil {
		engine.reportPanic("dac: Client.Trace panicked", v, debug.Stack())
	}
}

// complain says that a function of the host's panicked with v.
func (engine *Engine) reportPanic(what string, v any, stack []byte) {
	if engine.Observer != nil {
		engine.Observer.Panicked(what, v, stack)
	}
}

// drain has the readers of all that is in flight take the answers that are in their sockets, and
// waits for them, for drainFor at most.
func (engine *Engine) drain() {
	var left sync.WaitGroup
	for _, d := range engine.all() {
		d.drain(&left)
	}
	done := make(chan struct{})
	go func() {
		left.Wait()
		close(done)
	}()
	timer := time.NewTimer(drainFor)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}
