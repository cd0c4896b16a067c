// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/fips140"
	"encoding/xml"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

// TestMain makes the test binary what bench starts: itself, in another role. The servers beside this module's use MD5 without asking for leave.
func TestMain(m *testing.M) {
	var code int
	fips140.WithoutEnforcement(func() {
		if len(os.Args) > 1 && os.Args[1] == "-role" {
			code = run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
		} else {
			code = m.Run()
		}
	})
	os.Exit(code)
}

// Every server answers every request of every kind of run with an authentic Disconnect-ACK, or the generator says no.
func TestEveryServerAnswers(t *testing.T) {
	svg := t.TempDir() + "/speed.svg"
	for _, args := range []string{
		"-sessions 1000 -requests 3000 -rounds 1 -rate 1000 -paced 100ms -svg " + svg,
		"-sessions 1000 -requests 1000 -rounds 1 -growth",
	} {
		var out bytes.Buffer
		code := run(strings.Fields(args), nil, &out, os.Stderr)
		require.Zero(t, code, "%s", out.String())
		for _, name := range allServers() {
			require.Contains(t, out.String(), name)
		}
	}
	b, err := os.ReadFile(svg)
	require.NoError(t, err)
	dec := xml.NewDecoder(bytes.NewReader(b))
	for err == nil {
		_, err = dec.Token()
	}
	require.ErrorIs(t, err, io.EOF, "the plot is no XML")
}

// Every client has every request answered, of one NAS and of many, and verifies the answers.
func TestEveryClientIsAnswered(t *testing.T) {
	var out bytes.Buffer
	code := run(strings.Fields("-clients -requests 2000 -rounds 1"), nil, &out, os.Stderr)
	require.Zero(t, code, "%s", out.String())
	for _, name := range allClients() {
		require.Contains(t, out.String(), name)
	}
	require.Equal(t, len(byNASes()), strings.Count(out.String(), "\n  1000"), "%s", out.String())
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
	resent, err := pipelined(2, 1000, box)
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
		_, err = pipelined(1, 10, forging)
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
	resent, err := pipelined(1, 1000, box)
	require.NoError(t, err)
	require.Equal(t, identifiers, resent)
}

// A scriptedBox is a mailbox with NASes behind it that answer as they are told, the nth request of all.
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
	go servePlain(c, options{sessions: 10}, func() {})
	p, err := newPlainPort(c.LocalAddr().String())
	require.NoError(t, err)
	defer p.close()
	task := task{Sessions: 10, Requests: 300, Ports: 1}
	l := &lane{port: p, task: &task, signer: newSigner(), packets: task.packets()}
	require.NoError(t, closedLoop([]*lane{l}, 5))
	require.Equal(t, 300, l.answered)
	none, err := p.receive(time.Millisecond)
	require.NoError(t, err)
	if l.resent == 0 { // else a second answer may come
		require.Empty(t, none)
	}
}

func TestFlagsThatMeanNothingAreRefused(t *testing.T) {
	for _, args := range []string{"-servers nobody", "-ma perhaps", "-rounds 0", "-in-flight 300 -ports 1", "-clients -growth", "-clients -svg speed.svg", "more"} {
		var stderr bytes.Buffer
		require.Equal(t, 2, run(strings.Fields(args), nil, io.Discard, &stderr), args)
		require.NotEmpty(t, stderr.String())
	}
}

// The requests are what this module's own parser takes, and the bare server refuses what it must.
func TestTheBareServerChecks(t *testing.T) {
	now := time.Now()
	for _, ma := range []bool{false, true} {
		c := newChecker(10)
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

func TestMediansAreOfEachFigure(t *testing.T) {
	m := medians([]measure{{perSecond: 1, cpu: 9, resent: 1}, {perSecond: 3, cpu: 7, resent: 2}, {perSecond: 2, cpu: 8}})
	require.Equal(t, measure{perSecond: 2, cpu: 8, resent: 3}, m)
	require.Equal(t, 1.5, medians([]measure{{perSecond: 1}, {perSecond: 2}}).perSecond)
}
