// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/termcause"
	"github.com/stretchr/testify/require"
)

const testSecret = "0ur-s3cret" // must not be found in anything that is printed

const testSessions = `[
	{"Acct-Session-Id": "1", "User-Name": "bob@a.example", "Filter-Id": "silver"},
	{"Acct-Session-Id": "2", "User-Name": "bob@a.example"},
	{"Acct-Session-Id": "3", "User-Name": "eve@b.example", "Error-Cause": "Session-Context-Not-Removable"},
	{"Acct-Session-Id": "4", "User-Name": "dan@b.example", "Acct-Terminate-Cause": "Lost-Carrier", "NAS-Identifier": "bng-4"},
	{"Acct-Session-Id": "5", "User-Name": "ann@a.example", "Context": "vrf-a"}
]`

// A lab is the program on a port of its own, and a client of it.
type lab struct {
	addrs  []netip.AddrPort
	client *dac.Client
	stop   func() string // ends it and says what it printed since it listened
}

func startLab(t *testing.T, args ...string) *lab {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sessions.json")
	require.NoError(t, os.WriteFile(file, []byte(testSessions), 0o600))
	args = append([]string{"-listen", "127.0.0.1:0"}, args...)
	if !regexp.MustCompile(`-(client|secret)\b`).MatchString(strings.Join(args, " ")) {
		args = append(args, "-secret", testSecret)
	}
	if !regexp.MustCompile(`(^| )-(n|sessions) `).MatchString(strings.Join(args, " ")) {
		args = append(args, "-sessions", file)
	}

	ctx, cancel := context.WithCancel(context.Background())
	in, out := io.Pipe()
	var stderr bytes.Buffer
	var wg sync.WaitGroup
	wg.Go(func() {
		status := run(ctx, args, out, &stderr)
		out.CloseWithError(map[bool]error{true: io.EOF, false: errors.New(stderr.String())}[status == 0])
	})
	lines := bufio.NewReader(in)
	first, err := lines.ReadString('\n')
	if err != nil {
		cancel()
		wg.Wait()
		require.NoError(t, err)
	}
	l := &lab{client: &dac.Client{Peers: dac.SharedSecret(testSecret), Retry: dac.Retry{Initial: 5 * time.Second}}}
	for _, addr := range regexp.MustCompile(`\S+:\d+`).FindAllString(first, -1) {
		l.addrs = append(l.addrs, netip.MustParseAddrPort(addr))
	}
	var rest bytes.Buffer
	wg.Go(func() { io.Copy(&rest, lines) })
	l.stop = sync.OnceValue(func() string {
		cancel()
		wg.Wait()
		l.client.Close()
		return rest.String()
	})
	t.Cleanup(func() { require.NotContains(t, first+l.stop(), testSecret) })
	return l
}

func session1() attrs.Attr { return attrs.AcctSessionID.Of("1") }
func gold() attrs.Attr     { return attrs.FilterID.Of("gold") }

