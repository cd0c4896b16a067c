// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

var (
	soaks    = flag.Int("soaks", 20, "seeds of the soak of Each")
	soakFrom = flag.Uint64("soak-from", 1, "the first of them")
)

// Each over a network that loses, doubles, delays and forges, with NASes, limits and a host of
// every kind, ended at random: every job comes out once, with what the NAS did, and nothing is
// left.
func TestSoakOfEach(t *testing.T) {
	for seed := *soakFrom; seed < *soakFrom+uint64(*soaks); seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			bubble(t, func(t *testing.T) { newSoak(t, seed).run() })
		})
	}
}

// A soak is one run, all of which follows from its seed but the order of goroutines.
type soak struct {
	t      *testing.T
	seed   uint64
	src    *rand.Rand // of the test's own goroutine
	net    *dactest.Network
	client *dac.Client
	nases  []*soakNAS
	byAddr map[netip.AddrPort]*soakNAS
	stop   chan struct{} // ends what hangs
	began  time.Time
	tally  map[string]int // outcomes by kind of NAS and of outcome
}

// A soakNAS is one NAS of the soak. What it does with a request follows from the seed and the job.
type soakNAS struct {
	s    *soak
	addr netip.AddrPort
	kind string
	pc   net.PacketConn

	mu   sync.Mutex                         // guards did
	did  map[uint32]map[errcause.Cause]bool // verdicts by job; acked: an ACK
	seen map[uint32]int                     // requests by job
}

// acked stands for an ACK among causes.
const acked errcause.Cause = 1

var soakKinds = []string{
	"good", "good", "good", "slow", "dead", "dies", "returns", "refuses", "busy", "forges", "late", "twice", "wrong kind", "stale",
	"dial fails", "dial hangs", "dial is slow", "dial closes", "dial panics", "conn breaks", "conn closes", "write fails", "write hangs", "refuses by ICMP",
	"peers fail", "peers hang", "peers are slow", "peers deny", "peers exit",
}

func newSoak(t *testing.T, seed uint64) *soak {
	src := rand.New(rand.NewPCG(seed, 5176))
	pick := func(of ...float64) float64 { return of[src.IntN(len(of))] }
	ms := func(of ...float64) time.Duration { return time.Duration(pick(of...) * float64(time.Millisecond)) }
	s := &soak{t: t, seed: seed, src: src, byAddr: make(map[netip.AddrPort]*soakNAS), stop: make(chan struct{}), began: time.Now(), tally: make(map[string]int)}
	s.net = &dactest.Network{
		Seed: seed, Latency: ms(0, 1, 20, 400), Jitter: ms(0, 0, 5, 700),
		Loss: pick(0, 0, 0.02, 0.3), Duplicate: pick(0, 0, 0.05, 0.5), Reorder: pick(0, 0.1), Refuse: true,
	}
	s.client = &dac.Client{
		Peers: dac.PeersFunc(s.peer), Dial: s.dial,
		InFlight: int(pick(0, 0, 1, 7, 100)), Budget: int(pick(0, 0, 1, 2, 5, -1)), RetryCauses: int(pick(0, 0, 1, 3)),
		PerNAS:      dac.Limit{Rate: pick(0, 0, 0, 0.5, 20), Burst: int(pick(0, 0, 10)), InFlight: int(pick(0, 0, 1, 3))},
		FailFast:    src.IntN(4) == 0,
		IdleTimeout: ms(0, 0, 100, 5000),
	}
	switch src.IntN(4) {
	case 0:
		s.client.Retry = dac.Retry{Initial: time.Second, Max: time.Second, Duration: 3 * time.Second, Transmissions: 3}
	case 1:
		s.client.Retry = dac.Retry{Initial: 100 * time.Millisecond, Transmissions: 1}
	}
	for i := range 1 + src.IntN(12) {
		n := &soakNAS{
			s: s, addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 2, 0, byte(i)}), 3799), kind: soakKinds[src.IntN(len(soakKinds))],
			did: make(map[uint32]map[errcause.Cause]bool), seen: make(map[uint32]int),
		}
		s.nases = append(s.nases, n)
		s.byAddr[n.addr] = n
		if n.kind != "refuses by ICMP" {
			n.pc = s.net.Listen(n.addr)
			t.Cleanup(func() { n.pc.Close() })
			go n.serve()
		}
	}
	return s
}

