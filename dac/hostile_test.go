// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/radius-dynauth/dynauth/termcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

var (
	hostileFor  = flag.Duration("hostile", hostileTime(), "for how long hostile hosts are tried")
	hostileSeed = flag.Uint64("hostileseed", 0, "the first of the seeds of hostile hosts; 0: one of the clock")
)

// hostileTime is ten seconds where the race detector looks on, and else what a run without it finds
// in two.
func hostileTime() time.Duration {
	if dac.Raced {
		return 10 * time.Second
	}
	return 2 * time.Second
}

// A host of chance does everything that a host may do wrong, by chance.
type chance struct {
	mu     sync.Mutex // guards rnd
	rnd    *rand.Rand
	calm   atomic.Bool // it behaves
	shared [2]*dac.Response
	late   sync.WaitGroup // goroutines that outlive their handlers
	keeper
}

func (c *chance) n(below int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rnd.IntN(below)
}

// misbehave does what a handler should not do, or waits, and then mostly returns what kind of error
// it ends with.
func (c *chance) misbehave(ctx context.Context) error {
	if c.calm.Load() {
		return nil
	}
	c.context(ctx, c.n(8))
	switch c.n(26) {
	case 0:
		panic("hostile")
	case 1:
		runtime.Goexit()
	case 2:
		dac.Yield(ctx)() // and goes on at once
	case 3:
		dac.Yield(ctx) // and never resumes
	case 4:
		one, two := dac.Yield(ctx), dac.Yield(ctx)
		time.Sleep(time.Duration(c.n(3)) * time.Millisecond)
		one()
		two()
	case 5:
		outer := dac.Yield(ctx)
		outer()
		inner := dac.Yield(ctx)
		outer()
		inner()
		inner()
	case 6:
		resume := dac.Yield(ctx)
		time.Sleep(time.Duration(c.n(20)) * time.Millisecond)
		resume()
	case 7:
		<-ctx.Done()
	case 8:
		time.Sleep(time.Duration(c.n(40)) * time.Second) // beyond its time, perhaps
	case 9, 10:
		time.Sleep(time.Duration(c.n(5)) * time.Millisecond)
	case 11:
		dac.Yield(ctx)
		runtime.Goexit()
	case 12:
		dac.Yield(ctx)
		panic("hostile, having yielded")
	case 13:
		return dac.ErrDiscard
	case 14:
		return fmt.Errorf("hostile: %w", dac.ErrSilent)
	case 15:
		return errors.New("hostile")
	case 16:
		return errcause.ResourcesUnavailable
	case 17:
		return &dac.NAKError{Response: &dac.Response{}}
	case 18, 19: // goes on when it has returned
		wait := time.Duration(c.n(60)) * time.Millisecond
		c.late.Go(func() {
			for range 3 {
				time.Sleep(wait)
				resume := dac.Yield(ctx)
				ctx.Err()
				resume()
				select {
				case <-ctx.Done():
				default:
				}
			}
		})
	}
	return nil
}

// after is what follows an answer.
func (c *chance) after() func(context.Context) {
	if c.calm.Load() {
		return nil
	}
	switch c.n(8) {
	case 0:
		return func(context.Context) { panic("hostile After") }
	case 1:
		return func(context.Context) { runtime.Goexit() }
	case 2:
		return func(ctx context.Context) { time.Sleep(time.Duration(c.n(30)) * time.Millisecond) }
	}
	return nil
}

// handle is a Handler of package dac.
func (c *chance) handle(ctx context.Context, q *dac.Request) (*dac.Response, error) {
	c.request(q)
	if err := c.misbehave(ctx); err != nil {
		return nil, err
	}
	switch c.n(6) {
	case 0:
		return nil, nil
	case 1:
		return new(dac.Response), nil
	case 2: // one Response for all: they are read-only
		if q.Disconnect() {
			return c.shared[0], nil
		}
		return c.shared[1], nil
	case 3:
		return q.NAK(errcause.Cause(c.n(600)))
	}
	resp, err := q.ACK(c.says(q)...)
	resp.After = c.after()
	return resp, err
}

// says names q in the answer, so that an answer that has something of another one is known.
func (c *chance) says(q *dac.Request) (some []attrs.Attr) {
	for range c.n(6) {
		some = append(some, attrs.ReplyMessage.Of(fmt.Sprint(numberOf(q))))
	}
	return some
}

// An answererOfChance writes into memory of the Server's, or does not.
type answererOfChance struct {
	*chance
	*account
}

func (h *answererOfChance) Answerer(of dac.Handler) dac.Answerer { return h }

