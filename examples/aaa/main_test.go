// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/examples/internal/fips"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A running is the program with a NAS.
type running struct {
	t                *testing.T
	http, accounting string
	nas              *dactest.NAS
	token            string
}

// start runs the program with a NAS whose user eve cannot be removed and whose user mute is not
// answered about.
func start(t *testing.T, args ...string) *running {
	r := &running{t: t, nas: dactest.NewNAS(t, dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
		switch name, _, _ := attrs.UserName.Lookup(q.Attributes()); name {
		case "eve":
			return nil, errcause.SessionContextNotRemovable
		case "mute":
			return nil, dac.ErrSilent
		}
		return q.ACK()
	}))}
	out, in := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	var stderr bytes.Buffer
	status := make(chan int, 1)
	args = append([]string{"-nas", "127.0.0.1=" + dactest.Secret, "-port", fmt.Sprint(r.nas.Addr.Port()), "-accounting", "127.0.0.1:0", "-http", "127.0.0.1:0", "-t", "1s", "-r", "2"}, args...)
	go func() {
		status <- run(ctx, args, in, &stderr)
		in.Close()
	}()
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	require.NoError(t, err, stderr.String())
	copied := make(chan bool)
	go func() {
		io.Copy(io.Discard, lines)
		close(copied)
	}()
	t.Cleanup(func() {
		cancel()
		require.Zero(t, <-status, stderr.String())
		<-copied
	})
	addrs := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindAllString(first, -1)
	require.Len(t, addrs, 2, first)
	r.http, r.accounting = "http://"+addrs[0], addrs[1]
	return r
}

// starts sends an Accounting-Request (Start) and waits for its answer.
func (r *running) starts(a ...attrs.Attr) {
	set, err := attrs.Join(append(a, attrs.AcctStatusType.Of(1))...).AppendTo(nil)
	require.NoError(r.t, err)
	p := radius.New(radius.CodeAccountingRequest, []byte(dactest.Secret))
	p.Attributes = set
	var b []byte
	fips.Outside(func() { b, err = p.Encode() })
	require.NoError(r.t, err)
	c, err := net.Dial("udp", r.accounting)
	require.NoError(r.t, err)
	defer c.Close()
	_, err = c.Write(b)
	require.NoError(r.t, err)
	require.NoError(r.t, c.SetReadDeadline(time.Now().Add(20*time.Second)))
	_, err = c.Read(make([]byte, 4096))
	require.NoError(r.t, err)
}

// post sends body and returns the status and the answer.
func (r *running) post(path, body string) (int, answer) {
	q, err := http.NewRequestWithContext(r.t.Context(), "POST", r.http+path, strings.NewReader(body))
	require.NoError(r.t, err)
	q.Header.Set("Content-Type", "application/json")
	if r.token != "" {
		q.Header.Set("Authorization", "Bearer "+r.token)
	}
	resp, err := http.DefaultTransport.RoundTrip(q)
	require.NoError(r.t, err)
	defer resp.Body.Close()
	var a answer
	require.NoError(r.t, json.NewDecoder(resp.Body).Decode(&a))
	require.Equal(r.t, "application/json", resp.Header.Get("Content-Type"))
	return resp.StatusCode, a
}

func TestAnyProcessEndsAndChangesSessions(t *testing.T) {
	r := start(t)
	r.starts(attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("1"), attrs.NASPort.Of(7), attrs.NASIdentifier.Of("bng"))
	status, a := r.post("/coa", `{"who": {"User-Name": "bob"}, "change": {"Filter-Id": ["gold", "vpn"], "Session-Timeout": 600, "Mikrotik-Rate-Limit": "1M/1M"}}`)
	require.Equal(t, 200, status, a.Error)
	require.Equal(t, "CoA-ACK", a.Outcomes[0].Verdict)
	require.Equal(t, r.nas.Addr.String(), a.Outcomes[0].NAS)
	require.Equal(t, "1", a.Outcomes[0].Session)
	require.Equal(t, 1, a.Outcomes[0].Transmissions)

	came, err := dac.ParseRequest(r.nas.Received()[0].Wire, dactest.Secret)
	require.NoError(t, err)
	var names []string
	for id := range attrs.IDs(came.Attributes()) {
		names = append(names, id.String())
	}
	require.Equal(t, []string{"Message-Authenticator", "NAS-Identifier", "User-Name", "Acct-Session-Id", "Filter-Id", "Filter-Id", "Mikrotik-Rate-Limit", "Session-Timeout", "Event-Timestamp"}, names)

	status, a = r.post("/disconnect", `{"who": {"Acct-Session-Id": "1"}}`)
	require.Equal(t, 200, status, a.Error)
	require.Equal(t, "Disconnect-ACK", a.Outcomes[0].Verdict)
}

