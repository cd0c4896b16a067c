// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// FuzzServer holds a whole Server over a network in memory to its rules. What the fuzzer gives is a
// script: which valid packet to take, how to change it, what to sign it with, from where to send
// it, what the handler makes of it, and how long to wait. Nothing is executed twice, each datagram
// draws silence or one answer, and which of the two is known by reading the packet as a client
// would.
func FuzzServer(f *testing.F) {
	for _, s := range []string{
		"",
		// The same twice.
		"\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00\x00",
		// A CoA from two ports.
		"\x01\x00\x00\x01\x00" + "\x01\x00\x00\x02\x00",
		// Stamped, and again after the window.
		"\x02\x00\x00\x00\x00" + "\xf3\x02\x00\x00\x03\x00" + "\x02\x00\x00\x00\x00",
		// Discarded, and again.
		"\x03\x00\x00\x00\x04" + "\x03\x00\x00\x00\x00",
		// Left in silence, and again.
		"\x04\x00\x00\x00\x05" + "\x04\x00\x00\x01\x00",
		// Previous, another secret, no signature.
		"\x05\x00\x01\x00\x01" + "\x05\x00\x02\x00\x00" + "\x05\x00\x03\x00\x00",
		// An attribute of length 0; all Proxy-State.
		"\x00\x01\x00\x00\x14\x00\x00\x00\x00\x00" + "\x01\x01\x07\x00\x00\x08",
		// Two Message-Authenticators; a stale stamp.
		"\x06\x02\x01\x50\x03abc\x02\x04wxyz\x00\x00\x00" + "\x07\x01\x04\x50\x00\x00\x03",
		// nobody's; another identifier.
		"\x00\x00\x00\x03\x00" + "\x00\x01\x06\x29\x00\x00\x00\x00",
		"\x08\x00\x00\x40\x06" + "\x09\x00\x00\x41\x07" + "\x01\x00\x00\x40\x02" + "\x00\x00\x00\x00\x03",
		"\x01\x00\x00\x00\x09" + "\x02\x00\x00\x00\x0a" + "\x03\x00\x00\x00\x0b" + "\xf0",
		"\x07\x01\x03\x00\x13\x00\x00\x00" + "\x07\x01\x05\x09padding!!\x80\x00\x00",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		synctest.Test(t, func(t *testing.T) { newFuzzRun(t, script).run() })
	})
}

const previous = "the secret before"

// A fuzzRun is one script, the Server it is played to, and a model of what was executed.
type fuzzRun struct {
	*rig
	script []byte
	bases  [][]byte
	conns  map[int]net.Conn
	sent   map[net.Conn][]sending // since collect

	mu       sync.Mutex // guards the rest
	mode     byte       // of what the handler does
	executed map[[16]byte][]execution
	last     map[identified][16]byte // authenticator of the latest request
	mixed    map[identified]bool     // more than one request: each ends what is known of an unstamped CoA
	discards uint64                  // requests that are counted as Requests and as Dropped
	before   uint64                  // discards when the last datagram was sent
}

// identified is where a request comes from, and its identifier.
type identified struct {
	source netip.AddrPort
	id     byte
}

type execution struct {
	at     time.Time
	source netip.AddrPort
	silent bool
}

// A sending is a datagram on its way, as it should be taken.
type sending struct {
	packet []byte     // nil: it draws silence
	secret dac.Secret // that verifies it
}

func newFuzzRun(t *testing.T, script []byte) *fuzzRun {
	f := &fuzzRun{
		script: script, conns: make(map[int]net.Conn), executed: make(map[[16]byte][]execution), last: make(map[identified][16]byte), mixed: make(map[identified]bool), sent: make(map[net.Conn][]sending),
	}
	f.rig = serve(t, &dac.Server{
		Peers:       dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Secret: secret, Previous: previous}},
		MaxHandlers: 2, Handler: dac.HandlerFunc(f.handle),
	})
	for i := range 10 {
		a := []attrs.Attr{attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("4f2a")}
		if i&2 != 0 {
			a = append(a, stamped(0))
		}
		if i&4 != 0 {
			a = append(a, attrs.ProxyState.Of([]byte("one")), attrs.State.Of([]byte("st")), attrs.ProxyState.Of([]byte("two")))
		}
		if i&8 != 0 {
			a = append(a, attrs.ServiceType.Of(17), attrs.State.Of([]byte("authorize")))
		}
		make := disconnect
		if i&1 != 0 {
			make = coa
		}
		f.bases = append(f.bases, make(t, byte(i), a...))
	}
	return f
}

