// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/examples/internal/fips"
	_ "github.com/radius-dynauth/dynauth/internal/entropy" // FIPS
	"github.com/stretchr/testify/require"
)

// TestMain makes the test binary what bench starts: itself, in another role. The servers beside
// this module's use MD5 without asking for leave.
func TestMain(m *testing.M) {
	var code int
	fips.Outside(func() {
		if len(os.Args) > 1 && os.Args[1] == "-role" {
			code = run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
		} else {
			code = m.Run()
		}
	})
	os.Exit(code)
}

// Every server answers every request of every kind of run with an authentic Disconnect-ACK, or a
// NAK where there is no such session, or the generator says no.
func TestEveryServerAnswers(t *testing.T) {
	t.Parallel()
	svg := t.TempDir() + "/speed.svg"
	for _, c := range []struct {
		args   string
		tables []string // a line of each
	}{
		{"-quick -sessions 1000 -for 50ms -rounds 1 -rate 1000 -paced 50ms -svg " + svg, []string{
			"with Message-Authenticator", "latency at a tenth of its maximum, with Message-Authenticator",
			"latency at half of its maximum, without Message-Authenticator", "latency at 1000 requests/s", "p99.9", "collections", "MiB",
		}},
		{"-quick -sessions 1000 -for 30ms -rounds 1 -growth", []string{"GOMAXPROCS=2", "4096 in flight"}},
		{"-quick -sessions 1000 -for 100ms -rounds 1 -rate 0 -ma off -default-window -memory 1000000 -servers minimal,nas", nil},
	} {
		if _, ok := serverKinds["nas"]; !ok {
			c.args = strings.ReplaceAll(c.args, "minimal,nas", "minimal")
		}
		var out bytes.Buffer
		code := run(strings.Fields(c.args), nil, &out, os.Stderr)
		require.Zero(t, code, "%s", out.String())
		for _, line := range c.tables {
			require.Contains(t, out.String(), line)
		}
		if c.tables != nil {
			for _, name := range allServers() {
				require.Contains(t, out.String(), serverKinds[name].title)
			}
		}
		require.Contains(t, out.String(), "quick: ")
	}
	b, err := os.ReadFile(svg)
	require.NoError(t, err)
	dec := xml.NewDecoder(bytes.NewReader(b))
	for err == nil {
		_, err = dec.Token()
	}
	require.ErrorIs(t, err, io.EOF, "the plot is no XML")
	require.Contains(t, string(b), "quick rounds of 50ms")
}

// Where the cache has no room for what comes within its window, the run fails instead of measuring
// refusals. A program that is none of this one's roles says so at its end.
func TestARunWithoutRoomFails(t *testing.T) {
	t.Parallel()
	kind := "minimal"
	if _, ok := serverKinds["nas"]; ok {
		kind = "nas"
	}
	var out, stderr bytes.Buffer
	args := "-quick -sessions 1000 -for 100ms -paced 100ms -rounds 1 -ma off -memory 64 -in-flight 1 -ports 1 -servers " + kind
	require.Equal(t, 1, run(strings.Fields(args), nil, &out, &stderr), "%s", out.String())
	require.Contains(t, stderr.String(), "for want of room: give -memory more")
}

// The counters of a server say what is wrong with a run.
func TestCountersJudgeARun(t *testing.T) {
	require.NoError(t, counted{}.err(0))
	require.NoError(t, counted{Duplicates: 3}.err(3))
	require.ErrorContains(t, counted{Duplicates: 4}.err(3), "took 4 requests for duplicates")
	require.ErrorContains(t, counted{Dropped: 1}.err(0), "dropped 1 requests, 0 of them for want of room")
	require.ErrorContains(t, counted{Dropped: 2, Overload: 2}.err(9), "dropped 2 requests, 2 of them for want of room")
}

