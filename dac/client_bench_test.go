// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// The benchmarks send Disconnect-Requests over loopback to a responder that signs an ACK for whatever comes. BenchmarkBarePipelined is what
// a client by hand can do with one socket and the same number of system calls; requests a second of the others are to be seen beside its.

const benchSecret = "xyzzy5461"

var epochOfBench = time.Unix(1795000000, 0)

// benchResponder answers on loopback until the end of b.
func benchResponder(b *testing.B) netip.AddrPort {
	pc, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	require.NoError(b, err)
	pc.SetReadBuffer(receiveBuffer)
	b.Cleanup(func() { pc.Close() })
	go func() {
		buf, ack := make([]byte, maxLen), make([]byte, 0, 64)
		for {
			n, from, err := pc.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			ack = appendHeader(ack[:0], radius.CodeDisconnectACK, buf[1], true)
			closePacket(ack, 0)
			signResponse(ack, buf[:n], benchSecret)
			pc.WriteToUDPAddrPort(ack, from)
		}
	}()
	return pc.LocalAddr().(*net.UDPAddr).AddrPort()
}

func benchRequest() *Request {
	return &Request{Packet: &radius.Packet{Code: radius.CodeDisconnectRequest, Attributes: radius.Attributes{
		{Type: 1, Attribute: radius.Attribute("user0000001@example.net")}, {Type: 44, Attribute: radius.Attribute("00000001")},
	}}}
}

// BenchmarkBarePipelined has one goroutine that signs and sends and one that receives and verifies, and 256 requests in flight.
func BenchmarkBarePipelined(b *testing.B) {
	addr := benchResponder(b)
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(addr))
	require.NoError(b, err)
	defer conn.Close()
	conn.SetReadBuffer(receiveBuffer)
	peer, r := Peer{Secret: benchSecret}, benchRequest()
	var wires [256][]byte
	free := make(chan byte, 256)
	for id := range 256 {
		free <- byte(id)
	}
	b.ReportAllocs()
	b.ResetTimer()
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, maxLen)
		for range b.N {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			if p, err := cut(buf[:n]); err == nil && verifyResponse(p, wires[p[1]], benchSecret) == nil {
				free <- p[1]
			}
		}
	}()
	for range b.N {
		id := <-free
		wires[id], _ = appendRequest(wires[id][:0], r, id, peer, epochOfBench)
		conn.Write(wires[id])
	}
	<-done
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

// BenchmarkBareBlocking is the same with 256 goroutines that wait for their answers.
func BenchmarkBareBlocking(b *testing.B) {
	addr := benchResponder(b)
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(addr))
	require.NoError(b, err)
	defer conn.Close()
	conn.SetReadBuffer(receiveBuffer)
	peer, r := Peer{Secret: benchSecret}, benchRequest()
	var wires [256][]byte
	var woken [256]chan struct{}
	for i := range woken {
		woken[i] = make(chan struct{}, 1)
	}
	b.ReportAllocs()
	b.ResetTimer()
	go func() {
		buf := make([]byte, maxLen)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			if p, err := cut(buf[:n]); err == nil && verifyResponse(p, wires[p[1]], benchSecret) == nil {
				woken[p[1]] <- struct{}{}
			}
		}
	}()
	inParallel(b, func(worker int) {
		id := byte(worker)
		wires[id], _ = appendRequest(wires[id][:0], r, id, peer, epochOfBench)
		conn.Write(wires[id])
		<-woken[id]
	})
}

// inParallel shares b.N calls of f among 256 goroutines.
func inParallel(b *testing.B, f func(worker int)) {
	parallel(b.N, f)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

func parallel(n int, f func(worker int)) {
	var wg sync.WaitGroup
	for worker := range 256 {
		share := n / 256
		if worker < n%256 {
			share++
		}
		wg.Go(func() {
			for range share {
				f(worker)
			}
		})
	}
	wg.Wait()
}

func BenchmarkClientDo(b *testing.B) {
	addr := benchResponder(b)
	c := &Client{Peers: SharedSecret(benchSecret)}
	defer c.Close()
	r := benchRequest()
	b.ReportAllocs()
	b.ResetTimer()
	inParallel(b, func(int) {
		if _, err := c.Do(context.Background(), addr, r); err != nil {
			b.Error(err)
		}
	})
}

func BenchmarkClientDoDeadline(b *testing.B) {
	addr := benchResponder(b)
	c := &Client{Peers: SharedSecret(benchSecret)}
	defer c.Close()
	r := benchRequest()
	ctx := b.Context()
	b.ReportAllocs()
	b.ResetTimer()
	inParallel(b, func(int) {
		if _, err := c.Do(ctx, addr, r); err != nil {
			b.Error(err)
		}
	})
}

func BenchmarkClientEach(b *testing.B) {
	benchEach(b, 1)
}

func BenchmarkClientEach100NASes(b *testing.B) {
	benchEach(b, 100)
}

func benchEach(b *testing.B, nases int) {
	var addrs []netip.AddrPort
	for range nases {
		addrs = append(addrs, benchResponder(b))
	}
	c := &Client{Peers: SharedSecret(benchSecret)}
	defer c.Close()
	r := benchRequest()
	jobs := func(yield func(Job) bool) {
		for i := range b.N {
			if !yield(Job{NAS: addrs[i%nases], Request: r}) {
				return
			}
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for out := range c.Each(context.Background(), jobs) {
		if out.Err != nil {
			b.Error(out.Err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}
