// SPDX-License-Identifier: Apache-2.0

package dactest_test

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	_ "github.com/radius-dynauth/dynauth/internal/entropy" // FIPS
)

var (
	das = netip.MustParseAddrPort("198.51.100.7:3799")
	ask = netip.MustParseAddrPort("192.0.2.1:49152")
	t0  = time.Unix(1700000000, 0)
)

// A story is told to a Diagram in Events.
type story struct {
	*dactest.Diagram
	t *testing.T
}

// at is one Event after so many milliseconds, of the client or of the NAS.
func (s *story) at(ms int, op dac.EventOp, local netip.AddrPort, wire []byte, err error) {
	peer := das
	if local == das {
		peer = ask
	}
	e := dac.Event{Time: t0.Add(time.Duration(ms) * time.Millisecond), Op: op, Local: local, Peer: peer, Wire: wire, Err: err}
	s.Trace(e)
}

func newStory(t *testing.T) *story { return &story{Diagram: new(dactest.Diagram), t: t} }

// request is the octets of a signed request, answer those of an answer to it.
func (s *story) request(id byte, r *dac.Request) []byte {
	b, err := r.AppendSigned(nil, id, dactest.Secret)
	require.NoError(s.t, err)
	return b
}

func (s *story) answer(request []byte, c errcause.Cause) []byte {
	r, err := dac.ParseRequest(request, dactest.Secret)
	require.NoError(s.t, err)
	resp, err := r.ACK()
	if c != 0 {
		resp, err = r.NAK(c)
	}
	require.NoError(s.t, err)
	b, err := resp.AppendSigned(nil, r, dactest.Secret)
	require.NoError(s.t, err)
	return b
}

func (s *story) is(want string) {
	s.t.Helper()
	require.Equal(s.t, strings.TrimPrefix(want, "\n"), s.String())
}

func TestDiagramOfBothEnds(t *testing.T) {
	s := newStory(t)
	request := s.request(1, disconnect(t, "bob"))
	nak := s.answer(request, errcause.SessionContextNotFound)
	s.at(0, dac.Sent, ask, request, nil) // lost
	s.at(50, dac.Resent, ask, request, nil)
	s.at(51, dac.Received, das, request, nil)
	s.at(60, dac.Sent, das, nak, nil) // lost
	s.at(150, dac.Resent, ask, request, nil)
	s.at(150, dac.Repeated, das, request, nil)
	s.at(151, dac.Resent, das, nak, nil)
	s.at(171, dac.Received, ask, nak, nil)
	s.at(180, dac.Repeated, ask, nak, nil)
	// The first copy is the one that counts as arrived: which of two equal ones it was cannot be
	// told.
	s.is(`
          192.0.2.1:49152                                         198.51.100.7:3799
   0.000s |-- Disconnect-Request 1 ------------------------------>| took 51ms; User-Name = "bob"
   0.050s |-- Disconnect-Request 1 ------------------------------>| resent; repeated; took 100ms
   0.060s |<------- Disconnect-NAK 1, Session-Context-Not-Found --| took 111ms
   0.150s |-- Disconnect-Request 1 ---------------X               | lost; resent
   0.151s |<------- Disconnect-NAK 1, Session-Context-Not-Found --| resent; repeated; took 29ms
`)
}

func TestDiagramOfOneEnd(t *testing.T) {
	s := newStory(t)
	request := s.request(1, coa(t, "bob"))
	s.at(0, dac.Sent, ask, request, nil)
	s.at(2000, dac.Resent, ask, request, nil)
	s.at(2100, dac.Dropped, ask, s.answer(request, 0), dac.ErrAuthenticator)
	s.Trace(dac.Event{Time: t0.Add(30 * time.Second), Op: dac.GaveUp, Local: ask, Peer: das, Code: 43, ID: 1})
	s.is(`
          192.0.2.1:49152                                         198.51.100.7:3799
   0.000s |-- CoA-Request 1 ------------------------------------->| User-Name = "bob", State = 0x73
   2.000s |-- CoA-Request 1 ------------------------------------->| resent
   2.100s |<----------------------------------------- CoA-ACK 1 --| dropped: wrong authenticator
  30.000s |                                                       | CoA-Request 1: gave up
`)
}

func TestDiagramShowsWhatWasLost(t *testing.T) {
	s := newStory(t)
	request := s.request(1, disconnect(t, "bob"))
	s.at(0, dac.Sent, ask, request, errors.New("network is unreachable"))
	s.at(0, dac.Sent, das, s.answer(request, 0), errors.New("buffer is full"))
	s.is(`
          192.0.2.1:49152                                         198.51.100.7:3799
   0.000s |-- Disconnect-Request 1 ---------------X               | lost: network is unreachable; User-Name = "bob"
   0.000s |                 X----------------- Disconnect-ACK 1 --| lost: buffer is full
`)
}

// The two ends tell of one packet in either order.
func TestDiagramJoinsWhatIsToldLate(t *testing.T) {
	s := newStory(t)
	request := s.request(1, disconnect(t, "bob"))
	s.at(1, dac.Received, das, request, nil)
	s.at(0, dac.Sent, ask, request, nil)
	s.is(`
          192.0.2.1:49152                                         198.51.100.7:3799
   0.000s |-- Disconnect-Request 1 ------------------------------>| took 1ms; User-Name = "bob"
`)
}