// handle does what the script says, and holds the model against being called.
func (f *fuzzRun) handle(ctx context.Context, q *dac.Request) (*dac.Response, error) {
	auth, now := q.Packet.Authenticator, time.Now()
	_, isStamped := q.Packet.Lookup(55)
	f.mu.Lock()
	mode := f.mode
	for _, e := range f.executed[auth] {
		since := now.Sub(e.at)
		same := q.Disconnect() || e.source == q.Source && !f.mixed[identified{q.Source, q.Packet.Identifier}]
		if isStamped || same && since < 30*time.Second {
			f.t.Errorf("executed twice, %v apart", since)
		}
	}
	if mode != 4 {
		f.executed[auth] = append(f.executed[auth], execution{now, q.Source, mode == 5})
	}
	if mode == 4 || mode == 5 {
		f.discards++
	}
	f.mu.Unlock()
	switch mode {
	case 1:
		return q.NAK(errcause.SessionContextNotFound)
	case 2:
		return nil, fmt.Errorf("at home: %w", errcause.ResourcesUnavailable)
	case 3:
		panic("a fault")
	case 4:
		return nil, dac.ErrDiscard
	case 5:
		return nil, dac.ErrSilent
	case 6:
		time.Sleep(10 * time.Millisecond)
	case 7:
		resume := dac.Yield(ctx)
		time.Sleep(time.Millisecond)
		resume()
	case 8: // more than fits
		return q.ACK(attrs.ReplyMessage.Of(strings.Repeat("x", 253)), attrs.Join(bytesOf(16)...))
	case 9:
		return nil, nil
	case 10:
		return nil, errcause.ResidualSessionContextRemoved
	case 11:
		resp, err := q.ACK()
		resp.After = func(context.Context) { time.Sleep(time.Millisecond) }
		return resp, err
	}
	return q.ACK()
}

func bytesOf(n int) (all []attrs.Attr) {
	for range n {
		all = append(all, attrs.Class.Of(bytes.Repeat([]byte{7}, 253)))
	}
	return all
}

func (f *fuzzRun) next() (v byte) {
	if len(f.script) > 0 {
		v, f.script = f.script[0], f.script[1:]
	}
	return v
}

func (f *fuzzRun) take(n int) []byte {
	n = min(n, len(f.script))
	v := f.script[:n:n]
	f.script = f.script[n:]
	return v
}

func (f *fuzzRun) run() {
	for range 24 {
		if len(f.script) == 0 {
			break
		}
		op := f.next()
		if op >= 0xf0 {
			time.Sleep([]time.Duration{time.Second, 29 * time.Second, 31 * time.Second, 301 * time.Second}[op%4])
			continue
		}
		f.play(op)
	}
	f.collect()
	f.set(0)
	q := disconnect(f.t, 200, attrs.UserName.Of("a good request"), stamped(0))
	require.True(f.t, f.verdict(f.sends(f.from(netip.MustParseAddrPort("192.0.2.77:7")), q), q).ACK())
	f.ends()
	f.reconcile()
}

// set says what the handler does from now on; nothing is in work.
func (f *fuzzRun) set(mode byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mode, f.before = mode, f.discards
}

