// SPDX-License-Identifier: Apache-2.0

//go:build go1.26

package dac

import (
	"crypto/fips140"
	"crypto/md5"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFIPSOnly runs the tests of signing, verifying and hiding once more in a process that allows
// only what FIPS 140-3 approves. MD5 is not among it, so RADIUS asks to be let off by name;
// everything else stays enforced.
func TestFIPSOnly(t *testing.T) {
	if fips140.Enforced() {
		assert.Panics(t, func() { md5.Sum(nil) }, "and nobody else may use it")
		return
	}
	self, err := os.Executable()
	require.NoError(t, err)
	names := "^Test(FIPSOnly|R5176_2_3_12|R5176_2_3_13|R5176_3_4|R2868_3_5_1|R5176_3_1_9|HashedTogether|SumsAreOfOneRead)"
	cmd := exec.Command(self, "-test.v", "-test.run="+names)
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=only")
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "fips140: ") && !strings.Contains(string(out), "--- ") {
		t.Skipf("no FIPS 140-3 mode on this platform: %s", out)
	}
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "--- PASS: TestFIPSOnly ")
	assert.Contains(t, string(out), "--- PASS: TestR5176_3_4_3_")
	assert.Contains(t, string(out), "--- PASS: TestR2868_3_5_1_Hidden")
}