// What a client dropped, or had to send again, is wrong with its run.
func TestRepliesJudgeARun(t *testing.T) {
	require.NoError(t, judgeReplies(dac.AnswerCounters{Dropped: 2, Retransmissions: 2}))
	require.ErrorContains(t, judgeReplies(dac.AnswerCounters{Dropped: 1}), "dropped 1 replies")
	require.ErrorContains(t, judgeReplies(dac.AnswerCounters{BadAuthenticator: 2, Malformed: 1, Retransmissions: 2}), "dropped 3 replies, and sent 2 requests again")
	for _, name := range []string{"do", "each"} {
		require.NoError(t, clientTurn{client: name}.judge(measure{}))
		require.ErrorContains(t, clientTurn{client: name}.judge(measure{resent: 7}), "7 requests were sent again")
	}
	require.NoError(t, clientTurn{client: "layeh"}.judge(measure{resent: 7}))
}

// A soak samples the memory of the minimal host and says how much it grew.
// A togetherBuffer is a bytes.Buffer that several programs may write to.
type togetherBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *togetherBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *togetherBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestSoak(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	code := run(strings.Fields("-soak 300ms -soak-rate 2000 -sessions 1000 -memory 100000"), nil, &out, os.Stderr)
	require.Zero(t, code, "%s", out.String())
	require.Contains(t, out.String(), "Window 5m0s, Memory 100000")
	require.Contains(t, out.String(), "% in the last 0s")
	require.Regexp(t, `p99 [1-9][0-9.]* µs in the first 300ms, in which the cache grows, 0\.0 µs after them`, out.String())
	var stderr togetherBuffer
	require.Equal(t, 1, run(strings.Fields("-soak 300ms -soak-rate 2000 -sessions 1000 -memory 64"), nil, io.Discard, &stderr))
	require.Contains(t, stderr.String(), "for want of room: give -memory more")
}

func TestGrowthIsOfTheLastFiveMinutes(t *testing.T) {
	var samples []sample
	for minute := range 16 {
		samples = append(samples, sample{time.Duration(minute) * time.Minute, int64(min(minute, 12)) * 100})
	}
	last, growth := growthOf(samples)
	require.Equal(t, 5*time.Minute, last)
	require.InDelta(t, 0.2, growth, 1e-9)
	last, growth = growthOf(samples[:7]) // six minutes: of the last two
	require.Equal(t, 2*time.Minute, last)
	require.InDelta(t, 0.5, growth, 1e-9)
	require.True(t, shown(samples[:1], samples[1]))
	require.False(t, shown(samples[:1], sample{at: 59 * time.Second}))
}

// Both sides of an A/B comparison run everything in turns: a build of this program, and a checkout
// over whose packages this program is built.
func TestBuildsAreCompared(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	var out bytes.Buffer
	code := run(strings.Fields("-quick -for 100ms -rounds 2 -sessions 1000 -ab "+self+",../.."), nil, &out, os.Stderr)
	require.Zero(t, code, "%s", out.String())
	for _, c := range []string{"server, without Message-Authenticator", "server, with Message-Authenticator", "client, do", "client, each", "proxy"} {
		require.Regexp(t, `(?m)^ *`+c+` +before +after`, out.String())
	}
	for _, figure := range []string{"requests/s", "CPU µs", "allocations", "octets", "resident MiB"} {
		require.Equal(t, 5, strings.Count(out.String(), figure+"  "), figure)
	}
	require.Contains(t, out.String(), "worse by more than 3 %")
}

// A checkout has the sources of this program in the place of its own, all of them.
func TestTheOverlayReplacesAllSources(t *testing.T) {
	old, folder := t.TempDir(), t.TempDir()
	for _, name := range []string{"main.go", "long_gone.go"} {
		require.NoError(t, os.WriteFile(filepath.Join(old, name), []byte("package old"), 0o600))
	}
	file, err := writeOverlay(old, folder)
	require.NoError(t, err)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var overlay struct{ Replace map[string]string }
	require.NoError(t, json.Unmarshal(text, &overlay))
	require.Empty(t, overlay.Replace[filepath.Join(old, "long_gone.go")])
	require.Contains(t, overlay.Replace, filepath.Join(old, "long_gone.go"))
	ours, err := os.ReadFile("main.go")
	require.NoError(t, err)
	theirs, err := os.ReadFile(overlay.Replace[filepath.Join(old, "main.go")])
	require.NoError(t, err)
	require.Equal(t, ours, theirs)
	require.NotContains(t, overlay.Replace, filepath.Join(old, "bench_test.go"))
}

