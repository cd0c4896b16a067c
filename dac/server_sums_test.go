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

	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A scribe is a convoy that keeps what is answered.
type scribe struct {
	convoy
	wrote [][]byte
}

func (s *scribe) buffers(n int) []datagram { return makeBuffers(s, n) }

func (s *scribe) write(os []outgoing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range os {
		s.wrote = append(s.wrote, slices.Clone(o.octets))
	}
}

// transcribed has a server of its own answer what comes, one datagram after another in reads of all sizes, and returns its answers and what it counted.
func transcribed(t *testing.T, peers Peers, octets [][]byte, from []netip.AddrPort) (wrote [][]byte, stats ServerStats) {
	c := &scribe{convoy: convoy{octets: octets, from: from, sizes: rand.New(rand.NewPCG(5, 5)), end: make(chan struct{})}}
	s := &Server{Peers: peers, Handler: HandlerFunc(func(_ context.Context, q *Request) (*Response, error) { return q.ACK() })}
	st := s.state()
	st.workers.open()
	r := readerOf(t, st, c)
	r.watch.end() // no handler is slow, so that all answers come in order
	close(c.end)
	r.l.readers.Go(r.lead)
	require.ErrorIs(t, <-r.l.failed, io.EOF)
	r.l.readers.Wait()
	st.workers.close()
	return c.wrote, s.Stats()
}

// Whether the datagrams of a read are hashed together or one by one, the same are taken in, refused and answered, and with the same octets.
func TestHashedTogetherOrOneByOneIsTheSame(t *testing.T) {
	needMany(t)
	long := Secret(strings.Repeat("a secret of more than one block ", 5))
	peers := PeerMap{
		netip.MustParsePrefix("192.0.2.1/32"):  {Name: "one", Secret: "s3cret", Previous: "before"},
		netip.MustParsePrefix("192.0.2.2/32"):  {Name: "two", Secret: long},
		netip.MustParsePrefix("192.0.2.17/32"): {Name: "near one", Secret: "other"}, // the two share a place among the latest
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
			set = append(set, avp(typeProxyState, "hop"))
		}
		b, err := request(radius.Code(40+3*src.IntN(2)), set...).appendSigned(nil, byte(n), signing{Secret: secret, MessageAuthenticator: src.IntN(2) == 0})
		require.NoError(t, err)
		switch src.IntN(12) {
		case 0: // a wrong Request Authenticator
			b[4+src.IntN(16)]++
		case 1: // a right one over a wrong Message-Authenticator
			if at, _ := findMessageAuthenticator(b); at != 0 {
				b[at+src.IntN(16)]++
				withHasher(func(h *hasher) { copy(b[4:headerLen], h.authenticator(b, zeros[:], secret)) })
			}
		case 2: // two of them
			if at, _ := findMessageAuthenticator(b); at != 0 {
				b = append(b, b[at-2:at+16]...)
				require.NoError(t, closePacket(b, 0))
				withHasher(func(h *hasher) { copy(b[4:headerLen], h.authenticator(b, zeros[:], secret)) })
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
	hashesMany = false
	defer func() { hashesMany = true }()
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
	*reader
	*scribe
}

func newReaderRig(t *testing.T, st *serverState) readerRig {
	w := &scribe{}
	r := readerOf(t, st, w)
	r.watch.end()
	r.lost = new(bool)
	return readerRig{r, w}
}

// reads has the reader read octets at once, from a port.
func (r readerRig) reads(t *testing.T, port uint16, octets ...[]byte) {
	for i, b := range octets {
		r.in[i].remote = netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), port)
		r.in[i].n = copy(r.in[i].buf, b)
	}
	r.got(len(octets))
	require.False(t, r.work())
	r.flush()
}

// What was hashed of one read is nothing to the next one, though its datagrams lie where the others lay.
func TestSumsAreOfOneRead(t *testing.T) {
	needMany(t)
	for _, ma := range []bool{false, true} {
		s := &Server{Peers: SharedSecret(benchSecret), Handler: HandlerFunc(func(_ context.Context, q *Request) (*Response, error) { return q.ACK() })}
		r := newReaderRig(t, s.state())
		var good [][]byte
		for n := range 2 * fewest {
			b, err := request(40, avp(1, "bob")).appendSigned(nil, byte(n), signing{Secret: benchSecret, MessageAuthenticator: ma})
			require.NoError(t, err)
			good = append(good, b)
		}
		r.reads(t, 3799, good[0]) // the peer has verified something
		r.reads(t, 3799, good[1:]...)
		require.Len(t, r.ahead, len(good)-1)
		require.NotNil(t, r.ahead[0].b, "hashed together")
		forged := slices.Clone(good[1])
		forged[len(forged)-1]++ // lies where one lay that was right, and has its authenticators
		r.reads(t, 3799, forged)
		require.Empty(t, r.ahead)
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
	forged := []byte{40, 9, 0, headerLen, headerLen - 1: 0}
	for i := range fewest {
		r.in[i].n = copy(r.in[i].buf, forged)
	}
	require.Panics(t, func() {
		defer func(was []datagram) { r.in = was }(r.in)
		r.in = nil
		r.got(fewest)
	})
	require.Empty(t, r.ahead)
	require.False(t, r.work())
	require.EqualValues(t, 5, s.Stats().Total.Disconnect.Requests)
	require.EqualValues(t, fewest, s.Stats().Total.Disconnect.BadAuthenticator)
}

// An answer that leaves by another socket, to one who asked there meanwhile, is signed like the others.
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
