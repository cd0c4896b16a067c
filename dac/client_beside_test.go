// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// BenchmarkClientBesideBare has the Client and clients by hand take turns, n requests each, with 256 in flight to one NAS, which is a process of its
// own. It reports requests a second and processor time a request, as ratios to the bare client that has one system call for each packet, like
// every client by hand in Go; a second bare one has them do 32. Run it with -cpu 1 on a machine of two cores, so that the NAS has the other one.
//
//	go test ./dac -run - -bench ClientBesideBare -benchtime 7x -cpu 1
func BenchmarkClientBesideBare(b *testing.B) {
	const n = 100_000
	addr := responders(b, 1, true)[0]
	c := &Client{Peers: SharedSecret(benchSecret)}
	defer c.Close()
	r := benchRequest()
	clients := []contender{
		{name: "bare", n: n, run: func(n int) error { return barePipelined(addr, n, false) }},
		{name: "batched", n: n, run: func(n int) error { return barePipelined(addr, n, true) }},
		{name: "do", n: n, run: func(n int) error {
			return inGoroutines(256, n, func() error { _, err := c.Do(context.Background(), addr, r); return err })
		}},
		{name: "each", n: n, run: func(n int) error { return eachInTurn(c, n, []netip.AddrPort{addr}) }},
		{name: "layeh", n: n / 10, run: func(n int) error { return layehExchange(addr, n) }},
	}
	for b.Loop() {
		takeTurns(b, clients)
	}
	report(b, clients)
}

// A contender is one way to have n requests answered.
type contender struct {
	name  string
	n     int
	run   func(n int) error
	turns []turn
}

// A turn is what requests of one turn cost each.
type turn struct{ wall, cpu time.Duration }

func takeTurns(b *testing.B, all []contender) {
	for i := range all {
		c := &all[i]
		wall, cpu := time.Now(), processorTime()
		require.NoError(b, c.run(c.n))
		took := turn{time.Since(wall) / time.Duration(c.n), (processorTime() - cpu) / time.Duration(c.n)}
		c.turns = append(c.turns, took)
	}
}

// report reports the medians, beside those of the first.
func report(b *testing.B, all []contender) {
	median := func(c contender, of func(turn) time.Duration) float64 {
		var ds []time.Duration
		for _, t := range c.turns {
			ds = append(ds, of(t))
		}
		slices.Sort(ds)
		return float64(ds[len(ds)/2])
	}
	wall, cpu := func(t turn) time.Duration { return t.wall }, func(t turn) time.Duration { return t.cpu }
	first := all[0]
	for i, c := range all {
		w, p := median(c, wall), median(c, cpu)
		b.Logf("%-8s %8.0f requests/s %6.0f ns of processor time a request", c.name, 1e9/w, p)
		if i > 0 {
			b.ReportMetric(median(first, wall)/w, c.name+"/"+first.name)
			b.ReportMetric(p/median(first, cpu), c.name+"/"+first.name+"-cpu")
		}
	}
	b.ReportMetric(0, "ns/op")
}