func TestRatiosAreOfMedians(t *testing.T) {
	before := []measure{{perSecond: 100, cpu: 4, mallocs: 6}, {perSecond: 300, cpu: 4, mallocs: 6}, {perSecond: 200, cpu: 4, mallocs: 6}}
	after := []measure{{perSecond: 98, cpu: 5, mallocs: 3}, {perSecond: 294, cpu: 5, mallocs: 3}, {perSecond: 250, cpu: 3, mallocs: 3}}
	all := map[string]ratio{}
	for _, r := range ratiosOf(before, after) {
		all[r.figure] = r
	}
	require.Equal(t, ratio{"requests/s", 0, 200, 250, 1.25, 0.98, 1.25, false}, all["requests/s"])
	require.Equal(t, ratio{"CPU µs", 2, 4, 5, 1.25, 0.75, 1.25, true}, all["CPU µs"])
	require.False(t, all["allocations"].worse)
	require.Equal(t, 1.0, all["octets"].ratio, "nothing beside nothing")
	require.True(t, ratiosOf(after, []measure{{perSecond: 90}, {perSecond: 90}, {perSecond: 90}})[0].worse)
}

// Every client has every request answered, of one NAS and of many, and verifies the answers.
func TestEveryClientIsAnswered(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	code := run(strings.Fields("-clients -quick -for 30ms -rounds 1"), nil, &out, os.Stderr)
	require.Zero(t, code, "%s", out.String())
	for _, name := range allClients() {
		require.Contains(t, out.String(), name)
	}
	require.Equal(t, len(byNASes()), strings.Count(out.String(), "\n  1000"), "%s", out.String())
}

// dacctl sends a file, and a client by hand as many requests.
func TestDacctlIsComparedWithAClientByHand(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.Zero(t, run(strings.Fields("-files -quick -rounds 1"), nil, &out, os.Stderr), "%s", out.String())
	for _, n := range fileLengths {
		require.Regexp(t, `(?m)^ *`+strconv.Itoa(n/100)+` +\d+ +\d+ +\d+\.\d\d x`, out.String())
	}
}

// Over TLS the minimal host and the Client stand beside crypto/tls by hand.
func TestTLSIsComparedWithCryptoTLS(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	code := run(strings.Fields("-tls -quick -for 30ms -paced 30ms -rate 0 -rounds 1 -sessions 1000 -ma on"), nil, &out, os.Stderr)
	require.Zero(t, code, "%s", out.String())
	for _, line := range []string{"minimal host", "bare crypto/tls", "latency at half", "tls-by-hand", "tls-each", "100 connections at once from 10 peers"} {
		require.Contains(t, out.String(), line)
	}
	require.Equal(t, 2, run([]string{"-tls", "-parts", "proxy"}, nil, io.Discard, &out))
	require.Contains(t, out.String(), "there are server, client, connections")
}

// A client by hand takes no answer that is not authentic, and sends again what has none.
func TestTheClientByHandChecks(t *testing.T) {
	nas := newSigner()
	box := &scriptedBox{answer: func(n int, b []byte) []byte {
		if n%3 == 0 {
			return nil // lost
		}
		return acknowledge(nas)(nil, b, time.Time{})
	}}
	done, resent, err := pipelined(2, upTo(1000), box)
	require.Equal(t, 1000, done)
	require.NoError(t, err)
	require.GreaterOrEqual(t, resent, 300)
	const message = headerLen + 2
	for name, forge := range map[string]func(b, request []byte){
		"Response Authenticator": func(b, _ []byte) { b[5]++ },
		"Message-Authenticator": func(b, request []byte) {
			b[message]++
			copy(b[4:], nas.authenticator(b, request[4:headerLen]))
		},
		"code": func(b, request []byte) { b[0] = disconnectNAK; nas.sign(b, request[4:headerLen], message) },
	} {
		forging := &scriptedBox{answer: func(_ int, request []byte) []byte {
			b := acknowledge(nas)(nil, request, time.Time{})
			forge(b, request)
			return b
		}}
		_, _, err = pipelined(1, upTo(10), forging)
		require.ErrorContains(t, err, "no authentic answer", name)
	}
}

