// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// What is worth it is hashed ahead: replies that an exchange waits for, of a length that a batch
// has room for.
func TestRepliesAreHashedAhead(t *testing.T) {
	if !authn.Many {
		t.Skip("this processor has no AVX2")
	}
	_, x := asked(t, radius.CodeDisconnectRequest, Peer{Secret: "s"})
	key := x.key
	of := func(octets int, x *Exchange) reply {
		b := packet.AppendHeader(nil, radius.CodeDisconnectACK, 0, true)
		for left := octets - len(b); left > 0; left = octets - len(b) {
			n := min(left, 200)
			b = append(append(b, 18, byte(n)), make([]byte, n-2)...)
		}
		require.NoError(t, packet.SetLength(b, 0))
		r := reply{octets: b, x: x, key: key}
		if x != nil {
			r.request = x.wire
		}
		return r
	}
	in := &readBatch{replies: []reply{of(100, x), of(authn.MaxManyOctets, x), of(authn.MaxManyOctets+1, x), of(100, nil)}}
	in.hashAhead()
	for i, want := range []bool{true, true, false, false} {
		require.Equal(t, want, in.replies[i].sum != nil, i)
	}
	few := &readBatch{replies: in.replies[:authn.MinMany-1]}
	few.replies[0].sum = nil
	few.hashAhead()
	require.Nil(t, few.replies[0].sum)
	in.giveBack()
}

var longSecret = authn.Secret(strings.Repeat("more than a block of MD5 ", 4))

// inFlightWith is requests to the NAS of c, one of each peer, that have a conn and an identifier.
func inFlightWith(t *testing.T, c *conn, peers ...Peer) (all []*Exchange) {
	for i, peer := range peers {
		x := makeWith(c.to.engine, peer, &request{radius.Code(40 + 3*(i%2)), radius.Attributes{{Type: 1, Attribute: []byte(strings.Repeat("u", 1+i*5%200))}}})
		hasTurn, err := c.to.enter(x, x.began)
		require.NoError(t, err)
		require.True(t, hasTurn)
		all = append(all, x)
	}
	return all
}

// The replies of one read are taken for answers and counted as each would be by itself, which
// isAnswerTo says without what they were hashed to together.
func TestRepliesAreCheckedTogetherAsOneByOne(t *testing.T) {
	src := rand.New(rand.NewPCG(5, 176))
	some := []Peer{{Secret: "s3cret"}, {Secret: longSecret}, {Secret: "new", Previous: "before"}, {Secret: "r", RequireMessageAuthenticator: true}, {Secret: "s3cret", IgnoreEventTimestamp: true}}
	answered, refused := 0, 0
	for range 300 {
		c, _ := asked(t, radius.CodeDisconnectRequest, some[0])
		peers := make([]Peer, 1+src.IntN(netio.MaxLinks))
		for i := range peers {
			peers[i] = some[src.IntN(len(some))]
		}
		all := inFlightWith(t, c, peers...)
		var read [][]byte
		want, late := make(map[*Exchange][]byte), 0
		for _, x := range all {
			require.True(t, x.sign())
			b := randomReply(src, x)
			read = append(read, b)
			if isAnswerTo(b, x.wire, x.peer) || x.peer.Previous != "" && isAnswerTo(b, x.wire, Peer{Secret: x.peer.Previous}) {
				want[x] = b
				for range src.IntN(2) { // once more, in the same read
					read, late = append(read, b), late+1
				}
			}
			for range src.IntN(2) { // for nobody
				foreign := slices.Clone(b)
				foreign[0], foreign[1] = byte(x.code+1), byte(all[len(all)-1].id+1)
				if _, err := packet.Cut(foreign); err == nil {
					read, late = append(read, foreign), late+1
				}
			}
		}
		c.accept(read, c.to.engine.Now())
		acks := uint64(0)
		for _, x := range all {
			require.Equal(t, want[x] != nil, x.stage == stageEnded, "to %x", x.wire)
			if want[x] != nil {
				acks++
				require.Equal(t, want[x][:len(x.answer)], x.answer)
			}
		}
		n := &c.to.counters
		require.Equal(t, acks, n.Disconnect.ACKs+n.CoA.ACKs)
		rest := n.Disconnect.BadAuthenticator + n.CoA.BadAuthenticator + n.Disconnect.Dropped + n.CoA.Dropped + n.Disconnect.Malformed + n.CoA.Malformed + n.UnknownType
		require.EqualValues(t, len(all)-int(acks)+late, rest)
		answered, refused = answered+int(acks), refused+int(rest)
	}
	require.Greater(t, answered, 1000)
	require.Greater(t, refused, 1000)
}

// randomReply is an answer to x, or nearly one.
func randomReply(src *rand.Rand, x *Exchange) []byte {
	secret := x.peer.Secret
	if x.peer.Previous != "" && src.IntN(2) == 0 {
		secret = x.peer.Previous
	}
	b := packet.AppendHeader(nil, x.code+1, byte(x.id), src.IntN(2) == 0)
	for range src.IntN(5) {
		// Up to and beyond what is hashed ahead.
		b = append(append(b, 18, 200), make([]byte, 198)...)
	}
	if src.IntN(8) == 0 {
		b = append(b, packet.TypeEventTimestamp, 6, 0, 0, 0, 1)
	}
	packet.SetLength(b, 0)
	authn.SignResponse(b, x.wire, secret)
	again := func() {
		sum := authn.Authenticator(b, authn.FieldOf(x.wire), secret)
		copy(b[4:], sum[:])
	}
	at, _ := packet.FindMessageAuthenticator(b)
	switch kind := src.IntN(10); {
	case kind == 0: // a wrong Response Authenticator
		b[4+src.IntN(16)]++
	case kind == 1 && at != 0: // a right one over a wrong Message-Authenticator
		b[at+src.IntN(16)]++
		again()
	case kind == 2 && at != 0: // two of them
		b = append(b, b[at-2:at+16]...)
		packet.SetLength(b, 0)
		again()
	case kind == 3: // no packet
		b = b[:packet.HeaderLen+src.IntN(len(b)-packet.HeaderLen+1)]
		b[3]++
	case kind == 4: // of the other kind
		b[0] = 41 + 44 - b[0]
		authn.SignResponse(b, x.wire, secret)
	case kind == 5: // signed with what another NAS has
		authn.SignResponse(b, x.wire, "another")
	case kind == 6: // padded
		b = append(b, 0, 0, 0)
	}
	return b
}
