// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

// testSecret must not be found in anything that is printed or written.
const testSecret = "0ur-s3cret"

// startNAS serves h on loopback until the test ends.
func startNAS(t *testing.T, h func(ctx context.Context, r *dac.Request) error) string {
	pc, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	server := &dac.Server{Peers: dac.SharedSecret(testSecret), Handler: dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		if err := h(ctx, r); err != nil {
			return nil, err
		}
		return r.ACK()
	})}
	var wg sync.WaitGroup
	wg.Go(func() { server.Serve(ctx, pc) })
	t.Cleanup(func() { stop(); wg.Wait() })
	return pc.LocalAddr().String()
}

// byUser refuses users by name, and is silent to those called silent.
func byUser(_ context.Context, r *dac.Request) error {
	user, err := attrs.UserName.Get(r.Attributes())
	switch {
	case err != nil:
		return err
	case strings.HasPrefix(user, "silent"):
		return dac.ErrSilent
	case user == "eve":
		return errcause.SessionContextNotFound
	case user == "busy":
		return errcause.ResourcesUnavailable
	case user == "mallory":
		return fmt.Errorf("no cause")
	case user == "again":
		nak, err := r.NAK(errcause.RequestInitiated, attrs.ServiceType.Of(attrs.AuthorizeOnly))
		if err != nil {
			return err
		}
		return &dac.NAKError{Cause: errcause.RequestInitiated, Response: nak}
	}
	return nil
}

// A result is what a run of the program left behind.
type result struct {
	status   int
	out, err string
}

func (r result) last() string {
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	return lines[len(lines)-1]
}

func dacctl(t *testing.T, ctx context.Context, args ...string) result {
	t.Helper()
	var out, err bytes.Buffer
	status := run(ctx, args, strings.NewReader(""), &out, &err)
	require.NotContains(t, out.String()+err.String(), testSecret)
	return result{status, out.String(), err.String()}
}

func TestVerdictIsTheLastLine(t *testing.T) {
	nas := startNAS(t, byUser)
	for _, c := range []struct {
		name, verdict string
		status        int
		args          []string
	}{
		{"disconnected", `^Disconnect-ACK$`, 0, []string{"disconnect", "User-Name=bob"}},
		{"changed", `^CoA-ACK$`, 0, []string{"coa", "User-Name=bob", "Filter-Id=gold"}},
		{"refused", `^Disconnect-NAK Error-Cause 503 Session-Context-Not-Found$`, 1, []string{"disconnect", "User-Name=eve"}},
		{"refused without a cause", `^CoA-NAK$`, 1, []string{"coa", "User-Name=mallory"}},
		{"authorize only", `^CoA-NAK Error-Cause 507 Request-Initiated$`, 0, []string{"coa", "User-Name=again", "Service-Type=Authorize-Only", "State=0x01"}},
		{"507 to something else", `^CoA-NAK Error-Cause 507 Request-Initiated$`, 1, []string{"coa", "User-Name=again", "Filter-Id=gold"}},
		{"silent", `^no answer from 127\.0\.0\.1:\d+: `, 2, []string{"disconnect", "User-Name=silent", "-t", "0.02", "-r", "2"}},
		{"too long", `^not sent: .*4096`, 3, append([]string{"coa"}, slices.Repeat([]string{"Filter-Id=" + strings.Repeat("x", 253)}, 17)...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := dacctl(t, t.Context(), append(c.args, "-nas", nas, "-secret", testSecret)...)
			require.Regexp(t, c.verdict, got.last()+got.err)
			require.Equal(t, c.status, got.status)
		})
	}
}

func TestWrongSecretIsNoAnswer(t *testing.T) {
	nas := startNAS(t, byUser)
	got := dacctl(t, t.Context(), "disconnect", "-nas", nas, "-secret", "another", "-t", "0.02", "-r", "1", "User-Name=bob")
	require.Equal(t, 2, got.status)
	require.Regexp(t, "^no answer from .*secret", got.last())
}

func TestPacketsAreShownAndCaptured(t *testing.T) {
	nas := startNAS(t, byUser)
	pcap := filepath.Join(t.TempDir(), "pcap")
	got := dacctl(t, t.Context(), "disconnect", "-nas", nas, "-secret", testSecret, "-x", "-pcap", pcap, "User-Name=eve", "-no-event-timestamp")
	require.Regexp(t, `(?s)^Sent Disconnect-Request Id \d+ .*to `+nas+`.*	User-Name = "eve"\nReceived Disconnect-NAK Id .*	Error-Cause = Session-Context-Not-Found\nDisconnect-NAK from `+nas+`: Session-Context-Not-Found \(503\); the session has ended, .*\nDisconnect-NAK Error-Cause 503`, got.out)
	require.Contains(t, got.out, "Message-Authenticator")
	require.NotContains(t, got.out, "Event-Timestamp")

	captured, err := os.ReadFile(pcap)
	require.NoError(t, err)
	require.Contains(t, []uint32{0xa1b2c3d4, 0xa1b23c4d}, binary.BigEndian.Uint32(captured))
	require.Contains(t, string(captured), "eve")
}