func (h *answererOfChance) Answer(ctx context.Context, q *dac.Request, into *dac.Response) (resp *dac.Response, err error) {
	n := numberOf(q)
	h.request(q)
	into.Packet.Code = q.Packet.Code + 1
	if n >= polite {
		return into, nil
	}
	over, returned := h.begin(n), false
	defer func() { over(returned, err) }()
	resp, err = h.answered(ctx, q, into)
	returned = true
	return resp, err
}

func (h *answererOfChance) answered(ctx context.Context, q *dac.Request, into *dac.Response) (*dac.Response, error) {
	into.Sessions = h.n(5)
	into.After = h.after()
	set, err := attrs.Join(h.says(q)...).AppendTo(nil)
	into.Packet.Attributes = append(into.Packet.Attributes, set...)
	if err = cmp.Or(h.misbehave(ctx), err); err != nil {
		return into, err
	}
	switch h.n(10) {
	case 0:
		into.Packet.Code++
		return into, &dac.NAKError{Response: into}
	case 1:
		return nil, &dac.NAKError{Response: into} // with an ACK
	case 2:
		into.Packet = nil
	case 3:
		into.Packet = &radius.Packet{Code: into.Packet.Code, Attributes: into.Packet.Attributes}
	case 4:
		return q.ACK(h.says(q)...)
	case 5:
		into.Packet.Attributes = append(into.Packet.Attributes, nil, &radius.AVP{Type: 4711}, &radius.AVP{Type: 18, Attribute: make([]byte, 300)})
	case 6:
		into.Packet.Code = 7
	}
	return into, nil
}

func (c *chance) Peer(ctx context.Context, addr netip.AddrPort) (dac.Peer, error) {
	if !c.calm.Load() {
		switch c.n(40) {
		case 0:
			panic("hostile Peers")
		case 1:
			runtime.Goexit()
		case 2:
			time.Sleep(time.Duration(c.n(3000)) * time.Millisecond)
		case 3:
			return dac.Peer{}, errors.New("hostile Peers")
		}
	}
	return dac.Peer{Secret: secret}, nil
}

func (c *chance) trace(e dac.Event) {
	if !c.calm.Load() && c.n(30) == 0 {
		panic("hostile Trace")
	}
}

// A host of package session, of chance.
type hostOfChance struct {
	*chance
	*account // nil: middleware counts
}

func (h hostOfChance) Find(ctx context.Context, id attrs.Identity) ([]string, error) {
	h.identity(id)
	if h.n(3) == 0 {
		if err := h.misbehave(ctx); err != nil {
			return nil, err
		}
	}
	if id.AcctSessionID == "all" {
		return []string{"s0", "s1", "s2"}, nil
	}
	return []string{id.AcctSessionID}, nil
}

func (h hostOfChance) Disconnect(ctx context.Context, s string, d *session.Disconnect) error {
	return h.end(ctx, d)
}

func (h hostOfChance) Change(ctx context.Context, s string, c *session.Change) error {
	return h.alter(ctx, c)
}

func (h hostOfChance) end(ctx context.Context, d *session.Disconnect) error {
	h.disconnect(d)
	d.After = h.after()
	d.TerminateCause = termcause.Cause(h.n(30))
	d.Reply = h.says(d.Request)
	return h.counted(d.Request, func() error { return h.misbehave(ctx) })
}

func (h hostOfChance) alter(ctx context.Context, c *session.Change) error {
	h.change(c)
	c.After = h.after()
	c.Reply = h.says(c.Request)
	return h.counted(c.Request, func() error { return h.misbehave(ctx) })
}

// counted counts what f does for q, where no middleware does.
func (h hostOfChance) counted(q *dac.Request, f func() error) (err error) {
	if n := numberOf(q); h.account != nil && n < polite {
		over := h.account.begin(n)
		returned := false
		defer func() { over(returned, err) }()
		err = f()
		returned = true
		return err
	}
	return f()
}

// severalOfChance acts on several at once.
type severalOfChance struct{ hostOfChance }

func (h severalOfChance) DisconnectAll(ctx context.Context, s []string, d *session.Disconnect) error {
	return h.end(ctx, d)
}

func (h severalOfChance) ChangeAll(ctx context.Context, s []string, c *session.Change) error {
	return h.alter(ctx, c)
}

// A account counts what was executed of each request, and how it ended.
type account struct {
	dac.Handler
	kept func(*dac.Response)
	mu   sync.Mutex // guards runs
	runs map[uint32][]handled
}