func TestOutcomes(t *testing.T) {
	r := start(t)
	for i, name := range []string{"eve", "mute", "twin", "twin"} {
		r.starts(attrs.UserName.Of(name), attrs.AcctSessionID.Of(fmt.Sprint(i)))
	}
	status, a := r.post("/disconnect", `{"who": {"User-Name": "eve"}}`)
	require.Equal(t, 409, status)
	require.EqualValues(t, 504, a.Outcomes[0].ErrorCause)
	require.Equal(t, "Session-Context-Not-Removable", a.Outcomes[0].CauseName)
	require.Equal(t, "Disconnect-NAK", a.Outcomes[0].Verdict)
	status, a = r.post("/disconnect", `{"who": {"User-Name": "mute"}}`)
	require.Equal(t, 504, status)
	require.Contains(t, a.Outcomes[0].Error, "no answer")
	before := len(r.nas.Received())
	status, a = r.post("/disconnect", `{"who": {"User-Name": "twin"}}`)
	require.Equal(t, 409, status)
	require.Contains(t, a.Error, "2 sessions")
	status, _ = r.post("/disconnect", `{"who": {"User-Name": "nobody"}}`)
	require.Equal(t, 404, status)
	require.Len(t, r.nas.Received(), before, "nothing is sent")
	status, a = r.post("/disconnect", `{"who": {"User-Name": "twin"}, "all": true}`)
	require.Equal(t, 200, status)
	require.Len(t, a.Outcomes, 2)
}

func TestWhatCannotBeRead(t *testing.T) {
	r := start(t)
	for body, says := range map[string]string{
		``:                                                  "EOF",
		`{"who": {}}`:                                       "names no session",
		`{"who": {"NAS-Identifier": "bng"}}`:                "names no session",
		`{"who": {"User-Name": ""}}`:                        "User-Name",
		`{"who": {"Rainbow": "x"}}`:                         "Rainbow",
		`{"who": {"User-Name": {"a": 1}}}`:                  "a value is",
		`{"who": {"User-Name": "bob"}, "now": 1}`:           "now",
		`{"who": {"User-Name": "bob"}} {}`:                  "follows",
		`{"who": {"User-Name": "b"}, "change": {"a": "b"}}`: "has none",
		`{"who": {"User-Name": "` + strings.Repeat("x", maxBody) + `"}}`: "too large",
	} {
		status, a := r.post("/disconnect", body)
		require.Equal(t, 400, status, body)
		require.Contains(t, a.Error, says)
	}
	status, _ := r.post("/coa", `{"who": {"User-Name": "bob"}}`)
	require.Equal(t, 400, status)
	resp, err := http.Post(r.http+"/disconnect", "text/plain", strings.NewReader(`{"who": {"User-Name": "bob"}}`))
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, 415, resp.StatusCode)
	resp, err = http.Get(r.http + "/disconnect")
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, 405, resp.StatusCode)
}

