// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

// No two requests of a run are the same octets, over many cycles of few sessions, and each is for
// the session that it says.
func TestRequestsAreAllDifferent(t *testing.T) {
	const sessions, lanes, cycles = 10, 3, 5
	s, now := newSigner(), time.Now().Unix()
	seen, unknown := map[string]bool{}, 0
	stencil := newStencil(s, true)
	for lane := range lanes {
		n := newNumbering(sessions, 10, lanes, lane)
		for k := range sessions / lanes * cycles * identifiers {
			session, none, stamp, err := n.next(k, now, 30)
			require.NoError(t, err)
			require.LessOrEqual(t, stamp, now+cycles)
			stencil.make(s, byte(k), session, none, stamp)
			require.False(t, seen[string(stencil.octets)], "request %d of lane %d came before", k, lane)
			seen[string(stencil.octets)] = true
			if none {
				unknown++
				require.EqualValues(t, disconnectNAK, stencil.expected)
			}
		}
		_, _, _, err := n.next(sessions/lanes*cycles*identifiers, now-20, 30)
		require.ErrorContains(t, err, "give -sessions more")
	}
	require.InDelta(t, 0.1, float64(unknown)/float64(len(seen)), 0.02)
}

// A stencil makes what a request made from the start is, octet for octet.
func TestAStencilIsARequest(t *testing.T) {
	s := newSigner()
	for _, ma := range []bool{false, true} {
		stencil, now := newStencil(s, ma), time.Now()
		stencil.make(s, 9, 1234567, false, now.Unix())
		require.Equal(t, s.appendRequest(nil, 1234567, 9, ma, now), stencil.octets)
		require.EqualValues(t, disconnectACK, stencil.expected)
		stencil.make(s, 9, 12, true, now.Unix())
		r, err := dac.ParseRequest(bytes.Clone(stencil.octets), secret)
		require.NoError(t, err)
		id, err := attrs.AcctSessionID.Get(r.Attributes())
		require.NoError(t, err)
		require.Equal(t, "f000000c", id)
	}
}

// The numbers of a run go on where the task before ended.
func TestNumbersGoOn(t *testing.T) {
	l := newLane(newScriptedPort(nil), &task{Sessions: 10, Ports: 1, Window: 30}, source{next: 300, stamp: 1 << 40}, 0)
	require.ErrorContains(t, l.fill(2, time.Now()), "give -sessions more", "the latest Event-Timestamp is far ahead")
	l.numbering.stamp = 0
	require.NoError(t, l.fill(2, time.Now()))
	require.Equal(t, 302, l.next)
	require.Len(t, l.batch, 2)
	require.EqualValues(t, 300%identifiers, l.batch[0][1])
}

// A scriptedPort answers as a NAS without checks, or loses a packet.
type scriptedPort struct {
	signer *signer
	lose   func(n int) bool // the nth packet; nil: none
	n      int
	out    [][]byte
	delay  time.Duration
}

func newScriptedPort(lose func(n int) bool) *scriptedPort {
	return &scriptedPort{signer: newSigner(), lose: lose}
}

func (p *scriptedPort) send(packets [][]byte) error {
	for _, b := range packets {
		p.n++
		if p.lose == nil || !p.lose(p.n) {
			b, f, _ := parse(b, disconnectRequest)
			p.out = append(p.out, p.signer.appendAnswer(nil, b, f.message, disconnectACK, 0))
		}
	}
	return nil
}

func (p *scriptedPort) receive(time.Duration) ([][]byte, error) {
	time.Sleep(p.delay)
	out := p.out
	p.out = nil
	return out, nil
}

func (p *scriptedPort) close() error { return nil }

// A paced run sends what its rate says, sends again what is lost, and counts the time of a lost
// one, and of all that had to wait behind it, from when it was due.
func TestPacedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, loses := range []bool{false, true} {
			var lanes []*lane
			for i := range 2 {
				p := newScriptedPort(func(n int) bool { return loses && i == 0 && n == 10 })
				p.delay = 50 * time.Microsecond
				lanes = append(lanes, newLane(p, &task{Sessions: 1000, Ports: 2, Window: 30}, source{}, i))
			}
			r, err := pace(lanes, 1000, time.Now(), 2*time.Second, time.Second)
			require.NoError(t, err)
			require.Equal(t, 2000, lanes[0].answered+lanes[1].answered)
			require.InDelta(t, 0.0001, r.P50, 0.0001)
			require.InDelta(t, 0.0001, r.Steady, 0.0001)
			if !loses {
				require.Zero(t, lanes[0].resent+lanes[1].resent)
				require.InDelta(t, 0.0001, r.P999, 0.0001)
				continue
			}
			require.Equal(t, 1, lanes[0].resent)
			require.Greater(t, r.P999, 0.4)
			require.Greater(t, r.Growing, r.Steady, "it was lost in the first second")
		}
	})
}

// A generator takes no answer for good that is of another code, or not authentic.
func TestTheGeneratorChecks(t *testing.T) {
	for name, forge := range map[string]func(b []byte){
		"code 42":        func(b []byte) { b[0] = disconnectNAK },
		"signed wrongly": func(b []byte) { b[7]++ },
		"no answer":      func(b []byte) { copy(b, b[:0]) },
	} {
		p := newScriptedPort(nil)
		l := newLane(p, &task{Sessions: 10, Ports: 1, Window: 30}, source{}, 0)
		require.NoError(t, l.fill(1, time.Now()))
		if name == "no answer" {
			p.out[0] = p.out[0][:headerLen-1]
		} else {
			forge(p.out[0])
		}
		require.ErrorContains(t, l.take(patience, nil), name)
	}
}

// The quantiles of a histogram are those of the durations, within half a percent.
func TestHistogram(t *testing.T) {
	var h histogram
	require.Zero(t, h.quantile(0.5))
	for i := 1; i <= 1_000_000; i++ {
		h.add(time.Duration(i) * time.Microsecond)
	}
	for _, q := range []float64{0.001, 0.5, 0.99, 0.999} {
		require.InEpsilon(t, q*1e9, float64(h.quantile(q)), 0.005)
	}
	for _, d := range []time.Duration{-1, 0, 1, 127, 128, 255, 256, 1<<20 - 1, 1 << 40, 1<<63 - 1} {
		b := bucketOf(d)
		require.Less(t, b, histogramBuckets)
		require.InDelta(t, float64(max(d, 0)), float64(middleOf(b)), float64(d)/200+1)
	}
}
