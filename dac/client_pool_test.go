// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Answered identifiers are free at once, the least recently used one first.
func TestR5080_2_2_2_5_LeastRecentlyUsedFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t)
		for range 600 {
			_, err := s.disconnect()
			require.NoError(t, err)
		}
		ids := identifiers(s.transmissions())
		for i := range ids[1:] {
			require.Equal(t, ids[i]+1, ids[i+1])
		}
		assert.Equal(t, 0, slices.IndexFunc(s.transmissions(), func(one sent) bool { return one.from == s.transmissions()[599].from }), "one port will do")
	})
}

// An identifier is not used again before its request was answered or had its time, and then it
// rests while a NAS may remember it.
func TestR5080_2_2_2_5_UnansweredIdentifierRests(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(s *scripted) error // of one request that has no answer
		at   time.Duration           // when it ends
	}{
		{"timed out", func(s *scripted) error { _, err := s.disconnect(); return err }, 30 * time.Second},
		{"cancelled", func(s *scripted) error {
			ctx, cancel := context.WithTimeout(s.t.Context(), time.Second)
			defer cancel()
			_, err := s.Client.Disconnect(ctx, nasAddr, attrs.UserName.Of("bob"))
			return err
		}, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := script(t, dactest.Drop(1), dactest.ACK())
				s.Client.Retry = dac.Retry{Initial: time.Minute, Max: time.Minute}
				s.Client.IdleTimeout = time.Hour
				dac.SetPorts(s.Client, 1, 0)
				require.ErrorIs(t, c.end(s), dac.ErrNoAnswer)
				rested := s.transmissions()[0].wire[1]
				until := c.at + 30*time.Second
				for time.Since(s.began) < until-time.Second {
					for range 255 { // all the others, round and round
						_, err := s.disconnect()
						require.NoError(t, err)
					}
					time.Sleep(5 * time.Second)
				}
				assert.Equal(t, 1, count(identifiers(s.transmissions()), rested), "it rests")
				time.Sleep(until - time.Since(s.began))
				for range 256 {
					_, err := s.disconnect()
					require.NoError(t, err)
				}
				assert.Equal(t, 2, count(identifiers(s.transmissions()), rested), "it has rested")
			})
		})
	}
}

func count(ids []byte, id byte) (n int) {
	for _, one := range ids {
		if one == id {
			n++
		}
	}
	return n
}

// With IdentifierRest answered identifiers rest as well: 256 requests in that time from one port,
// and then from more.
func TestIdentifierRestHoldsTheRate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log journal
		s := script(t)
		s.Client.Logger = log.logger()
		dac.SetPorts(s.Client, 2, 0)
		client := s.Client.With(dac.Peer{Secret: dactest.Secret, IdentifierRest: 10 * time.Second})
		for range 1024 {
			_, err := client.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
			require.NoError(t, err)
		}
		assert.Equal(t, 10*time.Second, time.Since(s.began), "two ports, two rounds")
		last := make(map[string]time.Duration)
		for _, one := range s.transmissions() {
			key := one.from.String() + string(one.wire[1])
			if at, used := last[key]; used {
				assert.GreaterOrEqual(t, one.at-at, 10*time.Second)
			}
			last[key] = one.at
		}
		assert.Len(t, last, 512)
		assert.Contains(t, log.String(), "identifier")
		assert.Contains(t, log.String(), "51.2", "the rate that is left")
	})
}

// More than 256 requests in flight take further ports, and these close when no request needs them.
func TestR2865_2_5_1_MorePortsFor257(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.Delay(time.Second, dactest.ACK()))
		var wg sync.WaitGroup
		for i := range 600 {
			wg.Go(func() {
				_, err := s.Client.Do(t.Context(), nasAddr, request(t, i))
				assert.NoError(t, err)
			})
		}
		wg.Wait()
		used := make(map[netip.AddrPort]map[byte]bool)
		for _, one := range s.transmissions() {
			if used[one.from] == nil {
				used[one.from] = make(map[byte]bool)
			}
			assert.False(t, used[one.from][one.wire[1]], "identifier in use twice")
			used[one.from][one.wire[1]] = true
		}
		assert.Len(t, used, 3)
		n, all := dac.OpenPorts(s.Client, nasAddr)
		assert.Equal(t, [2]int{3, 3}, [2]int{n, all})
		time.Sleep(29 * time.Second)
		synctest.Wait()
		n, _ = dac.OpenPorts(s.Client, nasAddr)
		assert.Equal(t, 3, n)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		n, all = dac.OpenPorts(s.Client, nasAddr)
		assert.Equal(t, [2]int{0, 0}, [2]int{n, all})
	})
}

// With every identifier in use the next request waits, as long as its context lets it, and is not
// sent.
func TestBackPressureHonoursTheContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.Drop(4*256), dactest.ACK())
		dac.SetPorts(s.Client, 1, 0)
		var wg sync.WaitGroup
		for i := range 256 {
			wg.Go(func() {
				_, err := s.Client.Do(t.Context(), nasAddr, request(t, i))
				assert.ErrorIs(t, err, dac.ErrNoAnswer)
			})
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := s.Client.Do(ctx, nasAddr, request(t, 257))
		none := noAnswer(t, err)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Zero(t, none.Sent)
		assert.Equal(t, 10*time.Second, none.Waited)
		assert.EqualError(t, err, "dac: no answer from 192.0.2.9:3799: nothing was sent while it waited for its turn: context deadline exceeded")
		assert.Equal(t, "it waited 10s for a free identifier or the limit of this NAS: look at Client.PerNAS, and at whether the NAS answers what it was sent", dac.Hint(err))
		// Gets the first identifier that has rested.
		_, err = s.Client.Do(t.Context(), nasAddr, request(t, 258))
		assert.NoError(t, err)
		assert.Equal(t, 60*time.Second, time.Since(s.began))
		wg.Wait()
	})
}