// What could be meant otherwise is not guessed at: each of these once ended or changed sessions.
func TestWhatCouldBeMeantOtherwiseIsRefused(t *testing.T) {
	r := start(t, "-also", "ERX-Acc-Loop-Cir-Id")
	for _, id := range []string{"1", "2"} {
		r.starts(attrs.UserName.Of("bob"), attrs.AcctSessionID.Of(id), attrs.NASPort.Of(7))
	}
	for body, says := range map[string]string{
		`{"who": {"User-Name": "bob", "Acct-Session-Id": []}, "all": true}`:          "without a value",
		`{"who": {"User-Name": "eve", "User-Name": "bob"}, "all": true}`:             "twice",
		`{"who": {"User-Name": "bob"}, "who": {"User-Name": "bob"}, "all": true}`:    "twice",
		`{"who": {"User-Name": "bob", "user-name": "bob"}, "all": true}`:             "one attribute",
		`{"who": {"User-Name": ["bob", "eve"]}, "all": true}`:                        "User-Name",
		`{"WHO": {"User-Name": "bob"}, "all": true}`:                                 `"who"`,
		`{"who": {"User-Name": "bob"}, "ALL": true}`:                                 `"all"`,
		`{"who": {"User-Name": "bob", "Filter-Id": "gold"}, "all": true}`:            "Filter-Id",
		`{"who": {"User-Name": "bob", "Session-Timeout": 5}, "all": true}`:           "Session-Timeout",
		`{"who": {"User-Name": "bob", "Mikrotik-Rate-Limit": "1M"}, "all": true}`:    "not looked up by",
		`{"who": {"User-Name": "bob", "Framed-IP-Address": "0.0.0.0"}, "all": true}`: "Framed-IP-Address",
		`{"who": {"User-Name": "bob", "Acct-Session-Id": null}, "all": true}`:        "a value is",
		`{"who": {"User-Name": "bob", "Event-Timestamp": 1}, "all": true}`:           "Event-Timestamp",
	} {
		status, a := r.post("/disconnect", body)
		require.Equal(t, 400, status, body)
		require.Contains(t, a.Error, says, body)
	}
	for body, says := range map[string]string{
		`{"who": {"Acct-Session-Id": "1"}, "change": {}}`:                                                                               "nothing in it",
		`{"who": {"Acct-Session-Id": "1"}, "change": null}`:                                                                             "has a change",
		`{"who": {"Acct-Session-Id": "1"}, "change": {"Filter-Id": []}}`:                                                                "without a value",
		`{"who": {"Acct-Session-Id": "1"}, "change": {"Filter-Id": "a", "Filter-Id": "b"}}`:                                             "twice",
		`{"who": {"Acct-Session-Id": "1"}, "change": {"Filter-Id": {"a": 1, "a": 2}}}`:                                                  "a value is",
		`{"who": {"Acct-Session-Id": "1"}, "change": {"Acct-Session-Id": "2", "User-Name": "eve@b.org", "Filter-Id": "x"}}`:             "which session is meant",
		`{"who": {"Acct-Session-Id": "1"}, "change": {"NAS-IP-Address": "192.0.2.1", "Filter-Id": "x"}}`:                                "which session is meant",
		`{"who": {"Acct-Session-Id": "1"}, "change": {"Delegated-IPv6-Prefix": "2001:db8::/56"}}`:                                       "which session is meant",
		`{"who": {"Acct-Session-Id": "1"}, "change": {"Cisco-AVPair": ["audit-session-id=0A", "subscriber:command=bounce-host-port"]}}`: "Cisco-AVPair(audit-session-id) says which session is meant",
		`{"who": {"Acct-Session-Id": "1"}, "change": {"Vendor-Specific": "0x00000009011561756469742d73657373696f6e2d69643d4141"}}`:      "which session is meant",
		`{"who": {"Acct-Session-Id": "1"}, "change": {"Cisco-Account-Info": "S192.0.2.1", "Filter-Id": "x"}}`:                           "which session is meant",
		`{"who": {"Acct-Session-Id": "1"}, "change": {"3GPP-IMSI": "262011234567890", "Filter-Id": "x"}}`:                               "which session is meant",
		`{"who": {"Acct-Session-Id": "1"}, "change": {"Alc-Subsc-ID-Str": "eve", "Filter-Id": "x"}}`:                                    "which session is meant",
		`{"who": {"Acct-Session-Id": "1"}, "change": {"Proxy-State": "0x01"}}`:                                                          "not for a CoA-Request",
		`{"who": {"Acct-Session-Id": "1"}, "change": {"Service-Type": "Authorize-Only"}}`:                                               "State",
		`{"who": {"Acct-Session-Id": "1"}, "change": {"Service-Type": 17}}`:                                                             "State",
		`{"who": {"Acct-Session-Id": "1"}, "change": {"Service-Type": [2, 17]}}`:                                                        "State",
		`{"who": {"Acct-Session-Id": "1"}, "Change": {"Filter-Id": "x"}}`:                                                               `"change"`,
	} {
		status, a := r.post("/coa", body)
		require.Equal(t, 400, status, body)
		require.Contains(t, a.Error, says, body)
	}
	require.Empty(t, r.nas.Received(), "nothing was sent")
	status, a := r.post("/coa", `{"who": {"Acct-Session-Id": "1"}, "change": {"Cisco-AVPair": "subscriber:command=bounce-host-port"}}`)
	require.Equal(t, 200, status, a)
	status, a = r.post("/coa", `{"who": {"Acct-Session-Id": "1"}, "change": {"Service-Type": "Authorize-Only", "State": "0x01"}}`)
	require.Equal(t, 200, status, a)
}

