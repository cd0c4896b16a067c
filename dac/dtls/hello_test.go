// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// hello is a ClientHello in one record, with a session identifier and a cookie.
func hello(session, cookie []byte) []byte {
	body := append([]byte{254, 253}, make([]byte, 32)...)
	body = append(append(body, byte(len(session))), session...)
	body = append(append(body, byte(len(cookie))), cookie...)
	body = append(body, 0, 2, 0xc0, 0x2b, 1, 0)
	message := append([]byte{messageClientHello, 0, 0, byte(len(body)), 0, 0, 0, 0, 0, 0, 0, byte(len(body))}, body...)
	return append([]byte{typeHandshake, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(len(message))}, message...)
}

func TestCookieOf(t *testing.T) {
	for _, session := range [][]byte{nil, make([]byte, 32)} {
		for _, want := range [][]byte{{}, []byte("a cookie"), bytes.Repeat([]byte{7}, 100)} {
			whole := hello(session, want)
			cookie, kind, ok := cookieOf(whole)
			require.True(t, ok)
			require.Equal(t, want, cookie)
			require.EqualValues(t, messageClientHello, kind)
			for n := range len(whole) {
				_, _, ok := cookieOf(whole[:n])
				require.False(t, ok)
			}
		}
	}
	whole := hello(make([]byte, 33), nil)
	_, _, ok := cookieOf(whole)
	require.False(t, ok)
	whole = hello(nil, nil)
	whole[4] = 1 // epoch
	_, _, ok = cookieOf(whole)
	require.False(t, ok)
	whole = hello(nil, nil)
	whole[recordLen+8] = 1 // not the first fragment
	_, _, ok = cookieOf(whole)
	require.False(t, ok)
}

func FuzzCookieOf(f *testing.F) {
	f.Add(hello(nil, nil))
	f.Add(hello(make([]byte, 32), []byte("a cookie")))
	f.Fuzz(func(t *testing.T, b []byte) {
		cookie, kind, ok := cookieOf(b)
		if ok {
			require.Contains(t, []byte{messageClientHello, messageHelloVerify}, kind)
			require.LessOrEqual(t, len(cookie), 255)
			require.True(t, bytes.Contains(b, cookie))
		}
	})
}
