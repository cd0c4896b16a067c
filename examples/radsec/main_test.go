// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/examples/internal/command"
	"github.com/stretchr/testify/require"
)

func TestBothWaysOfOneConnection(t *testing.T) {
	if strings.Contains(os.Getenv("GODEBUG"), "fips140=only") {
		t.Skip("layeh.com/radius/rfc2865 computes the MD5 of a User-Password")
	}
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), command.NewLines(&out)))
	require.Equal(t, `NAS: connected to aaa.example.net, RADIUS/1.1
AAA: Access-Request of bob from bng-1.nas.example.net: Access-Accept
AAA: Accounting-Request of bob from bng-1.nas.example.net: Accounting-Response
NAS: session 4f2a of bob ends, as aaa.example.net says
AAA: bob's session is ended
AAA: bob's session is gone already
AAA: bng-2 has no connection open
`, out.String())
}
