// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"io"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/netio/netiotest"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/serve"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A scribe is a convoy that keeps what is answered.
type scribe struct {
	convoy
	wrote [][]byte
}

func (s *scribe) keep(os []netio.Outgoing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range os {
		s.wrote = append(s.wrote, slices.Clone(o.Octets))
	}
}

// transcribed has a server of its own answer what comes, one datagram after another in reads of all
// sizes, and returns its answers and what it counted.
func transcribed(t *testing.T, peers Peers, octets [][]byte, from []netip.AddrPort) (wrote [][]byte, stats ServerStats) {
	c := &scribe{convoy: convoy{octets: octets, from: from, sizes: rand.New(rand.NewPCG(5, 5)), end: make(chan struct{})}}
	s := &Server{Peers: peers, Handler: HandlerFunc(func(_ context.Context, q *Request) (*Response, error) { return q.ACK() })}
	st := s.state()
	st.Open()
	c.OnWrite = c.keep
	r := readerOf(t, st, c.socket())
	r.EndWatch() // no handler is slow, so that all answers come in order
	close(c.end)
	r.Go()
	require.ErrorIs(t, r.Failed(), io.EOF)
	r.Wait()
	st.Close()
	return c.wrote, s.Stats()
}

// Whether the datagrams of a read are hashed together or one by one, the same are taken in, refused
// and answered, and with the same octets.
func TestHashedTogetherOrOneByOneIsTheSame(t *testing.T) {
	needMany(t)
	long := Secret(strings.Repeat("a secret of more than one block ", 5))
	peers := PeerMap{
		netip.MustParsePrefix("192.0.2.1/32"): {Name: "one", Secret: "s3cret", Previous: "before"},
		netip.MustParsePrefix("192.0.2.2/32"): {Name: "two", Secret: long},
		// The two share a place among the latest.
		netip.MustParsePrefix("192.0.2.17/32"): {Name: "near one", Secret: "other"},
	}
	src := rand.New(rand.NewPCG(6, 6))
	var octets [][]byte
	var from []netip.AddrPort
	for n := range 4000 {
		host := []byte{1, 1, 1, 2, 2, 17, 3}[src.IntN(7)] // 3 is nobody's
		secret := map[byte]Secret{1: "s3cret", 2: long, 17: "other", 3: "s3cret"}[host]
		if host == 1 && src.IntN(5) == 0 {
			secret = "before"
		}
		set := []*radius.AVP{avp(1, strings.Repeat("u", 1+src.IntN(200)))}
		if src.IntN(4) == 0 {
			set = append(set, avp(packet.TypeProxyState, "hop"))
		}
		b, err := request(radius.Code(40+3*src.IntN(2)), set...).appendSigned(nil, byte(n), signing{Secret: authn.Secret(secret), MessageAuthenticator: src.IntN(2) == 0})
		require.NoError(t, err)
		switch src.IntN(12) {
		case 0: // a wrong Request Authenticator
			b[4+src.IntN(16)]++
		case 1: // a right one over a wrong Message-Authenticator
			if at, _ := packet.FindMessageAuthenticator(b); at != 0 {
				b[at+src.IntN(16)]++
				authenticate(b, authn.Field{}, secret)
			}
		case 2: // two of them
			if at, _ := packet.FindMessageAuthenticator(b); at != 0 {
				b = append(b, b[at-2:at+16]...)
				require.NoError(t, packet.SetLength(b, 0))
				authenticate(b, authn.Field{}, secret)
			}
		case 3: // no packet
			b = b[:src.IntN(len(b))]
		case 4: // another's code
			b[0] = byte(src.IntN(60))
		case 5: // once more
			if n > 0 {
				b = octets[max(0, n-1-src.IntN(80))]
			}
		case 6: // padded
			b = append(b, 0, 0, 0)
		}
		octets, from = append(octets, b), append(from, netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, host}), 3799))
	}
	together, stats := transcribed(t, peers, octets, from)
	authn.Many = false
	defer func() { authn.Many = true }()
	oneByOne, statsOneByOne := transcribed(t, peers, octets, from)
	require.Greater(t, len(together), 2000)
	require.Less(t, len(together), 3500)
	require.Equal(t, oneByOne, together)
	require.Equal(t, statsOneByOne, stats)
	require.NotZero(t, stats.Total.Disconnect.BadAuthenticator)
	require.NotZero(t, stats.Total.Disconnect.Duplicates)
	require.NotZero(t, stats.Total.Disconnect.Malformed)
}

// A readerRig is a reader that a test hands its datagrams.
type readerRig struct {
	*serve.Rig
	*scribe
	room []netio.Datagram
}

