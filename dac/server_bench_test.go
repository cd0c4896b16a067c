// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"encoding/binary"
	"io"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/netio/netiotest"
	"layeh.com/radius"
)

// A treadmill is a socket that gives the same batch of requests over and over, each time with other
// contents, signed again.
type treadmill struct {
	netiotest.Socket
	template []byte
	secret   Secret
	n        uint32
	left     int
}

// socket is what a reader reads t by.
func (t *treadmill) socket() *netiotest.Socket {
	t.OnRead = t.read
	return &t.Socket
}

func (t *treadmill) read(ds []netio.Datagram) (int, error) {
	n := min(t.left, len(ds))
	if n == 0 {
		return 0, io.EOF
	}
	t.left -= n
	for i := range ds[:n] {
		d := &ds[i]
		netiotest.Put(d, netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), 40000), t.template)
		t.n++
		binary.BigEndian.PutUint32(d.Octets[len(d.Octets)-4:], t.n)
		signRequest(d.Octets, t.secret)
	}
	return n, nil
}

// BenchmarkServer is the whole way of a request through a Server without a socket, the generator's
// signing included: see BenchmarkServerGenerator.
func BenchmarkServer(b *testing.B) {
	for name, ma := range map[string]bool{"Plain": false, "MessageAuthenticator": true} {
		b.Run(name, func(b *testing.B) {
			t := newTreadmill(b, ma)
			s := &Server{
				// None is refused, however busy the machine.
				Peers: PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Secret: t.secret}}, Memory: 1 << 26, MaxHandlers: 1 << 20,
				Handler: HandlerFunc(func(ctx context.Context, r *Request) (*Response, error) { return r.ACK() }),
			}
			st := s.state()
			st.Open()
			b.ReportAllocs()
			t.left = b.N
			r := readerOf(b, st, t.socket())
			r.Lead()
			r.Failed()      // another goroutine may lead by then
			for !r.Idle() { // nor are workers done, on a busy machine
				runtime.Gosched()
			}
			if got := s.Stats().Total.CoA.ACKs; got != uint64(b.N) {
				b.Fatalf("%d of %d answered", got, b.N)
			}
		})
	}
}

// BenchmarkServerGenerator is the part of BenchmarkServer that is not the Server.
func BenchmarkServerGenerator(b *testing.B) {
	for name, ma := range map[string]bool{"Plain": false, "MessageAuthenticator": true} {
		b.Run(name, func(b *testing.B) {
			t := newTreadmill(b, ma)
			ds := netiotest.Room(t.socket(), netio.MaxBatch)
			b.ReportAllocs()
			for t.left = b.N; t.left > 0; {
				t.read(ds)
			}
		})
	}
}

func newTreadmill(b testing.TB, ma bool) *treadmill {
	t := &treadmill{secret: "0123456789abcdef0123456789abcdef"}
	r := request(radius.CodeCoARequest, avp(1, "user0000001@example.net"), avp(11, "gold"), avp(44, "00000001"))
	stamped, err := r.appendSigned(nil, 1, signing{Secret: authn.Secret(t.secret), MessageAuthenticator: ma, EventTimestamp: time.Now()})
	if err != nil {
		b.Fatal(err)
	}
	t.template = append(stamped, 25, 6, 0, 0, 0, 0) // a Class that differs each time
	binary.BigEndian.PutUint16(t.template[2:], uint16(len(t.template)))
	return t
}
