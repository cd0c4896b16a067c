// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"encoding/binary"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"layeh.com/radius"
)

// FuzzClientAnswer gives a Client what comes from the network: octets as they are, or with the
// identifier, the length and the authenticators of a true answer, so that the fuzzer gets past
// them. What is taken for an answer must be one.
func FuzzClientAnswer(f *testing.F) {
	const resign, coa, require_, ignore = 1, 2, 4, 8
	add := func(flags byte, code byte, attributes ...byte) {
		f.Add(flags, append([]byte{code, 0, 0, byte(20 + len(attributes)), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, attributes...))
	}
	for _, flags := range []byte{0, resign, resign | coa, resign | require_, resign | ignore} {
		for _, code := range []byte{0, 40, 41, 42, 43, 44, 45, 52, 255} {
			add(flags, code)
		}
		add(flags, 42, 101, 6, 0, 0, 1, 247)
		add(flags, 45, 6, 6, 0, 0, 0, 17, 101, 6, 0, 0, 1, 251, 24, 3, 1)
		add(flags, 41, 55, 6, 0, 0, 0, 0)
		add(flags, 41, 55, 5, 0, 0, 0)
		add(flags, 41, 80, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		add(flags, 41, 80, 3, 0)
		add(flags, 52, 241, 7, 4, 0, 0, 0, 40)
		add(flags, 52, 241, 7, 4, 0, 0, 0, 43, 101, 6, 0, 0, 1, 150)
		add(flags, 52, 241, 3, 4)
		add(flags, 41, 1, 0)
		add(flags, 41, 1, 1)
		add(flags, 41, 1, 200)
	}
	f.Add(byte(0), []byte{})
	f.Add(byte(0), []byte{41})
	f.Add(byte(resign), make([]byte, 5000))
	f.Fuzz(func(t *testing.T, flags byte, b []byte) {
		code := radius.CodeDisconnectRequest
		if flags&coa != 0 {
			code = radius.CodeCoARequest
		}
		peer := Peer{Secret: "xyzzy5461", RequireMessageAuthenticator: flags&require_ != 0, IgnoreEventTimestamp: flags&ignore != 0}
		c, x := asked(t, code, peer)
		if flags&resign != 0 && len(b) >= packet.HeaderLen && len(b) <= packet.MaxLen {
			b = append([]byte(nil), b...)
			b[1] = byte(x.id)
			binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
			if _, err := packet.Cut(b); err == nil {
				authn.SignResponse(b, x.wire, peer.Secret)
			}
		}
		want := isAnswerTo(b, x.wire, peer)
		n := &c.to.counters
		c.accept([][]byte{b}, c.to.engine.Now())
		if got := x.stage == stageEnded; got != want {
			t.Fatalf("taken for an answer: %v, is one: %v", got, want)
		}
		a := n.of(code)
		if !want {
			if sum := n.UnknownType + n.Disconnect.Malformed + n.Disconnect.BadAuthenticator + n.Disconnect.Dropped + n.CoA.Malformed + n.CoA.BadAuthenticator + n.CoA.Dropped; sum != 1 {
				t.Fatalf("counted in %d classes", sum)
			}
			if c.n != 1 || x.answer != nil {
				t.Fatal("ended a wait")
			}
			return
		}
		resp := x.Result()
		if resp.Failure.Kind != NotFailed || resp.ID != x.id || resp.NAS != c.to.nas || a.ACKs+a.NAKs != 1 || c.n != 0 {
			t.Fatalf("%+v %+v", resp, a)
		}
		c.accept([][]byte{b}, c.to.engine.Now()) // again: late
		if a.ACKs+a.NAKs != 1 {
			t.Fatal("answered twice")
		}
	})
}
