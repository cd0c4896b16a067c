// SPDX-License-Identifier: Apache-2.0

package authn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSecretNeverPrints(t *testing.T) {
	const s = Secret("hush")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		assert.Equal(t, "[secret]", fmt.Sprintf(verb, s), verb)
		assert.NotContains(t, fmt.Sprintf(verb, struct{ S Secret }{s}), "hush", verb)
	}
	assert.Equal(t, "[secret]", s.String())
	b, err := json.Marshal(s)
	require.NoError(t, err)
	assert.Equal(t, `"[secret]"`, string(b))
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s, "key", NewKey(s).Secret)
	assert.NotContains(t, log.String(), "hush")
	assert.Contains(t, log.String(), "[secret]")
}

// An empty secret would make every packet a valid one.
func TestEmptySecretVerifiesNothing(t *testing.T) {
	b := raw(40, bob)
	SignRequest(b, "")
	assert.ErrorIs(t, VerifyRequest(b, ""), ErrNoSecret)
	assert.ErrorIs(t, VerifyResponse(b, b, ""), ErrNoSecret)
}