func TestFileIsSentInBulk(t *testing.T) {
	nas := startNAS(t, byUser)
	file := write(t, "User-Name = bob\n\nUser-Name = eve\n\nPacket-Type = CoA-Request\nUser-Name = bob\n\nRainbow = 1\n\nUser-Name = alice\n")
	got := dacctl(t, t.Context(), "disconnect", "-nas", nas, "-secret", testSecret, "-f", file, "-s", "-skip-invalid")
	require.Equal(t, "3 ACK, 1 NAK, 0 no answer, 1 invalid", got.last())
	require.Equal(t, 3, got.status)
	for _, line := range []string{`Disconnect-ACK +2`, `Disconnect-NAK 503 Session-Context-Not-Found +1`, `CoA-ACK +1`, `invalid +1`} {
		require.Regexp(t, line, got.out)
	}
}

func TestStandardInputIsAFile(t *testing.T) {
	nas := startNAS(t, byUser)
	var out, err bytes.Buffer
	status := run(t.Context(), []string{"disconnect", "-nas", nas, "-secret", testSecret, "-f", "-", "NAS-Identifier=bng"}, strings.NewReader("User-Name = bob\n"), &out, &err)
	require.Zero(t, status, err.String())
	require.Equal(t, "1 ACK, 0 NAK, 0 no answer\n", out.String())
}

func TestOutcomesAreObjects(t *testing.T) {
	nas := startNAS(t, byUser)
	file := write(t, "User-Name = bob\n\nUser-Name = eve\n\nRainbow = 1\n\nUser-Name = silent\n")
	got := dacctl(t, t.Context(), "disconnect", "-nas", nas, "-secret", testSecret, "-f", file, "-json", "-s", "-t", "0.5", "-r", "2", "-skip-invalid")
	require.Contains(t, got.err, "1 ACK, 1 NAK, 1 no answer, 1 invalid\n")
	records := map[int]record{}
	for line := range strings.Lines(got.out) {
		var r record
		require.NoError(t, json.Unmarshal([]byte(line), &r), line)
		records[r.Row] = r
	}
	require.Len(t, records, 4)
	for row, want := range map[int]record{
		1: {Line: 1, Verdict: acknowledged, Answer: "Disconnect-ACK", Sent: 1},
		2: {Line: 3, Verdict: refused, Answer: "Disconnect-NAK", CauseNumber: 503, CauseName: "Session-Context-Not-Found", Sent: 1},
		3: {Line: 5, Verdict: invalid},
		4: {Line: 7, Verdict: silent, Retryable: true, Sent: 2},
	} {
		r := records[row]
		require.Equal(t, nas, r.NAS.String())
		require.Equal(t, "Disconnect-Request", r.Request)
		require.False(t, r.Time.IsZero())
		require.Equal(t, want, record{Line: r.Line, Verdict: r.Verdict, Answer: r.Answer, CauseNumber: r.CauseNumber, CauseName: r.CauseName, Retryable: r.Retryable, Sent: r.Sent})
		require.Equal(t, want.Verdict == acknowledged, r.Error == "", r.Error)
	}
}

// The second run sends again what was silent or busy, and nothing else.
func TestRerunSkipsWhatWasAnsweredForGood(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	nas := startNAS(t, func(ctx context.Context, r *dac.Request) error {
		user, _ := attrs.UserName.Get(r.Attributes())
		mu.Lock()
		defer mu.Unlock()
		asked[user]++
		return byUser(ctx, r)
	})
	file := write(t, "User-Name = bob\n\nUser-Name = eve\n\nUser-Name = busy\n\nUser-Name = silent\n")
	results := filepath.Join(t.TempDir(), "results")
	args := []string{"disconnect", "-nas", nas, "-secret", testSecret, "-f", file, "-results", results, "-t", "1", "-r", "1"}

	require.Equal(t, "1 ACK, 2 NAK, 1 no answer", dacctl(t, t.Context(), args...).last())
	second := time.Now().Truncate(time.Second).Add(time.Second)
	<-time.After(time.Until(second)) // with the same second and the same identifier it would be the same request
	again := dacctl(t, t.Context(), args...)
	require.Equal(t, "1 ACK, 2 NAK, 1 no answer (2 of them in an earlier run)", again.last())
	require.Equal(t, 2, again.status)
	mu.Lock()
	require.Equal(t, map[string]int{"bob": 1, "eve": 1, "busy": 2, "silent": 2}, asked)
	mu.Unlock()

	text, err := os.ReadFile(results)
	require.NoError(t, err)
	require.NotContains(t, string(text), testSecret)

	require.NoError(t, os.WriteFile(file, []byte("User-Name = alice\n"), 0o600))
	other := dacctl(t, t.Context(), args...)
	require.Equal(t, 3, other.status)
	require.Contains(t, other.err, "was the file or the command changed?")
	mu.Lock()
	defer mu.Unlock()
	require.Zero(t, asked["alice"])
}