// barePipelined is a client by hand: one goroutine that signs, sends, receives and verifies, with 256 requests in flight.
func barePipelined(addr netip.AddrPort, n int, batched bool) error {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return err
	}
	l := &packetLink{conn: conn, linkIO: &plainLink{conn: conn, buf: make([]byte, maxLen)}}
	if batched {
		l = newPacketLink(conn, new(load))
	}
	defer conn.Close()
	conn.SetReadBuffer(receiveBuffer)
	peer, r := Peer{Secret: benchSecret}, benchRequest()
	var wires [identifiersOfPort][]byte
	var out [][]byte
	send := func(id byte) error {
		if wires[id], err = appendRequest(wires[id][:0], r, id, peer, time.Now()); err != nil {
			return err
		}
		out = append(out, wires[id])
		return nil
	}
	left := n
	for id := range min(identifiersOfPort, left) {
		if err := send(byte(id)); err != nil {
			return err
		}
		left--
	}
	for answered := 0; answered < n; {
		if _, err := l.write(out); err != nil {
			return err
		}
		out = out[:0]
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		packets, err := l.read()
		if err != nil {
			return err
		}
		for _, b := range packets {
			p, err := cut(b)
			if err != nil {
				return err
			}
			if err := verifyResponse(p, wires[p[1]], benchSecret); err != nil {
				return err
			}
			if answered++; left > 0 {
				left--
				if err := send(p[1]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// inGoroutines shares n calls of f.
func inGoroutines(goroutines, n int, f func() error) error {
	var wg sync.WaitGroup
	errs := make(chan error, goroutines)
	for worker := range goroutines {
		wg.Go(func() {
			for i := worker; i < n; i += goroutines {
				if err := f(); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

func eachInTurn(c *Client, n int, addrs []netip.AddrPort) (err error) {
	r := benchRequest()
	jobs := func(yield func(Job) bool) {
		for i := range n {
			if !yield(Job{NAS: addrs[i%len(addrs)], Request: r}) {
				return
			}
		}
	}
	for out := range c.Each(context.Background(), jobs) {
		if out.Err != nil {
			err = out.Err
		}
	}
	return err
}

// layehExchange sends with a socket for each request; 64 goroutines are its best.
func layehExchange(addr netip.AddrPort, n int) error {
	attributes := benchRequest().Packet.Attributes
	return inGoroutines(64, n, func() error {
		p := radius.New(radius.CodeDisconnectRequest, []byte(benchSecret))
		p.Attributes = attributes
		_, err := (&radius.Client{Retry: time.Second}).Exchange(context.Background(), p, addr.String())
		return err
	})
}

// What makes the test binary the process of responders: how many there are, and, where it is set, that each answer leaves by itself.
const (
	respondersEnv = "DYNAUTH_BENCH_RESPONDERS"
	unboundEnv    = "DYNAUTH_BENCH_UNBOUND"
)

// responders starts a process that answers on n ports of loopback whatever comes with an ACK, until the end of b. Where they bind answers,
// those under load may leave in one piece.
func responders(b *testing.B, n int, bind bool) (addrs []netip.AddrPort) {
	self, err := os.Executable()
	require.NoError(b, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), respondersEnv+"="+strconv.Itoa(n), "GOMAXPROCS=1")
	if !bind {
		cmd.Env = append(cmd.Env, unboundEnv+"=1")
	}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(b, err)
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() { in.Close(); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(b, err)
	for word := range strings.FieldsSeq(line) {
		addr, err := netip.ParseAddrPort(word)
		require.NoError(b, err)
		addrs = append(addrs, addr)
	}
	return addrs
}

// TestMain makes the test binary the process of responders where that asks for it.
func TestMain(m *testing.M) {
	if n, err := strconv.Atoi(os.Getenv(respondersEnv)); err == nil {
		os.Exit(runResponders(n))
	}
	os.Exit(m.Run())
}

// runResponders says where it listens, and ends when its standard input does.
func runResponders(n int) int {
	var addrs []string
	for range n {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		c.SetReadBuffer(receiveBuffer)
		conn := newUDPIO(c)
		if os.Getenv(unboundEnv) != "" {
			unbind(conn)
		}
		go respond(conn)
		addrs = append(addrs, c.LocalAddr().String())
	}
	fmt.Println(strings.Join(addrs, " "))
	os.Stdin.Read(make([]byte, 1))
	return 0
}

func respond(conn packetIO) {
	in := conn.buffers(linkBatch)
	out := make([]outgoing, linkBatch)
	for {
		n, err := conn.read(in)
		if err != nil {
			return
		}
		for i, d := range in[:n] {
			ack := appendHeader(out[i].octets[:0], radius.CodeDisconnectACK, d.buf[1], true)
			closePacket(ack, 0)
			signResponse(ack, d.buf[:d.n], benchSecret)
			out[i] = outgoing{origin: &in[i].origin, octets: ack}
		}
		conn.write(out[:n])
	}
}
