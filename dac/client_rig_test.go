// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/stretchr/testify/require"
)

// A scripted is a NAS in a bubble that does as it is told, and a Client without jitter that asks
// it.
type scripted struct {
	*dactest.ScriptedNAS
	t     *testing.T
	net   *dactest.Network
	began time.Time

	mu   sync.Mutex // guards sent
	sent []sent
}

// A sent is one datagram of the client.
type sent struct {
	at   time.Duration // since the beginning
	from netip.AddrPort
	wire []byte
}

// script begins a NAS that does steps. Every datagram towards it is kept.
func script(t *testing.T, steps ...dactest.Step) *scripted {
	s := &scripted{t: t, net: &dactest.Network{}, began: time.Now()}
	s.net.Drop = func(from, to netip.AddrPort, b []byte) bool {
		if to == nasAddr {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.sent = append(s.sent, sent{time.Since(s.began), from, slices.Clone(b)})
		}
		return false
	}
	s.ScriptedNAS = dactest.ServeScript(t, s.net.Listen(nasAddr), steps...)
	dac.SetRandom(s.Client, func() float64 { return 0.5 })
	return s
}

// silent is a NAS that never answers.
func silent(t *testing.T) *scripted { return script(t, dactest.Drop(1)) }

func (s *scripted) transmissions() []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// times are those of the transmissions.
func (s *scripted) times() (at []time.Duration) {
	for _, one := range s.transmissions() {
		at = append(at, one.at)
	}
	return at
}

// disconnect asks the NAS to end a session.
func (s *scripted) disconnect(a ...attrs.Attr) (*dac.Response, error) {
	if len(a) == 0 {
		a = []attrs.Attr{attrs.UserName.Of("bob")}
	}
	return s.Client.Disconnect(s.t.Context(), nasAddr, a...)
}

func (s *scripted) counters() dac.AnswerCounters { return s.Client.Stats().NAS[nasAddr].Disconnect }

// noAnswer is err as a *NoAnswerError.
func noAnswer(t *testing.T, err error) *dac.NoAnswerError {
	t.Helper()
	var silent *dac.NoAnswerError
	require.ErrorAs(t, err, &silent)
	require.ErrorIs(t, err, dac.ErrNoAnswer)
	return silent
}

// begin runs a call in a goroutine and returns where its error comes out.
func begin(call func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- call() }()
	return done
}

func seconds(s ...float64) (d []time.Duration) {
	for _, one := range s {
		d = append(d, time.Duration(one*float64(time.Second)))
	}
	return d
}

// request is a Disconnect-Request for a session of its own.
func request(t *testing.T, n int) *dac.Request {
	r, err := dac.NewDisconnect(attrs.UserName.Of("bob"), attrs.NASPort.Of(uint32(n)))
	require.NoError(t, err)
	return r
}

// identifiers are those of what was sent, in order.
func identifiers(all []sent) (ids []byte) {
	for _, one := range all {
		ids = append(ids, one.wire[1])
	}
	return ids
}