// Each policy can be tried from outside: what is asked, and what a flag makes of the answer.
func TestFlagsDecideTheAnswer(t *testing.T) {
	bob, busy := attrs.UserName.Of("bob@a.example"), attrs.NASPort.Of(1)
	const ack = errcause.Cause(1) // of no cause: a NAK without one is 0
	for name, c := range map[string]struct {
		flags   string
		coa     bool
		request []attrs.Attr
		without errcause.Cause
		with    errcause.Cause
	}{
		"-max-sessions":       {"-max-sessions 2", true, []attrs.Attr{bob, gold()}, 508, ack},
		"-max-sessions below": {"-max-sessions 2", false, []attrs.Attr{bob}, 508, ack},
		"-first":              {"-first", true, []attrs.Attr{bob, gold()}, 508, ack},
		"-support":            {"-support Framed-Pool,ERX-Service-Activate", true, []attrs.Attr{session1(), juniper.ActivateService.Of(attrs.Tag(1, "voice"))}, 401, ack},
		"-deny":               {"-deny coa", true, []attrs.Attr{session1(), gold()}, ack, 501},
		"-deny the other":     {"-deny disconnect", true, []attrs.Attr{session1(), gold()}, ack, ack},
		"-authorize-only":     {"-authorize-only", true, []attrs.Attr{session1(), attrs.ServiceType.Of(attrs.AuthorizeOnly), attrs.State.Of([]byte("s"))}, 405, 507},
		"-nas-id":             {"-nas-id bng-1", false, []attrs.Attr{session1(), attrs.NASIdentifier.Of("bng-1")}, 403, ack},
		"-nas-id of another":  {"-nas-id bng-1", false, []attrs.Attr{session1(), attrs.NASIdentifier.Of("bng-2")}, 403, 403},
		"-nas-ip":             {"-nas-ip 192.0.2.1", false, []attrs.Attr{session1(), attrs.NASIPAddress.Of(netip.MustParseAddr("192.0.2.1"))}, 403, ack},
		"-nas-ip of another":  {"-nas-ip 192.0.2.1", false, []attrs.Attr{session1(), attrs.NASIPAddress.Of(netip.MustParseAddr("192.0.2.2"))}, 403, 403},
		"-nas-ip and asked":   {"-nas-ip 192.0.2.1", false, []attrs.Attr{session1(), attrs.NASIPAddress.Of(loopback)}, ack, 403},
		"-any-nas":            {"-any-nas", false, []attrs.Attr{session1(), attrs.NASIPAddress.Of(netip.MustParseAddr("203.0.113.9"))}, 403, ack},
		"-identify":           {"-identify User-Name", false, []attrs.Attr{session1()}, ack, 401},
		"-identify by more":   {"-identify Acct-Session-Id,NAS-Port", false, []attrs.Attr{session1(), busy}, 503, 503},
		"-extra":              {"-extra Filter-Id", false, []attrs.Attr{session1(), gold()}, 401, ack},
		"-ignore":             {"-ignore Mikrotik-Recv-Limit", true, []attrs.Attr{session1(), gold(), mikrotik.RecvLimit.Of(1)}, 401, ack},
		"-ignore-other":       {"-ignore-other", true, []attrs.Attr{session1(), gold(), mikrotik.RecvLimit.Of(1)}, 401, ack},
		"-require-disconnect": {"-require-disconnect Acct-Multi-Session-Id,User-Name+NAS-Port", false, []attrs.Attr{session1()}, ack, 402},
		"-require-coa":        {"-require-coa User-Name+Acct-Session-Id", true, []attrs.Attr{session1(), gold()}, ack, 402},
		"-require-coa kept":   {"-require-coa User-Name+Acct-Session-Id", true, []attrs.Attr{session1(), bob, gold()}, ack, ack},
		"-conflict":           {"-conflict Filter-Id+Idle-Timeout", true, []attrs.Attr{session1(), gold(), attrs.IdleTimeout.Of(time.Minute)}, ack, 404},
		"-causes":             {"-causes 401,402", false, []attrs.Attr{attrs.AcctSessionID.Of("none")}, 503, 0},
		"-accept-empty":       {"-accept-empty", true, []attrs.Attr{session1()}, 402, ack},
		"-context":            {"-context 127.0.0.0/8=vrf-a", false, []attrs.Attr{attrs.AcctSessionID.Of("5")}, 503, ack},
		"-context of another": {"-context 127.0.0.0/8=vrf-a", false, []attrs.Attr{session1()}, ack, 503},
		"-realm":              {"-client 127.0.0.1=" + testSecret + " -realm 127.0.0.1=A.example", false, []attrs.Attr{session1()}, ack, ack},
		"-realm of another":   {"-client 127.0.0.1=" + testSecret + " -realm 127.0.0.1=b.example", false, []attrs.Attr{session1()}, ack, 501},
	} {
		t.Run(name, func(t *testing.T) {
			for flags, want := range map[string]errcause.Cause{"-v": c.without, "-v " + c.flags: c.with} {
				l := startLab(t, strings.Fields(flags)...)
				ask := l.client.Disconnect
				if c.coa {
					ask = l.client.CoA
				}
				answer, err := ask(t.Context(), l.addrs[0], c.request...)
				require.NotNil(t, answer, err)
				require.Equal(t, want == ack, answer.ACK(), "%s: %v", flags, err)
				if want != ack {
					require.Equal(t, want, answer.Cause(), flags)
				}
			}
		})
	}
}

func TestSessionsSpeakForThemselves(t *testing.T) {
	l := startLab(t)
	_, err := l.client.Disconnect(t.Context(), l.addrs[0], attrs.AcctSessionID.Of("3"))
	require.ErrorIs(t, err, errcause.SessionContextNotRemovable)
	_, err = l.client.Disconnect(t.Context(), l.addrs[0], attrs.AcctSessionID.Of("4"), attrs.NASIdentifier.Of("bng-1"))
	require.ErrorIs(t, err, errcause.NASIdentificationMismatch)
	answer, err := l.client.Disconnect(t.Context(), l.addrs[0], attrs.AcctSessionID.Of("4"), attrs.NASIdentifier.Of("bng-4"))
	require.NoError(t, err)
	require.Equal(t, termcause.LostCarrier, terminateCause(t, answer))
}

func terminateCause(t *testing.T, r *dac.Response) termcause.Cause {
	c, _, err := attrs.AcctTerminateCause.Lookup(r.Packet.Attributes)
	require.NoError(t, err)
	return c
}

func TestDisconnectTakesTheSessionAway(t *testing.T) {
	for flags, again := range map[string]error{"": errcause.SessionContextNotFound, "-keep": nil} {
		l := startLab(t, strings.Fields(flags)...)
		answer, err := l.client.Disconnect(t.Context(), l.addrs[0], session1())
		require.NoError(t, err)
		require.Equal(t, termcause.AdminReset, terminateCause(t, answer))
		_, err = l.client.Disconnect(t.Context(), l.addrs[0], session1())
		require.ErrorIs(t, err, again)
	}
}

