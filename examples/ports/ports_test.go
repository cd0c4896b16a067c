// SPDX-License-Identifier: Apache-2.0

package ports

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/examples/internal/fips"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/radius-dynauth/dynauth/session/sessiontest"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// TestMain lets what there was before use MD5, which asks for no leave.
func TestMain(m *testing.M) { fips.Outside(func() { m.Run() }) }

const secret = "s3cret of the lab"

var loopback = netip.MustParsePrefix("127.0.0.0/8")

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// serve serves until the test ends.
func serve(t *testing.T, srv *dac.Server) netip.AddrPort {
	t.Helper()
	pc, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx, pc) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-done) })
	return pc.LocalAddr().(*net.UDPAddr).AddrPort()
}

func newClient(t *testing.T) *dac.Client {
	c := &dac.Client{Peers: dac.SharedSecret(secret)}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestTheSerialBNG(t *testing.T) {
	old := newBNG()
	before, err := newSerialServer(serialConfig{Addr: "127.0.0.1:0", Secret: secret, Clients: []string{"127.0.0.1"}}, old, quiet())
	require.NoError(t, err)
	require.NoError(t, before.Start())
	defer before.Stop()
	moved := newBNG()
	after := serve(t, newServer(moved, "", dac.PeerMap{loopback: {Secret: secret}}, quiet()))
	for addr, b := range map[netip.AddrPort]*bng{before.conn.LocalAddr().(*net.UDPAddr).AddrPort(): old, after: moved} {
		c := newClient(t)
		_, err := c.CoA(t.Context(), addr, attrs.UserName.Of("bob"), attrs.FilterID.Of("gold"))
		require.NoError(t, err)
		s, _ := b.get("s1")
		require.Equal(t, "gold", s.Policy)
		_, err = c.Disconnect(t.Context(), addr, attrs.FramedIPAddress.Of(netip.MustParseAddr("192.0.2.11")))
		require.NoError(t, err)
		_, err = c.Disconnect(t.Context(), addr, attrs.AcctSessionID.Of("s2"))
		require.ErrorIs(t, err, errcause.SessionContextNotFound)
	}
	c := newClient(t)
	_, err = c.Disconnect(t.Context(), after, attrs.AcctSessionID.Of("s1"), attrs.UserName.Of("eve"))
	require.ErrorIs(t, err, errcause.SessionContextNotFound, "all of the identification counts: what was before would end s1")
	_, err = c.Disconnect(t.Context(), before.conn.LocalAddr().(*net.UDPAddr).AddrPort(), attrs.AcctSessionID.Of("s1"), attrs.UserName.Of("eve"))
	require.NoError(t, err, "the fault of the loop")
}

// Both hosts keep the rules of a Handler.
func TestTheHostsKeepTheRules(t *testing.T) {
	t.Run("serial", func(t *testing.T) {
		sessiontest.Run(t, func(t *testing.T) sessiontest.Host[subscriber] {
			b := newBNG()
			return sessiontest.Host[subscriber]{
				Handler: b, Change: []attrs.Attr{attrs.FilterID.Of("gold")},
				Sessions: [2]attrs.Identity{
					{AcctSessionID: "s1", UserName: "bob", FramedIPAddress: netip.MustParseAddr("192.0.2.10")},
					{AcctSessionID: "s2", UserName: "eve", FramedIPAddress: netip.MustParseAddr("192.0.2.11")},
				},
				Snapshot: func(s subscriber) any { now, found := b.get(s.ID); return []any{now, found} },
				Setup:    func(d *session.Dispatcher[subscriber]) { d.Key = func(s subscriber) any { return s.ID } },
			}
		})
	})
	t.Run("indexes", func(t *testing.T) {
		sessiontest.Run(t, func(t *testing.T) sessiontest.Host[*sub] {
			st := newStore()
			st.down(st.byAcct["a3"]) // which has the User-Name of another
			return sessiontest.Host[*sub]{
				Handler: st, Change: []attrs.Attr{attrs.FilterID.Of("gold")},
				Sessions: [2]attrs.Identity{identityOf(st.byAcct["a1"]), identityOf(st.byAcct["a2"])},
				Snapshot: func(x *sub) any { profile, _, down := st.profileOf(x.AcctID); return []any{profile, down} },
			}
		})
	})
}

func TestTheBNGWithIndexes(t *testing.T) {
	nets, log := []netip.Prefix{loopback}, &sugared{}
	old, moved := newStore(), newStore()
	pc, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	before := newCoAServer(secret, nets, old, log)
	served := make(chan error, 1)
	go func() { served <- before.Serve(pc) }()
	after := serve(t, newIndexedServer(moved, dac.PeerMap{loopback: {Secret: secret}}, quiet()))
	for addr, st := range map[netip.AddrPort]*store{pc.LocalAddr().(*net.UDPAddr).AddrPort(): old, after: moved} {
		c := newClient(t)
		_, err := c.CoA(t.Context(), addr, attrs.NASPortID.Of("xe-0/0/1"), attrs.FilterID.Of("gold"), attrs.SessionTimeout.Of(time.Minute))
		require.NoError(t, err)
		profile, timeout, _ := st.profileOf("a1")
		require.Equal(t, "gold", profile)
		require.Equal(t, time.Minute, timeout)
		_, err = c.Disconnect(t.Context(), addr, attrs.UserName.Of("eve"))
		require.ErrorIs(t, err, errcause.MultipleSessionSelectionUnsupported)
		_, err = c.Disconnect(t.Context(), addr, attrs.CallingStationID.Of("02-00-00-00-00-02"))
		require.NoError(t, err)
		_, _, down := st.profileOf("a2")
		require.True(t, down)
		_, err = c.Disconnect(t.Context(), addr, attrs.UserName.Of("nobody"))
		require.ErrorIs(t, err, errcause.SessionContextNotFound)
	}
	require.NoError(t, before.Shutdown(context.Background()))
	require.ErrorIs(t, <-served, radius.ErrServerShutdown)
	require.NotEmpty(t, log.lines)
}

func TestTheSenderWithADatabase(t *testing.T) {
	for name, make := range map[string]func(*database) users{
		"before": func(db *database) users { return &oldSender{db, time.Second, 3} },
		"after":  func(db *database) users { return newSender(db) },
	} {
		t.Run(name, func(t *testing.T) {
			st := newStore()
			addr := serve(t, newIndexedServer(st, dac.PeerMap{loopback: {Secret: secret}}, quiet()))
			db := &database{
				nas: []nasRow{{addr.Addr().String(), int(addr.Port()), secret}},
				sessions: []online{
					{"127.0.0.1", "a2", "eve"}, {"127.0.0.1", "a3", "eve"}, {"127.0.0.1", "gone", "eve"}, {"127.0.0.1", "a1", "bob"}, {"192.0.2.1", "a9", "ann"},
				},
			}
			sender := make(db)
			n, err := sender.ChangeUser(t.Context(), "bob", "gold", time.Minute)
			require.NoError(t, err)
			require.Equal(t, 1, n)
			profile, timeout, _ := st.profileOf("a1")
			require.Equal(t, "gold", profile)
			require.Equal(t, time.Minute, timeout)
			n, err = sender.DisconnectUser(t.Context(), "eve")
			require.NoError(t, err)
			require.Equal(t, 3, n, "one was gone already")
			_, err = sender.DisconnectUser(t.Context(), "ann")
			require.ErrorContains(t, err, "no rows", "her NAS is in no row")
		})
	}
}

type users interface {
	DisconnectUser(ctx context.Context, user string) (int, error)
	ChangeUser(ctx context.Context, user, filter string, timeout time.Duration) (int, error)
}

func TestTheCommand(t *testing.T) {
	dead, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	require.NoError(t, dead.Close())
	for name, run := range map[string]func(args []string, out, stderr io.Writer) int{"before": runOld, "after": runNew} {
		t.Run(name, func(t *testing.T) {
			st := newStore()
			addr := serve(t, newIndexedServer(st, dac.PeerMap{loopback: {Secret: secret}}, quiet())).String()
			for _, c := range []struct {
				args   []string
				status int
				out    string
			}{
				{[]string{"coa", "-nas", addr, "-secret", secret, "Acct-Session-Id=a1", "Filter-Id=gold", "Session-Timeout=60"}, 0, "ACK\n"},
				{[]string{"disconnect", "-nas", addr, "-secret", secret, "Framed-IP-Address=192.0.2.21"}, 0, "ACK\n"},
				{[]string{"disconnect", "-nas", addr, "-secret", secret, "User-Name=nobody"}, 1, "NAK 503 Session-Context-Not-Found\n"},
				{[]string{"disconnect", "-nas", dead.LocalAddr().String(), "-secret", secret, "User-Name=bob"}, 2, "no answer\n"},
				{[]string{"disconnect", "-nas", addr, "User-Name=bob"}, 3, ""},
				{[]string{"disconnect", "-nas", addr, "-secret", secret, "No-Such=1"}, 3, ""},
				{[]string{"end"}, 3, ""},
				{nil, 3, ""},
			} {
				var out, stderr bytes.Buffer
				require.Equal(t, c.status, run(c.args, &out, &stderr), "%q: %s", c.args, stderr.String())
				require.Equal(t, c.out, out.String(), c.args)
			}
			profile, timeout, _ := st.profileOf("a1")
			require.Equal(t, "gold", profile)
			require.Equal(t, time.Minute, timeout)
		})
	}
}
