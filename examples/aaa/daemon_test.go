// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/examples/internal/fips"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// get asks for a path and reads the answer into v.
func (r *running) get(path string, v any) int {
	q, err := http.NewRequestWithContext(r.t.Context(), "GET", r.http+path, nil)
	require.NoError(r.t, err)
	if r.token != "" {
		q.Header.Set("Authorization", "Bearer "+r.token)
	}
	resp, err := http.DefaultTransport.RoundTrip(q)
	require.NoError(r.t, err)
	defer resp.Body.Close()
	require.NoError(r.t, json.NewDecoder(resp.Body).Decode(v))
	return resp.StatusCode
}

func TestSessionsAreListed(t *testing.T) {
	r := start(t)
	for i := range 5 {
		r.starts(attrs.UserName.Of(fmt.Sprint("user", i%2)), attrs.AcctSessionID.Of(fmt.Sprint(i)), attrs.NASPort.Of(uint32(i)))
	}
	var l listing
	require.Equal(t, 200, r.get("/sessions", &l))
	require.Len(t, l.Sessions, 5)
	require.False(t, l.More)
	l = listing{}
	require.Equal(t, 200, r.get("/sessions?User-Name=user0", &l))
	require.Len(t, l.Sessions, 3)
	l = listing{}
	require.Equal(t, 200, r.get("/sessions?User-Name=user0&NAS-Port=2", &l))
	require.Len(t, l.Sessions, 1)
	require.Contains(t, l.Sessions[0].Attributes, `Acct-Session-Id = "2"`)
	require.Equal(t, r.nas.Addr.String(), l.Sessions[0].NAS)
	require.Equal(t, "127.0.0.1", l.Sessions[0].From)
	l = listing{}
	require.Equal(t, 200, r.get("/sessions?User-Name=user0&NAS-Port=1", &l))
	require.Empty(t, l.Sessions)
	l = listing{}
	require.Equal(t, 200, r.get("/sessions?limit=2", &l))
	require.Len(t, l.Sessions, 2)
	require.True(t, l.More)
	for _, query := range []string{"limit=0", "limit=x", "Filter-Id=x", "User-Name=a&User-Name=b", "Rainbow=1"} {
		require.Equal(t, 400, r.get("/sessions?"+query, &l), query)
		require.NotEmpty(t, l.Error)
	}
}

func TestBatchSaysItsProgress(t *testing.T) {
	r := start(t)
	const n = 300
	var orders []string
	for i := range n {
		name := "bob"
		if i%10 == 0 {
			name = "eve" // who cannot be removed
		}
		r.starts(attrs.UserName.Of(name), attrs.AcctSessionID.Of(fmt.Sprint(i)))
		orders = append(orders, fmt.Sprintf(`{"do": "disconnect", "who": {"Acct-Session-Id": "%d"}}`, i))
	}
	orders = append(orders, `{"do": "disconnect", "who": {"Acct-Session-Id": "unheard of"}}`, `{"do": "coa", "who": {"User-Name": "bob"}, "change": {"Filter-Id": "x"}}`)
	post := func(path, body string, v any) int {
		resp, err := http.Post(r.http+path, "application/json", strings.NewReader(body))
		require.NoError(t, err)
		defer resp.Body.Close()
		require.NoError(t, json.NewDecoder(resp.Body).Decode(v))
		return resp.StatusCode
	}
	var p progressed
	for body, says := range map[string]string{
		`{"orders": []}`:                "1 to",
		`{"orders": [{"do": "dance"}]}`: "order 1",
		`{"orders": [` + orders[0] + `, {"do": "disconnect", "who": {}}]}`: "order 2",
		`{"Orders": []}`: `"orders"`,
	} {
		require.Equal(t, 400, post("/batch", body, &p), body)
		require.Contains(t, p.Error, says)
	}
	require.Empty(t, r.nas.Received(), "nothing is sent of a batch that cannot be read")
	p = progressed{}
	require.Equal(t, 202, post("/batch", `{"orders": [`+strings.Join(orders, ",")+`]}`, &p))
	require.Equal(t, n+2, p.Orders)
	id := p.Batch
	require.Eventually(t, func() bool {
		p = progressed{}
		require.Equal(t, 200, r.get("/batch/"+id, &p))
		return p.Done == p.Orders
	}, 20*time.Second, 5*time.Millisecond)
	require.Equal(t, map[string]int{"200": n - n/10, "409": n/10 + 1, "404": 1}, p.Statuses)
	require.Len(t, p.Outcomes, n+2)
	require.Equal(t, "Disconnect-ACK", p.Outcomes[1].answer.Outcomes[0].Verdict)
	require.EqualValues(t, 504, p.Outcomes[0].answer.Outcomes[0].ErrorCause)
	require.Len(t, r.nas.Received(), n, "and each is sent once")
	p = progressed{}
	require.Equal(t, 200, r.get("/batch/"+id+"?from=301", &p))
	require.Len(t, p.Outcomes, 1)
	require.Equal(t, 400, r.get("/batch/"+id+"?from=400", &p))
	require.Equal(t, 404, r.get("/batch/99", &p))
}