// begin counts that n is executed, until over.
func (h *account) begin(n uint32) (over func(returned bool, err error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := len(h.runs[n])
	h.runs[n] = append(h.runs[n], handled{})
	return func(returned bool, err error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		silent := returned && errors.Is(err, dac.ErrSilent)
		h.runs[n][i] = handled{over: true, silent: silent, discarded: returned && !silent && errors.Is(err, dac.ErrDiscard)}
	}
}

type handled struct{ over, discarded, silent bool }

// polite is the first number of the requests that are handled well.
const polite = 1 << 20

func numberOf(q *dac.Request) uint32 {
	for _, a := range q.Attributes() {
		if a.Type == 33 {
			return binary.BigEndian.Uint32(a.Attribute)
		}
	}
	return 0
}

func (h *account) Handle(ctx context.Context, q *dac.Request) (resp *dac.Response, err error) {
	n := numberOf(q)
	if n >= polite {
		return q.ACK()
	}
	over, returned := h.begin(n), false
	defer func() { over(returned, err) }() // whatever it does
	resp, err = h.Handler.Handle(ctx, q)
	if resp != nil {
		h.kept(resp)
	}
	returned = true
	return resp, err
}

// sequencedAccount is a account whose Handler wants to be told of arrivals.
type sequencedAccount struct {
	*account
	seq dac.Sequencer
}

func (h sequencedAccount) Arrive(q *dac.Request) {
	if numberOf(q) < polite {
		h.seq.Arrive(q)
	}
}

func TestAHostileHostHangsLeaksAndRepeatsNothing(t *testing.T) {
	seed, long := *hostileSeed, *hostileFor
	if seed == 0 {
		seed = uint64(time.Now().UnixNano()) >> 10
	}
	if testing.Short() {
		long = min(long, time.Second)
	}
	for until := time.Now().Add(long); time.Now().Before(until); seed++ {
		// Not bubble: it would be a test for each seed.
		if !t.Run(fmt.Sprint(seed), func(t *testing.T) { synctest.Test(t, func(t *testing.T) { hostileRound(t, seed) }) }) {
			return
		}
	}
}

func hostileRound(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 7))
	c := &chance{rnd: rand.New(rand.NewPCG(seed, 8))}
	for i, code := range []byte{40, 43} {
		q, err := dac.ParseRequest(numbered(t, code, 0, false, "s0"), secret)
		require.NoError(t, err)
		c.shared[i], _ = q.ACK()
	}
	h := &account{kept: c.response, runs: make(map[uint32][]handled)}
	srv := &dac.Server{MaxHandlers: 1 + rnd.IntN(16), RefuseOverflow: rnd.IntN(2) == 0, MapError: func(error) error { panic("hostile MapError") }}
	switch kind := rnd.IntN(7); kind {
	case 0:
		h.Handler = dac.HandlerFunc(c.handle)
		srv.Handler = h
	case 1:
		srv.Handler = &answererOfChance{c, h}
	default:
		host := hostOfChance{chance: c}
		if kind < 5 { // with nothing between
			host.account = h
		}
		d := session.NewDispatcher(host, attrs.FilterID)
		if rnd.IntN(2) == 0 {
			d.Several = severalOfChance{host}
		}
		if rnd.IntN(2) == 0 {
			d.Audit = func(_ context.Context, a session.Audit) { c.audit(a) }
		}
		d.Policy.DropBusy = rnd.IntN(2) == 0
		if srv.Handler = d; host.account == nil {
			h.Handler, srv.Handler = d, sequencedAccount{h, d}
		}
	}
	if srv.Peers = dac.SharedSecret(secret); rnd.IntN(2) == 0 {
		srv.Peers = c
	}
	if rnd.IntN(2) == 0 {
		srv.Trace = c.trace
	}

	network := new(dactest.Network)
	var at []netip.AddrPort
	var ends []context.CancelFunc
	done := make(chan error, 3)
	for i := range 3 {
		at = append(at, netip.AddrPortFrom(nasAddr.Addr(), nasAddr.Port()+uint16(i)))
		ctx, cancel := context.WithCancel(context.Background())
		ends = append(ends, cancel)
		pc := network.Listen(at[i])
		go func() { done <- srv.Serve(ctx, pc) }()
	}
	synctest.Wait()

	// Requests from a few ports to all sockets, and again from other ports.
	heard := &hearing{t: t, answers: make(map[uint32]int)}
	ports := make([]net.PacketConn, 4)
	for p := range ports {
		ports[p] = network.Listen(netip.AddrPortFrom(aaaAddr.Addr(), uint16(1000+p)))
		heard.listen(ports[p])
	}
	stop := sync.OnceFunc(func() {
		for _, end := range ends {
			end()
		}
		for _, conn := range ports {
			conn.Close()
		}
	})
	defer stop()
	type sent struct {
		octets []byte
		any    bool // it is known by its authenticator alone
		port   int
	}
	all := make([]sent, 20+rnd.IntN(100))
	for i := range all {
		code, stamped := byte(40+3*rnd.IntN(2)), rnd.IntN(3) > 0
		name := fmt.Sprint("s", rnd.IntN(4))
		if rnd.IntN(6) == 0 {
			name = "all"
		}
		all[i] = sent{numbered(t, code, uint32(1+i), stamped, name), stamped || code == 40, rnd.IntN(len(ports))}
		heard.requests.Store(uint32(1+i), all[i].octets)
	}
	cancelEarly := rnd.IntN(2) == 0
	for range 2 * len(all) {
		q := &all[rnd.IntN(len(all))]
		port := q.port
		if q.any {
			port = rnd.IntN(len(ports))
		}
		ports[port].WriteTo(q.octets, net.UDPAddrFromAddrPort(at[rnd.IntN(3)]))
		switch rnd.IntN(12) {
		case 2:
			c.look(t, false)
		case 0:
			time.Sleep(time.Duration(rnd.IntN(50)) * time.Millisecond)
		case 1:
			if cancelEarly && rnd.IntN(20) == 0 {
				ends[rnd.IntN(3)]()
			}
		}
	}
	if !cancelEarly {
		time.Sleep(2 * time.Minute) // all that is slow is over
		c.calm.Store(true)
		for i := range 40 { // all at once: no place has been lost
			b := numbered(t, 40, uint32(polite+i), true, fmt.Sprint("s", polite+i))
			heard.requests.Store(uint32(polite+i), b)
			ports[i%len(ports)].WriteTo(b, net.UDPAddrFromAddrPort(at[i%3]))
			if i%srv.MaxHandlers == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		heard.mu.Lock()
		for i := range 40 {
			require.Equal(t, 1, heard.answers[uint32(polite+i)], "an ordinary request after what was hostile")
		}
		heard.mu.Unlock()
	}
	for _, end := range ends {
		end()
	}
	for range 3 {
		select {
		case err := <-done:
			require.NoError(t, err)
		case <-time.After(10 * time.Minute):
			t.Fatal("Serve does not return")
		}
	}
	synctest.Wait()
	stop()
	heard.wg.Wait()
	c.late.Wait()
	c.look(t, true)

	for n, runs := range h.runs {
		done := 0
		for i, run := range runs {
			require.True(t, run.over, "request %d", n)
			if run.discarded {
				continue
			}
			done++
			if !run.silent {
				require.NotZero(t, heard.answers[n], "request %d was executed and not answered: %+v", n, runs)
			}
			require.Equal(t, len(runs)-1, i, "request %d was executed again: %+v", n, runs)
		}
		require.LessOrEqual(t, done, 1)
	}
	require.Zero(t, heard.wrong.Load(), "answers that do not verify, or have something of another one")
}

