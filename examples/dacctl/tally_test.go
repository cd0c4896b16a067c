// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

func answered(nas string, v verdict, answer string, c errcause.Cause) *record {
	return &record{NAS: netip.MustParseAddrPort(nas), Verdict: v, Answer: answer, Cause: c, Sent: 1, RTT: 0.001}
}

func some() *tally {
	t := newTally()
	for range 3 {
		t.add(answered("192.0.2.1:3799", acknowledged, "Disconnect-ACK", 0))
	}
	t.add(answered("192.0.2.1:3799", refused, "Disconnect-NAK", errcause.SessionContextNotFound))
	t.add(answered("192.0.2.2:3799", acknowledged, "Disconnect-ACK", 0))
	return t
}

func TestSummaryIsByNASAndAnswer(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, some().print(&b))
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	require.Equal(t, []string{
		"NAS             answer                                        requests",
		"192.0.2.1:3799  Disconnect-ACK                                3",
		"192.0.2.1:3799  Disconnect-NAK 503 Session-Context-Not-Found  1",
		"192.0.2.2:3799  Disconnect-ACK                                1",
		"all             Disconnect-ACK                                4",
		"all             Disconnect-NAK 503 Session-Context-Not-Found  1",
	}, lines[:6])
	require.Regexp(t, `^5 requests in .* \(\d+/s\), 5 transmissions, round trip 1ms on average, 1ms at most$`, lines[6])
}

func TestStatusIsTheHighest(t *testing.T) {
	tally := newTally()
	require.Equal(t, 0, tally.status())
	for i, v := range []verdict{acknowledged, refused, silent, invalid} {
		tally.add(&record{Verdict: v})
		require.Equal(t, i, tally.status())
		tally.add(&record{Verdict: acknowledged})
		require.Equal(t, i, tally.status())
	}
	tally.add(&record{Verdict: unsent})
	require.Equal(t, "5 ACK, 1 NAK, 1 no answer, 1 not sent, 1 invalid", tally.String())
}

func TestWhatAnEarlierRunHeardCounts(t *testing.T) {
	tally := newTally()
	tally.skip(answered("192.0.2.1:3799", refused, "Disconnect-NAK", 0))
	require.Equal(t, 1, tally.status())
	require.Equal(t, "0 ACK, 1 NAK, 0 no answer (1 of them in an earlier run)", tally.String())
	require.Contains(t, tally.pace(), "0 requests")
}

func TestProgressFitsTheTerminal(t *testing.T) {
	s := &source{size: 1000}
	s.read.Store(250)
	require.Equal(t, "6 sent, 4 ACK, 1 NAK 503, 0 silent, 3/s, 6s left", some().progressLine(6, s, 2*time.Second))
	require.Equal(t, "6 sent, 4 ACK, 1 NAK 503, 0 silent, 3/s", some().progressLine(6, &source{}, 2*time.Second))

	busy := some()
	for c := range errcause.All() {
		for range c {
			busy.add(answered("192.0.2.1:3799", refused, "Disconnect-NAK", c))
		}
	}
	line := busy.progressLine(1_000_000, s, time.Hour)
	require.LessOrEqual(t, len(line), progressWidth)
	require.Contains(t, line, "601 NAK 601, 509 NAK 509, 508 NAK 508, ...")
}

func TestProgressIsShownAndCleared(t *testing.T) {
	var b bytes.Buffer
	done := make(chan struct{})
	shown := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		showProgress(&b, done, func() string {
			select {
			case <-shown:
			default:
				close(shown)
			}
			return "half way"
		})
	}()
	<-shown
	close(done)
	<-finished
	require.Contains(t, b.String(), "\rhalf way ")
	require.True(t, strings.HasSuffix(b.String(), "\r"+strings.Repeat(" ", progressWidth)+"\r"))
}

func TestOnlyATerminalShowsProgress(t *testing.T) {
	require.False(t, terminal(&bytes.Buffer{}))
	f, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	defer f.Close()
	require.False(t, terminal(f))
}

func TestBriefHasThreeDigits(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0s", 999: "999ns", 1234567: "1.23ms", 90 * time.Second: "1m30s"} {
		require.Equal(t, want, brief(d).String())
	}
}
