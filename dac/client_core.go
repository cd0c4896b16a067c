// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

// maxTargets is how many NASes a client knows by themselves. Beyond that, those that have nothing open are forgotten and their counters
// go into the total.
const maxTargets = 1 << 16

// A clientCore is what a Client and those that With made of it share: the NASes that were asked, their sockets and counters.
type clientCore struct {
	retry       Retry
	perNAS      Limit
	dialer      func(ctx context.Context, nas netip.AddrPort) (net.Conn, error)
	idleTimeout time.Duration
	failFast    bool
	logger      *slog.Logger
	trace       func(Event)
	random      func() float64
	portsOfNAS  int
	fault       error // of the configuration
	peersFault  error // of Peers

	epoch  time.Time
	ctx    context.Context // ends with the client
	cancel context.CancelFunc
	budget portBudget
	load   load

	exchanges sync.Pool // those that have ended

	mu      sync.RWMutex // guards what follows
	closed  bool
	targets map[netip.AddrPort]*target
	gone    nasCounters // of targets that were forgotten
	running sync.WaitGroup
}

func newClientCore(c *Client) *clientCore {
	core := &clientCore{
		retry: c.Retry.filled(), perNAS: c.PerNAS, dialer: c.Dial, idleTimeout: c.IdleTimeout, failFast: c.FailFast,
		logger: c.Logger, trace: c.Trace, random: c.tune.random, portsOfNAS: c.tune.portsOfNAS,
		fault: c.check(), peersFault: peersCheck(c.Peers),
		epoch: time.Now(), targets: make(map[netip.AddrPort]*target),
	}
	if core.idleTimeout == 0 {
		core.idleTimeout = 30 * time.Second
	}
	if core.random == nil {
		core.random = rand.Float64
	}
	if core.portsOfNAS == 0 {
		core.portsOfNAS = maxPortsOfNAS
	}
	core.budget.core = core
	if core.budget.most = c.tune.ports; core.budget.most == 0 {
		core.budget.most = systemPorts()
	}
	core.budget.max = core.budget.most
	core.ctx, core.cancel = context.WithCancel(context.Background())
	return core
}

// check says what is wrong with the configuration, Peers aside.
func (c *Client) check() error {
	errs := []error{c.Retry.check()}
	if r := c.PerNAS.Rate; r < 0 || math.IsNaN(r) || c.PerNAS.Burst < 0 || c.PerNAS.InFlight < 0 {
		errs = append(errs, fmt.Errorf("dac: Client.PerNAS has a field below zero: zero is no bound"))
	}
	if c.InFlight < 0 || c.RetryCauses < 0 || c.IdleTimeout < 0 {
		errs = append(errs, errors.New("dac: InFlight, RetryCauses and IdleTimeout of a Client may not be negative: zero is the default"))
	}
	return errors.Join(errs...)
}

// faults says what is wrong with the configuration of c, Peers included where it asks them.
func (c *Client) faults() error {
	core := c.core()
	if c.peer != nil {
		return core.fault
	}
	return errors.Join(core.fault, core.peersFault)
}

// now is the time on the client's own clock.
func (core *clientCore) now() instant { return time.Since(core.epoch) }

// errClosed is what a closed client says.
var errClosed = fmt.Errorf("dac: the Client is closed: %w", net.ErrClosed)

// enter lets x have its turn at nas, or queues it.
func (core *clientCore) enter(nas netip.AddrPort, x *exchange) (hasTurn bool, err error) {
	for {
		t, err := core.target(nas)
		if err != nil {
			return false, err
		}
		if hasTurn, err = t.enter(x, x.began); err != errGone {
			return hasTurn, err
		}
	}
}

// target returns the target for nas, a new one where it was not asked before.
func (core *clientCore) target(nas netip.AddrPort) (*target, error) {
	core.mu.RLock()
	t, closed := core.targets[nas], core.closed
	core.mu.RUnlock()
	if t != nil && !closed {
		return t, nil
	}
	core.mu.Lock()
	defer core.mu.Unlock()
	if core.closed {
		return nil, errClosed
	}
	if t := core.targets[nas]; t != nil {
		return t, nil
	}
	if len(core.targets) >= maxTargets {
		core.forgetSome()
	}
	t = &target{core: core, nas: nas, armed: never}
	core.targets[nas] = t
	return t, nil
}

// forgetSome makes room: of a few targets that the map gives, which are random ones, those go that have nothing under way.
func (core *clientCore) forgetSome() {
	seen := 0
	for nas, t := range core.targets {
		if t.mu.TryLock() { // whoever holds it may be waiting for core.mu
			if len(t.ports) == 0 && t.queue.first == nil && !t.opening {
				t.closed = true
				t.counters.addTo(&core.gone)
				delete(core.targets, nas)
			}
			t.mu.Unlock()
		}
		if seen++; seen == 64 {
			return
		}
	}
}

// spawn runs f in a goroutine that close waits for. It reports false when the client is closed.
func (core *clientCore) spawn(f func()) bool {
	core.mu.RLock()
	defer core.mu.RUnlock()
	if !core.closed {
		core.running.Go(f)
	}
	return !core.closed
}

func (core *clientCore) close() {
	core.mu.Lock()
	core.closed = true
	targets := make([]*target, 0, len(core.targets))
	for _, t := range core.targets {
		targets = append(targets, t)
	}
	core.mu.Unlock()
	core.cancel()
	for _, t := range targets {
		t.shut()
	}
	core.running.Wait()
}

// dial opens a way to nas.
func (core *clientCore) dial(nas netip.AddrPort) (net.Conn, error) {
	if core.dialer == nil {
		return dialUDP(nil, nas)
	}
	ctx, cancel := context.WithTimeout(core.ctx, core.retry.Duration)
	defer cancel()
	conn, err := core.dialer(ctx, nas)
	if err == nil && conn == nil {
		err = errors.New("Client.Dial returned neither a Conn nor an error")
	}
	return conn, err
}

// DialFrom returns a Dial of a Client that sends from the address local, for a host with several of which the NASes know one. Its sockets
// are connected UDP sockets, like those of a Client without Dial.
func DialFrom(local netip.Addr) func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
	return func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
		return dialUDP(net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)), nas)
	}
}

func dialUDP(from *net.UDPAddr, nas netip.AddrPort) (net.Conn, error) {
	c, err := net.DialUDP("udp", from, net.UDPAddrFromAddrPort(nas))
	if err != nil { // a nil *net.UDPConn is no nil Conn
		return nil, fmt.Errorf("%w; look at the addresses and the routes of this machine", err)
	}
	return c, nil
}