// A copy of an Access-Request tells of a session before accounting does; without a
// Message-Authenticator that verifies it tells nothing, and no answer is given.
func TestAccessTellsOfSessions(t *testing.T) {
	r := start(t)
	send := func(name, secret string, sealed bool) {
		p := radius.New(radius.CodeAccessRequest, []byte(secret))
		set, err := attrs.UserName.Of(name).AppendTo(nil)
		require.NoError(t, err)
		p.Attributes = set
		if sealed {
			p.Attributes = append(p.Attributes, &radius.AVP{Type: 80, Attribute: make([]byte, 16)})
		}
		var b []byte
		fips.Outside(func() {
			b, err = p.Encode()
			if sealed {
				h := hmac.New(md5.New, []byte(secret))
				h.Write(b)
				copy(b[len(b)-16:], h.Sum(nil))
			}
		})
		require.NoError(t, err)
		c, err := net.Dial("udp", r.accounting)
		require.NoError(t, err)
		defer c.Close()
		_, err = c.Write(b)
		require.NoError(t, err)
	}
	send("forged", "another", true)
	send("bare", dactest.Secret, false)
	send("bob", dactest.Secret, true)
	var l listing
	require.Eventually(t, func() bool {
		l = listing{}
		return r.get("/sessions", &l) == 200 && len(l.Sessions) > 0
	}, 20*time.Second, time.Millisecond)
	require.Len(t, l.Sessions, 1)
	require.True(t, l.Sessions[0].Asked)
	require.Contains(t, l.Sessions[0].Attributes, `User-Name = "bob"`)
	status, a := r.post("/disconnect", `{"who": {"User-Name": "bob"}}`)
	require.Equal(t, 200, status, a)
}

// NASes, their secrets and what they are denied are read anew; what is wrong leaves all as it was.
func TestReloads(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".new"), []byte(text), 0o600))
		require.NoError(t, os.Rename(filepath.Join(dir, name+".new"), filepath.Join(dir, name)))
		return filepath.Join(dir, name)
	}
	secret := write("secret", dactest.Secret+"\n")
	conf := func(deny string) string {
		return write("aaa.json", `{"nases": [{"prefix": "127.0.0.1", "name": "bng", "secret_file": "`+secret+`", "deny": [`+deny+`]}]}`)
	}
	o, err := parseOptions([]string{"-config", conf("")}, io.Discard)
	require.NoError(t, err)
	a, err := newAAA(o, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	peer := func() (deny bool, secret string) {
		for _, p := range a.net.Load().nases {
			return p.DenyCoA, string(p.Secret)
		}
		return false, ""
	}
	deny, now := peer()
	require.False(t, deny)
	require.Equal(t, dactest.Secret, now)
	conf(`"coa"`)
	write("secret", "a new one")
	a.reload(t.Context())
	deny, now = peer()
	require.True(t, deny)
	require.Equal(t, "a new one", now)
	write("aaa.json", "{\n \"nases\": [{\"prefix\": \"127.0.0.1\"}]}")
	a.reload(t.Context())
	deny, _ = peer()
	require.True(t, deny, "as before")
	require.EqualValues(t, 1, a.reloads.OK.Load())
	require.EqualValues(t, 1, a.reloads.Failed.Load())
	_, err = a.read()
	require.ErrorContains(t, err, "aaa.json:2:12: 127.0.0.1/32: there is one entry for it, with a secret")
}