// play sends one datagram of the script: base, changes, secret, source, mode.
func (f *fuzzRun) play(op byte) {
	b := bytes.Clone(f.bases[int(op)%len(f.bases)])
	changes := f.next()
	for range changes & 3 {
		b = f.change(b)
	}
	b = b[:min(len(b), 4096)]
	if changes&4 == 0 && len(b) >= 20 {
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	}
	if changes&8 != 0 {
		b = append(b, "octets past Length"...)
	}
	signer := dac.Secret([]string{secret, previous, "another secret", ""}[f.next()&3])
	if signer != "" && walks(b) {
		dac.Resign(b[:binary.BigEndian.Uint16(b[2:])], signer)
	}
	from := f.next()
	c := f.conn(int(from & 3))
	mode := f.next() % 12
	if len(f.sent) == 0 {
		f.set(mode)
	}
	expected := sending{}
	for _, s := range []dac.Secret{secret, previous} {
		if _, err := dac.ParseRequest(b, s); err == nil && from&3 != 3 && timely(b) {
			expected = sending{packet: b[:binary.BigEndian.Uint16(b[2:])], secret: s}
		}
	}
	f.sent[c] = append(f.sent[c], expected)
	if expected.packet != nil {
		f.note(netip.MustParseAddrPort(c.LocalAddr().String()), expected.packet)
	}
	_, err := c.Write(b)
	require.NoError(f.t, err)
	if from&0x40 == 0 {
		f.collect()
	}
}

// note is told of a request that verifies before it is sent.
func (f *fuzzRun) note(source netip.AddrPort, b []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := identified{source, b[1]}
	if last, ok := f.last[at]; ok && last != [16]byte(b[4:20]) {
		f.mixed[at] = true
	}
	f.last[at] = [16]byte(b[4:20])
}

// change makes one change to a packet.
func (f *fuzzRun) change(b []byte) []byte {
	switch what := f.next(); what % 8 {
	case 0:
		if at := int(binary.BigEndian.Uint16([]byte{f.next(), f.next()})); len(b) > 0 {
			b[at%len(b)] = f.next()
		}
	case 1:
		b = append(b, f.next())
		v := f.take(int(f.next()))
		b = append(append(b, byte(2+len(v))), v...)
	case 2:
		v := f.take(int(f.next()) % 254)
		b = append(append(b, 33, byte(2+len(v))), v...)
	case 3:
		b = b[:min(len(b), int(binary.BigEndian.Uint16([]byte{f.next(), f.next()})))]
	case 4:
		off := time.Duration(int8(f.next())) * 5 * time.Second
		b = append(b, 55, 6)
		b = binary.BigEndian.AppendUint32(b, uint32(time.Now().Add(off).Unix()))
	case 5:
		b = append(b, f.take(int(f.next()))...)
	case 6:
		if v := f.next(); len(b) > 1 {
			b[1] = v
		}
	case 7:
		for len(b)+10 <= 4096 {
			b = append(b, 33, 10, 1, 2, 3, 4, 5, 6, 7, byte(len(b)))
		}
	}
	return b
}

func (f *fuzzRun) conn(i int) net.Conn {
	if f.conns[i] == nil {
		addr := []string{"192.0.2.1:1000", "192.0.2.1:1001", "192.0.2.2:1000", "198.51.100.1:1000"}[i]
		f.conns[i] = f.from(netip.MustParseAddrPort(addr))
	}
	return f.conns[i]
}

// collect waits for what comes back and holds it to what was sent since the last time.
func (f *fuzzRun) collect() {
	alone := len(f.sent) == 1
	for c, pending := range f.sent {
		sent, drew := len(pending), 0
		first := pending[0]
		c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		for buf := make([]byte, 4096); ; drew++ {
			n, err := c.Read(buf)
			if err != nil {
				require.ErrorIs(f.t, err, os.ErrDeadlineExceeded)
				break
			}
			pending = f.judge(bytes.Clone(buf[:n]), pending)
		}
		if alone && sent == 1 {
			f.expect(first, drew)
		}
	}
	clear(f.sent)
}

