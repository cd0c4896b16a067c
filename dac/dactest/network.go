// SPDX-License-Identifier: Apache-2.0

package dactest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
)

// A Network carries datagrams in memory between the sockets that its Listen and Dial make, IPv4 and
// IPv6. It starts no goroutine and waits with package time and package sync only, so a
// testing/synctest bubble can hold both ends and minutes of retransmission take no time.
//
// The zero Network is ready and perfect: it loses nothing, keeps the order, and delivers at once.
// It is safe for concurrent use. Set its fields before the first datagram and do not copy it.
//
// What happens to a datagram follows from Seed, from the two addresses, and from how many datagrams
// went before it: on the same path where the sender is dialled, to the same socket where it is not.
// So the fate of the n-th datagram of a path does not depend on what other paths carry meanwhile.
type Network struct {
	Latency time.Duration // of every datagram, one way; zero delivers at once
	// Jitter is the most that a datagram takes longer, evenly spread, so that later ones overtake
	// it; zero is none.
	Jitter time.Duration

	Loss      float64 // chance, 0 to 1, that a datagram is lost
	Duplicate float64 // chance, 0 to 1, that a datagram that is not lost arrives twice
	// Reorder is the chance, 0 to 1, that a datagram is held up by as much as Latency again (a
	// millisecond where Latency is zero).
	Reorder float64
	Seed    uint64 // of all chances; zero is a seed like any other

	// Drop is asked about each datagram before chance is; true loses it. It is called by the
	// sender, concurrently, and must not keep or change packet. nil loses none.
	Drop func(from, to netip.AddrPort, packet []byte) bool

	// Trace is told of each datagram and each second copy when it leaves: Op is Sent, Local is the
	// sender, Err is why it will not arrive, as far as that is known. It is called concurrently.
	// nil: none
	Trace func(dac.Event)

	// Queue is how many datagrams a socket holds until they are read, and beyond which it loses
	// what comes; zero is 4096.
	Queue int
	// Refuse has a datagram to an address without listener draw syscall.ECONNREFUSED at a dialled
	// socket, as ICMP does; else silence.
	Refuse bool

	mu    sync.RWMutex // guards what follows
	ports map[netip.AddrPort]*port
	next  [2]uint16 // of the ports given out, by family
}

// NetworkStats counts datagrams. While nothing is sent or read, Sent - Lost + Duplicated = Received
// + Pending, and Pending is 0 once all that arrived has been read.
type NetworkStats struct {
	Sent       uint64 // writes
	Duplicated uint64 // second copies
	Received   uint64 // reads
	Pending    uint64 // on the way, or waiting in a socket to be read

	// Lost counts those lost by chance, by Drop, by Overflow, by NoPort, and what a socket held
	// unread when it was closed.
	Lost     uint64
	Overflow uint64 // the part of Lost that found the queue of its socket full
	// NoPort is the part of Lost that found no listener, or a dialled socket that talks to another
	// address.
	NoPort uint64
}

// hosts are the addresses of those who choose none, from the ranges for documentation (RFC 5737,
// RFC 3849).
var hosts = [2]netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}

// firstPort begins the range of ports given out (RFC 6335, section 6).
const firstPort = 49152

// maxDatagram is what UDP over IPv4 can carry.
const maxDatagram = 65507

var (
	errInUse    = errors.New("address already in use")
	errNoPorts  = errors.New("no free port left")
	errLost     = errors.New("dactest: lost on the way")
	errNobody   = errors.New("dactest: nobody listens there")
	errNoRemote = errors.New("destination address required")
)

// Listen opens a socket at addr. An invalid or unspecified address is 192.0.2.1, or 2001:db8::1 for
// [::]; port 0 is a free one. Like httptest.NewServer, Listen panics where it cannot do its work:
// when addr is in use.
//
// Beside the methods of net.PacketConn the socket has the ReadFromUDPAddrPort and
// WriteToUDPAddrPort of a *net.UDPConn. Its addresses are *net.UDPAddr.
func (n *Network) Listen(addr netip.AddrPort) net.PacketConn {
	c, err := n.open(addr, netip.AddrPort{})
	if err != nil {
		panic(fmt.Sprintf("dactest: listen %v: %v", addr, err))
	}
	return c
}

// Dial opens a socket that talks to to alone, like a connected UDP socket: from 192.0.2.1, or
// 2001:db8::1 where to is IPv6, and a port of its own. It is made for dac.Client.Dial.
func (n *Network) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	var from netip.Addr
	if to.Addr().Unmap().Is6() {
		from = netip.IPv6Unspecified()
	}
	return n.DialFrom(ctx, netip.AddrPortFrom(from, 0), to)
}

// DialFrom is Dial from an address of the caller's choice. An invalid or unspecified address and
// port 0 are as in Listen.
func (n *Network) DialFrom(ctx context.Context, from, to netip.AddrPort) (net.Conn, error) {
	to = unmap(to)
	if err := ctx.Err(); err != nil {
		return nil, dialError(from, to, err)
	}
	if !to.IsValid() || to.Port() == 0 {
		return nil, dialError(from, to, &net.AddrError{Err: "missing address or port", Addr: to.String()})
	}
	c, err := n.open(from, to)
	if err != nil {
		return nil, dialError(from, to, err)
	}
	return c, nil
}