func TestAnswerIsShapedByFlags(t *testing.T) {
	l := startLab(t, "-omit-terminate-cause", "-residual", "-answer-event-timestamp")
	answer, err := l.client.Disconnect(t.Context(), l.addrs[0], session1())
	require.NoError(t, err)
	require.Zero(t, terminateCause(t, answer))
	require.Equal(t, errcause.ResidualSessionContextRemoved, answer.Cause())
	_, err = attrs.EventTimestamp.Get(answer.Packet.Attributes)
	require.NoError(t, err)
}

// The answer comes at once, and the session goes after it.
func TestAnswerFirst(t *testing.T) {
	l := startLab(t, "-answer-first")
	_, err := l.client.Disconnect(t.Context(), l.addrs[0], session1())
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := l.client.CoA(t.Context(), l.addrs[0], session1(), gold())
		return errors.Is(err, errcause.SessionContextNotFound)
	}, 10*time.Second, time.Millisecond)
}

// While the session is busy another request for it is dropped, as often as it comes. Without the
// flag it waits for its turn, which the end of the program takes away.
func TestBusySessionDropsRequests(t *testing.T) {
	for flags, dropped := range map[string]string{"-drop-busy": "[2-9]", "-v": "1"} {
		l := startLab(t, flags, "-delay", "1h", "-drain", "1ms")
		l.client.Retry.Initial = 100 * time.Millisecond
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { l.client.CoA(t.Context(), l.addrs[0], session1(), gold()) })
		}
		require.Eventually(t, func() bool { return l.client.Stats().Total.CoA.Retransmissions >= 4 }, 20*time.Second, 10*time.Millisecond)
		require.Regexp(t, `Dropped +0 +`+dropped+`\n`, l.stop(), flags)
		wg.Wait()
	}
}

func TestPreviousSecretIsStillTaken(t *testing.T) {
	l := startLab(t, "-secret", "the next one", "-previous", testSecret)
	_, err := l.client.Disconnect(t.Context(), l.addrs[0], session1())
	require.NoError(t, err)
}

func TestMadeSessionsAreAsDocumented(t *testing.T) {
	l := startLab(t, "-n", "1000", "-listen", "127.0.0.1:0")
	require.Len(t, l.addrs, 2)
	for i, s := range []struct{ id, user string }{{"00000000", "user0000000@example.net"}, {"000003e7", "user0000999@example.net"}} {
		_, err := l.client.Disconnect(t.Context(), l.addrs[i], attrs.AcctSessionID.Of(s.id), attrs.UserName.Of(s.user), attrs.NASIPAddress.Of(loopback))
		require.NoError(t, err)
	}
	_, err := l.client.Disconnect(t.Context(), l.addrs[0], attrs.AcctSessionID.Of("000003e8"))
	require.ErrorIs(t, err, errcause.SessionContextNotFound)
	_, err = l.client.Disconnect(t.Context(), l.addrs[0], attrs.AcctSessionID.Of("00000001"), attrs.NASIPAddress.Of(netip.MustParseAddr("192.0.2.1")))
	require.ErrorIs(t, err, errcause.NASIdentificationMismatch)
}

func TestAllOfIPv4IsNotIPv6(t *testing.T) {
	l := startLab(t, "-listen", "0.0.0.0:0")
	require.Equal(t, netip.IPv4Unspecified(), l.addrs[1].Addr())
	_, err := l.client.CoA(t.Context(), netip.AddrPortFrom(l.addrs[0].Addr(), l.addrs[1].Port()), session1(), gold())
	require.NoError(t, err)
	l.stop()
}

func TestEndPrintsTheCounters(t *testing.T) {
	pcap := filepath.Join(t.TempDir(), "pcap")
	l := startLab(t, "-v", "-audit", "-authorize-only", "-pcap", pcap)
	_, err := l.client.CoA(t.Context(), l.addrs[0], session1(), gold())
	require.NoError(t, err)
	_, err = l.client.Disconnect(t.Context(), l.addrs[0], attrs.AcctSessionID.Of("none"))
	require.Error(t, err)
	_, err = l.client.Reauthorize(t.Context(), l.addrs[0], session1(), attrs.State.Of([]byte("s")))
	require.NoError(t, err)
	out := l.stop()
	for _, line := range []string{
		`127\.0\.0\.1:\d+ id \d+: CoA-ACK\n`,
		`127\.0\.0\.1:\d+ id \d+: Disconnect-NAK Error-Cause 503 Session-Context-Not-Found\n`,
		`"request":"CoA-Request","sessions":1,"changes":\["Filter-Id = \\"gold\\""\],"verdict":"ACK"`,
		`would send Access-Request\n\tNAS-IP-Address = 127\.0\.0\.1\n(\t.*\n)*\tState = 0x73\n`,
		`Requests +1 +2\n`, `ACKs +0 +1\n`, `NAKs +1 +1\n`, `AuthOnlyNAKs +0 +1\n`, `NoContextNAKs +1 +0\n`, `Sessions +0 +1\n`,
	} {
		require.Regexp(t, line, out)
	}
	captured, err := os.ReadFile(pcap)
	require.NoError(t, err)
	require.Contains(t, string(captured), "gold")
}