// judge finds the request that b answers, and takes it from those that wait.
func (f *fuzzRun) judge(b []byte, pending []sending) []sending {
	for i, s := range pending {
		if s.packet == nil {
			continue
		}
		resp, err := dac.ParseResponse(b, s.packet, s.secret)
		if err != nil {
			continue
		}
		q, err := dac.ParseRequest(s.packet, s.secret)
		require.NoError(f.t, err)
		states := values(q, 24)
		if q.Disconnect() {
			states = []string{}
		}
		got := &dac.Request{Packet: resp.Packet}
		require.Equal(f.t, values(q, 33), values(got, 33), "Proxy-State, in order")
		require.Equal(f.t, states[:min(1, len(states))], values(got, 24), "State")
		require.Equal(f.t, len(values(q, 80)), len(values(got, 80)), "Message-Authenticator when the request had one")
		require.LessOrEqual(f.t, len(values(got, 101)), 1)
		if resp.Cause() != 0 {
			require.True(f.t, resp.Cause().AllowedIn(int(resp.Packet.Code)))
		}
		require.NotContains(f.t, string(b), "at home")
		require.NotContains(f.t, string(b), secret)
		return slices.Delete(slices.Clone(pending), i, i+1)
	}
	require.Fail(f.t, "an answer to nothing that waits for one", "%x", b)
	return nil
}

func values(q *dac.Request, typ radius.Type) []string {
	all := []string{}
	for _, a := range q.Packet.Attributes {
		if a.Type == typ {
			all = append(all, string(a.Attribute))
		}
	}
	return all
}

// expect holds the number of answers that one datagram drew against the model.
func (f *fuzzRun) expect(s sending, drew int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.packet == nil {
		require.Zero(f.t, drew, "an answer to what draws silence")
		return
	}
	ran := f.executed[[16]byte(s.packet[4:20])]
	if len(ran) == 0 {
		require.Zero(f.t, drew)
		require.EqualValues(f.t, 4, f.mode, "neither executed nor discarded by the handler")
		return
	}
	last := ran[len(ran)-1]
	differ := func(e execution) bool { return e.silent != last.silent }
	switch since := time.Since(last.at); {
	case slices.ContainsFunc(ran, differ):
		// Without a timestamp it was executed for each of two ports, and either may be remembered.
		require.LessOrEqual(f.t, drew, 1)
	case last.silent || f.mode == 4 && f.discards > f.before:
		require.Zero(f.t, drew)
	case since < 299*time.Second:
		require.Equal(f.t, 1, drew, "one answer")
	default:
		require.LessOrEqual(f.t, drew, 1)
	}
}

// reconcile holds the counters against the network's.
func (f *fuzzRun) reconcile() {
	s := f.srv.Stats()
	sum := s.UnknownDisconnect + s.UnknownCoA + s.UnknownOther + s.PeersFailed + s.Total.UnknownType
	for _, k := range []dac.RequestCounters{s.Total.Disconnect, s.Total.CoA} {
		sum += k.Requests + k.Duplicates + k.Malformed + k.BadAuthenticator + k.Dropped
	}
	require.Equal(f.t, f.net.StatsTo(nasAddr).Received+f.discards, sum, "each datagram is counted once")
}

// walks reports whether the lengths in b are in order.
func walks(b []byte) bool {
	if len(b) < 20 || int(binary.BigEndian.Uint16(b[2:])) > len(b) || binary.BigEndian.Uint16(b[2:]) < 20 {
		return false
	}
	for rest := b[20:binary.BigEndian.Uint16(b[2:])]; len(rest) > 0; rest = rest[rest[1]:] {
		if len(rest) < 2 || rest[1] < 2 || int(rest[1]) > len(rest) {
			return false
		}
	}
	return true
}

// timely reports whether every Event-Timestamp of b, which walks, is within 300 s.
func timely(b []byte) bool {
	for rest := b[20:binary.BigEndian.Uint16(b[2:])]; len(rest) > 0; rest = rest[rest[1]:] {
		if rest[0] != 55 {
			continue
		}
		if rest[1] != 6 {
			return false
		}
		if off := time.Now().Unix() - int64(binary.BigEndian.Uint32(rest[2:])); max(off, -off) > 300 {
			return false
		}
	}
	return true
}
