// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestResultsRememberWhatWasAnsweredForGood(t *testing.T) {
	name := filepath.Join(t.TempDir(), "results")
	packets := []packet{{row: 1, text: "User-Name = a"}, {row: 2, text: "User-Name = b"}, {row: 3, text: "User-Name = c"}, {row: 4, text: "User-Name = d"}}

	r, err := openResults(name, func(*record) { t.Error("nothing was there") })
	require.NoError(t, err)
	for i, v := range []verdict{acknowledged, refused, refused, silent} {
		text, err := json.Marshal(record{Row: i + 1, Verdict: v, Retryable: i == 2, Packet: fmt.Sprintf("%08x", packets[i].fingerprint(7))})
		require.NoError(t, err)
		require.NoError(t, r.add(append(text, '\n')))
	}
	require.NoError(t, r.close())

	seen := 0
	r, err = openResults(name, func(*record) { seen++ })
	require.NoError(t, err)
	defer r.close()
	require.Equal(t, 2, seen)
	for i, want := range []bool{true, true, false, false} {
		got, err := r.answered(7, &packets[i])
		require.NoError(t, err)
		require.Equal(t, want, got, "row %d", i+1)
	}
	_, err = r.answered(7, &packet{row: 1, text: "User-Name = somebody else"})
	require.ErrorContains(t, err, "was the file or the command changed?")
	_, err = r.answered(8, &packets[0])
	require.ErrorContains(t, err, "was the file or the command changed?")
}

// A run that was killed leaves half an object behind. The next run goes on after it, and the one after that reads over it.
func TestResultsSurviveAnEndWithoutWarning(t *testing.T) {
	whole, err := json.Marshal(record{Row: 1, Packet: "00000001", Verdict: acknowledged})
	require.NoError(t, err)
	whole = append(whole, '\n')
	for _, cut := range []int{1, 5, len(whole) - 2} {
		for _, before := range [][]byte{nil, whole} {
			name := filepath.Join(t.TempDir(), "results")
			require.NoError(t, os.WriteFile(name, slices.Concat(before, whole[:cut]), 0o600))
			for range 2 {
				r, err := openResults(name, func(*record) {})
				require.NoError(t, err)
				require.NoError(t, r.add(whole))
				require.NoError(t, r.close())
			}
			r, err := openResults(name, func(*record) {})
			require.NoError(t, err)
			require.Equal(t, []uint32{1}, r.done)
			require.NoError(t, r.close())
		}
	}
}

func TestResultsOfSomethingElseAreRefused(t *testing.T) {
	for _, text := range []string{"User-Name = bob\n", "[1]\n", `{"row":1}` + "\n", `{"row":0,"packet":"00000001"}` + "\n", `{"row":1,"packet":"x"}` + "\n"} {
		name := filepath.Join(t.TempDir(), "results")
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		_, err := openResults(name, func(*record) {})
		require.ErrorContains(t, err, "line 1", text)
	}
}