func dialError(from, to netip.AddrPort, err error) error {
	e := &net.OpError{Op: "dial", Net: "udp", Addr: net.UDPAddrFromAddrPort(to), Err: err}
	if from.IsValid() {
		e.Source = net.UDPAddrFromAddrPort(from)
	}
	return e
}

// Stats counts all datagrams.
func (n *Network) Stats() NetworkStats {
	n.mu.RLock()
	defer n.mu.RUnlock()
	var sum NetworkStats
	for _, p := range n.ports {
		s := p.stats()
		sum.Sent += s.Sent
		sum.Duplicated += s.Duplicated
		sum.Received += s.Received
		sum.Pending += s.Pending
		sum.Lost += s.Lost
		sum.Overflow += s.Overflow
		sum.NoPort += s.NoPort
	}
	return sum
}

// StatsTo counts the datagrams that were sent to addr.
func (n *Network) StatsTo(addr netip.AddrPort) NetworkStats {
	if p := n.known(unmap(addr)); p != nil {
		return p.stats()
	}
	return NetworkStats{}
}

// known returns what stands at a, or nil.
func (n *Network) known(a netip.AddrPort) *port {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.ports[a]
}

// open makes the socket of local; remote is invalid for one that listens.
func (n *Network) open(local, remote netip.AddrPort) (*conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	local, err := n.lockedLocal(unmap(local))
	if err != nil {
		return nil, err
	}
	if remote.IsValid() && local.Addr().Is4() != remote.Addr().Is4() {
		return nil, &net.AddrError{Err: "addresses of two families", Addr: remote.String()}
	}
	p := n.lockedPort(local)
	c := newConn(n, p)
	if remote.IsValid() {
		c.remote, c.to = remote, n.lockedPort(remote)
		c.remoteAddr = net.UDPAddrFromAddrPort(remote)
	}
	if !p.conn.CompareAndSwap(nil, c) {
		return nil, errInUse
	}
	return c, nil
}

// lockedLocal puts in what the caller left open.
func (n *Network) lockedLocal(a netip.AddrPort) (netip.AddrPort, error) {
	family := 0
	if a.Addr().Is6() {
		family = 1
	}
	host := a.Addr()
	if !host.IsValid() || host.IsUnspecified() {
		host = hosts[family]
	}
	if a.Port() != 0 {
		return netip.AddrPortFrom(host, a.Port()), nil
	}
	for range 1<<16 - firstPort {
		free := netip.AddrPortFrom(host, firstPort+n.next[family])
		n.next[family] = (n.next[family] + 1) % (1<<16 - firstPort)
		if p := n.ports[free]; p == nil || p.conn.Load() == nil {
			return free, nil
		}
	}
	return netip.AddrPort{}, errNoPorts
}

func (n *Network) lockedPort(a netip.AddrPort) *port {
	p := n.ports[a]
	if p == nil {
		if n.ports == nil {
			n.ports = make(map[netip.AddrPort]*port)
		}
		p = &port{addr: a, flow: hashAddr(a)}
		n.ports[a] = p
	}
	return p
}

// port returns what stands at a, listened on or not.
func (n *Network) port(a netip.AddrPort) *port {
	if p := n.known(a); p != nil {
		return p
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.lockedPort(a)
}

// send carries b from c to to, or loses it.
func (n *Network) send(c *conn, to *port, b []byte) {
	to.sent.Add(1)
	d := n.dice(c, to)
	if n.Drop != nil && n.Drop(c.port.addr, to.addr, b) || d.chance(n.Loss) {
		to.lost.Add(1)
		n.trace(c, to, b, errLost)
		return
	}
	copies := 1
	if d.chance(n.Duplicate) {
		to.duplicated.Add(1)
		copies = 2
	}
	refused := false
	for range copies {
		var err error
		if to.listener(c.port.addr) == nil {
			err = errNobody
		}
		n.trace(c, to, b, err)
		refused = !to.deliver(c.port.addr, b, n.delay(&d))
	}
	if refused && n.Refuse && c.to != nil {
		c.refuse(2 * n.delay(&d))
	}
}

func (n *Network) trace(c *conn, to *port, b []byte, err error) {
	if n.Trace == nil {
		return
	}
	n.Trace(event(dac.Sent, c.port.addr, to.addr, b, err))
}

// dice throws for one datagram from c to to.
func (n *Network) dice(c *conn, to *port) dice {
	if n.Loss <= 0 && n.Duplicate <= 0 && n.Reorder <= 0 && n.Jitter <= 0 {
		return 0
	}
	count := &to.arrivals
	if c.to != nil {
		count = &c.departures
	}
	return newDice(n.Seed, c.port.flow, to.flow, count.Add(1))
}

func (n *Network) delay(d *dice) time.Duration {
	t := n.Latency
	if n.Jitter > 0 {
		t += d.upTo(n.Jitter)
	}
	if d.chance(n.Reorder) {
		detour := n.Latency
		if detour <= 0 {
			detour = time.Millisecond
		}
		t += d.upTo(detour)
	}
	if t < 0 && n.Latency > 0 {
		return math.MaxInt64 // it is on its way for ever
	}
	return t
}

func (n *Network) queue() int {
	if n.Queue > 0 {
		return n.Queue
	}
	return 4096
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
