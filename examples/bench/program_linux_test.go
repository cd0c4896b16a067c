// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a process uses is in /proc, in ticks and in KiB, behind a name that may have spaces and
// brackets.
func TestUsedByAProcess(t *testing.T) {
	stat := "12 (a ) b) S 1 2 3 4 5 6 7 8 9 10 150 25 0 0 20 0"
	u, err := parseUsed(stat, "Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n")
	require.NoError(t, err)
	require.Equal(t, used{CPU: 1.75, Most: 2 << 20, Resident: 1 << 20}, u)
	_, err = parseUsed("12 (a) S 1", "")
	require.Error(t, err)
	_, err = parseUsed(strings.Replace(stat, "150", "x", 1), "")
	require.Error(t, err)
	_, err = parseUsed(stat, "VmRSS:\tmuch\n")
	require.Error(t, err)
	u, err = usedBy(os.Getpid())
	require.NoError(t, err)
	require.NotZero(t, u.Resident)
	_, err = usedBy(-1)
	require.Error(t, err)
}

func TestCountersOfTheProgram(t *testing.T) {
	table := "total               Disconnect         CoA\nRequests  7 0\nDuplicates  1  9\nDropped  2  9\nOverload  3  9\nUnknownType: 0 packets of another code\n"
	c, err := parseCounters(table)
	require.NoError(t, err)
	require.Equal(t, counted{Duplicates: 1, Dropped: 2, Overload: 3}, c)
	_, err = parseCounters("total\nRequests 7 0\n")
	require.ErrorContains(t, err, "no counters")
}

// The runtime prints a line for each collection, which is counted; all else is passed on.
func TestCollectionsAreCounted(t *testing.T) {
	p := &nasProgram{}
	var rest bytes.Buffer
	require.NoError(t, p.countCollections(strings.NewReader("gc 1 @0.1s 2%: ...\nlevel=WARN msg=late\ngc 2 @0.2s 2%: ...\n"), &rest))
	require.EqualValues(t, 2, p.collections.Load())
	require.Equal(t, "level=WARN msg=late\n", rest.String())
}

// The settings of this process hold for the program too, and for no compiler.
func TestEnvironment(t *testing.T) {
	t.Setenv("GODEBUG", "fips140=only")
	require.Contains(t, environ("gctrace=1"), "GODEBUG=fips140=only,gctrace=1")
	require.Contains(t, environ(""), "GODEBUG=")
	require.NotContains(t, environ(""), "GODEBUG=fips140=only")
}

// A program that does not begin is an error, and leaves nothing behind.
func TestAProgramThatDoesNotStart(t *testing.T) {
	for _, file := range []string{"/bin/true", "/bin/echo", "/no/such/file"} {
		_, err := serverSetup{kind: "nas", nas: file, sessions: 1, cores: 1, window: time.Minute, memory: 1}.start(os.Stderr)
		require.Error(t, err, file)
	}
}
