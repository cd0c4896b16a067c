// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"iter"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// jobs are n Disconnect-Requests for sessions of nasAddr.
func jobs(t *testing.T, n int) iter.Seq[dac.Job] { return jobsTo(t, n, nasAddr) }

// jobsTo are n Disconnect-Requests for sessions of nases in turn, tagged with their number.
func jobsTo(t *testing.T, n int, nases ...netip.AddrPort) iter.Seq[dac.Job] {
	return func(yield func(dac.Job) bool) {
		for i := range n {
			if !yield(dac.Job{NAS: nases[i%len(nases)], Request: request(t, i), Tag: i}) {
				return
			}
		}
	}
}

// A park is many NASes on one network, each of which answers after a while, or does not.
type park struct {
	net    *dactest.Network
	addrs  []netip.AddrPort
	client *dac.Client
	dead   map[netip.AddrPort]*atomic.Bool
	asked  sync.Map // address of a NAS: *atomic.Int64
}

func newPark(t *testing.T, n int, latency time.Duration) *park {
	p := &park{net: &dactest.Network{Latency: latency}, dead: make(map[netip.AddrPort]*atomic.Bool)}
	for i := range n {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 3799)
		p.addrs = append(p.addrs, addr)
		p.dead[addr] = new(atomic.Bool)
		p.asked.Store(addr, new(atomic.Int64))
	}
	p.net.Drop = func(from, to netip.AddrPort, b []byte) bool {
		if n, ok := p.asked.Load(to); ok {
			n.(*atomic.Int64).Add(1)
		}
		dead := p.dead[to]
		return dead != nil && dead.Load()
	}
	for _, addr := range p.addrs {
		pc := p.net.Listen(addr)
		t.Cleanup(func() { pc.Close() })
		go answerAll(pc)
	}
	p.client = &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Dial: p.net.Dial}
	t.Cleanup(func() { p.client.Close() })
	return p
}

// answerAll acknowledges what comes to pc.
func answerAll(pc net.PacketConn) {
	buf := make([]byte, 4096)
	for {
		n, from, err := pc.ReadFrom(buf)
		if err != nil {
			return
		}
		r, err := dac.ParseRequest(buf[:n], dactest.Secret)
		if err != nil {
			panic(err)
		}
		resp, _ := r.ACK()
		b, _ := resp.AppendSigned(nil, r, dactest.Secret)
		pc.WriteTo(b, from)
	}
}

func (p *park) sentTo(addr netip.AddrPort) int64 {
	n, _ := p.asked.Load(addr)
	return n.(*atomic.Int64).Load()
}

// Every job comes out once, with any outcome.
func TestEachYieldsEveryJobOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 7, time.Millisecond)
		const n = 5000
		broken := errors.New("no such subscriber")
		seen := make([]int, n+2)
		all := func(yield func(dac.Job) bool) {
			_ = yield(dac.Job{Err: broken, Tag: n}) && yield(dac.Job{NAS: p.addrs[0], Tag: n + 1})
			jobsTo(t, n, p.addrs...)(yield)
		}
		for out := range p.client.Each(t.Context(), all) {
			tag := out.Job.Tag.(int)
			seen[tag]++
			switch tag {
			case n:
				assert.Equal(t, broken, out.Err, "as it went in")
				assert.Nil(t, out.Response)
			case n + 1:
				assert.ErrorContains(t, out.Err, "no Packet")
			default:
				require.NoError(t, out.Err)
				assert.Equal(t, p.addrs[tag%7], out.Response.Source)
				assert.Equal(t, out.Job.NAS, out.Response.Source)
			}
		}
		for tag, times := range seen {
			require.Equal(t, 1, times, "job %d", tag)
		}
		assert.EqualValues(t, n, p.client.Stats().Total.Disconnect.ACKs)
	})
}

// Outcomes come in the order in which they are done.
func TestEachYieldsInOrderOfCompletion(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.Delay(3*time.Second/2, dactest.ACK()), dactest.Delay(time.Second, dactest.NAK(errcause.SessionContextNotFound)), dactest.ACK())
		var tags []int
		apart := func(yield func(dac.Job) bool) { // so that they come in their order
			for job := range jobs(t, 3) {
				if !yield(job) {
					return
				}
				time.Sleep(time.Millisecond)
			}
		}
		for out := range s.Client.Each(t.Context(), apart) {
			tags = append(tags, out.Job.Tag.(int))
			if out.Job.Tag == 1 {
				assert.ErrorIs(t, out.Err, errcause.SessionContextNotFound)
				assert.Equal(t, time.Second+time.Millisecond, time.Since(s.began))
			}
		}
		assert.Equal(t, []int{2, 1, 0}, tags)
	})
}