// An answer to what was sent again may come when its identifier has another request.
func TestTheClientByHandPassesOverWhatIsLate(t *testing.T) { synctest.Test(t, passOverWhatIsLate) }

func passOverWhatIsLate(t *testing.T) {
	nas := newSigner()
	box := &scriptedBox{}
	var held []letter
	box.answer = func(n int, b []byte) []byte {
		a := acknowledge(nas)(nil, b, time.Time{})
		if n <= identifiers { // the NAS stands still until all of them were sent again
			held = append(held, letter{0, a})
			return nil
		}
		if n == 2*identifiers {
			box.in = append(box.in, held...)
			time.Sleep(2 * time.Second) // the next requests have another Event-Timestamp
		}
		return a
	}
	_, resent, err := pipelined(1, upTo(1000), box)
	require.NoError(t, err)
	require.Equal(t, identifiers, resent)
}

// upTo says yes n times.
func upTo(n int) func() bool {
	return func() bool {
		n--
		return n >= 0
	}
}

// A scriptedBox is a mailbox with NASes behind it that answer as they are told, the nth request of
// all.
type scriptedBox struct {
	answer func(n int, b []byte) []byte
	n      int
	in     []letter
}

func (b *scriptedBox) post(letters []letter) error {
	for _, l := range letters {
		b.n++
		if a := b.answer(b.n, l.octets); a != nil {
			b.in = append(b.in, letter{l.nas, a})
		}
	}
	return nil
}

func (b *scriptedBox) receive(time.Duration) ([]letter, error) {
	in := b.in
	b.in = nil
	return in, nil
}

func (b *scriptedBox) close() error { return nil }

// A generator of another platform sends and receives one datagram a call.
func TestPlainPort(t *testing.T) {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer c.Close()
	go servePlain(c, options{sessions: 10}, func(counts) {})
	p, err := newPlainPort(c.LocalAddr().String())
	require.NoError(t, err)
	defer p.close()
	task := task{Sessions: 10, Unknown: 20, Ports: 1, Window: 30}
	l := newLane(p, &task, source{}, 0)
	require.NoError(t, closedLoop([]*lane{l}, 5, time.Now().Add(50*time.Millisecond)))
	require.Zero(t, l.inFlight)
	require.Equal(t, l.next, l.answered)
	require.NotZero(t, l.answered)
	none, err := p.receive(time.Millisecond)
	require.NoError(t, err)
	if l.resent == 0 { // else a second answer may come
		require.Empty(t, none)
	}
}

func TestFlagsThatMeanNothingAreRefused(t *testing.T) {
	for _, args := range []string{
		"-servers nobody", "-servers proxy", "-ma perhaps", "-rounds -1", "-in-flight 300 -ports 1", "-clients -growth", "-files -clients", "-clients -svg speed.svg", "more",
		"-for 89s", "-ab a,b -for 29s", "-for -1s -quick", "-ab a", "-ab a,b,c", "-ab a,b -parts server,none", "-soak 1m -clients", "-soak 1m -profile cpu.prof",
		"-memory 0", "-sessions 3", "-sessions 10000001", "-unknown 101", "-unknown -1",
	} {
		var stderr bytes.Buffer
		require.Equal(t, 2, run(strings.Fields(args), nil, io.Discard, &stderr), args)
		require.NotEmpty(t, stderr.String())
	}
}

