// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

func TestAKeyIsNeverPrinted(t *testing.T) {
	peers := KeyPeers{"aaa-1": {Key: testKey}}
	cfg := &Config{Key: testKey, Identity: "x", Keys: peers}
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&b, verb+verb+verb, testKey, peers, &cfg.Key)
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "key", testKey, "peers", peers)
	text, err := json.Marshal(peers)
	require.NoError(t, err)
	b.Write(text)
	require.NotContains(t, b.String(), string(testKey))
	require.NotContains(t, b.String(), fmt.Sprintf("%x", string(testKey)))
	require.NotContains(t, b.String(), fmt.Sprintf("%X", string(testKey)))
	require.Contains(t, b.String(), "[key]")
}

func ptr[T any](v T) *T { return &v }

// Where fmt complains about a verb it prints what a pointer leads to without asking it; encoding/gob
// writes a string as it is.
func TestAKeyIsNotPrintedWhereAPointerLeadsToIt(t *testing.T) {
	peers := KeyPeers{"aaa-1": {Key: testKey}}
	cfg := &Config{Key: testKey, Identity: "x", Keys: peers}
	key := testKey
	type held struct{ Any any }
	for _, v := range []any{cfg, &key, peers, &peers, ptr(peers["aaa-1"]), dac.Peer{Via: cfg}, dac.PeerMap{{}: {Via: cfg}}, &dac.Client{Peers: dac.AnyPeer(dac.Peer{Via: cfg})}, &Conn{party: &party{cfg: cfg}}} {
		for _, in := range []any{v, held{v}, &held{v}, []any{v}, map[string]any{"a": v}} {
			for _, flags := range []string{"", "+", "#"} {
				for _, verb := range "vTtbcdoOqxXUeEfFgGs" {
					text := fmt.Sprintf("%"+flags+string(verb), in)
					require.NotContains(t, text, string(testKey), "%c of a %T", verb, v)
					require.NotContains(t, text, fmt.Sprintf("%x", string(testKey)), "%c of a %T", verb, v)
				}
			}
		}
	}
	var b bytes.Buffer
	require.NoError(t, gob.NewEncoder(&b).Encode(struct{ Keys []Key }{[]Key{testKey}}))
	require.NotContains(t, b.String(), string(testKey))
	var keys struct{ Keys []Key }
	require.ErrorIs(t, gob.NewDecoder(&b).Decode(&keys), errPrinted, "and what was printed is no key")
	text, err := json.Marshal(held{testKey})
	require.NoError(t, err)
	var back struct{ Any Key }
	require.ErrorIs(t, json.Unmarshal(text, &back), errPrinted)
	require.NoError(t, json.Unmarshal([]byte(`{"Any": "an octet, or 16, or some 20"}`), &back))
	require.Equal(t, testKey, back.Any)
	require.Contains(t, fmt.Sprint(cfg), "aaa-1", "what is no key is printed")
}