// When the consumer stops, nothing more is drawn or sent, and nothing on the wire is waited for.
func TestEachStopsWithItsConsumer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 3, time.Millisecond)
		p.dead[p.addrs[2]].Store(true)
		drawn := 0
		endless := func(yield func(dac.Job) bool) {
			for ; ; drawn++ {
				if !yield(dac.Job{NAS: p.addrs[drawn%3], Request: request(t, drawn)}) {
					return
				}
			}
		}
		began, n := time.Now(), 0
		for range p.client.Each(t.Context(), endless) {
			if n++; n == 1000 {
				break
			}
		}
		assert.Less(t, time.Since(began), 2*time.Second)
		assert.Zero(t, p.client.Stats().Total.Disconnect.Pending)
		atEnd := drawn
		assert.Less(t, atEnd, 1000+2*4096+100)
		sent := p.client.Stats().Total.Disconnect
		time.Sleep(time.Minute)
		assert.Equal(t, atEnd, drawn)
		assert.Equal(t, sent.Requests, p.client.Stats().Total.Disconnect.Requests)
		assert.Equal(t, sent.Retransmissions, p.client.Stats().Total.Disconnect.Retransmissions)
	})
}

// jobs that blocks, and does not know that no more are wanted, does not keep Each from returning.
func TestEachReturnsThoughJobsBlocks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 1, time.Millisecond)
		more := make(chan dac.Job)
		fromChannel := func(yield func(dac.Job) bool) {
			for j := range more {
				if !yield(j) {
					return
				}
			}
		}
		go func() { more <- dac.Job{NAS: p.addrs[0], Request: request(t, 1)} }()
		for out := range p.client.Each(t.Context(), fromChannel) {
			assert.NoError(t, out.Err)
			break
		}
		// Is drawn, goes nowhere, and ends the goroutine.
		more <- dac.Job{NAS: p.addrs[0], Request: request(t, 2)}
		synctest.Wait()
		assert.EqualValues(t, 1, p.client.Stats().Total.Disconnect.Requests)
	})
}

// When the context is done, what was drawn comes out, each once.
func TestEachEndsWithItsContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 3, 100*time.Millisecond)
		p.dead[p.addrs[2]].Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		drawn, began := 0, time.Now()
		all := func(yield func(dac.Job) bool) {
			for j := range jobsTo(t, 1_000_000, p.addrs...) {
				drawn++
				if !yield(j) {
					return
				}
			}
		}
		seen := make(map[int]bool)
		inFlight, unsent := 0, 0
		for out := range p.client.Each(ctx, all) {
			tag := out.Job.Tag.(int)
			require.False(t, seen[tag])
			seen[tag] = true
			if out.Err == nil {
				continue
			}
			none := noAnswer(t, out.Err)
			switch {
			case none.Err == nil: // of the dead one, before the end
				require.Zero(t, none.Sent)
				continue
			case none.Sent > 0:
				inFlight++
			default:
				unsent++
			}
			require.ErrorIs(t, out.Err, context.DeadlineExceeded)
		}
		assert.Equal(t, 5*time.Second, time.Since(began))
		assert.Len(t, seen, drawn)
		assert.NotZero(t, inFlight)
		assert.NotZero(t, unsent)
		assert.Zero(t, p.client.Stats().Total.Disconnect.Pending)
	})
}

func TestEachEndsWhenTheClientIsClosed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 2, 100*time.Millisecond)
		p.dead[p.addrs[1]].Store(true)
		time.AfterFunc(3*time.Second, func() { p.client.Close() })
		began, closed := time.Now(), 0
		for out := range p.client.Each(t.Context(), jobsTo(t, 1_000_000, p.addrs...)) {
			if out.Err != nil {
				require.ErrorIs(t, out.Err, net.ErrClosed)
				closed++
			}
		}
		assert.Equal(t, 3*time.Second, time.Since(began))
		assert.NotZero(t, closed)
	})
}

