// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A tally is what became of the jobs of a run.
type tally struct {
	live     time.Duration // when the last of those for NASes that live was done
	all      time.Duration // when everything was done
	lost     int           // jobs for NASes that live and failed
	silent   int           // jobs that were sent and had no answer
	unsent   int           // jobs that failed without being sent
	answered int
}

// run sends n jobs to the park in turn.
func (p *park) run(t *testing.T, n int, nases ...netip.AddrPort) (sum tally) {
	t.Helper()
	began := time.Now()
	for out := range p.client.Each(t.Context(), jobsTo(t, n, nases...)) {
		switch dead := p.dead[out.Job.NAS].Load(); {
		case out.Err == nil:
			sum.answered++
			if !dead {
				sum.live = time.Since(began)
			}
		case noAnswer(t, out.Err).Sent > 0:
			sum.silent++
			if !dead {
				sum.lost++
			}
		default:
			sum.unsent++
			if !dead {
				sum.lost++
			}
		}
	}
	sum.all = time.Since(began)
	return sum
}

// One NAS in a hundred is dead: the others finish as if it were not there. Where its jobs fill the
// queue they wait until it may be suspected, 9/8 of the first timeout, and once.
func TestOneDeadNASInAHundredSlowsNobody(t *testing.T) {
	for _, c := range []struct {
		name  string
		nases int
		jobs  int // of each
		wait  time.Duration
	}{
		{"few jobs", 100, 300, 0},
		{"more than the queue takes", 5, 7000, 9 * time.Second / 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && c.jobs > 1000 {
				t.Skip("70,000 requests")
			}
			var times [2]time.Duration
			for i, dead := range []bool{false, true} {
				bubble(t, func(t *testing.T) {
					p := newPark(t, c.nases, 20*time.Millisecond)
					p.dead[p.addrs[c.nases/2]].Store(dead)
					sum := p.run(t, c.nases*c.jobs, p.addrs...)
					times[i] = sum.live
					assert.Zero(t, sum.lost)
					if dead {
						assert.Equal(t, c.jobs, sum.silent+sum.unsent)
						assert.Equal(t, 17, sum.silent, "a budget's worth, and a probe")
						assert.Less(t, sum.all, 65*time.Second)
					}
				})
			}
			t.Logf("alone %v, beside a dead one %v", times[0], times[1])
			assert.LessOrEqual(t, times[1].Seconds(), 1.1*times[0].Seconds()+c.wait.Seconds())
		})
	}
}

// NASes of which none answers at once are slow, or this machine stood still: no job is given up for
// that, though the first answer leaves one NAS with nothing to do while the others seem silent.
func TestSlowNASesLoseNoJobs(t *testing.T) {
	for _, latency := range []time.Duration{300 * time.Millisecond, 900 * time.Millisecond} {
		t.Run(latency.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				const nases, jobs = 600, 20
				p := newPark(t, nases, latency)
				sum := p.run(t, nases*jobs, p.addrs...)
				assert.Equal(t, nases*jobs, sum.answered)
			})
		})
	}
}

// A NAS that is silent from the beginning gets what Budget allows, then a probe, and then its jobs
// fail fast, with an error that says so.
func TestEachFailsADeadNASFast(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 1, time.Millisecond)
		dac.SetRandom(p.client, func() float64 { return 0.5 })
		p.dead[p.addrs[0]].Store(true)
		p.client.Budget = 5
		var text string
		began, silent := time.Now(), 0
		for out := range p.client.Each(t.Context(), jobsTo(t, 20_000, p.addrs...)) {
			none := noAnswer(t, out.Err)
			assert.True(t, dac.Retryable(out.Err))
			if none.Sent == 0 {
				text = none.Error() + "; " + none.Hint()
				continue
			}
			assert.Equal(t, 4, none.Sent)
			silent++
		}
		assert.Equal(t, 6, silent, "five, and a probe")
		assert.Equal(t, 60*time.Second, time.Since(began))
		assert.EqualValues(t, 6*4, p.sentTo(p.addrs[0]))
		assert.Equal(t, "dac: no answer from 10.0.0.0:3799: nothing was sent, since the NAS is silent; 6 requests in a row had no answer, for 1m0s; the NAS is asked again now and then: try later, and look at whether it is up and reached", text)
	})
}