// A hearing counts answers by the number of their request.
type hearing struct {
	t        *testing.T
	wg       sync.WaitGroup
	requests sync.Map // octets by number
	wrong    atomic.Int64
	mu       sync.Mutex // guards answers
	answers  map[uint32]int
}

func (h *hearing) listen(conn net.PacketConn) {
	h.wg.Go(func() {
		buf := make([]byte, 4096)
		for {
			n, _, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			number, ok := uint32(0), false
			for rest := buf[20:n]; len(rest) > 1; rest = rest[rest[1]:] {
				if rest[0] == 33 {
					number, ok = binary.BigEndian.Uint32(rest[2:]), true
				}
			}
			q, known := h.requests.Load(number)
			if !ok || !known {
				h.wrong.Add(1)
				continue
			}
			resp, err := dac.ParseResponse(buf[:n], q.([]byte), secret)
			if err != nil {
				h.wrong.Add(1)
				continue
			}
			for said, err := range attrs.ReplyMessage.All(resp.Packet.Attributes) {
				if err != nil || said != fmt.Sprint(number) {
					h.wrong.Add(1)
				}
			}
			h.mu.Lock()
			h.answers[number]++
			h.mu.Unlock()
		}
	})
}

// numbered is request number n about a session.
func numbered(t *testing.T, code byte, n uint32, stamp bool, name string) []byte {
	as := []attrs.Attr{attrs.AcctSessionID.Of(name), attrs.ProxyState.Of(binary.BigEndian.AppendUint32(nil, n))}
	if code == 43 {
		as = append(as, attrs.FilterID.Of("gold"))
	} else {
		for i := range n % 6 { // of every size
			as = append(as, attrs.Class.Of(binary.BigEndian.AppendUint32(nil, n+i<<24)))
		}
	}
	if stamp {
		as = append(as, stamped(0))
	}
	if code == 43 {
		return coa(t, byte(n), as...)
	}
	return disconnect(t, byte(n), as...)
}
