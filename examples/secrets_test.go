// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
)

// The secrets of this test: of a peer, of one before, a value that is hidden on the wire, and one
// that is not and still nobody's business.
const (
	hush     = "Tr0ub4dor&3"
	hushOld  = "0ld-Tr0ub4dor&2"
	hushTalk = "tunnel-Passw0rd"
	hushKey  = "wireless-Passw0rd"
)

// tellings are the forms in which a secret would show.
func tellings(secret string) []string {
	var octets, goOctets []string
	for _, c := range []byte(secret) {
		octets = append(octets, fmt.Sprint(c))
		goOctets = append(goOctets, fmt.Sprintf("0x%x", c))
	}
	quoted, _ := json.Marshal(secret)
	all := []string{
		secret, strings.Trim(string(quoted), `"`), fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret),
		strings.Join(octets, " "), strings.Join(octets, ","), strings.Join(goOctets, ", "),
	}
	for from := range 3 { // wherever it stands in what is encoded
		all = append(all, base64.StdEncoding.EncodeToString([]byte(secret[from:from+(len(secret)-from)/3*3])))
	}
	return all
}

// printings is v in the ways in which programs print values.
func printings(v any) map[string]string {
	out := make(map[string]string)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%+s", "%#x", "%20v", "%t", "%c"} {
		out[format] = fmt.Sprintf(format, v)
	}
	out["in a struct, %v"] = fmt.Sprintf("%+v", struct{ V any }{v})
	out["in a slice, %v"] = fmt.Sprintf("%+v", []any{v})
	if b, err := json.Marshal(v); err == nil {
		out["JSON"] = string(b)
	}
	if b, err := xml.Marshal(v); err == nil {
		out["XML"] = string(b)
	}
	var b bytes.Buffer
	if gob.NewEncoder(&b).Encode(v) == nil {
		out["gob"] = b.String()
	}
	var text, js bytes.Buffer
	for _, l := range []*slog.Logger{slog.New(slog.NewTextHandler(&text, nil)), slog.New(slog.NewJSONHandler(&js, nil))} {
		l.Info("x", "v", v, slog.Group("g", slog.Any("v", v)))
	}
	out["slog text"], out["slog JSON"] = text.String(), js.String()
	return out
}

// keepsQuiet checks that no printing of v has one of secrets.
func keepsQuiet(t *testing.T, v any, secrets ...string) {
	t.Helper()
	for how, text := range printings(v) {
		for _, secret := range secrets {
			if how == "gob" && (secret == hushTalk || secret == hushKey) {
				continue // nobody reads it, and who takes it back wants the octets
			}
			for _, told := range tellings(secret) {
				if strings.Contains(text, told) {
					t.Errorf("%s: %.300q", how, text)
				}
			}
		}
	}
}

// A secretsRig is both halves, after they have talked to each other about all sorts of things.
type secretsRig struct {
	log  bytes.Buffer
	mu   sync.Mutex // guards the logs
	seen map[string]any
}

func (r *secretsRig) see(name string, v any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[name] = v
}

// Write takes a line of the log.
func (r *secretsRig) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(b)
}

// TestNoOutputTellsASecret tries every exported value of the module that can hold a secret, before
// and after use, and everything that is logged.
func TestNoOutputTellsASecret(t *testing.T) {
	r := &secretsRig{seen: make(map[string]any)}
	synctest.Test(t, r.talk)
	require.Greater(t, len(r.seen), 40)
	for name, v := range r.seen {
		t.Run(name, func(t *testing.T) { keepsQuiet(t, v, hush, hushOld, hushTalk, hushKey) })
	}
	require.NotEmpty(t, r.log.String())
	keepsQuiet(t, r.log.String(), hush, hushOld, hushTalk, hushKey)
}

