// SPDX-License-Identifier: Apache-2.0

package route_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

const keyA, keyB = dac.Secret("sixteen octets a"), dac.Secret("sixteen octets b")

func named(s string) attrs.NAS { return attrs.NAS{Identifier: s} }

func at(s string) attrs.NAS { return attrs.NAS{Addrs: []netip.Addr{netip.MustParseAddr(s)}} }

func TestTokensSealAndOpen(t *testing.T) {
	tokens, err := route.NewTokens(keyA)
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, nas := range []attrs.NAS{at("192.0.2.1"), at("192.0.2.2"), at("2001:db8::1"), named("b"), named("bng-1"), named(strings.Repeat("n", 19))} {
		token, err := tokens.Seal(nas)
		require.NoError(t, err)
		require.Len(t, token, 32)
		require.False(t, seen[string(token)])
		seen[string(token)] = true
		again, err := tokens.Seal(nas)
		require.NoError(t, err)
		require.Equal(t, token, again, "one token for one NAS")
		require.NotContains(t, string(token), nas.Identifier+"\x00")
		open, err := tokens.Open(token)
		require.NoError(t, err)
		require.Equal(t, nas, open)
	}
	token, err := tokens.Seal(at("::ffff:192.0.2.1"))
	require.NoError(t, err)
	require.True(t, seen[string(token)], "an IPv4 address is one")
	for _, nas := range []attrs.NAS{{}, named(strings.Repeat("n", 20)), {Addrs: []netip.Addr{{}}}} {
		_, err := tokens.Seal(nas)
		require.Error(t, err)
	}
}

// Every bit of a token counts.
func TestTokensRefuseForgeries(t *testing.T) {
	tokens, err := route.NewTokens(keyA)
	require.NoError(t, err)
	token, err := tokens.Seal(at("192.0.2.1"))
	require.NoError(t, err)
	for bit := range 8 * len(token) {
		forged := bytes.Clone(token)
		forged[bit/8] ^= 1 << (bit % 8)
		_, err := tokens.Open(forged)
		require.ErrorIs(t, err, errcause.NASIdentificationMismatch)
	}
	for _, b := range [][]byte{nil, token[:31], append(bytes.Clone(token), 0)} {
		_, err := tokens.Open(b)
		require.ErrorIs(t, err, errcause.NASIdentificationMismatch)
	}
}

// A key changes while tokens of the old one are about.
func TestTokensChangeKeys(t *testing.T) {
	tokens, err := route.NewTokens(keyA)
	require.NoError(t, err)
	old, err := tokens.Seal(named("bng"))
	require.NoError(t, err)
	require.NoError(t, tokens.SetKeys(keyB, keyA))
	fresh, err := tokens.Seal(named("bng"))
	require.NoError(t, err)
	require.NotEqual(t, old, fresh)
	for _, token := range [][]byte{old, fresh} {
		nas, err := tokens.Open(token)
		require.NoError(t, err)
		require.Equal(t, named("bng"), nas)
	}
	require.NoError(t, tokens.SetKeys(keyB))
	_, err = tokens.Open(old)
	require.ErrorIs(t, err, errcause.NASIdentificationMismatch)
	_, err = tokens.Open(fresh)
	require.NoError(t, err)
}

func TestTokensWantKeys(t *testing.T) {
	_, err := route.NewTokens()
	require.Error(t, err)
	_, err = route.NewTokens(keyA, "short")
	require.ErrorContains(t, err, "key 2")
	require.NotContains(t, err.Error(), "short ")
	var none route.Tokens
	_, err = none.Seal(named("bng"))
	require.Error(t, err)
	_, err = none.Open(make([]byte, 32))
	require.ErrorIs(t, err, errcause.NASIdentificationMismatch)
}

// A key is in nothing that prints.
func TestTokensPrintNoKey(t *testing.T) {
	tokens, err := route.NewTokens(keyA)
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%s"} {
		text := fmt.Sprintf(verb, tokens)
		require.NotContains(t, text, string(keyA))
		require.NotContains(t, text, fmt.Sprintf("%x", string(keyA)))
		require.Less(t, len(text), 200, text)
	}
}

func FuzzTokensOpen(f *testing.F) {
	tokens, err := route.NewTokens(keyA)
	require.NoError(f, err)
	for _, nas := range []attrs.NAS{at("192.0.2.1"), at("2001:db8::1"), named("bng")} {
		token, err := tokens.Seal(nas)
		require.NoError(f, err)
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token []byte) {
		nas, err := tokens.Open(token)
		if err != nil {
			require.ErrorIs(t, err, errcause.NASIdentificationMismatch)
			return
		}
		again, err := tokens.Seal(nas)
		require.NoError(t, err)
		require.Equal(t, token, again)
	})
}