func TestLimitOfOneNAS(t *testing.T) {
	t.Run("in flight", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := script(t, dactest.Delay(time.Second, dactest.ACK()))
			s.Client.PerNAS = dac.Limit{InFlight: 10}
			many(t, s.Client, 100)
			assert.Equal(t, 10*time.Second, time.Since(s.began))
		})
	})
	t.Run("rate", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := script(t)
			s.Client.PerNAS = dac.Limit{Rate: 10, Burst: 5}
			many(t, s.Client, 105)
			assert.InDelta(t, 10, time.Since(s.began).Seconds(), 0.001)
			times := s.times()
			assert.Equal(t, time.Duration(0), times[4])
			for i := 5; i < 105; i++ {
				assert.InDelta(t, float64(i-4)/10, times[i].Seconds(), 0.001)
			}
		})
	})
	t.Run("retransmissions are not counted", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := silent(t)
			s.Client.PerNAS = dac.Limit{Rate: 0.1}
			_, err := s.disconnect()
			require.Error(t, err)
			assert.Equal(t, seconds(0, 2, 6, 14), s.times())
		})
	})
}

// many sends n requests at once and wants an answer to each.
func many(t *testing.T, c *dac.Client, n int) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			_, err := c.Do(t.Context(), nasAddr, request(t, i))
			assert.NoError(t, err)
		})
	}
	wg.Wait()
}

// Thousands of NASes with a few descriptors: each is asked in its turn, and idle ports make room.
func TestDescriptorsAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const nases, ports = 1000, 20
		network := &dactest.Network{Latency: time.Millisecond}
		var open, most atomic.Int64
		client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Dial: func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
			c, err := network.Dial(ctx, nas)
			if err != nil {
				return nil, err
			}
			if n := open.Add(1); n > most.Load() {
				most.Store(n)
			}
			return &counted{Conn: c, open: &open}, nil
		}}
		defer client.Close()
		dac.SetPorts(client, 0, ports)
		var wg sync.WaitGroup
		for i := range nases {
			addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 3799)
			dactest.ServeScript(t, network.Listen(addr))
			wg.Go(func() {
				for n := range 3 {
					_, err := client.Do(t.Context(), addr, request(t, n))
					assert.NoError(t, err)
				}
			})
		}
		wg.Wait()
		assert.EqualValues(t, ports, most.Load())
		assert.EqualValues(t, 3*nases, client.Stats().Total.Disconnect.ACKs)
	})
}

type counted struct {
	net.Conn
	open *atomic.Int64
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

// Should a port come back that was closed while identifiers of it rested, they rest on.
func TestIdentifiersOfAPortThatComesBackRest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := silent(t)
		from := netip.MustParseAddrPort("192.0.2.1:50000")
		s.Client.Dial = func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) { return s.net.DialFrom(ctx, from, nas) }
		s.Client.IdleTimeout = time.Second
		s.Client.Retry = dac.Retry{Transmissions: 1}
		for range 3 {
			_, err := s.disconnect()
			require.ErrorIs(t, err, dac.ErrNoAnswer)
			time.Sleep(3 * time.Second)
			n, _ := dac.OpenPorts(s.Client, nasAddr)
			require.Zero(t, n, "the port is closed")
		}
		ids := identifiers(s.transmissions())
		assert.Equal(t, []byte{ids[0], ids[0] + 1, ids[0] + 2}, ids)
	})
}

// A NAS that cannot be dialled fails the request, with what to look at; one that has a port already
// goes on with it.
func TestDialFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.Delay(time.Second, dactest.ACK()))
		broken := errors.New("network is down")
		dials := 0
		s.Client.Dial = func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
			if dials++; dials == 2 {
				return s.net.Dial(ctx, nas)
			}
			return nil, broken
		}
		_, err := s.disconnect()
		var fault *dac.PacketError
		require.ErrorAs(t, err, &fault)
		assert.ErrorIs(t, err, broken)
		assert.EqualError(t, err, "dac: dial 192.0.2.9:3799: network is down")
		assert.True(t, dac.Retryable(err))
		many(t, s.Client, 600)
		assert.Equal(t, 3*time.Second, time.Since(s.began), "one port for all")
	})
}

// A socket that breaks ends what it carries, and the next request opens another.
func TestBrokenSocket(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.Drop(1), dactest.ACK())
		conns := make(chan net.Conn, 2)
		s.Client.Dial = func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
			c, err := s.net.Dial(ctx, nas)
			conns <- c
			return c, err
		}
		done := begin(func() error { _, err := s.disconnect(); return err })
		synctest.Wait()
		(<-conns).Close()
		err := <-done
		var fault *dac.PacketError
		require.ErrorAs(t, err, &fault)
		assert.Regexp(t, `^dac: receive 192\.0\.2\.9:3799: .*`, err.Error())
		assert.Equal(t, "look at what closed the socket, or the connection of Client.Dial; the request may have been executed", dac.Hint(err))
		_, err = s.disconnect()
		assert.NoError(t, err)
	})
}
