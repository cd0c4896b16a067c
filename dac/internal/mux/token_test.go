// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
)

// v11 are Options of RADIUS/1.1.
func v11() Options {
	o := ends
	o.Version = dac.RADIUS11
	return o
}

// figure lays the octets of a packet out as the figure of RFC 9765, section 4.1: four to a line.
func figure(p []byte) string {
	var b strings.Builder
	for i := 0; i < len(p); i += 4 {
		fmt.Fprintln(&b, hex.EncodeToString(p[i:min(i+4, len(p))]))
	}
	return strings.TrimSpace(b.String())
}

// TestR9765_4_1_GoldenOctets: Code, Reserved-1, Length; Token; Reserved-2; attributes, of which
// User-Password is in clear and Message-Authenticator is not there.
func TestR9765_4_1_GoldenOctets(t *testing.T) {
	withPasswords(t)
	bubble(t, func(t *testing.T) {
		c, far := rig(t, v11())
		p := radius.New(radius.CodeAccessRequest, []byte("radsec"))
		p.Identifier = 77
		require.NoError(t, rfc2865.UserName_SetString(p, "bobby1"))
		require.NoError(t, rfc2865.UserPassword_SetString(p, "secret"))
		p.Attributes.Add(80, make([]byte, 16))
		p.Attributes.Add(89, make([]byte, 16))
		p.Attributes.Add(90, make([]byte, 16))
		p.Attributes.Add(33, []byte("x1"))
		done := make(chan *radius.Packet, 1)
		go func() {
			answer, err := c.Exchange(t.Context(), p)
			require.NoError(t, err)
			done <- answer
		}()
		got := far.next()
		id := packet.Token(got)
		require.Equal(t, strings.Join([]string{
			"01000028",
			fmt.Sprintf("%08x", id),
			"00000000",
			"00000000",
			"00000000",
			"0108626f", "62627931",
			"02087365", "63726574",
			"21047831",
		}, "\n"), figure(got))

		// Reserved fields are ignored, and what means nothing in 1.1 (sections 5.2 to 5.5).
		answer := token(2, id, append([]byte{18, 3, 'x', 241, 7, 4, 0, 0, 0, 1}, emptyMA...)...)
		answer[1], answer[8], answer[19] = 9, 9, 9
		far.send(answer)
		reply := <-done
		require.Equal(t, radius.Attributes{{Type: 18, Attribute: []byte("x")}}, reply.Attributes)
	})
}

// TestR9765_4_1_RefusalsOfRADIUS11: Protocol-Error without Original-Packet-Code (section 5.5), no
// Message-Authenticator, and the Token of the request.
func TestR9765_6_1_RefusalsOfRADIUS11(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, far := rig(t, v11())
		far.send(token(1, 0xfffffffe))
		require.Equal(t, "3400001a\nfffffffe\n00000000\n00000000\n00000000\n65060000\n0196", figure(far.next()))
	})
}

// TestR9765_4_2_1_TokensCountUp from a random start, around zero, each new.
func TestR9765_4_2_1_TokensCountUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		starts := map[uint32]bool{}
		for range 4 {
			c, _ := rig(t, v11())
			v := c.View()
			first, ok := v.Info().Identifiers.Acquire(nil)
			require.True(t, ok)
			starts[first] = true
			for i := range uint32(1000) { // more than 256 in flight
				id, ok := v.Info().Identifiers.Acquire(nil)
				require.True(t, ok)
				require.Equal(t, first+1+i, id)
			}
		}
		require.Len(t, starts, 4)
	})
}

// TestR9765_4_2_2_ATokenThatIsUsedTwiceClosesTheConnection, whatever it is used for.
func TestR9765_4_2_2_ATokenThatIsUsedTwiceClosesTheConnection(t *testing.T) {
	for _, first := range []uint32{0, 5, 0xfffffffe} {
		bubble(t, func(t *testing.T) {
			c, far := rig(t, v11())
			server := serverOf(t, c)
			for i := range uint32(300) {
				far.send(token(40, first+i))
			}
			far.send(token(41, first)) // answers have Tokens of this end
			for n := 0; n < 300; {
				got, err := server.ReadPackets(nil)
				require.NoError(t, err)
				n += len(got)
			}
			far.send(token(12, first+3))
			far.ended(c, TokenReuse)
			require.ErrorContains(t, c.Err(), fmt.Sprint(first+3))
		})
	}
}

// TestTokensAreKnownInAnyOrder: against a set. Nothing new is refused, and nothing used is taken
// while its run is known.
func TestTokensAreKnownInAnyOrder(t *testing.T) {
	src := rand.New(rand.NewPCG(1, 9765))
	for range 50 {
		var x tokens
		start := src.Uint32()
		order := src.Perm(40)
		used := map[uint32]bool{}
		for _, i := range order {
			id := start + uint32(i)
			require.NoError(t, x.use(id))
			used[id] = true
			for i := range uint32(40) {
				if id := start + i; used[id] {
					require.ErrorIs(t, x.use(id), errToken)
				}
			}
		}
		require.Equal(t, []run{{start, 40}}, x.runs)
	}
	var x tokens
	for i := range uint32(10_000) { // one that does not count
		require.NoError(t, x.use(i*7))
	}
	require.Len(t, x.runs, mostRuns)
	require.ErrorIs(t, x.use(9999*7), errToken)
}

func TestPasswordsThatCannotBeHiddenAreRefused(t *testing.T) {
	withPasswords(t)
	bubble(t, func(t *testing.T) {
		o := v11()
		o.Handler = radius.HandlerFunc(func(w radius.ResponseWriter, r *radius.Request) {
			require.Empty(t, rfc2865.UserPassword_Get(r.Packet))
			require.NoError(t, w.Write(r.Response(radius.CodeAccessReject)))
		})
		_, far := rig(t, o)
		far.send(token(1, 1, 2, 2))
		require.Equal(t, byte(3), far.next()[0], "an empty one")
		far.send(token(1, 2, append([]byte{2, 202}, make([]byte, 200)...)...))
		answer := far.next()
		require.Equal(t, byte(52), answer[0])
		require.Equal(t, []byte{101, 6, 0, 0, 1, 404 & 255}, answer[20:])
		synctest.Wait()
	})
}