// All of RFC 5176 finds a session, and what is configured beside; a session of which an attribute
// was never reported is not taken for one that has it.
func TestEveryConstraintHasToFit(t *testing.T) {
	r := start(t)
	full := map[string]string{
		"User-Name": "bob", "Acct-Session-Id": "1", "Acct-Multi-Session-Id": "m", "NAS-Port": "7", "NAS-Port-Id": "ge-0/0/1", "Calling-Station-Id": "00-10-A4-23-19-C0",
		"Called-Station-Id": "ap", "Framed-IP-Address": "198.51.100.7", "Chargeable-User-Identity": "cui", "Framed-Interface-Id": "0:0:0:1",
		"Framed-IPv6-Prefix": "2001:db8:1::/64", "Delegated-IPv6-Prefix": "2001:db8:2::/56", "Framed-IPv6-Address": "2001:db8::1", "NAS-Port-Type": "5",
	}
	other := map[string]string{
		"User-Name": "eve", "Acct-Session-Id": "9", "Acct-Multi-Session-Id": "n", "NAS-Port": "8", "NAS-Port-Id": "ge-0/0/2", "Calling-Station-Id": "00-10-A4-23-19-C1",
		"Called-Station-Id": "aq", "Framed-IP-Address": "198.51.100.8", "Chargeable-User-Identity": "cuj", "Framed-Interface-Id": "0:0:0:2",
		"Framed-IPv6-Prefix": "2001:db8:3::/64", "Delegated-IPv6-Prefix": "2001:db8:4::/56", "Framed-IPv6-Address": "2001:db8::2", "NAS-Port-Type": "15",
	}
	var all []attrs.Attr
	for name, v := range full {
		a, err := attrs.Parse(name, v)
		require.NoError(t, err, name)
		all = append(all, a)
	}
	r.starts(all...)
	r.starts(attrs.UserName.Of("little"), attrs.AcctSessionID.Of("2"))
	ask := func(who map[string]string) (int, answer) {
		b, err := json.Marshal(map[string]any{"who": who})
		require.NoError(t, err)
		return r.post("/disconnect", string(b))
	}
	for name, v := range full {
		status, a := ask(map[string]string{name: v})
		require.Equal(t, 200, status, "%s: %v", name, a)
		require.Equal(t, "1", a.Outcomes[0].Session, name)
		before := len(r.nas.Received())
		if name != "User-Name" {
			status, _ = ask(map[string]string{"User-Name": "bob", name: other[name]})
			require.Equal(t, 404, status, name)
			status, a = ask(map[string]string{"User-Name": "little", name: v})
			require.Equal(t, 404, status, "%s was never reported: %v", name, a)
		}
		require.Len(t, r.nas.Received(), before, name)
	}
	status, a := ask(full)
	require.Equal(t, 200, status, a)
	status, _ = ask(map[string]string{"User-Name": "bob", "NAS-Identifier": "bng"})
	require.Equal(t, 404, status)
	status, a = ask(map[string]string{"User-Name": "bob", "NAS-IP-Address": "127.0.0.1"})
	require.Equal(t, 200, status, a)
}

func TestTokenIsAskedFor(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte("a token of sixteen\n"), 0o600))
	r := start(t, "-token", file)
	for _, token := range []string{"", "wrong", "a token of sixteen "} {
		r.token = token
		status, _ := r.post("/disconnect", `{"who": {"User-Name": "bob"}}`)
		require.Equal(t, map[bool]int{true: 401, false: 404}[token != "a token of sixteen "], status, token) // a space behind a header is none
	}
	r.token = "a token of sixteen"
	status, _ := r.post("/disconnect", `{"who": {"User-Name": "bob"}}`)
	require.Equal(t, 404, status)
}

// A page whose name was made to lead here is not let in.
func TestNamesAreRefusedWithoutAToken(t *testing.T) {
	r := start(t)
	q, err := http.NewRequestWithContext(t.Context(), "POST", r.http+"/disconnect", strings.NewReader(`{"who": {"User-Name": "bob"}}`))
	require.NoError(t, err)
	q.Header.Set("Content-Type", "application/json")
	for host, want := range map[string]int{"attacker.example:8080": 421, "localhost:8080": 404, "[::1]": 404} {
		q.Host = host
		q.Body, err = q.GetBody()
		require.NoError(t, err)
		resp, err := http.DefaultTransport.RoundTrip(q)
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, want, resp.StatusCode, host)
	}
}

