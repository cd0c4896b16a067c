// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// bubble runs f in virtual time. Conns of rig and pipe are ended at its end, and nothing of theirs
// may be left.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// A line is one way of a connection in memory: writes are taken at once, as the buffers of sockets
// do, up to most octets.
type line struct {
	mu     sync.Mutex
	wake   chan struct{}
	octets []byte
	most   int
	end    error // of reads, behind the octets; of writes at once
}

// A pipe is one end of a connection in memory, with deadlines.
type pipe struct {
	in, out         *line
	mu              sync.Mutex
	readBy, writeBy time.Time
	closed          chan struct{}
	once            sync.Once
	writes          [][]byte // what each Write had
}

func newPipe(most int) (a, b *pipe) {
	x, y := &line{wake: make(chan struct{}), most: most}, &line{wake: make(chan struct{}), most: most}
	return &pipe{in: x, out: y, closed: make(chan struct{})}, &pipe{in: y, out: x, closed: make(chan struct{})}
}

// do waits until f is true of a line.
func (p *pipe) do(l *line, by func() time.Time, f func() bool) error {
	for {
		l.mu.Lock()
		done, wake := f(), l.wake
		if done {
			close(l.wake)
			l.wake = make(chan struct{})
		}
		l.mu.Unlock()
		if done {
			return nil
		}
		p.mu.Lock()
		at := by()
		p.mu.Unlock()
		var late <-chan time.Time
		if !at.IsZero() {
			t := time.NewTimer(time.Until(at))
			defer t.Stop()
			late = t.C
		}
		select {
		case <-wake:
		case <-p.closed:
			return net.ErrClosed
		case <-late:
			return os.ErrDeadlineExceeded
		}
	}
}

func (p *pipe) Read(b []byte) (n int, err error) {
	end := p.do(p.in, func() time.Time { return p.readBy }, func() bool {
		if len(p.in.octets) == 0 {
			err = p.in.end
			return err != nil
		}
		n = copy(b, p.in.octets)
		p.in.octets = append([]byte(nil), p.in.octets[n:]...)
		return true
	})
	if end != nil {
		return 0, end
	}
	return n, err
}

func (p *pipe) Write(b []byte) (n int, err error) {
	p.mu.Lock()
	p.writes = append(p.writes, append([]byte(nil), b...))
	p.mu.Unlock()
	for n < len(b) && err == nil {
		end := p.do(p.out, func() time.Time { return p.writeBy }, func() bool {
			if p.out.end != nil {
				err = p.out.end
				return true
			}
			room := min(p.out.most-len(p.out.octets), len(b)-n)
			p.out.octets = append(p.out.octets, b[n:n+room]...)
			n += room
			return room > 0
		})
		if end != nil {
			return n, end
		}
	}
	return n, err
}

func (p *pipe) finish(l *line, err error) {
	p.do(l, func() time.Time { return time.Time{} }, func() bool {
		if l.end == nil {
			l.end = err
		}
		return true
	})
}

// CloseWrite lets the other end read EOF.
func (p *pipe) CloseWrite() error { p.finish(p.out, io.EOF); return nil }

func (p *pipe) Close() error {
	p.once.Do(func() {
		p.finish(p.out, io.EOF)
		p.finish(p.in, net.ErrClosed)
		close(p.closed)
	})
	return nil
}

// cut ends the connection for both ends, with what was under way lost.
func (p *pipe) cut() {
	for _, l := range []*line{p.in, p.out} {
		l.mu.Lock()
		l.octets = nil
		l.mu.Unlock()
		p.finish(l, io.ErrUnexpectedEOF)
	}
}

func (p *pipe) SetReadDeadline(t time.Time) error {
	p.mu.Lock()
	p.readBy = t
	p.mu.Unlock()
	return nil
}

func (p *pipe) SetWriteDeadline(t time.Time) error {
	p.mu.Lock()
	p.writeBy = t
	p.mu.Unlock()
	return nil
}