// A server that listens on all addresses may not know which was asked.
func TestDiagramJoinsUnspecifiedAddresses(t *testing.T) {
	s := newStory(t)
	request := s.request(1, disconnect(t, "bob"))
	s.at(0, dac.Sent, ask, request, nil)
	all, mapped := netip.MustParseAddrPort("[::]:3799"), netip.MustParseAddrPort("[::ffff:192.0.2.1]:49152")
	s.Trace(dac.Event{Time: t0, Op: dac.Received, Local: all, Peer: mapped, Wire: request})
	s.at(1, dac.Resent, ask, request, nil)
	s.is(`
          192.0.2.1:49152                                         198.51.100.7:3799
   0.000s |-- Disconnect-Request 1 ------------------------------>| User-Name = "bob"
   0.001s |-- Disconnect-Request 1 ---------------X               | lost; resent
`)
}

func TestDiagramOfNonsense(t *testing.T) {
	s := newStory(t)
	request := s.request(1, disconnect(t, "b\x1b[2Jb"))
	s.at(0, dac.Dropped, das, nil, dac.ErrMalformed)
	s.at(0, dac.Dropped, das, []byte("garbage"), &dac.PacketError{Op: "parse", Err: dac.ErrMalformed})
	s.at(0, dac.Dropped, das, append([]byte{99}, request[1:]...), dac.ErrMalformed)
	s.at(0, dac.Dropped, das, request[:25], dac.ErrMalformed)
	s.at(0, dac.Received, das, request, nil)
	s.is(`
          192.0.2.1:49152                                         198.51.100.7:3799
   0.000s |-- no packet, octets: 0 ------------------------------>| dropped: malformed packet
   0.000s |-- no packet, octets: 7 ------------------------------>| dropped: malformed packet
   0.000s |-- Code(99) 1 ---------------------------------------->| dropped: malformed packet
   0.000s |-- Disconnect-Request 1 ------------------------------>| dropped: malformed packet
   0.000s |-- Disconnect-Request 1 ------------------------------>| User-Name = "b\033[2Jb"
`)
}

func TestDiagramNamesEachPairOfEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d dactest.Diagram
		n := &dactest.Network{Latency: 5 * time.Millisecond, Trace: d.Trace}
		listen(t, n, nas6)
		for range 2 {
			c := dactest.NewScriptedClientOn(t, dial(t, n, nas6))
			c.Send([]byte("x"))
			c.Silence()
		}
		require.Equal(t, `          [2001:db8::1]:49152                                     [2001:db8:7::1]:3799
   0.000s |-- no packet, octets: 1 ------------------------------>|
          [2001:db8::1]:49153                                     [2001:db8:7::1]:3799
   0.100s |-- no packet, octets: 1 ------------------------------>|
`, d.String())
	})
}

func TestDiagramOfANetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d dactest.Diagram
		n := &dactest.Network{Trace: d.Trace, Duplicate: 1, Drop: func(_, to netip.AddrPort, _ []byte) bool { return to == nas6 }}
		listen(t, n, nas4)
		for _, to := range []netip.AddrPort{nas4, nas6, netip.MustParseAddrPort("192.0.2.9:9")} {
			_, err := dial(t, n, to).Write([]byte("x"))
			require.NoError(t, err)
		}
		require.Equal(t, []string{
			"192.0.2.1:49152                                         198.51.100.7:3799",
			"0.000s |-- no packet, octets: 1 ------------------------------>|",
			"0.000s |-- no packet, octets: 1 ------------------------------>| again",
			"[2001:db8::1]:49152                                     [2001:db8:7::1]:3799",
			"0.000s |-- no packet, octets: 1 ---------------X               | lost",
			"192.0.2.1:49153                                         192.0.2.9:9",
			"0.000s |-- no packet, octets: 1 ---------------X               | lost: nobody listens there",
			"0.000s |-- no packet, octets: 1 ---------------X               | lost: nobody listens there; again",
		}, lines(d.String()))
	})
}

func TestDiagramIsBounded(t *testing.T) {
	s := newStory(t)
	long := disconnect(t, strings.Repeat("é", 120))
	for i := range 500 {
		s.at(i, dac.Received, das, s.request(byte(i), long), nil)
	}
	all := lines(s.String())
	require.Equal(t, "(300 earlier packets are left out)", all[0])
	require.Len(t, all, 202)
	for _, line := range all {
		require.LessOrEqual(t, len(line), 200)
	}
	require.Contains(t, all[201], "é...")
}

func TestDiagramIsSafeForConcurrentUse(t *testing.T) {
	var d dactest.Diagram
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				d.Trace(dac.Event{Op: dac.Sent, Local: ask, Peer: das, Wire: []byte("x")})
				_ = d.String()
			}
		})
	}
	wg.Wait()
	require.Len(t, lines(d.String()), 201)
}

func TestDiagramIsLoggedWhenTheTestFails(t *testing.T) {
	for _, fail := range []bool{true, false} {
		log, failed := attempt(t, func(tb testing.TB) {
			d := dactest.NewDiagram(tb)
			d.Trace(dac.Event{Time: t0, Op: dac.Sent, Local: ask, Peer: das, Wire: []byte("x")})
			if fail {
				tb.Fatal("on purpose")
			}
		})
		require.Equal(t, fail, failed)
		require.Equal(t, fail, strings.Contains(log, "what crossed the wire:\n          192.0.2.1:49152"))
	}
}