func TestInterruptEndsWithTheSummary(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	nas := startNAS(t, func(_ context.Context, r *dac.Request) error {
		if user, _ := attrs.UserName.Get(r.Attributes()); user == "user 40" {
			cancel()
			return dac.ErrSilent
		}
		return nil
	})
	var packets strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&packets, "User-Name = \"user %d\"\n\n", i)
	}
	got := dacctl(t, ctx, "disconnect", "-nas", nas, "-secret", testSecret, "-p", "4", "-f", write(t, packets.String()))
	require.Equal(t, 2, got.status)
	require.Regexp(t, `^interrupted: \d+ ACK, 0 NAK, [1-4] no answer`, got.last())
	require.Regexp(t, nas+` +Disconnect-ACK +\d+`, got.out)
}

// A run ends by an interrupt while the next request waits for an outcome, whether or not it writes
// results down.
func TestInterruptEndsARunThatWaitsForOutcomes(t *testing.T) {
	for name, more := range map[string][]string{"counted": nil, "written down": {"-results", filepath.Join(t.TempDir(), "results")}} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			nas := startNAS(t, func(context.Context, *dac.Request) error {
				time.AfterFunc(10*time.Millisecond, cancel)
				return dac.ErrSilent
			})
			args := append([]string{"disconnect", "-nas", nas, "-secret", testSecret, "-p", "4", "-f", write(t, strings.Repeat("User-Name = bob\n\n", 10_000))}, more...)
			got := dacctl(t, ctx, args...)
			require.Equal(t, 2, got.status)
			require.Regexp(t, `^interrupted: 0 ACK, 0 NAK, [1-4] no answer`, got.last())
		})
	}
}

// The bound holds, each sleep is for many requests, and what has no outcome when the run ends holds
// nothing up.
func TestAheadIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		a := &ahead{most: 8, again: 4, over: over, wake: make(chan struct{}, 1)}
		var drawn atomic.Int64
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			endless := func(yield func(dac.Job) bool) {
				for yield(dac.Job{}) {
				}
			}
			for range a.through(endless) {
				drawn.Add(1)
			}
		}()
		for range 100 {
			synctest.Wait()
			require.EqualValues(t, 9, a.out.Load())
			before := drawn.Load()
			for range 4 {
				a.done()
			}
			synctest.Wait()
			require.Equal(t, before, drawn.Load(), "it sleeps on")
			a.done()
			synctest.Wait()
			require.Equal(t, before+5, drawn.Load())
		}
		close(over)
		<-ended
		for range 9 {
			a.done()
		}
	})
}

// Standard input that stays open does not hold up the end.
func TestInterruptDoesNotWaitForInput(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	nas := startNAS(t, func(context.Context, *dac.Request) error {
		cancel()
		return nil
	})
	stdin, keyboard := io.Pipe()
	defer keyboard.Close()
	go io.WriteString(keyboard, "User-Name = bob\n\nUser-Name = al") // and no more
	var out, err bytes.Buffer
	require.Equal(t, 2, run(ctx, []string{"disconnect", "-nas", nas, "-secret", testSecret, "-f", "-"}, stdin, &out, &err))
	require.Contains(t, out.String(), "interrupted: ")
}

func TestMissingFilesAreMistakes(t *testing.T) {
	none := filepath.Join(t.TempDir(), "no folder", "none")
	for _, args := range [][]string{{"-f", none}, {"-pcap", none, "User-Name=bob"}, {"-f", write(t, ""), "-results", none}} {
		got := dacctl(t, t.Context(), append([]string{"disconnect", "-nas", "127.0.0.1:9", "-secret", testSecret}, args...)...)
		require.Equal(t, 3, got.status)
		require.Contains(t, got.err, none)
	}
}

func write(t *testing.T, text string) string {
	name := filepath.Join(t.TempDir(), "packets")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}
