// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
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

// The time that is left is that of what is left, at the rate of the last ten seconds.
func TestProgressIsTrue(t *testing.T) {
	require.Equal(t, "6 of 1000 done, 4 waiting, 1 NAK 503, 2/s, 8m17s left", some().progressLine(gauge{total: 1000, done: 6, waiting: 4, rate: 2}, nil))
	require.Equal(t, "6 done, 0 waiting, 1 NAK 503, 2/s; silent: bng1 bng2", some().progressLine(gauge{done: 6, rate: 2}, []string{"bng1", "bng2"}))

	var p pace
	at := time.Unix(0, 0)
	require.Zero(t, p.add(at, 0))
	for second := 1; second <= 60; second++ {
		done := 100 * second // a hundred a second for a minute
		require.InDelta(t, 100, p.add(at.Add(time.Duration(second)*time.Second), done), 0.1)
	}
	require.InDelta(t, 50, p.add(at.Add(65*time.Second), 6000), 10) // and then nothing: what was before counts for ten seconds
	require.Zero(t, p.add(at.Add(75*time.Second), 6000))
	_, known := gauge{total: 10, done: 1}.left()
	require.False(t, known)
}

// A NAS that answers nothing of what waits for it is named as silent after three seconds.
func TestSilentNASesAreNamed(t *testing.T) {
	pc, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer pc.Close()
	at := pc.LocalAddr().(*net.UDPAddr).AddrPort()
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	client := &dac.Client{Peers: dac.SharedSecret(testSecret)}
	defer client.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go client.Disconnect(ctx, at, attrs.UserName.Of("bob"))
	pc.ReadFrom(make([]byte, 4096)) // it is on its way

	began := time.Now()
	var w *watcher
	var waiting int
	var silent []netip.AddrPort
	for waiting == 0 && time.Since(began) < 10*time.Second { // the client counts a request once it has been written
		runtime.Gosched()
		w = &watcher{heard: map[netip.AddrPort]hearing{}, began: began}
		w.add(client)
		waiting, silent = w.look(began.Add(time.Second))
	}
	require.Equal(t, 1, waiting)
	require.Empty(t, silent)
	_, silent = w.look(began.Add(silentAfter))
	require.Equal(t, []netip.AddrPort{at}, silent)

	o := &options{standard: new(nas), nases: nasTable{all: []*nas{{name: "bng", addr: at}}}}
	require.Equal(t, "bng", (&sender{options: o}).nasName(at))
	require.Equal(t, "192.0.2.1:3799", (&sender{options: o}).nasName(testNAS))
}

func TestAStatusLineIsWrittenOverAndCleared(t *testing.T) {
	var b bytes.Buffer
	s := &screen{w: &b}
	s.status("half way" + strings.Repeat(".", 100))
	require.Len(t, b.String(), 1+progressWidth)
	s.line("a line that stays")
	s.status("done")
	s.clear()
	blank := "\r" + strings.Repeat(" ", progressWidth) + "\r"
	require.Contains(t, b.String(), blank+"a line that stays\n\rdone ")
	require.True(t, strings.HasSuffix(b.String(), blank))
}

func TestOnlyATerminalIsOne(t *testing.T) {
	require.False(t, isTerminal(&bytes.Buffer{}))
	f, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	defer f.Close()
	require.False(t, isTerminal(f))
	null, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer null.Close()
	require.False(t, isTerminal(null))
}

func TestBriefHasThreeDigits(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0s", 999: "999ns", 1234567: "1.23ms", 90 * time.Second: "1m30s"} {
		require.Equal(t, want, brief(d).String())
	}
}
