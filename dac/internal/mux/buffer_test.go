// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	_ "github.com/radius-dynauth/dynauth/internal/entropy" // FIPS
	"github.com/stretchr/testify/require"
)

var certificate = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"nas"}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
})

// secure makes both ends of a TLS connection over a and b, below which stands a Buffer.
func secure(t testing.TB, a, b net.Conn, version uint16) (near, far *tls.Conn, under, farUnder *Buffer) {
	config := &tls.Config{
		Certificates: []tls.Certificate{certificate()}, InsecureSkipVerify: true, MaxVersion: version,
		DynamicRecordSizingDisabled: true, SessionTicketsDisabled: true,
	}
	under, farUnder = NewBuffer(a), NewBuffer(b)
	near, far = tls.Server(under, config), tls.Client(farUnder, config)
	done := make(chan error, 1)
	go func() { done <- far.Handshake() }()
	require.NoError(t, near.Handshake())
	require.NoError(t, <-done)
	return near, far, under, farUnder
}

// records are the lengths of the TLS records in octets.
func records(octets []byte) (all []int) {
	for len(octets) > 0 {
		n := int(octets[3])<<8 | int(octets[4])
		all = append(all, n)
		octets = octets[5+n:]
	}
	return all
}

// TestOnePacketIsOneRecord: never split, never two in one, and all of them leave with one write.
func TestOnePacketIsOneRecord(t *testing.T) {
	for _, o := range []Options{ends, {Coalesce: true}, {Version: dac.RADIUS11}} {
		coalesce := o.Coalesce || o.Version == dac.RADIUS11
		o.Secret, o.Watchdog = "radsec", -1
		bubble(t, func(t *testing.T) {
			a, b := newPipe(1 << 20)
			near, far, under, farUnder := secure(t, a, b, tls.VersionTLS13)
			c, other := New(near, under, o), New(far, farUnder, ends)
			server := serverOf(t, other)
			a.writes = nil
			var want [][]byte
			lengths, octets := []int{}, 0
			for i := range 20 {
				p := request(40, byte(i), fill(i*100)...)
				want = append(want, p)
				lengths, octets = append(lengths, len(p)+17), octets+len(p) // the type and the tag of TLS 1.3
			}
			if coalesce {
				lengths = []int{mostRecord + 17, octets - mostRecord + 17}
			}
			n, err := c.View().WritePackets(want)
			require.NoError(t, err)
			require.Equal(t, 20, n)
			require.Len(t, a.writes, 1)
			if coalesce {
				require.Len(t, records(a.writes[0]), 2)
			} else {
				require.Equal(t, lengths, records(a.writes[0]))
			}
			synctest.Wait()
			got, err := server.ReadPackets(nil)
			require.NoError(t, err)
			require.Equal(t, want, got, "and all are read at once")

			_, err = c.View().WritePackets(want[:1])
			require.NoError(t, err)
			require.Len(t, a.writes, 2)
			require.NoError(t, server.Close())
			go other.Close()
			require.NoError(t, c.Close())
			<-other.Done()
		})
	}
}

// TestManySendersShareAWrite: while one of them writes, what others send is gathered.
func TestManySendersShareAWrite(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := newPipe(100)
		near, far, under, farUnder := secure(t, a, b, tls.VersionTLS12)
		c := New(near, under, ends)
		a.writes = nil
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				_, err := c.View().WritePackets([][]byte{request(40, byte(i), fill(100)...)})
				require.NoError(t, err)
			})
		}
		synctest.Wait()
		require.Less(t, len(a.writes), 3)
		other := New(far, farUnder, ends)
		server := serverOf(t, other)
		for n := 0; n < 200; {
			got, err := server.ReadPackets(nil)
			require.NoError(t, err)
			n += len(got)
		}
		all.Wait()
		require.Less(t, len(a.writes), 20)
		require.NoError(t, server.Close())
		go other.Close()
		require.NoError(t, c.Close())
		<-other.Done()
	})
}

// TestHalfARecordIsCompleteIn30SToo: TLS shows nothing of it, so the Buffer knows.
func TestHalfARecordIsCompleteIn30SToo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, sent := range []int{1, 4, 5, 40} {
			a, b := newPipe(1 << 20)
			near, far, under, farUnder := secure(t, a, b, tls.VersionTLS13)
			c := New(near, under, ends)
			farUnder.Hold(nil)
			_, err := far.Write(request(40, 1, fill(100)...))
			require.NoError(t, err)
			time.Sleep(time.Hour)
			require.NoError(t, c.Err())
			began := time.Now()
			_, err = b.Write(farUnder.held[:sent])
			require.NoError(t, err)
			<-c.Done()
			require.Equal(t, 30*time.Second, time.Since(began))
			var end *EndError
			require.ErrorAs(t, c.Err(), &end)
			require.Equal(t, FrameTimeout, end.Reason)
			b.Close()
		}
	})
}

// TestABufferReadsWhatCame, in any pieces, with or without reading ahead.
func TestABufferReadsWhatCame(t *testing.T) {
	src := mathrand.New(mathrand.NewPCG(1, 2))
	octets := make([]byte, 300_000)
	for i := range octets {
		octets[i] = byte(src.Uint32())
	}
	bubble(t, func(t *testing.T) {
		a, b := newPipe(50_000)
		buffer := NewBuffer(a)
		waits := 0
		buffer.Use(time.Second, func() { waits++ })
		go func() {
			for at := 0; at < len(octets); {
				n := min(1+src.IntN(20_000), len(octets)-at)
				b.Write(octets[at : at+n])
				at += n
			}
			b.CloseWrite()
		}()
		var got []byte
		for reads := 0; ; reads++ {
			p := make([]byte, 1+mathrand.IntN(3000))
			n, err := buffer.Read(p)
			got = append(got, p[:n]...)
			if err != nil {
				require.Less(t, waits, reads)
				break
			}
		}
		require.Equal(t, octets, got)
	})
}

func TestABufferThatFailsStaysSo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := newPipe(10)
		buffer := NewBuffer(a)
		buffer.Use(time.Second, func() {})
		buffer.Hold(nil)
		for range 3 {
			_, err := buffer.Write(make([]byte, holdMost-1))
			if err != nil {
				break
			}
		}
		_, err := buffer.Flush()
		require.Error(t, err)
		_, err = buffer.Write([]byte("x"))
		require.Error(t, err)
		b.Close()
		a.Close()
	})
}