func newReaderRig(t *testing.T, st *serve.Engine) readerRig {
	w := &scribe{}
	w.OnWrite = w.keep
	r := readerOf(t, st, &w.Socket)
	r.EndWatch()
	return readerRig{r, w, netiotest.Room(&w.Socket, netio.MaxBatch)}
}

// reads has the reader read octets at once, from a port.
func (r readerRig) reads(t *testing.T, port uint16, octets ...[]byte) {
	for i, b := range octets {
		netiotest.Put(&r.room[i], netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), port), b)
	}
	r.Got(r.room[:len(octets)])
	require.False(t, r.Work())
	r.Flush()
}

// What was hashed of one read is nothing to the next one, though its datagrams lie where the others
// lay.
func TestSumsAreOfOneRead(t *testing.T) {
	needMany(t)
	for _, ma := range []bool{false, true} {
		s := &Server{Peers: SharedSecret(benchSecret), Handler: HandlerFunc(func(_ context.Context, q *Request) (*Response, error) { return q.ACK() })}
		r := newReaderRig(t, s.state())
		var good [][]byte
		for n := range 2 * authn.MinMany {
			b, err := request(40, avp(1, "bob")).appendSigned(nil, byte(n), signing{Secret: benchSecret, MessageAuthenticator: ma})
			require.NoError(t, err)
			good = append(good, b)
		}
		r.reads(t, 3799, good[0]) // the peer has verified something
		r.reads(t, 3799, good[1:]...)
		require.Len(t, r.Ahead(), len(good)-1)
		require.NotNil(t, r.Ahead()[0].Octets, "hashed together")
		forged := slices.Clone(good[1])
		forged[len(forged)-1]++ // lies where one lay that was right, and has its authenticators
		r.reads(t, 3799, forged)
		require.Empty(t, r.Ahead())
		r.reads(t, 3799, forged, forged, forged, forged)
		require.EqualValues(t, 5, s.Stats().Total.Disconnect.BadAuthenticator)
		require.EqualValues(t, len(good), s.Stats().Total.Disconnect.Requests)
	}
}

// Where hashing ahead were to panic, nothing would be held against sums that are not there.
func TestNothingIsRightBeforeItIsHashed(t *testing.T) {
	needMany(t)
	s := &Server{Peers: SharedSecret(benchSecret), Handler: HandlerFunc(func(_ context.Context, q *Request) (*Response, error) { return q.ACK() })}
	r := newReaderRig(t, s.state())
	r.reads(t, 3799, numbered(t, 0))
	r.reads(t, 3799, numbered(t, 1), numbered(t, 2), numbered(t, 3), numbered(t, 4))
	forged := []byte{40, 9, 0, packet.HeaderLen, packet.HeaderLen - 1: 0}
	for i := range authn.MinMany {
		netiotest.Put(&r.room[i], r.room[i].Remote, forged)
	}
	require.Panics(t, func() {
		r.Broken(func() { r.Got(r.room[:authn.MinMany]) })
	})
	require.Empty(t, r.Ahead())
	require.False(t, r.Work())
	require.EqualValues(t, 5, s.Stats().Total.Disconnect.Requests)
	require.EqualValues(t, authn.MinMany, s.Stats().Total.Disconnect.BadAuthenticator)
}

// An answer that leaves by another socket, to one who asked there meanwhile, is signed like the
// others.
func TestWhatLeavesByAnotherSocketIsSigned(t *testing.T) {
	var meanwhile func()
	s := &Server{Peers: SharedSecret(benchSecret), Handler: HandlerFunc(func(_ context.Context, q *Request) (*Response, error) {
		if f := meanwhile; f != nil {
			meanwhile = nil
			f()
		}
		return q.ACK()
	})}
	st := s.state()
	one, two := newReaderRig(t, st), newReaderRig(t, st)
	var requests [][]byte
	for n := range 6 {
		requests = append(requests, numbered(t, n))
	}
	one.reads(t, 1000, requests[0])
	meanwhile = func() { two.reads(t, 2000, requests[1]) }
	one.reads(t, 1000, requests[1:]...)
	require.Len(t, two.wrote, 1)
	require.NoError(t, verifyResponse(two.wrote[0], requests[1], benchSecret))
	require.Len(t, one.wrote, len(requests))
	for i, b := range one.wrote {
		require.NoError(t, verifyResponse(b, requests[i], benchSecret), i)
	}
	one.reads(t, 1000, requests...)
	require.Equal(t, one.wrote[:len(requests)], one.wrote[len(requests):], "the same octets again")
}
