// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// The benchmarks send Disconnect-Requests over loopback to a responder that signs an ACK for
// whatever comes; examples/bench compares the Client with others.

const benchSecret = "xyzzy5461"

// benchResponder answers on loopback until the end of b.
func benchResponder(b *testing.B) netip.AddrPort {
	pc, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	require.NoError(b, err)
	pc.SetReadBuffer(netio.WantBuffer)
	b.Cleanup(func() { pc.Close() })
	go func() {
		buf, ack := make([]byte, packet.MaxLen), make([]byte, 0, 64)
		for {
			n, from, err := pc.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			ack = packet.AppendHeader(ack[:0], radius.CodeDisconnectACK, buf[1], true)
			packet.SetLength(ack, 0)
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

// inParallel shares b.N calls of f among 256 goroutines.
func inParallel(b *testing.B, f func()) {
	var wg sync.WaitGroup
	for worker := range 256 {
		share := b.N / 256
		if worker < b.N%256 {
			share++
		}
		wg.Go(func() {
			for range share {
				f()
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

func BenchmarkClientDo(b *testing.B) {
	addr := benchResponder(b)
	c := &Client{Peers: SharedSecret(benchSecret)}
	defer c.Close()
	r := benchRequest()
	b.ReportAllocs()
	b.ResetTimer()
	inParallel(b, func() {
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
	inParallel(b, func() {
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