// A run that is not called quick lasts so long that the cache is steady.
func TestLengthsOfRounds(t *testing.T) {
	for args, want := range map[string]options{
		"":                    {length: 90 * time.Second, paced: 15 * time.Second, rounds: 3},
		"-default-window":     {length: 360 * time.Second, paced: 15 * time.Second, rounds: 3},
		"-clients":            {length: 90 * time.Second, paced: 15 * time.Second, rounds: 3},
		"-for 2h -rounds 7":   {length: 2 * time.Hour, paced: 15 * time.Second, rounds: 7},
		"-quick":              {length: 2 * time.Second, paced: 2 * time.Second, rounds: 3},
		"-quick -paced 300ms": {length: 2 * time.Second, paced: 300 * time.Millisecond, rounds: 3},
		"-ab a,b":             {length: 30 * time.Second, paced: 15 * time.Second, rounds: 10},
	} {
		o, err := parseOptions(strings.Fields(args), io.Discard)
		require.NoError(t, err)
		require.Equal(t, want, options{length: o.length, paced: o.paced, rounds: o.rounds}, args)
	}
	o, err := parseOptions(nil, io.Discard)
	require.NoError(t, err)
	require.Equal(t, 30*time.Second, o.window())
	require.Equal(t, 1<<25, o.memory)
	require.Equal(t, []float64{100, 500, 10_000}, (&suite{options: o}).pacedRates(1000))
	o.rate = 0
	require.Equal(t, []float64{100, 500}, (&suite{options: o}).pacedRates(1000))
}

// The requests are what this module's own parser takes, and the bare server refuses what it must.
func TestTheBareServerChecks(t *testing.T) {
	now := time.Now()
	for _, ma := range []bool{false, true} {
		c := newChecker(10, shortWindow)
		good := c.appendRequest(nil, 3, 7, ma, now)
		_, err := dac.ParseRequest(good, secret)
		require.NoError(t, err)
		ack := c.answer(nil, good, now)
		_, err = dac.ParseResponse(ack, good, secret)
		require.NoError(t, err)
		require.Equal(t, byte(disconnectACK), ack[0])
		require.Equal(t, ack, c.answer(nil, good, now), "a duplicate gets the same octets")

		require.Equal(t, byte(disconnectNAK), c.answer(nil, c.appendRequest(nil, 99, 7, ma, now), now)[0], "no such session")
		require.Empty(t, c.answer(nil, c.appendRequest(nil, 3, 7, ma, now.Add(-time.Hour)), now), "stale")
		for i := range good {
			forged := bytes.Clone(good)
			forged[i]++
			require.Empty(t, c.answer(nil, forged, now), "octet %d forged", i)
			require.Empty(t, c.answer(nil, good[:i], now), "cut to %d octets", i)
		}
		if ma { // signed by the secret, but with a Message-Authenticator that is wrong
			forged := bytes.Clone(good)
			forged[headerLen+2]++
			copy(forged[4:], c.authenticator(forged, zeros[:]))
			require.Empty(t, c.answer(nil, forged, now))
		}
	}
}

// All servers forget within two windows, and none before one: else their memory is not compared.
func TestTheBareServerKeepsAWindow(t *testing.T) {
	begin := time.Now()
	c := newChecker(10, shortWindow)
	c.turned = begin
	first := c.appendRequest(nil, 3, 7, false, begin)
	kept := func() int { return len(c.seen[0].at) + len(c.seen[1].at) }
	require.NotEmpty(t, c.answer(nil, first, begin))
	for _, second := range []int{20, 31, 50, 62, 93} {
		now := begin.Add(time.Duration(second) * time.Second)
		require.NotEmpty(t, c.answer(nil, c.appendRequest(nil, 4, byte(second), false, now), now))
	}
	require.Equal(t, 2, kept(), "those of 62 s and 93 s")
	require.False(t, timely([]byte{0, 0, 0, 0}, begin, shortWindow))
	require.False(t, timely([]byte{0}, begin, shortWindow))
}

func TestMediansAreOfEachFigure(t *testing.T) {
	m := medians([]measure{
		{perSecond: 1, cpu: 9, resent: 1, paced: []latency{{p99: 5}}}, {perSecond: 3, cpu: 7, resent: 2, paced: []latency{{p99: 3}}},
		{perSecond: 2, cpu: 8, paced: []latency{{p99: 4}}},
	})
	require.Equal(t, measure{perSecond: 2, cpu: 8, resent: 3, paced: []latency{{p99: 4}}}, m)
	require.Equal(t, 1.5, medians([]measure{{perSecond: 1}, {perSecond: 2}}).perSecond)
}