// A home network asks about its own users, and by the way that was recorded (RFC 8559).
func TestHomeNetwork(t *testing.T) {
	hub := dactest.NewNAS(t, dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) { return q.ACK() }))
	r := start(t, "-realm", "home.example", "-via", "visited.example="+hub.Addr.String())
	r.starts(attrs.UserName.Of("bob@home.example"), attrs.AcctSessionID.Of("1"), attrs.OperatorName.Of("1visited.example"), attrs.OperatorNASIdentifier.Of([]byte("token")))
	r.starts(attrs.UserName.Of("eve@other.example"), attrs.AcctSessionID.Of("2"))
	status, a := r.post("/disconnect", `{"who": {"Acct-Session-Id": "1"}}`)
	require.Equal(t, 200, status, a.Outcomes)
	came, err := dac.ParseRequest(hub.Received()[0].Wire, dactest.Secret)
	require.NoError(t, err)
	token, err := attrs.OperatorNASIdentifier.Get(came.Attributes())
	require.NoError(t, err)
	require.Equal(t, "token", string(token))
	status, _ = r.post("/disconnect", `{"who": {"Acct-Session-Id": "2"}}`)
	require.Equal(t, 403, status)
	require.Empty(t, r.nas.Received())
}

// A relay reports of NASes, which are asked where they are.
func TestRelaysReportOfNASes(t *testing.T) {
	o, err := parseOptions([]string{"-nas", "192.0.2.0/24=s", "-relay", "198.51.100.1=s", "-port", "1700"}, io.Discard)
	require.NoError(t, err)
	a, err := newAAA(o, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	for _, c := range []struct {
		from, want string
		nas        attrs.Attr
	}{
		{"198.51.100.1:5", "192.0.2.7:1700", attrs.NASIPAddress.Of(netip.MustParseAddr("192.0.2.7"))},
		{"192.0.2.9:5", "192.0.2.9:1700", attrs.NASIPAddress.Of(netip.MustParseAddr("10.0.0.1"))},
		{"198.51.100.1:5", "", attrs.NASIdentifier.Of("bng")},
	} {
		set, err := attrs.Join(c.nas, attrs.AcctSessionID.Of(c.from+c.want), attrs.AcctStatusType.Of(1)).AppendTo(nil)
		require.NoError(t, err)
		require.NoError(t, a.sessions.Learn(t.Context(), &radius.Packet{Code: 4, Attributes: set}, netip.MustParseAddrPort(c.from)))
		found, err := a.sessions.Find(t.Context(), attrs.NAS{}, attrs.Identity{AcctSessionID: c.from + c.want})
		require.NoError(t, err)
		to, err := a.target(t.Context(), found[0])
		if c.want == "" {
			require.ErrorIs(t, err, dac.ErrNoRoute)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.want, to.Addr.String())
	}
}

func TestUsageIsExplained(t *testing.T) {
	short := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(short, []byte("s3cret"), 0o600))
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"nobody":         {nil, "give -nas"},
		"no secret":      {[]string{"-nas", "192.0.2.1"}, "and the secret"},
		"no prefix":      {[]string{"-nas", "s3cret=s3cret"}, "and the secret"},
		"twice":          {[]string{"-nas", "192.0.2.1=s3cret", "-nas", "192.0.2.1/32=s3cret"}, "twice"},
		"relay":          {[]string{"-nas", "192.0.2.1=s3cret", "-relay", "s3cret"}, "-relay"},
		"via":            {[]string{"-nas", "192.0.2.1=s3cret", "-via", "realm"}, "HOST:PORT"},
		"port":           {[]string{"-nas", "192.0.2.1=s3cret", "-port", "0"}, "-port"},
		"open to all":    {[]string{"-nas", "192.0.2.1=s3cret", "-http", "0.0.0.0:0"}, "-token"},
		"open, no host":  {[]string{"-nas", "192.0.2.1=s3cret", "-http", ":0"}, "-token"},
		"no token file":  {[]string{"-nas", "192.0.2.1=s3cret", "-token", "/nowhere/x"}, "no such file"},
		"short token":    {[]string{"-nas", "192.0.2.1=s3cret", "-token", short}, "16 characters"},
		"also":           {[]string{"-nas", "192.0.2.1=s3cret", "-also", "Rainbow"}, "-also"},
		"also, no name":  {[]string{"-nas", "192.0.2.1=s3cret", "-also", "NAS-IP-Address"}, "-also"},
		"a word":         {[]string{"-nas", "192.0.2.1=s3cret", "now"}, "no flag"},
		"where is HTTP?": {[]string{"-nas", "192.0.2.1=s3cret", "-http", "nowhere"}, "-http"},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			require.Equal(t, 2, run(t.Context(), c.args, io.Discard, &stderr))
			require.Contains(t, stderr.String(), c.says)
			require.NotContains(t, stderr.String(), "s3cret")
		})
	}
}
