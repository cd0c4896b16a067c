// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

// written is a file of results with these records of packets 1, 2 and so on, each by its
// fingerprint.
func written(t *testing.T, records ...record) string {
	name := filepath.Join(t.TempDir(), "results")
	r, err := openResults(name)
	require.NoError(t, err)
	for _, one := range records {
		one.Packet = fmt.Sprintf("%08x", one.Row)
		text, err := marshal(&one)
		require.NoError(t, err)
		require.NoError(t, r.add(text))
	}
	require.NoError(t, r.close())
	return name
}

func TestResultsKnowWhatMayHaveBeenExecuted(t *testing.T) {
	sent := func(row int) record { return record{Row: row, Verdict: sending} }
	name := written(t,
		sent(1), record{Row: 1, Verdict: acknowledged},
		sent(2), record{Row: 2, Verdict: refused, CauseNumber: 503},
		sent(3), record{Row: 3, Verdict: refused, Retryable: true},
		sent(4), record{Row: 4, Verdict: silent},
		sent(5),
		sent(6), record{Row: 6, Verdict: unsent},
		sent(7), record{Row: 7, Verdict: silent}, record{Row: 7, Verdict: unknown},
		sent(8), record{Row: 8, Verdict: silent}, sent(8), record{Row: 8, Verdict: unsent},
		sent(9), record{Row: 9, Verdict: silent}, sent(9), record{Row: 9, Verdict: acknowledged, Gone: true},
	)
	r, err := openResults(name)
	require.NoError(t, err)
	defer r.close()
	for row, want := range map[int][2]bool{1: {true, false}, 2: {true, false}, 3: {}, 4: {false, true}, 5: {false, true}, 6: {}, 7: {false, true}, 8: {false, true}, 9: {true, false}, 10: {}} {
		p, err := r.of(&parsed{row: row, fingerprint: uint32(row)})
		require.NoError(t, err)
		require.Equal(t, want, [2]bool{p.state == settled, p.executed()}, "row %d", row)
	}
	p, err := r.of(&parsed{row: 2, fingerprint: 2})
	require.NoError(t, err)
	old, err := r.outcome(p)
	require.NoError(t, err)
	require.EqualValues(t, 503, old.Cause)
	_, err = r.of(&parsed{row: 1, fingerprint: 7})
	require.ErrorContains(t, err, "was the file or the command changed?")
}

func TestOneRunAtATimeHasTheResults(t *testing.T) {
	name := filepath.Join(t.TempDir(), "results")
	r, err := openResults(name)
	require.NoError(t, err)
	_, err = openResults(name)
	require.ErrorContains(t, err, "another run is using it")
	require.NoError(t, r.close())
	r, err = openResults(name)
	require.NoError(t, err)
	require.NoError(t, r.close())
}

// A run that was killed leaves half an object behind. The next run goes on after it, and the one
// after that reads over it.
func TestResultsSurviveAnEndWithoutWarning(t *testing.T) {
	whole, err := marshal(&record{Row: 1, Packet: "00000001", Verdict: acknowledged})
	require.NoError(t, err)
	for _, cut := range []int{1, 5, len(whole) - 2} {
		for _, before := range [][]byte{nil, whole} {
			name := filepath.Join(t.TempDir(), "results")
			require.NoError(t, os.WriteFile(name, slices.Concat(before, whole[:cut]), 0o600))
			for range 2 {
				r, err := openResults(name)
				require.NoError(t, err)
				require.NoError(t, r.add(whole))
				require.NoError(t, r.close())
			}
			r, err := openResults(name)
			require.NoError(t, err)
			require.Len(t, r.rows, 1)
			require.EqualValues(t, settled, r.rows[0].state)
			require.NoError(t, r.close())
		}
	}
}

func TestResultsOfSomethingElseAreRefused(t *testing.T) {
	for _, text := range []string{"User-Name = bob\n", "[1]\n", `{"row":1}` + "\n", `{"row":0,"packet":"00000001"}` + "\n", `{"row":1,"packet":"x"}` + "\n"} {
		name := filepath.Join(t.TempDir(), "results")
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		_, err := openResults(name)
		require.ErrorContains(t, err, "line 1", text)
	}
}

// A request whose way broke after it was written may have been executed; one that never left has
// not.
func TestWhatMayHaveLeftIsNotUnsent(t *testing.T) {
	for op, want := range map[string]verdict{"receive": silent, "verify": silent, "dial": unsent, "send": unsent, "parse": unsent} {
		r := (&options{}).newRecord(dac.Outcome{Job: dac.Job{Tag: &tag{row: 1}}, Err: fmt.Errorf("wrapped: %w", &dac.PacketError{Op: op, Err: io.ErrUnexpectedEOF})})
		require.Equal(t, want, r.Verdict, op)
	}
	for sent, want := range map[int]verdict{0: unsent, 1: silent} {
		r := (&options{}).newRecord(dac.Outcome{Job: dac.Job{Tag: &tag{row: 1}}, Err: &dac.NoAnswerError{Sent: sent}})
		require.Equal(t, want, r.Verdict)
	}
	r := (&options{}).newRecord(dac.Outcome{Job: dac.Job{Tag: &tag{row: 1}}, Err: io.ErrUnexpectedEOF})
	require.Equal(t, silent, r.Verdict, "of what is not known the worse is taken")
}
