// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

// A run that is interrupted says in the table what became of each packet in an earlier run, of what
// it sent itself that it may have been executed, and of the rest that it was not sent.
func TestTheTableOfAnInterruptedRunIsTrue(t *testing.T) {
	var mute atomic.Bool
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	nas := startNAS(t, func(_ context.Context, r *dac.Request) error {
		if mute.Load() {
			time.AfterFunc(20*time.Millisecond, stop)
			return dac.ErrSilent
		}
		return nil
	})
	folder := t.TempDir()
	file, results, table := filepath.Join(folder, "f"), filepath.Join(folder, "results"), filepath.Join(folder, "table")
	packets := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "User-Name = %d, Filter-Id = x\n\n", i)
		}
		return b.String()
	}
	args := []string{"coa", "-nas", nas, "-secret", testSecret, "-f", file, "-results", results, "-csv", table, "-p", "1"}
	require.NoError(t, os.WriteFile(file, []byte(packets(1000)[len("User-Name = 0, Filter-Id = x\n\n"):]), 0o600))
	// Other octets than in the second run: with the same identifiers and in the same second, which is
	// chance, that one would be retransmissions, which get the answers that there were.
	first := append(slices.Clone(args), "-no-message-authenticator")
	require.Equal(t, 0, dacctl(t, t.Context(), first...).status)
	said, err := os.ReadFile(results) // of the last row alone, as if the rest had not been sent
	require.NoError(t, err)
	lines := strings.SplitAfter(string(said), "\n")
	require.NoError(t, os.WriteFile(results, []byte(strings.Join(lines[len(lines)-2:], "")), 0o600))
	mute.Store(true)
	require.Equal(t, 2, dacctl(t, ctx, args...).status)
	verdicts := map[string]int{}
	for _, row := range readTable(t, table) {
		verdicts[row["verdict"]]++
	}
	require.Equal(t, 1, verdicts["ack"], "the row that an earlier run has the answer of: %v", verdicts)
	require.Equal(t, 1, verdicts["silent"], "%v", verdicts)
	require.Equal(t, 997, verdicts["unsent"], "%v", verdicts)
}

// Where -results take no more, nothing leaves of which they do not say that it does.
func TestNothingLeavesThatCannotBeWrittenDown(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh")
	}
	const subscribers = 2000
	var mu sync.Mutex
	var seen []string
	nas := startNAS(t, func(_ context.Context, r *dac.Request) error {
		user, err := attrs.UserName.Get(r.Attributes())
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, user)
		return err
	})
	folder := t.TempDir()
	file, results, table := filepath.Join(folder, "f"), filepath.Join(folder, "results"), filepath.Join(folder, "table")
	var packets strings.Builder
	for i := range subscribers {
		fmt.Fprintf(&packets, "User-Name = %d, Filter-Id = x\n\n", i+1)
	}
	require.NoError(t, os.WriteFile(file, []byte(packets.String()), 0o600))
	cmd := process(t, "coa", "-nas", nas, "-secret", testSecret, "-f", file, "-results", results, "-csv", table)
	cmd.Stdout, cmd.Stderr = nil, nil
	// Blocks of 512 or 1024 octets, and no signal: a Write fails beyond.
	cmd.Path, cmd.Args = sh, append([]string{"sh", "-c", `trap "" XFSZ; ulimit -f 100; exec "$0" "$@"`}, cmd.Args...)
	out, _ := cmd.CombinedOutput()
	require.Equal(t, 3, cmd.ProcessState.ExitCode(), string(out))
	said, err := os.ReadFile(results)
	require.NoError(t, err)
	mu.Lock()
	defer mu.Unlock()
	require.NotEmpty(t, seen)
	require.Less(t, len(seen), subscribers, string(out))
	for _, row := range seen {
		require.Contains(t, string(said), `"row":`+row+`,`, "it left, and nothing says so")
	}
}
