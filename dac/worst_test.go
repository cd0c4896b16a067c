// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
)

// worst are requests of 4,096 octets that would cost the most where work for one attribute grows
// with the number of others.
func worst(t testing.TB) map[string][]byte {
	full := func(code byte, one []byte, last ...byte) []byte {
		b := []byte{code, 1, 16, 0}
		b = append(b, make([]byte, 16)...)
		for len(b)+len(one)+len(last) <= 4096 {
			b = append(b, one...)
		}
		b = append(b, last...)
		b = append(b, bytes.Repeat([]byte{1, 2}, (4096-len(b))/2)...)
		b[2], b[3] = byte(len(b)>>8), byte(len(b))
		dactest.SignRequest(b, secret)
		return b
	}
	vendor := []byte{26, 12, 0, 0, 0, 9, 1, 6, 'a', '=', 'b', 'c'}
	tiny := append([]byte{26, 254, 0, 0, 0, 9}, bytes.Repeat([]byte{1, 2}, 124)...)
	return map[string][]byte{
		"empty attributes":               full(40, []byte{1, 2}),
		"User-Names":                     full(40, []byte{1, 3, 'x'}),
		"User-Names and a malformed one": full(40, []byte{1, 3, 'x'}, 4, 3, 1),
		"Proxy-States":                   full(43, []byte{33, 3, 'x'}),
		"States":                         full(43, []byte{24, 3, 'x'}),
		"Message-Authenticators":         full(40, append([]byte{80, 18}, make([]byte, 16)...)),
		"Event-Timestamps":               full(40, []byte{55, 6, 0, 0, 0, 0}),
		"vendor attributes":              full(43, vendor),
		"vendor attributes in a few":     full(43, tiny),
		"extended attributes":            full(43, []byte{241, 4, 1, 'x'}),
		"long extended attributes":       full(43, []byte{245, 5, 1, 0x80, 'x'}),
		"tunnel attributes":              full(43, []byte{69, 7, 1, 0x80, 0, 1, 2}),
		"identification of all kinds":    full(40, []byte{1, 3, 'x', 44, 3, 'y', 31, 3, 'z', 87, 3, 'p', 5, 6, 0, 0, 0, 1, 8, 6, 192, 0, 2, 1, 4, 6, 192, 0, 2, 9, 32, 3, 'n'}),
		"prefixes":                       full(40, []byte{97, 4, 0, 0}),
		"Service-Types":                  full(43, []byte{6, 6, 0, 0, 0, 17}),
	}
}

// entries is everything that takes octets from the network, up to and with what a Dispatcher does
// before it calls its host.
var entries = map[string]func(b []byte){
	"ParseRequest": func(b []byte) { dac.ParseRequest(b, secret) },
	"ParseResponse": func(b []byte) {
		answer := bytes.Clone(b)
		answer[0]++
		dac.ParseResponse(answer, b, secret)
	},
	"Dump":       func(b []byte) { dac.Dump(io.Discard, b) },
	"IdentityOf": func(b []byte) { withRequest(b, func(q *dac.Request) { attrs.IdentityOf(q.Attributes()) }) },
	"sent on":    func(b []byte) { withRequest(b, func(q *dac.Request) { q.AppendSigned(nil, 1, secret) }) },
	"answered": func(b []byte) {
		withRequest(b, func(q *dac.Request) {
			resp, _ := q.ACK()
			resp.AppendSigned(nil, q, secret)
		})
	},
	"printed": func(b []byte) { withRequest(b, func(q *dac.Request) { _ = q.String() }) },
	"Dispatcher": func(b []byte) {
		withRequest(b, func(q *dac.Request) { dispatcher.Handle(context.Background(), q) })
	},
	"Dispatcher that ignores": func(b []byte) {
		withRequest(b, func(q *dac.Request) { lenient.Handle(context.Background(), q) })
	},
}

var dispatcher, lenient = session.NewDispatcher(new(endless), attrs.FilterID), session.NewDispatcher(new(endless), attrs.FilterID)

func init() { lenient.Policy.IgnoreOther, lenient.Policy.AnyNAS = true, true }

func withRequest(b []byte, f func(q *dac.Request)) {
	if q, err := dac.ParseRequest(b, secret); err == nil {
		f(q)
	}
}

// Work grows with the octets of a packet and with nothing else: what would be quadratic in its
// attributes takes a hundred times this long.
func TestTheWorstPacketCostsWhatItsOctetsCost(t *testing.T) {
	for what, b := range worst(t) {
		for entry, f := range entries {
			f(bytes.Clone(b))
			best := time.Hour
			for try := 0; try < 5 || try < 200 && best >= 20*time.Millisecond; try++ { // the machine may be busy
				began := time.Now()
				f(b)
				best = min(best, time.Since(began))
			}
			require.Less(t, best, 20*time.Millisecond, "%s of %s", entry, what)
		}
	}
}

// BenchmarkWorstPacket is the worst 4,096 octets at each entry.
func BenchmarkWorstPacket(b *testing.B) {
	for entry, f := range entries {
		b.Run(entry, func(b *testing.B) {
			for what, octets := range worst(b) {
				b.Run(what, func(b *testing.B) {
					for b.Loop() {
						f(octets)
					}
				})
			}
		})
	}
}
