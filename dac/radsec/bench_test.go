// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/mux"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/require"
)

// The benchmarks send window requests over TLS on loopback and wait for their answers, with one
// packet a record and one system call for what is ready. Bare is what crypto/tls does by itself; in
// Server a Server answers; in Client a Client asks, by Do in as many goroutines.
//
//	go test ./dac/radsec -run '^$' -bench .

const window = 128

// benchPair makes both ends of a TLS connection on loopback. What near writes is gathered, as far
// is.
func benchPair(tb testing.TB) (near, far *tls.Conn, under, farUnder *mux.Buffer) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"nas"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(tb, err)
	config := &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, InsecureSkipVerify: true,
		DynamicRecordSizingDisabled: true, SessionTicketsDisabled: true,
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	defer l.Close()
	dialled, err := net.Dial("tcp", l.Addr().String())
	require.NoError(tb, err)
	accepted, err := l.Accept()
	require.NoError(tb, err)
	under, farUnder = mux.NewBuffer(accepted), mux.NewBuffer(dialled)
	near, far = tls.Server(under, config), tls.Client(farUnder, config)
	done := make(chan error, 1)
	go func() { done <- far.Handshake() }()
	require.NoError(tb, near.Handshake())
	require.NoError(tb, <-done)
	return near, far, under, farUnder
}

// benchRequests are window signed Disconnect-Requests of 100 octets. stamp makes them new.
func benchRequests() (all [][]byte) {
	for i := range window {
		b := packet.AppendHeader(nil, 40, byte(i), false)
		b = append(append(b, 1, 74), make([]byte, 72)...)
		b = packet.AppendEventTimestamp(b, time.Now())
		packet.SetLength(b, 0)
		all = append(all, b)
	}
	return all
}

// drive sends b.N requests by c, window at a time, and reads as many answers.
func drive(b *testing.B, c *tls.Conn, under *mux.Buffer) {
	requests := benchRequests()
	in := make([]byte, 16<<10)
	under.Use(5*time.Second, func() {})
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; done += window {
		for i, p := range requests {
			n := done + i
			p[22], p[23], p[24], p[25] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
			authn.SignRequest(p, "radsec")
		}
		if err := gather(c, under, requests); err != nil {
			b.Fatal(err)
		}
		answers := 0
		for rest := 0; answers < window; {
			n, err := c.Read(in[rest:])
			if err != nil {
				b.Fatal(err)
			}
			rest += n
			at := 0
			for rest-at >= 4 && rest-at >= int(in[at+2])<<8|int(in[at+3]) {
				at += int(in[at+2])<<8 | int(in[at+3])
				answers++
			}
			rest = copy(in, in[at:rest])
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

// gather writes packets as a record each, with one system call.
func gather(c *tls.Conn, under *mux.Buffer, packets [][]byte) error {
	under.Hold(nil)
	for _, p := range packets {
		if _, err := c.Write(p); err != nil {
			return err
		}
	}
	_, err := under.Flush()
	return err
}

// BenchmarkBare answers each packet with 20 octets, without a look at it.
func BenchmarkBare(b *testing.B) {
	near, far, under, farUnder := benchPair(b)
	defer far.Close()
	var answers [][]byte
	under.Use(5*time.Second, func() {
		if len(answers) > 0 {
			gather(near, under, answers)
			answers = answers[:0]
		}
	})
	go func() {
		defer near.Close()
		in := make([]byte, 4<<10)
		for rest := 0; ; {
			n, err := near.Read(in[rest:])
			if err != nil {
				return
			}
			rest += n
			at := 0
			for rest-at >= 4 && rest-at >= int(in[at+2])<<8|int(in[at+3]) {
				answers = append(answers, append([]byte{41, in[at+1], 0, 20}, in[at+4:at+20]...))
				at += int(in[at+2])<<8 | int(in[at+3])
			}
			rest = copy(in, in[at:rest])
		}
	}()
	drive(b, far, farUnder)
}

// BenchmarkServer answers by a Server, which verifies, remembers and signs.
func BenchmarkServer(b *testing.B) {
	near, far, under, farUnder := benchPair(b)
	ctx, cancel := context.WithCancel(context.Background())
	srv := &dac.Server{
		Peers:   dac.CertPeers{"nas": {}},
		Handler: dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) { return r.ACK() }),
	}
	c := newConn(near, under, mux.Options{Identity: &dac.PeerIdentity{DNS: []string{"nas"}}})
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx, srv) }()
	drive(b, far, farUnder)
	cancel()
	require.NoError(b, <-done)
	go io.Copy(io.Discard, far)
	c.Close()
	far.Close()
}