// chance is a number of [0, 1) for one of the NAS's decisions.
func (n *soakNAS) chance(of ...uint64) float64 {
	h := n.s.seed ^ uint64(n.addr.Addr().As4()[3])<<40
	for _, x := range of {
		h = (h ^ x) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return rand.New(rand.NewPCG(h, 1)).Float64()
}

func (n *soakNAS) away() bool {
	switch passed := time.Since(n.s.began); n.kind {
	case "dead":
		return true
	case "dies":
		return passed > 3*time.Second
	case "returns":
		return passed > 2*time.Second && passed < 70*time.Second
	}
	return false
}

// serve answers requests as n does: it remembers no duplicates, which a NAS may or may not, but its
// verdict on a job is always the same where it is not busy.
func (n *soakNAS) serve() {
	buf := make([]byte, 4096)
	for {
		l, from, err := n.pc.ReadFrom(buf)
		if err != nil {
			return
		}
		if n.away() {
			continue
		}
		r, err := dac.ParseRequest(buf[:l], dactest.Secret)
		if err != nil {
			n.s.t.Error(n.kind, err)
			return
		}
		wire := append([]byte(nil), buf[:l]...)
		n.answer(r, wire, from)
	}
}

func (n *soakNAS) answer(r *dac.Request, wire []byte, from net.Addr) {
	job, err := attrs.NASPort.Get(r.Attributes())
	if err != nil {
		n.s.t.Error(err)
		return
	}
	verdict := acked
	n.mu.Lock()
	n.seen[job]++
	switch luck := n.chance(uint64(job)); {
	case n.kind == "busy" && n.chance(uint64(job), uint64(n.seen[job])) < 0.7:
		verdict = errcause.ResourcesUnavailable
	case luck < 0.2:
		verdict = errcause.SessionContextNotFound
	}
	if n.did[job] == nil {
		n.did[job] = make(map[errcause.Cause]bool)
	}
	n.did[job][verdict] = true
	n.mu.Unlock()
	resp, err := r.ACK()
	if verdict != acked {
		resp, err = r.NAK(verdict)
	}
	if err != nil {
		n.s.t.Error(err)
		return
	}
	good, err := resp.AppendSigned(nil, r, dactest.Secret)
	if err != nil {
		n.s.t.Error(err)
		return
	}
	send := func(b []byte, after time.Duration) {
		if after == 0 {
			n.pc.WriteTo(b, from)
		} else {
			time.AfterFunc(after, func() { n.pc.WriteTo(b, from) })
		}
	}
	// as is the answer with another code, signed with another secret.
	as := func(secret dac.Secret, kind byte) []byte {
		b := append([]byte(nil), good...)
		b[0] = kind
		dactest.SignResponse(b, wire, secret)
		return b
	}
	base := wire[0]
	other := 2*base + 3 - good[0] // the NAK for the ACK, and the ACK for the NAK
	switch n.kind {
	case "forges":
		send(as("guess", other), 0)
		send(good, 30*time.Millisecond)
	case "wrong kind":
		if n.chance(uint64(job), 7) < 0.5 {
			send(as(dactest.Secret, 84-base), 0) // the ACK of the other request
			return
		}
		send(good, 0)
	case "late":
		send(good, time.Duration(n.chance(uint64(job), 8)*40*float64(time.Second)))
	case "slow":
		send(good, 1500*time.Millisecond)
	case "twice":
		send(good, 0)
		send(good, 0)
		send(good, 2*time.Second)
	default:
		send(good, 0)
	}
}

func (s *soak) peer(ctx context.Context, addr netip.AddrPort) (dac.Peer, error) {
	n := s.byAddr[addr]
	p := dac.Peer{Secret: dactest.Secret}
	switch n.kind {
	case "peers fail":
		if time.Since(s.began).Truncate(time.Second)%(3*time.Second) != 0 {
			return dac.Peer{}, errors.New("no database")
		}
	case "peers hang":
		<-s.stop
	case "peers are slow":
		time.Sleep(4 * time.Second)
	case "peers deny":
		p.DenyDisconnect = true
	case "peers exit":
		runtime.Goexit()
	case "twice":
		p.IdentifierRest = 5 * time.Second
	}
	return p, nil
}

func (s *soak) dial(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
	n := s.byAddr[addr]
	switch n.kind {
	case "dial fails":
		return nil, errors.New("no route")
	case "dial closes":
		return nil, fmt.Errorf("tunnel: %w", net.ErrClosed)
	case "dial hangs":
		<-s.stop
		return nil, errors.New("late")
	case "dial is slow":
		time.Sleep(5 * time.Second)
	case "dial panics":
		panic("dial")
	}
	conn, err := s.net.Dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	host := &hostConn{Conn: conn}
	var mu sync.Mutex
	writes := 0
	switch n.kind {
	case "conn breaks":
		time.AfterFunc(2*time.Second, func() { conn.Close() })
	case "conn closes":
		conn.Close()
	case "write hangs":
		host.write = func(b []byte) (int, error) {
			<-s.stop
			return len(b), nil
		}
	case "write fails":
		host.write = func(b []byte) (int, error) {
			mu.Lock()
			writes++
			fails := writes%3 == 0
			mu.Unlock()
			if fails {
				return 0, errors.New("no buffer space")
			}
			return conn.Write(b)
		}
	default:
		return conn, nil
	}
	return host, nil
}

func (s *soak) run() {
	t := s.t
	jobs := 20 + s.src.IntN(600)
	end, after := s.src.IntN(5), time.Duration(s.src.Float64()*float64(40*time.Second))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var ended time.Time
	var endMu sync.Mutex
	atEnd := func(f func()) func() {
		return func() {
			endMu.Lock()
			ended = time.Now()
			endMu.Unlock()
			f()
		}
	}
	switch end {
	case 0:
		time.AfterFunc(after, atEnd(cancel))
	case 1:
		time.AfterFunc(after, atEnd(func() { s.client.Close() }))
	}
	breakAt := -1
	if end == 2 {
		breakAt = s.src.IntN(jobs)
	}
	burst := s.src.IntN(jobs) // a pause after it
	drawn, weighted := 0, s.src.IntN(2) == 0
	draw := func(yield func(dac.Job) bool) {
		src := rand.New(rand.NewPCG(s.seed, 2))
		for i := range jobs {
			n := s.nases[i%len(s.nases)]
			if weighted {
				n = s.nases[src.IntN(1+src.IntN(len(s.nases)))]
			}
			if i == burst {
				time.Sleep(3 * time.Second)
			}
			drawn++
			if !yield(dac.Job{NAS: n.addr, Request: request(t, i), Tag: i}) {
				return
			}
		}
	}
	seen := make(map[int]bool)
	for out := range s.client.Each(ctx, draw) {
		tag := out.Job.Tag.(int)
		require.False(t, seen[tag], "job %d twice", tag)
		seen[tag] = true
		s.check(uint32(tag), out)
		if len(seen) == breakAt {
			break
		}
	}
	took := time.Since(s.began)
	t.Logf("%v, %d jobs, end %d: %v", took, drawn, end, s.tally)
	if breakAt < 0 {
		require.Len(t, seen, drawn, "every job that was drawn")
	}
	if end > 2 {
		require.Equal(t, jobs, drawn)
	}
	endMu.Lock()
	if !ended.IsZero() {
		require.LessOrEqual(t, time.Since(ended), 3*time.Second+time.Second, "a second after its end, and after jobs that sleeps")
	}
	endMu.Unlock()
	// With a rate of one in two seconds for each NAS, and a Budget, no run takes longer than a few
	// hours.
	require.Less(t, took, 10*time.Hour)
	require.Zero(t, s.client.Stats().Total.Disconnect.Pending)
	s.client.Close()
	close(s.stop)
	time.Sleep(time.Minute) // for what is late
}

// check compares an outcome with what the NAS did.
func (s *soak) check(job uint32, out dac.Outcome) {
	t := s.t
	n := s.byAddr[out.Job.NAS]
	n.mu.Lock()
	defer n.mu.Unlock()
	did := n.did[job]
	var nak *dac.NAKError
	var none *dac.NoAnswerError
	switch {
	case out.Err == nil:
		s.tally[n.kind+": ACK"]++
		require.True(t, did[acked], "%s: an ACK that was not given: %v", n.kind, did)
		require.True(t, out.Response.ACK())
		require.Equal(t, n.addr, out.Response.Source)
	case errors.As(out.Err, &nak):
		s.tally[n.kind+": NAK"]++
		require.True(t, did[nak.Cause], "%s: a NAK %v that was not given: %v", n.kind, nak.Cause, did)
		require.Same(t, nak.Response, out.Response)
	default:
		s.tally[n.kind+": error"]++
		require.Nil(t, out.Response, "%s: %v", n.kind, out.Err)
		if errors.As(out.Err, &none) && none.Sent == 0 && s.client.RetryCauses == 0 {
			require.Zero(t, n.seen[job], "%s: a request that was sent, and says that it was not: %v", n.kind, out.Err)
		}
		if n.kind == "peers deny" && errors.Is(out.Err, errcause.AdministrativelyProhibited) {
			require.Zero(t, n.seen[job])
		}
	}
}