// However many jobs there are, a bounded number of them is inside.
func TestEachDrawsAFewThousandAhead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 5, time.Millisecond)
		var drawn, most atomic.Int64
		all := func(yield func(dac.Job) bool) {
			for j := range jobsTo(t, 30_000, p.addrs...) {
				drawn.Add(1)
				if !yield(j) {
					return
				}
			}
		}
		yielded := int64(0)
		for range p.client.Each(t.Context(), all) {
			yielded++
			most.Store(max(most.Load(), drawn.Load()-yielded))
			if yielded%1000 == 0 {
				time.Sleep(time.Second) // a slow consumer
			}
		}
		assert.EqualValues(t, 30_000, yielded)
		assert.LessOrEqual(t, most.Load(), int64(2*4096+1))
	})
}

// In flight are InFlight at most, of one NAS 256 or PerNAS.InFlight.
func TestEachBoundsWhatIsInFlight(t *testing.T) {
	for _, c := range []struct {
		name           string
		nases          int
		inFlight, each int
		wantAll        int64
		wantOne        int64
	}{
		{"one NAS", 1, 0, 0, 256, 256},
		{"one NAS with more", 1, 0, 400, 400, 400},
		{"one NAS with less", 1, 0, 3, 3, 3},
		{"several", 30, 0, 0, 30 * 136, 136},
		{"several with less", 10, 50, 0, 50, 5},
		{"more than would have 32 each", 600, 0, 0, 600 * 32, 32},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newPark(t, c.nases, 500*time.Millisecond)
				p.client.InFlight, p.client.PerNAS.InFlight = c.inFlight, c.each
				var all, one int64
				var looking sync.WaitGroup
				over := make(chan bool)
				looking.Go(func() { // between answers, while all wait that may
					for at := time.NewTicker(50 * time.Millisecond); ; {
						select {
						case <-at.C:
						case <-over:
							return
						}
						s := p.client.Stats()
						all = max(all, s.Total.Disconnect.Pending)
						one = max(one, s.NAS[p.addrs[0]].Disconnect.Pending)
					}
				})
				n := max(3000, min(c.nases*300, 30_000))
				for range p.client.Each(t.Context(), jobsTo(t, n, p.addrs...)) {
				}
				close(over)
				looking.Wait()
				assert.LessOrEqual(t, all, c.wantAll)
				assert.LessOrEqual(t, one, c.wantOne)
				assert.GreaterOrEqual(t, all, c.wantAll*9/10)
				assert.EqualValues(t, n, p.client.Stats().Total.Disconnect.ACKs)
			})
		})
	}
}

func TestEachKeepsTheRateOfOneNAS(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 4, time.Millisecond)
		p.client.PerNAS = dac.Limit{Rate: 100, Burst: 10}
		began := time.Now()
		for out := range p.client.Each(t.Context(), jobsTo(t, 4*1010, p.addrs...)) {
			require.NoError(t, out.Err)
		}
		assert.InDelta(t, 10, time.Since(began).Seconds(), 0.1, "each NAS has the rate for itself")
	})
}

// RetryCauses tries a cause that passes again, as a new request, and no other.
func TestEachRetriesRetryableCauses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		busy := dactest.NAK(errcause.ResourcesUnavailable)
		s := script(t, busy, busy, dactest.ACK(), busy, busy, busy, dactest.NAK(errcause.SessionContextNotFound))
		s.Client.RetryCauses = 2
		run := func() dac.Outcome {
			var all []dac.Outcome
			for out := range s.Client.Each(t.Context(), jobs(t, 1)) {
				all = append(all, out)
			}
			require.Len(t, all, 1)
			return all[0]
		}
		assert.NoError(t, run().Err)
		assert.Equal(t, seconds(0, 2, 6), s.times())
		wires := s.transmissions()
		assert.NotEqual(t, wires[0].wire[:20], wires[1].wire[:20], "a new request")
		assert.ErrorIs(t, run().Err, errcause.ResourcesUnavailable)
		assert.Len(t, s.times(), 6, "twice again and no more")
		assert.ErrorIs(t, run().Err, errcause.SessionContextNotFound)
		assert.Len(t, s.times(), 7, "a cause that stays is not tried again")
	})
}