// A NAS that goes down in the middle of many jobs and comes back costs a few of them.
func TestEachOutlivesAReboot(t *testing.T) {
	for _, outage := range []time.Duration{10 * time.Second, 25 * time.Second, 55 * time.Second, 2 * time.Minute} {
		t.Run(outage.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				const n = 20_000
				p := newPark(t, 1, 20*time.Millisecond)
				nas := p.dead[p.addrs[0]]
				time.AfterFunc(time.Second, func() { nas.Store(true) })
				time.AfterFunc(time.Second+outage, func() { nas.Store(false) })
				sum := p.run(t, n, p.addrs...)
				assert.Less(t, sum.silent, 300)
				assert.Zero(t, sum.unsent)
				assert.Equal(t, n, sum.answered+sum.silent)
			})
		})
	}
}

// A NAS that was given up comes back with the first probe that it answers.
func TestEachProbesANASThatWasGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 2, time.Millisecond)
		nas := p.dead[p.addrs[0]]
		nas.Store(true)
		began := time.Now()
		steady := func(yield func(dac.Job) bool) {
			// Ten jobs a second for it, and as many for another.
			for i := range 4000 {
				time.Sleep(50 * time.Millisecond)
				if !yield(dac.Job{NAS: p.addrs[i%2], Request: request(t, i), Tag: time.Since(began)}) {
					return
				}
			}
		}
		time.AfterFunc(2*time.Minute, func() { nas.Store(false) })
		var lastUnsent time.Duration
		answered := 0
		for out := range p.client.Each(t.Context(), steady) {
			if out.Job.NAS != p.addrs[0] {
				require.NoError(t, out.Err)
				continue
			}
			if out.Err == nil {
				answered++
			} else if noAnswer(t, out.Err).Sent == 0 {
				lastUnsent = out.Job.Tag.(time.Duration)
			}
		}
		assert.Greater(t, lastUnsent, 115*time.Second)
		assert.Less(t, lastUnsent, 140*time.Second, "a probe finds it within a few seconds: its retransmissions, or the next one")
		assert.Greater(t, answered, 550)
		assert.Less(t, p.sentTo(p.addrs[0]), int64(answered+16*5+12*5), "while it was away, little was sent")
	})
}

// With a negative Budget nothing fails unsent.
func TestEachWithoutBudget(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 1, time.Millisecond)
		p.dead[p.addrs[0]].Store(true)
		p.client.Budget = -1
		sum := p.run(t, 600, p.addrs...)
		assert.Equal(t, 600, sum.silent)
		assert.InDelta(t, 90, sum.all.Seconds(), 1, "256 at a time")
	})
}

// Refusals by ICMP count like silence.
func TestEachOverAPortThatRefuses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		network := &dactest.Network{Refuse: true, Latency: time.Millisecond}
		client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Dial: network.Dial, FailFast: true}
		defer client.Close()
		n := 0
		began := time.Now()
		for out := range client.Each(t.Context(), jobs(t, 10_000)) {
			n++
			require.ErrorIs(t, out.Err, dac.ErrNoAnswer)
			if n <= 16 {
				require.ErrorIs(t, out.Err, dac.ErrUnreachable)
			}
		}
		assert.Equal(t, 10_000, n)
		assert.Less(t, time.Since(began), 65*time.Second)
		assert.Less(t, client.Stats().Total.Disconnect.Requests, uint64(25))
	})
}

// Each of a thousand NASes gets its turn, though a hundred are dead.
func TestEachOverAThousandNASes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 1000, time.Millisecond)
		dac.SetPorts(p.client, 0, 300)
		for i := range 100 {
			p.dead[p.addrs[10*i]].Store(true)
		}
		sum := p.run(t, 20_000, p.addrs...)
		assert.Zero(t, sum.lost)
		assert.Equal(t, 18_000, sum.answered)
		assert.Less(t, sum.live, 65*time.Second)
	})
}

// Nothing is left behind by a loop that went on to its end, either.
func TestEachLeavesNothingBehind(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPark(t, 3, time.Millisecond)
		sum := p.run(t, 300, p.addrs...)
		assert.Equal(t, 300, sum.answered)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		_, open := dac.OpenPorts(p.client, p.addrs[0])
		assert.Zero(t, open, "idle ports close")
	})
}
