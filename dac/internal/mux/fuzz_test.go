// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// FuzzFrames: whatever the pieces, the packets are those of the whole stream, and the first fault
// is found at the same place.
func FuzzFrames(f *testing.F) {
	f.Add(request(40, 1), uint16(20), byte(1))
	f.Add(append(request(40, 1, fill(300)...), request(43, 2, 1, 0)...), uint16(4096), byte(7))
	f.Add([]byte{40, 1, 0xff, 0xff, 0}, uint16(65535), byte(3))
	f.Fuzz(func(t *testing.T, octets []byte, most uint16, size byte) {
		var want [][]byte
		rest, bad := octets, false
		for !bad && len(rest) >= 4 {
			n := int(binary.BigEndian.Uint16(rest[2:4]))
			if bad = n < 20 || n > max(int(most), 4096); bad || n > len(rest) {
				break
			}
			if bad = walk(rest[:n]) != nil; !bad {
				want = append(want, rest[:n])
			}
			rest = rest[n:]
		}
		in := newFrames(max(int(most), 4096))
		var got [][]byte
		failed := false
		for at := 0; at < len(octets) && !failed; {
			space := in.space()
			require.NotEmpty(t, space)
			n := copy(space[:min(len(space), int(size)+1)], octets[at:])
			at += n
			in.read(n)
			for {
				p, err := in.next()
				failed = err != nil
				if p == nil || failed {
					break
				}
				got = append(got, bytes.Clone(p))
			}
		}
		require.Equal(t, bad, failed)
		require.Equal(t, len(want), len(got))
		for i := range want {
			require.Equal(t, want[i], got[i])
		}
		require.LessOrEqual(t, len(in.buf), 65535)
	})
}

// FuzzConn sends any octets to a Conn that has a Server, a Client, an Exchange, a Handler and a
// watchdog. Nothing panics, waits for ever or is left behind.
func FuzzConn(f *testing.F) {
	all := append(request(40, 1), request(12, 2, emptyMA...)...)
	for _, code := range []radius.Code{1, 2, 3, 4, 5, 11, 41, 43, 44, 45, 52, 99} {
		all = append(all, request(code, 1, 33, 3, 'x')...)
	}
	f.Add(all, byte(0), byte(1))
	f.Add(all, byte(1), byte(20))
	f.Add(append(token(40, 1, 2, 4, 'a', 'b'), token(1, 2, 2, 4, 'a', 'b')...), byte(1), byte(255))
	f.Fuzz(func(t *testing.T, octets []byte, how, size byte) {
		bubble(t, func(t *testing.T) {
			o := watched()
			o.Version = dac.Version(how & 1)
			o.Datagrams = how&2 != 0
			o.Client = how&4 == 0
			o.Unexpected = dac.UnexpectedReverse(how >> 3 & 3)
			o.In = 1 << 10
			o.Handler = radius.HandlerFunc(func(w radius.ResponseWriter, r *radius.Request) {
				w.Write(r.Response(r.Code + 1))
			})
			a, b := newPipe(1 << 20)
			c := New(a, nil, o)
			if how&32 == 0 {
				server := serverOf(t, c)
				go func() {
					for {
						got, err := server.ReadPackets(nil)
						if err != nil {
							server.Close()
							return
						}
						server.WritePackets(got)
					}
				}()
			}
			view := c.View()
			for range 3 {
				view.Info().Identifiers.Acquire(nil)
			}
			go view.ReadPackets(nil)
			go c.Exchange(t.Context(), radius.New(radius.CodeAccessRequest, []byte("radsec")))
			for at := 0; at < len(octets); at += int(size) + 1 {
				if _, err := b.Write(octets[at:min(at+int(size)+1, len(octets))]); err != nil {
					break
				}
			}
			time.Sleep(time.Duration(how) * time.Second)
			b.Close()
			<-c.Done()
			require.Error(t, c.Err())
			c.Close()
		})
	})
}