func (p *pipe) SetDeadline(t time.Time) error { p.SetReadDeadline(t); return p.SetWriteDeadline(t) }
func (p *pipe) LocalAddr() net.Addr           { return nil }
func (p *pipe) RemoteAddr() net.Addr          { return nil }

// A far is the other end of a Conn under test, which sends and reads octets.
type far struct {
	*pipe
	t  *testing.T
	in frames
}

var ends = Options{
	Package: "radsec", Transport: "tls", Secret: "radsec", Watchdog: -1,
	Local: netip.MustParseAddrPort("192.0.2.1:2083"), Remote: netip.MustParseAddrPort("192.0.2.2:40000"),
}

// rig makes a Conn and its other end, which are closed at the end of the test.
func rig(t *testing.T, o Options) (*Conn, *far) {
	a, b := newPipe(1 << 20)
	if o.Secret == "" {
		o.Secret = "radsec"
	}
	c := New(a, nil, o)
	t.Cleanup(func() { b.Close(); c.Close() })
	return c, &far{b, t, newFrames(mostLen)}
}

// next reads the next packet; nil: the Conn has closed.
func (f *far) next() []byte {
	for {
		p, err := f.in.next()
		require.NoError(f.t, err)
		if p != nil {
			return append([]byte(nil), p...)
		}
		n, err := f.Read(f.in.space())
		f.in.read(n)
		if err != nil {
			return nil
		}
	}
}

func (f *far) send(packets ...[]byte) {
	for _, p := range packets {
		_, err := f.Write(p)
		require.NoError(f.t, err)
	}
}

// silent requires that the Conn sends nothing and stays open.
func (f *far) silent() {
	f.t.Helper()
	require.NoError(f.t, f.SetReadDeadline(time.Now().Add(time.Second)))
	_, err := f.Read(make([]byte, 1))
	require.ErrorIs(f.t, err, os.ErrDeadlineExceeded)
	require.NoError(f.t, f.SetReadDeadline(time.Time{}))
}

// ended requires that the connection ended, for a reason.
func (f *far) ended(c *Conn, reason Reason) {
	f.t.Helper()
	for f.next() != nil {
	}
	<-c.Done()
	var end *EndError
	require.ErrorAs(f.t, c.Err(), &end)
	require.Equal(f.t, reason, end.Reason)
}

// request makes a signed request of RADIUS/1.0.
func request(code radius.Code, id byte, attributes ...byte) []byte {
	b := packet.AppendHeader(nil, code, id, false)
	b = append(b, attributes...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	if code == radius.CodeAccessRequest || code == radius.CodeStatusServer {
		copy(b[4:20], "sixteen octets !")
		if at, _ := packet.FindMessageAuthenticator(b); at != 0 {
			sum := authn.MessageAuthenticator(b, authn.FieldOf(b), at, "radsec")
			copy(b[at:], sum[:])
		}
		return b
	}
	sum := authn.Authenticator(b, authn.Field{}, "radsec") // which looks at no attribute
	copy(b[4:], sum[:])
	return b
}

// token makes a packet of RADIUS/1.1.
func token(code radius.Code, token uint32, attributes ...byte) []byte {
	b := append(packet.AppendTokenHeader(nil, code, token), attributes...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

// answerTo makes a signed answer of RADIUS/1.0.
func answerTo(request []byte, code radius.Code, attributes ...byte) []byte {
	b := append(packet.AppendHeader(nil, code, request[1], false), attributes...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	authn.SignResponse(b, request, "radsec")
	return b
}

// emptyMA is an empty Message-Authenticator.
var emptyMA = append([]byte{80, 18}, make([]byte, 16)...)

// serverOf is the View of a Server.
func serverOf(t *testing.T, c *Conn) dac.PacketConn {
	v, err := c.Requests()
	require.NoError(t, err)
	return v
}
