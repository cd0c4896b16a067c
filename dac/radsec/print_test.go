// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"crypto/ed25519"
	"crypto/tls"
	"fmt"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

// Where fmt complains about a verb it prints what a pointer leads to, a private key among it.
func TestAPrivateKeyIsNotPrinted(t *testing.T) {
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	cfg := TLS(&tls.Config{Certificates: []tls.Certificate{{PrivateKey: key}}})
	found := func(text string) bool {
		for _, one := range []string{"%d", "%x", "%X", "%o", "%b", "%q", "%!t(uint8=%d)", "%!s(uint8=%d)"} {
			var octets strings.Builder
			for _, c := range key[:8] {
				octets.WriteString(" " + fmt.Sprintf(strings.ReplaceAll(one, "%!", "%%!"), c))
			}
			if strings.Contains(strings.ReplaceAll(text, "+", ""), octets.String()[1:]) {
				return true
			}
		}
		return strings.Contains(text, fmt.Sprintf("%x", []byte(key[:8])))
	}
	require.True(t, found(fmt.Sprintf("%s", struct{ A any }{cfg.TLS})), "the search itself")
	for _, v := range []any{cfg, dac.Peer{Via: cfg}, &Server{Config: cfg}, &dac.Client{Peers: dac.AnyPeer(dac.Peer{Via: cfg})}} {
		for _, in := range []any{v, struct{ A any }{v}, []any{v}} {
			for _, verb := range "vTtbcdoOqxXUeEfFgGs" {
				for _, flag := range []string{"", "+", "#"} {
					text := fmt.Sprintf("%"+flag+string(verb), in)
					require.False(t, found(text), "%c of a %T: %s", verb, v, text)
				}
			}
		}
	}
	require.Contains(t, fmt.Sprintf("%+v", cfg), "MaxConns:0")
}
