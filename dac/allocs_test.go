// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// sized is a signed request of n attributes beside its Message-Authenticator.
func sized(t testing.TB, n int) []byte {
	set := make([]*radius.AVP, n)
	for i := range set {
		// Neither 2 nor 69, which are hidden.
		set[i] = avp(radius.Type(3+i%66), "0123456789"[:1+i%10])
	}
	b, err := request(43, set...).AppendSigned(nil, 1, "s3cret")
	require.NoError(t, err)
	return b
}

func TestNothingIsAllocatedBeforeAPacketIsVerified(t *testing.T) {
	good := sized(t, 20)
	forged := clone(good)
	forged[30]++
	wrongMA := clone(good)
	wrongMA[22]++
	copy(wrongMA[4:], md5Of(wrongMA[:4], zero16, wrongMA[20:], []byte("s3cret")))
	short := clone(good)[:19]
	long := clone(good)
	binary.BigEndian.PutUint16(long[2:], 5000)
	broken := clone(good)
	broken[39] = 1
	m := PeerMap{prefix("192.0.2.0/24"): {Secret: "s3cret"}}
	from, stranger := addr("192.0.2.7"), addr("198.51.100.1")
	now := time.Now()
	for _, c := range []struct {
		name string
		f    func() error
		want error
	}{
		{"cut", func() error { _, err := packet.Cut(good); return err }, nil},
		{"cut what is short", func() error { _, err := packet.Cut(short); return err }, ErrMalformed},
		{"cut what is long", func() error { _, err := packet.Cut(long); return err }, ErrMalformed},
		{"cut a broken attribute", func() error { _, err := packet.Cut(broken); return err }, ErrMalformed},
		{"verify", func() error { return verifyRequest(good, "s3cret") }, nil},
		{"verify a forged one", func() error { return verifyRequest(forged, "s3cret") }, ErrAuthenticator},
		{"verify a bad Message-Authenticator", func() error { return verifyRequest(wrongMA, "s3cret") }, ErrMessageAuthenticator},
		{"verify without a secret", func() error { return verifyRequest(good, "") }, authn.ErrNoSecret},
		{"find", func() error { packet.Find(good, 55); return nil }, nil},
		{"current", func() error { return packet.Current(good, now, time.Minute) }, nil},
		{"find the peer", func() error { _, err := m.Peer(t.Context(), from); return err }, nil},
		{"find no peer", func() error { _, err := m.Peer(t.Context(), stranger); return err }, ErrUnknownPeer},
		{"sign in place", func() error { signRequest(forged, "s3cret"); return nil }, nil},
	} {
		assert.ErrorIs(t, c.f(), c.want, c.name)
		assert.Zero(t, allocs(func() { c.f() }), c.name)
	}
}

// allocs counts the allocations of f: the least of a few counts, since a garbage collection empties
// the pools. Under the race detector, where they cannot be counted, it runs f and counts none.
func allocs(f func()) float64 {
	if raced {
		f()
		return 0
	}
	least := testing.AllocsPerRun(100, f)
	for range 4 {
		least = min(least, testing.AllocsPerRun(100, f))
	}
	return least
}

func TestParsingAllocatesTheSameForAnyNumberOfAttributes(t *testing.T) {
	var want float64
	for _, n := range []int{0, 1, 10, 100, 300} {
		b := sized(t, n)
		got := allocs(func() {
			if _, err := ParseRequest(b, "s3cret"); err != nil {
				t.Fatal(err)
			}
		})
		if n == 0 {
			want = got
		}
		assert.Equal(t, want, got, "%d attributes", n)
	}
	assert.LessOrEqual(t, want, 7.0)
}

func TestSigningAllocatesNothingBesideTheBuffer(t *testing.T) {
	buffer := make([]byte, 0, packet.MaxLen)
	for _, n := range []int{0, 1, 100} {
		b := sized(t, n)
		r, err := ParseRequest(b, "s3cret")
		require.NoError(t, err)
		built := request(43, r.Attributes()[1:]...)
		now := time.Now()
		assert.Zero(t, allocs(func() {
			built.appendSigned(buffer, 1, signing{Secret: "s3cret", MessageAuthenticator: true, EventTimestamp: now})
		}), "%d attributes", n)
		a := answer(44, avp(6, "\x00\x00\x00\x11"))
		assert.Zero(t, allocs(func() { a.AppendSigned(buffer, r, "s3cret") }), "%d attributes", n)
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, n := range []int{5, 100} {
		octets := sized(b, n)
		b.Run(fmt.Sprintf("attributes=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(octets)))
			for b.Loop() {
				if err := verifyRequest(octets, "s3cret"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSign(b *testing.B) {
	for _, n := range []int{5, 100} {
		r, err := ParseRequest(sized(b, n), "s3cret")
		require.NoError(b, err)
		built := request(43, r.Attributes()...)
		buffer := make([]byte, 0, packet.MaxLen)
		b.Run(fmt.Sprintf("attributes=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := built.AppendSigned(buffer, 1, "s3cret"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{5, 100} {
		octets := sized(b, n)
		b.Run(fmt.Sprintf("attributes=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseRequest(octets, "s3cret"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCut(b *testing.B) {
	octets := sized(b, 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := packet.Cut(octets); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPeerMap(b *testing.B) {
	m := PeerMap{prefix("192.0.2.0/24"): {Secret: "s"}, prefix("2001:db8::/32"): {Secret: "s"}}
	for _, a := range []string{"192.0.2.1", "2001:db8::1"} {
		from := addr(a)
		b.Run(a, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Peer(b.Context(), from); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
