// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/radius-dynauth/dynauth/examples/internal/proxy"
	"github.com/stretchr/testify/require"
)

func TestUsageIsExplained(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	home := []string{"-listen", "127.0.0.1:0", "-secret", "s3cret", "-home", "127.0.0.1:1", "-home-secret", "s3cret"}
	for says, args := range map[string][]string{
		"give -redis":         nil,
		"there is nothing in": {"-redis", "127.0.0.1:1", "-redis-password", empty},
		"no such file":        {"-redis", "127.0.0.1:1", "-redis-password", "/nowhere/x"},
	} {
		var stderr bytes.Buffer
		require.Equal(t, 1, proxy.Run(t.Context(), append(args, home...), io.Discard, &stderr, inRedis))
		require.Contains(t, stderr.String(), says)
		require.NotContains(t, stderr.String(), "s3cret")
	}
}