// talk has a NAS and a client exchange packets, and notes all that a host gets to see.
func (r *secretsRig) talk(t *testing.T) {
	log := slog.New(slog.NewJSONHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
	peer := dac.Peer{Name: "aaa", Secret: hush, Previous: hushOld}
	m := dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): peer}
	network := &dactest.Network{}
	nas := netip.MustParseAddrPort("192.0.2.10:3799")
	table := &session.Table[string]{}
	require.NoError(t, table.Put(attrs.Identity{AcctSessionID: "s1", UserName: "bob"}, "bob's"))
	d := session.NewDispatcher(secretsHost{table, r.see}, attrs.FilterID, attrs.TunnelPassword, mikrotik.WirelessPSK)
	d.Logger = log
	d.Audit = func(_ context.Context, a session.Audit) { r.see("session.Audit", a) }
	server := &dac.Server{Handler: d, Peers: dac.CachePeers(m, time.Minute), Logger: log, Trace: func(e dac.Event) {
		e.Wire = bytes.Clone(e.Wire)
		r.see("dac.Event of a Server: "+e.Op.String(), e)
	}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- server.Serve(ctx, network.Listen(nas)) }()

	client := &dac.Client{Peers: m, Logger: log, Dial: network.Dial, Trace: func(e dac.Event) {
		e.Wire = bytes.Clone(e.Wire)
		r.see("dac.Event of a Client: "+e.Op.String(), e)
	}}
	bob, gone := attrs.AcctSessionID.Of("s1"), attrs.AcctSessionID.Of("none")
	r.answer(t, "ACK", client, nas, attrs.FilterID.Of("gold"), attrs.TunnelPassword.Of(attrs.Tag(0, []byte(hushTalk))), mikrotik.WirelessPSK.Of(hushKey), bob)
	r.answer(t, "NAK", client, nas, attrs.FilterID.Of("gold"), gone)
	wrong := client.With(dac.Peer{Secret: hush + "?", Previous: hushOld})
	r.answer(t, "wrong secret", wrong, nas, attrs.FilterID.Of("gold"), bob)
	r.answer(t, "unknown NAS", client, netip.MustParseAddrPort("198.51.100.1:3799"), attrs.FilterID.Of("gold"), bob)
	old := client.With(dac.Peer{Secret: hushOld})
	r.answer(t, "the secret before", old, nas, attrs.FilterID.Of("gold"), bob)
	for o := range client.Each(t.Context(), func(yield func(dac.Job) bool) { yield(dac.DisconnectJob(nas, bob)) }) {
		r.see("dac.Outcome", o)
		r.see("dac.Job", o.Job)
	}
	for name, v := range map[string]any{
		"dac.Secret": dac.Secret(hush), "dac.Peer": peer, "*dac.Peer": &peer, "dac.PeerMap": m, "dac.SharedSecret": dac.SharedSecret(hush),
		"dac.CachePeers": server.Peers, "dac.PeersFunc": dac.PeersFunc(m.Peer), "dac.Server": server, "dac.Client": client,
		"dac.Client with a Peer": wrong, "dac.ServerStats": server.Stats(), "dac.ClientStats": client.Stats(), "session.Dispatcher": d,
		"a Server that has not served": &dac.Server{Peers: dac.SharedSecret(hush)}, "a Client that has not sent": &dac.Client{Peers: m},
	} {
		r.see(name, v)
	}
	r.shared(t, network)
	r.misuse(t)
	require.NoError(t, client.Close())
	cancel()
	require.NoError(t, <-done)
	r.see("a Server that has served", server)
	r.see("a Client that is closed", client)
}

// answer notes what a CoA-Request comes back with.
func (r *secretsRig) answer(t *testing.T, name string, c *dac.Client, nas netip.AddrPort, a ...attrs.Attr) {
	resp, err := c.CoA(t.Context(), nas, a...)
	if resp != nil {
		r.see("dac.Response: "+name, resp)
	}
	if err != nil {
		r.see("the error: "+name, err)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		r.see(fmt.Sprintf("%T of %s", e, name), e)
	}
	request, err := dac.NewCoA(a...)
	require.NoError(t, err)
	r.see("dac.Request: "+name, request)
}

// shared notes a Server and a Client that know one secret for all.
func (r *secretsRig) shared(t *testing.T, network *dactest.Network) {
	at := netip.MustParseAddrPort("192.0.2.20:3799")
	server := &dac.Server{Peers: dac.SharedSecret(hush), Handler: dac.HandlerFunc(func(_ context.Context, q *dac.Request) (*dac.Response, error) {
		return nil, &dac.NAKError{Cause: errcause.SessionContextNotFound, Err: fmt.Errorf("asked by %+v", q)}
	})}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- server.Serve(ctx, network.Listen(at)) }()
	client := &dac.Client{Peers: dac.SharedSecret(hush), Dial: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) { return network.Dial(ctx, to) }}
	_, err := client.Disconnect(t.Context(), at, attrs.UserName.Of("bob"))
	require.ErrorIs(t, err, errcause.SessionContextNotFound)
	r.see("a Server of SharedSecret", server)
	r.see("a Client of SharedSecret", client)
	require.NoError(t, client.Close())
	cancel()
	require.NoError(t, <-done)
}

// misuse notes the errors of configurations and packets that are refused.
func (r *secretsRig) misuse(t *testing.T) {
	peer := dac.Peer{Secret: hush}
	bad := &dac.Server{Handler: dac.HandlerFunc(nil), Peers: dac.PeerMap{{}: peer, netip.MustParsePrefix("192.0.2.1/24"): peer}}
	r.see("the error of a bad Server", bad.ListenAndServe(t.Context()))
	_, err := dac.ParseRequest([]byte("no packet"), hush)
	r.see("the error of no packet", err)
	q, err := dac.NewDisconnect(attrs.UserName.Of("bob"))
	require.NoError(t, err)
	b, err := q.AppendSigned(nil, 1, hush)
	require.NoError(t, err)
	_, err = dac.ParseRequest(b, "other", hushOld)
	r.see("the error of another secret", err)
	got, err := dac.ParseRequest(b, hushOld, hush)
	require.NoError(t, err)
	r.see("dac.Request that was received", got)
	r.see("dac.Request by value", *got)
	r.see("its Packet", got.Packet)
	_, err = got.Reveal([]byte("x"))
	r.see("the error of Reveal", err)
	nak, err := got.NAK(errcause.ResourcesUnavailable)
	require.NoError(t, err)
	r.see("dac.Response to send", nak)
	r.see("dac.NAKError", nak.Err())
}

// secretsHost notes what a Handler gets.
type secretsHost struct {
	*session.Table[string]
	see func(name string, v any)
}

func (h secretsHost) Disconnect(_ context.Context, s string, d *session.Disconnect) error {
	h.see("session.Disconnect", d)
	h.see("session.Disconnect by value", *d)
	return nil
}

func (h secretsHost) Change(_ context.Context, s string, c *session.Change) error {
	h.see("session.Change", c)
	h.see("its Request", c.Request)
	h.see("its Request by value", *c.Request)
	return nil
}
