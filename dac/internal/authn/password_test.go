// SPDX-License-Identifier: Apache-2.0

package authn

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Octets that radclient 3.2.1 put into a CoA-Request with the secret s3cret.
func TestR2865_5_2_PasswordsAreHiddenAsRadclientDoes(t *testing.T) {
	for _, c := range []struct {
		name, clear, wire string
		hide, reveal      func([]byte, Secret) ([]byte, error)
	}{
		{"User-Password", "secret pass of 20+ octets",
			"e0d728d9c6034c82f36d03440e2a223b d142c9ac40cae2e948941ca567c66aa9", HidePassword, RevealPassword},
		{"MS-CHAP-MPPE-Keys", "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17",
			"93b349a8a7726af59a177a6f6d410c06 1389579c8030297606d7e04d98c66f6b", HidePassword, RevealPassword},
		{"Ascend-Send-Secret", "s3",
			"5261e37820be1b3fe8b695bd3a6f7c99", HideAscend, RevealAscend},
	} {
		t.Run(c.name, func(t *testing.T) {
			hidden, err := c.hide([]byte(c.clear), "s3cret")
			require.NoError(t, err)
			assert.Equal(t, strings.ReplaceAll(c.wire, " ", ""), hex.EncodeToString(hidden))
			clear, err := c.reveal(hidden, "s3cret")
			require.NoError(t, err)
			assert.Equal(t, c.clear, string(bytes.TrimRight(clear, "\x00")))
		})
	}
}

func TestR2865_5_2_LengthsOfPasswords(t *testing.T) {
	for _, n := range []int{0, MaxPassword + 1} {
		_, err := HidePassword(make([]byte, n), "s")
		require.ErrorIs(t, err, packet.ErrMalformed, "%d octets", n)
	}
	for n := 1; n <= MaxPassword; n++ {
		value := bytes.Repeat([]byte{'x'}, n)
		hidden, err := HidePassword(value, "s")
		require.NoError(t, err)
		require.Len(t, hidden, (n+15)/16*16)
		clear, err := RevealPassword(hidden, "s")
		require.NoError(t, err)
		require.Equal(t, value, bytes.TrimRight(clear, "\x00"))
	}
	for _, n := range []int{0, 1, 15, 17, MaxPassword + 16} {
		_, err := RevealPassword(make([]byte, n), "s")
		require.ErrorIs(t, err, ErrHidden, "%d octets", n)
	}
	for _, n := range []int{0, 17} {
		_, err := HideAscend(make([]byte, n), "s")
		require.ErrorIs(t, err, packet.ErrMalformed, "%d octets", n)
	}
	for _, n := range []int{0, 15, 17} {
		_, err := RevealAscend(make([]byte, n), "s")
		require.ErrorIs(t, err, ErrHidden, "%d octets", n)
	}
}
