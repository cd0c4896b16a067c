// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

var errRefused = errors.New("refused")

// A wire is a Transport in memory. The test says how connections open, and what the NAS does.
type wire struct {
	version dac.Version
	open    func(ctx context.Context, n int) error // of the nth connection, from 0; nil: each opens
	nas     func(c *wireConn, b []byte)            // gets each packet; nil: ACK
	ids     dac.Identifiers
	info    func(n int, i *dac.ConnInfo)

	mu    sync.Mutex // guards conns
	conns []*wireConn
	tried int
}

func (w *wire) Open(ctx context.Context, nas netip.AddrPort, p dac.Peer) (dac.PacketConn, error) {
	w.mu.Lock()
	n := w.tried
	w.tried++
	w.mu.Unlock()
	if w.open != nil {
		if err := w.open(ctx, n); err != nil {
			return nil, err
		}
	}
	c := &wireConn{w: w, answers: make(chan []byte, 1<<11), closed: make(chan struct{}), ended: make(chan struct{}), info: dac.ConnInfo{
		Transport: "tls", Version: w.version, Reliable: true, Remote: nas, Local: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.200"), uint16(40000+n)), Identifiers: w.ids,
	}}
	if w.version == dac.RADIUS10 {
		c.info.Secret = "radsec"
	}
	if w.info != nil {
		w.info(n, &c.info)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns = append(w.conns, c)
	return c, nil
}

// all are the connections that were opened.
func (w *wire) all() []*wireConn {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.conns)
}

func (w *wire) client() *dac.Client {
	c := &dac.Client{Peers: dac.AnyPeer(dac.Peer{Via: w})}
	dac.SetRandom(c, func() float64 { return 0.5 })
	return c
}

// A wireConn is one connection.
type wireConn struct {
	w       *wire
	info    dac.ConnInfo
	answers chan []byte
	closed  chan struct{}
	ended   chan struct{}
	once    [2]sync.Once

	mu     sync.Mutex
	got    [][]byte
	hung   bool // nothing is written before it ends
	dead   bool // nothing is written, and reading does not know yet
	broken error
}

func (c *wireConn) ReadPackets(into [][]byte) ([][]byte, error) {
	select {
	case b := <-c.answers:
		into = append(into[:0], b)
		for len(c.answers) > 0 {
			into = append(into, <-c.answers)
		}
		return into, nil
	default:
	}
	select {
	case b := <-c.answers:
		return append(into[:0], b), nil
	case <-c.closed:
		return nil, net.ErrClosed
	case <-c.ended:
		return nil, io.EOF
	}
}

func (c *wireConn) WritePackets(packets [][]byte) (int, error) {
	c.mu.Lock()
	hung, dead := c.hung, c.dead
	c.mu.Unlock()
	if dead {
		return 0, io.ErrClosedPipe
	}
	if hung {
		select {
		case <-c.closed:
		case <-c.ended:
		}
	}
	for n, b := range packets {
		select {
		case <-c.closed:
			return n, net.ErrClosed
		case <-c.ended:
			return n, io.ErrClosedPipe
		default:
		}
		b = slices.Clone(b)
		c.mu.Lock()
		c.got = append(c.got, b)
		c.mu.Unlock()
		if c.w.nas == nil {
			c.ack(b)
		} else {
			c.w.nas(c, b)
		}
	}
	return len(packets), nil
}

func (c *wireConn) Info() *dac.ConnInfo { return &c.info }

func (c *wireConn) Break(err error) {
	c.mu.Lock()
	c.broken = err
	c.mu.Unlock()
	c.end()
}

func (c *wireConn) Close() error {
	c.once[0].Do(func() { close(c.closed) })
	return nil
}

// end is the end of the connection by the other side.
func (c *wireConn) end() { c.once[1].Do(func() { close(c.ended) }) }

// hang keeps every Write waiting from now on.
func (c *wireConn) hang() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hung = true
}

// packets are those that came.
func (c *wireConn) packets() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.got)
}

func (c *wireConn) brokenBy() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broken
}

// ack answers b.
func (c *wireConn) ack(b []byte) { c.answer(b, 1) }

// nak answers b with a cause.
func (c *wireConn) nak(b []byte, cause errcause.Cause) {
	c.answer(b, 2, &radius.AVP{Type: 101, Attribute: radius.NewInteger(uint32(cause))})
}

func (c *wireConn) answer(b []byte, more radius.Code, set ...*radius.AVP) {
	c.answers <- c.signed(b, more, set...)
}

// signed is the answer to b of the code that is more than that of b.
func (c *wireConn) signed(b []byte, more radius.Code, set ...*radius.AVP) []byte {
	if c.info.Version == dac.RADIUS11 {
		out := packet.AppendTokenHeader(nil, radius.Code(b[0])+more, packet.Token(b))
		out, _ = packet.AppendAttributes(out, set, func(byte) bool { return false })
		_ = packet.SetLength(out, 0)
		return out
	}
	r, err := dac.ParseRequest(b, c.info.Secret)
	if err != nil {
		panic(err)
	}
	out, err := (&dac.Response{Packet: &radius.Packet{Code: radius.Code(b[0]) + more, Attributes: set}}).AppendSigned(nil, r, c.info.Secret)
	if err != nil {
		panic(err)
	}
	return out
}

// scarce are so few identifiers that a test can use them up.
type scarce struct {
	t     *testing.T
	mu    sync.Mutex
	free  []uint32
	used  map[uint32]bool
	frees []func()
}

func newScarce(t *testing.T, ids ...uint32) *scarce {
	return &scarce{t: t, free: ids, used: make(map[uint32]bool)}
}

func (s *scarce) Acquire(free func()) (uint32, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		s.frees = append(s.frees, free)
		return 0, false
	}
	id := s.free[0]
	s.free = s.free[1:]
	s.used[id] = true
	return id, true
}

func (s *scarce) Claim(id uint32, free func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.free, id); i >= 0 {
		s.free = slices.Delete(s.free, i, i+1)
		s.used[id] = true
		return true
	}
	s.frees = append(s.frees, free)
	return false
}

func (s *scarce) Release(id uint32, _ time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	require.True(s.t, s.used[id], "given back once")
	delete(s.used, id)
	s.free = append(s.free, id)
	for _, free := range s.frees {
		go free()
	}
	s.frees = nil
}

func (s *scarce) Len() int { return len(s.free) + len(s.used) }
