// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

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
