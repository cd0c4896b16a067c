// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"iter"
	"net"
	"net/netip"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
)

// BenchmarkProxy sends over loopback to a NAS, and to the same NAS by a proxy: all of it in this
// process, senders included.
func BenchmarkProxy(b *testing.B) {
	nas := benchServer(b, dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) { return r.ACK() }))
	next := &dac.Client{Peers: dac.SharedSecret(secret)}
	defer next.Close()
	proxy := benchServer(b, &dac.Proxy{Client: next, Router: dac.Target{Addr: nas}})
	for _, c := range []struct {
		name string
		to   netip.AddrPort
	}{{"Direct", nas}, {"Proxied", proxy}} {
		b.Run(c.name, func(b *testing.B) {
			sender := &dac.Client{Peers: dac.SharedSecret(secret), InFlight: 512}
			defer sender.Close()
			b.ReportAllocs()
			for o := range sender.Each(b.Context(), benchJobs(c.to, b.N)) {
				if o.Err != nil {
					b.Fatal(o.Err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
		})
	}
}

func benchServer(b *testing.B, h dac.Handler) netip.AddrPort {
	pc, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	srv := &dac.Server{Peers: dac.SharedSecret(secret), Handler: h, MaxHandlers: 4096}
	go func() { done <- srv.Serve(ctx, pc) }()
	b.Cleanup(func() { cancel(); <-done })
	return pc.LocalAddr().(*net.UDPAddr).AddrPort()
}

func benchJobs(to netip.AddrPort, n int) iter.Seq[dac.Job] {
	return func(yield func(dac.Job) bool) {
		for i := range n {
			if !yield(dac.CoAJob(to, attrs.UserName.Of("user0000001@example.net"), attrs.NASPort.Of(uint32(i)))) {
				return
			}
		}
	}
}
