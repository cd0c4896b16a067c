// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"strconv"
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
	_ "github.com/radius-dynauth/dynauth/internal/entropy" // FIPS
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

//go:embed testdata/hostile_sessions.json
var hostileSessions []byte

// A hostileHost is the host of the in-memory NAS: sessions that can be looked at.
type hostileHost struct {
	session.Table[*hostileSession]
	residual bool

	mu   sync.Mutex // guards acts and what sessions are made of
	acts int
}

type hostileSession struct {
	id      attrs.Identity
	refuses errcause.Cause
	changes []string
}

// newHostileHost makes the sessions of the file, which is one for examples/nas.
func newHostileHost(t *testing.T) *hostileHost {
	h := &hostileHost{}
	var list []map[string]any
	require.NoError(t, json.Unmarshal(hostileSessions, &list))
	for _, o := range list {
		s := &hostileSession{}
		var set radius.Attributes
		for name, value := range o {
			values, several := value.([]any)
			if !several {
				values = []any{value}
			}
			for _, v := range values {
				if name == "Error-Cause" {
					require.NoError(t, s.refuses.UnmarshalText([]byte(v.(string))))
					continue
				}
				if n, ok := v.(float64); ok {
					v = strconv.Itoa(int(n))
				}
				a, err := attrs.Parse(name, v.(string))
				require.NoError(t, err)
				set, err = a.AppendTo(set)
				require.NoError(t, err)
			}
		}
		_, id, err := attrs.IdentityOf(set)
		require.NoError(t, err)
		s.id = id
		require.NoError(t, h.Put(id, s))
	}
	return h
}

func (h *hostileHost) Disconnect(ctx context.Context, s *hostileSession, d *session.Disconnect) error {
	return h.DisconnectAll(ctx, []*hostileSession{s}, d)
}

func (h *hostileHost) DisconnectAll(ctx context.Context, all []*hostileSession, d *session.Disconnect) error {
	for _, s := range all {
		if s.refuses != 0 {
			return s.refuses
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range all {
		h.Delete("", s.id.AcctSessionID)
		h.acts++
	}
	d.Residual = h.residual
	return nil
}

func (h *hostileHost) Change(ctx context.Context, s *hostileSession, c *session.Change) error {
	return h.ChangeAll(ctx, []*hostileSession{s}, c)
}

func (h *hostileHost) ChangeAll(ctx context.Context, all []*hostileSession, c *session.Change) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range all {
		for _, a := range c.Attributes {
			s.changes = append(s.changes, fmt.Sprintf("%d=%x", a.Type, a.Attribute))
		}
		h.acts++
	}
	return nil
}

func (h *hostileHost) acted() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.acts
}

// snapshot is every session by its id, with all that has been changed of it.
func (h *hostileHost) snapshot() map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make(map[string]string)
	for id, s := range h.All() {
		all[id.AcctSessionID] = strings.Join(s.changes, " ")
	}
	return all
}

// A memoryNAS is a Server on an in-memory network, in a bubble of virtual time.
type memoryNAS struct {
	host    *hostileHost
	server  *dac.Server
	network dactest.Network
	at      netip.AddrPort
	cancel  context.CancelFunc
	done    chan error
	sockets map[string]*memorySocket
}

type memorySocket struct {
	net.PacketConn
	mu   sync.Mutex // guards came
	came [][]byte
	err  error
}

// inMemory calls f in a bubble with a NAS that is set up like examples/nas with these flags.
func inMemory(t *testing.T, setup string, f func(t *testing.T, nas *memoryNAS)) {
	synctest.Test(t, func(t *testing.T) {
		nas := &memoryNAS{host: newHostileHost(t), at: netip.MustParseAddrPort("127.0.0.1:3799"), done: make(chan error), sockets: map[string]*memorySocket{}}
		d := session.NewDispatcher(nas.host, attrs.FilterID, attrs.SessionTimeout, attrs.IdleTimeout, attrs.Class, mikrotik.RateLimit)
		d.NAS = attrs.NAS{Identifier: "nas1", Addrs: []netip.Addr{nas.at.Addr()}}
		d.IdentityOf = func(s *hostileSession) attrs.Identity { return s.id }
		peers := [2]dac.Peer{{Secret: dac.Secret(hostileSecrets["aaa"])}, {Secret: dac.Secret(hostileSecrets["peer2"])}}
		nas.server = &dac.Server{Handler: d}
		switch setup {
		case "":
		case "-require-message-authenticator":
			peers[0].RequireMessageAuthenticator = true
		case "-require-event-timestamp":
			peers[0].RequireEventTimestamp = true
		case "-window 0":
			nas.server.Window = -1
		case "-max-sessions 2":
			d.Several, d.Policy.MaxSessions = nas.host, 2
		case "-authorize-only":
			d.Reauthorize = func(context.Context, *hostileSession, *session.Change) error { return nil }
		case "-deny coa":
			peers[0].DenyCoA = true
		case "-residual":
			nas.host.residual = true
		default:
			require.Fail(t, "no such setup", setup)
		}
		nas.server.Peers = dac.PeerMap{netip.MustParsePrefix("127.0.0.1/32"): peers[0], netip.MustParsePrefix("127.0.0.2/32"): peers[1]}
		ctx, cancel := context.WithCancel(t.Context())
		nas.cancel = cancel
		go func() { nas.done <- nas.server.Serve(ctx, nas.network.Listen(nas.at)) }()
		synctest.Wait()
		defer nas.stop()
		f(t, nas)
	})
}

// stop ends what still runs.
func (n *memoryNAS) stop() error {
	if n.cancel == nil {
		return nil
	}
	n.cancel()
	n.cancel = nil
	err := <-n.done
	for _, s := range n.sockets {
		s.Close()
	}
	return err
}

// socket is where a sender sends from.
func (n *memoryNAS) socket(from string) *memorySocket {
	if s := n.sockets[from]; s != nil {
		return s
	}
	s := &memorySocket{PacketConn: n.network.Listen(netip.AddrPortFrom(hostileSource(from), 0))}
	n.sockets[from] = s
	go func() {
		b := make([]byte, 1<<16)
		for {
			size, addr, err := s.ReadFrom(b)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.came = append(s.came, append([]byte(nil), b[:size]...))
			if s.err == nil {
				s.err = checkSource(addr.(*net.UDPAddr).AddrPort(), n.at)
			}
			s.mu.Unlock()
		}
	}()
	return s
}

// take returns what has come.
func (s *memorySocket) take() (came [][]byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	came, s.came = s.came, nil
	return came, s.err
}

func (n *memoryNAS) exchange(t *testing.T, from string, b []byte, _ bool) []byte {
	s := n.socket(from)
	_, err := s.WriteTo(b, net.UDPAddrFromAddrPort(n.at))
	require.NoError(t, err)
	synctest.Wait() // all that will happen has happened
	came, err := s.take()
	require.NoError(t, err)
	require.LessOrEqual(t, len(came), 1, "answers to one packet")
	if len(came) == 0 {
		return nil
	}
	return came[0]
}

func (n *memoryNAS) pass(d time.Duration) { time.Sleep(d) } // of the bubble

func (n *memoryNAS) end(t *testing.T) (counts, [][]byte) {
	if n.cancel != nil {
		require.NoError(t, n.stop())
		synctest.Wait()
	}
	var stray [][]byte
	for _, s := range n.sockets {
		came, err := s.take()
		require.NoError(t, err)
		stray = append(stray, came...)
	}
	return countersOf(n.server.Stats()), stray
}
