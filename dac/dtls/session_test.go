// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/dac/radsec/radsectest"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A NAS that opened the session gets its requests down it, after the session was lost too.
func TestReverseCoA(t *testing.T) {
	for _, byKey := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			network := &dactest.Network{}
			ca := radsectest.NewCA()
			aaa := Certificates(ca.Issue([]string{"192.0.2.1"}), ca.Pool())
			nas := Certificates(ca.Issue([]string{"bng-1.example.net"}), ca.Pool())
			var ofAAA, ofNAS dac.IdentityPeers = dac.CertPeers{"*.example.net": {ReverseCoA: true}}, dac.CertPeers{"192.0.2.1": {}}
			if byKey {
				keys := KeyPeers{"bng-1.example.net": {Key: testKey, Peer: dac.Peer{ReverseCoA: true}}}
				aaa, ofAAA = &Config{Keys: keys}, keys
				nas, ofNAS = &Config{Identity: "bng-1.example.net", Key: testKey}, KeyPeers{"bng-1.example.net": {Key: testKey}}
			}
			nas.Dial = func(ctx context.Context, _, address string) (net.Conn, error) {
				return network.Dial(ctx, netip.MustParseAddrPort(address))
			}
			var served atomic.Int64
			srv := &dac.Server{Peers: ofNAS, Handler: dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) {
				served.Add(1)
				return r.ACK()
			})}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 2)
			conns := make(chan *Conn)
			go func() {
				ended <- Accept(ctx, network.Listen(nasAddr), ofAAA, aaa, func(ctx context.Context, c *Conn) {
					conns <- c
					<-c.Done()
				})
			}()
			go func() { ended <- DialAndServe(ctx, srv, nasAddr.String(), nas) }()
			for range 3 {
				conn := <-conns
				require.Equal(t, "bng-1.example.net", conn.Info().Identity.Name)
				client := &dac.Client{Peers: dac.PeerMap{netip.MustParsePrefix("100::/64"): {Via: conn}}}
				_, err := client.CoA(t.Context(), netip.MustParseAddrPort("[100::1]:2083"), attrs.UserName.Of("bob"))
				require.NoError(t, err)
				require.NoError(t, client.Close())
				require.NoError(t, conn.Err())
				conn.Close()
			}
			require.EqualValues(t, 3, served.Load())
			last := <-conns
			time.Sleep(time.Hour) // the watchdog keeps it
			require.NoError(t, last.Err())
			last.Close()
			stop()
			require.NoError(t, <-ended)
			require.NoError(t, <-ended)
			require.Zero(t, nas.Stats().Open+aaa.Stats().Open)
		})
	}
}

// dialled opens a session with the NAS of r.
func (r *rig) dialled() *Conn {
	conn, err := Dial(r.t.Context(), nasAddr.String(), r.aaa)
	require.NoError(r.t, err)
	synctest.Wait()
	return conn
}

// A peer whose port changes, as behind a NAT, is the same one: its unstamped CoA-Request, which it
// sends again by the new session, is not executed twice, and the old session ends when it is idle.
func TestAPeerWhosePortChanges(t *testing.T) {
	both(t, func(t *testing.T, nas, aaa *Config, peers dac.IdentityPeers) {
		var cut atomic.Bool // what is of the first session's port gets lost
		network := &dactest.Network{}
		first := netip.MustParseAddrPort("192.0.2.1:49152")
		network.Drop = func(from, to netip.AddrPort, _ []byte) bool { return cut.Load() && (from == first || to == first) }
		nas.IdleTimeout = leastIdle
		r := newRig(t, network, nas, aaa, peers)
		old := r.dialled()
		require.Equal(t, first, old.Info().Local)

		q, err := dac.NewCoA(attrs.UserName.Of("bob"))
		require.NoError(t, err)
		octets := sign(t, q, old)
		send(t, old, octets)
		cut.Store(true)
		fresh := r.dialled()
		answer := send(t, fresh, octets)
		require.EqualValues(t, 44, answer[0])
		require.Equal(t, map[string]int{"bob": 1}, r.executed())
		require.Equal(t, 2, nas.Stats().Open)

		time.Sleep(2 * leastIdle) // fresh has a watchdog
		require.Equal(t, 1, nas.Stats().Open)
		require.Equal(t, map[string]uint64{"idle": 1}, nas.Stats().Closed)
		require.NoError(t, fresh.Err())
		fresh.Close()
		old.Close()
		r.close()
	})
}

// sign makes the octets of a request that has no Event-Timestamp.
func sign(t *testing.T, q *dac.Request, c *Conn) []byte {
	b, err := q.Packet.MarshalBinary()
	require.NoError(t, err)
	b[1] = 77
	dactest.SignRequest(b, c.Info().Secret)
	return b
}

// send sends octets by a use of c and returns what answers them.
func send(t *testing.T, c *Conn, octets []byte) []byte {
	use, err := c.Open(t.Context(), nasAddr, dac.Peer{})
	require.NoError(t, err)
	defer use.Close()
	require.True(t, use.Info().Identifiers.Claim(uint32(octets[1]), nil))
	_, err = use.WritePackets([][]byte{octets})
	require.NoError(t, err)
	got, err := use.ReadPackets(nil)
	require.NoError(t, err)
	return append([]byte(nil), got[0]...)
}

func TestR7360_2_1_1_PacketsOf4096OctetsInOneRecordEach(t *testing.T) {
	both(t, func(t *testing.T, nas, aaa *Config, peers dac.IdentityPeers) {
		r := newRig(t, &dactest.Network{}, nas, aaa, peers)
		all := []attrs.Attr{attrs.UserName.Of("bob")}
		for range 15 {
			all = append(all, attrs.ProxyState.Of(make([]byte, 253)))
		}
		client := r.client()
		answer, err := client.Disconnect(t.Context(), nasAddr, all...)
		require.NoError(t, err)
		require.Len(t, answer.Packet.Attributes, 16)
		require.NoError(t, client.Close())
		r.close()
	})
}

// TestR7360_5_1_1_1_WhatEndsASession: octets that are no RADIUS packet, a packet that is malformed,
// and one with a wrong authenticator. An unknown code, an answer to nothing, and padding end none.
func TestR7360_5_1_1_1_WhatEndsASession(t *testing.T) {
	good := func() []byte {
		b := append([]byte{43, 1, 0, 20}, make([]byte, 16)...)
		dactest.SignRequest(b, secret)
		return b
	}
	spoilt := good()
	spoilt[7] ^= 1
	for _, one := range []struct {
		name   string
		octets []byte
		ends   bool
	}{
		{"text", []byte("GET / HTTP/1.1\r\n\r\n"), true}, {"a Length beyond the record", []byte{43, 1, 0, 21}, true},
		{"a Length of 19", append([]byte{43, 1, 0, 19}, make([]byte, 16)...), true},
		{"an attribute of no Length", append(append([]byte{43, 1, 0, 22}, make([]byte, 16)...), 1, 0), true},
		{"a wrong authenticator", spoilt, true},
		{"an unknown code", append([]byte{99, 1, 0, 20}, make([]byte, 16)...), false},
		{"an answer to nothing", append([]byte{44, 1, 0, 20}, make([]byte, 16)...), false},
		{"padding", append(good(), 0, 0, 0), false},
		{"a record of 5,000", append(good(), make([]byte, 4980)...), false},
	} {
		t.Run(one.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				nas, aaa, peers := keys()
				r := newRig(t, &dactest.Network{}, nas, aaa, peers)
				conn := r.dialled()
				raw := &party{cfg: aaa, client: true, name: "x"}
				pc := newDialled(must(r.dial(t.Context(), "", nasAddr.String())))
				dc := must(raw.begin(t.Context(), pc, pc.RemoteAddr()))
				require.NoError(t, dc.HandshakeContext(t.Context()))
				_, err := dc.Write(one.octets)
				require.NoError(t, err)
				time.Sleep(2 * time.Second)
				require.Equal(t, one.ends, nas.Stats().Open == 1, nas.Stats())
				require.NoError(t, conn.Err())
				conn.Close()
				dc.Close()
				r.close()
			})
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestHandshakesThatAreRefused(t *testing.T) {
	for _, one := range []struct {
		name   string
		change func(nas, aaa *Config, ca *radsectest.CA) // that has "aaa.example.net" and 192.0.2.1
		failed string                                    // at the NAS; "": it is at the AAA server
		here   string
	}{
		{"another key", func(nas, aaa *Config, _ *radsectest.CA) { aaa.Identity, aaa.Key = "aaa-1", testKey+"!" }, "timeout", ""},
		{"another identity", func(nas, aaa *Config, _ *radsectest.CA) { aaa.Identity, aaa.Key = "aaa-2", testKey }, "timeout", ""},
		{"a peer that Peers do not know", func(nas, aaa *Config, ca *radsectest.CA) {
			*aaa = *Certificates(ca.Issue([]string{"eve.example.net"}), ca.Pool())
		}, "unknown peer", ""},
		{"another authority", func(nas, aaa *Config, ca *radsectest.CA) {
			*aaa = *Certificates(radsectest.NewCA().Issue([]string{"aaa.example.net"}), ca.Pool())
		}, "unknown authority", ""},
		{"its own certificate", func(nas, aaa *Config, ca *radsectest.CA) { aaa.Certificate = nas.Certificate }, "", "own certificate"},
		{"another name", func(nas, aaa *Config, ca *radsectest.CA) { aaa.ServerName = "nas.example.org" }, "", "wrong name"},
		{"another authority of the NAS", func(nas, aaa *Config, ca *radsectest.CA) {
			aaa.Roots = Certificates(ca.Issue(nil), radsectest.NewCA().Pool()).Roots
		}, "", "unknown authority"},
		{"no authorities", func(nas, aaa *Config, ca *radsectest.CA) { nas.Roots = Certificates(ca.Issue(nil), nil).Roots }, "no authorities", ""},
		{"a Certificate that panics", func(nas, aaa *Config, ca *radsectest.CA) {
			nas.Certificate = func() (*tls.Certificate, error) { panic("no") }
		}, "host", ""},
		{"a Certificate that ends its goroutine", func(nas, aaa *Config, ca *radsectest.CA) {
			nas.Certificate = func() (*tls.Certificate, error) { runtime.Goexit(); return nil, nil }
		}, "host", ""},
	} {
		t.Run(one.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				ca := radsectest.NewCA()
				of := func(name string) *Config { return Certificates(ca.Issue([]string{name}), ca.Pool()) }
				nas, aaa := of("192.0.2.1"), of("aaa.example.net")
				keys := KeyPeers{"aaa-1": {Key: testKey}}
				nas.Keys = keys
				one.change(nas, aaa, ca)
				aaa.HandshakeTimeout = 3 * time.Second
				r := newRig(t, &dactest.Network{}, nas, aaa, dac.JoinPeers(dac.CertPeers{"aaa.example.net": {}}, keys).(dac.IdentityPeers))
				conn, err := Dial(t.Context(), nasAddr.String(), aaa)
				if err == nil { // the other end refuses after our handshake
					wait(t, conn.Done())
				} else if one.here != "" {
					require.Equal(t, one.here, reasonOf(err), err)
				}
				time.Sleep(time.Minute)
				if one.failed != "" {
					require.Equal(t, map[string]uint64{one.failed: 1}, nas.Stats().Failed)
				}
				require.Zero(t, nas.Stats().Open+aaa.Stats().Open)
				require.Zero(t, nas.Stats().Opened)
				r.close()
			})
		})
	}
}

func wait(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(time.Hour):
		t.Fatal("it has not ended")
	}
}

// A NAS with certificates and keys knows a peer by either.
func TestCertificatesAndKeysOnOneSocket(t *testing.T) {
	bubble(t, func(t *testing.T) {
		nas, aaa, certs := certificates()
		other := &Config{Identity: "aaa-1", Key: testKey}
		nas.Keys = KeyPeers{"aaa-1": {Key: testKey, Peer: dac.Peer{Name: "by key"}}}
		r := newRig(t, &dactest.Network{}, nas, aaa, dac.JoinPeers(certs, nas.Keys.(KeyPeers)).(dac.IdentityPeers))
		other.Dial = r.dial
		for _, cfg := range []*Config{aaa, other} {
			client := &dac.Client{Peers: dac.PeerMap{netip.PrefixFrom(nasAddr.Addr(), 32): {Via: cfg}}}
			_, err := client.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
			require.NoError(t, err)
			require.NoError(t, client.Close())
		}
		require.Equal(t, map[string]int{"aaa.example.net": 1, "by key": 1}, r.asked())
		r.close()
	})
}

// A session that Clients opened and do not use ends, and the next request opens another.
func TestR7360_5_1_1_2_AClientClosesAnIdleSession(t *testing.T) {
	both(t, func(t *testing.T, nas, aaa *Config, peers dac.IdentityPeers) {
		r := newRig(t, &dactest.Network{}, nas, aaa, peers)
		client := r.client()
		for i := range 2 {
			_, err := client.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
			require.NoError(t, err)
			require.Equal(t, 1, aaa.Stats().Open)
			require.EqualValues(t, i+1, nas.Stats().Opened)
			time.Sleep(mostIdle + time.Minute)
			require.Zero(t, aaa.Stats().Open+nas.Stats().Open)
		}
		require.NoError(t, client.Close())
		r.close()
	})
}

func TestR7360_5_1_1_2_LimitsOfSessions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		nas, aaa, _ := keys()
		peers := KeyPeers{"aaa-1": {Key: testKey}, "aaa-2": {Key: testKey + "2"}, "aaa-3": {Key: testKey + "3"}}
		nas.Keys, nas.MaxSessions, nas.MaxSessionsPerPeer = peers, 3, 2
		r := newRig(t, &dactest.Network{}, nas, aaa, peers)
		first := r.dialled()
		time.Sleep(time.Second)
		second := r.dialled()
		third := r.dialled() // the first was silent the longest
		wait(t, first.Done())
		require.NoError(t, second.Err())
		require.Equal(t, 2, nas.Stats().Open)
		require.Equal(t, map[string]uint64{"a newer session of the peer took its place": 1}, nas.Stats().Closed)

		aaa.Identity, aaa.Key = "aaa-2", testKey+"2"
		fourth := r.dialled()
		aaa.Identity, aaa.Key = "aaa-3", testKey+"3"
		if fifth, err := Dial(t.Context(), nasAddr.String(), aaa); err == nil {
			wait(t, fifth.Done())
		} else { // the alert came with the last of the handshake
			require.ErrorContains(t, err, "CloseNotify")
		}
		synctest.Wait()
		require.Equal(t, map[string]uint64{"too many sessions": 1}, nas.Stats().Refused)
		for _, c := range []*Conn{second, third, fourth} {
			require.NoError(t, c.Err())
			c.Close()
		}
		synctest.Wait()
		r.close()
	})
}

// TestR7360_5_1_1_2_ForgedClientHellos: what is not proved by a cookie keeps nobody out.
func TestR7360_5_1_1_2_ForgedClientHellos(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var hello []byte
		network := &dactest.Network{Latency: time.Millisecond}
		network.Trace = func(e dac.Event) {
			if hello == nil && len(e.Wire) > 0 {
				hello = append(hello, e.Wire...)
			}
		}
		nas, aaa, peers := keys()
		nas.MaxHandshakes = 8
		r := newRig(t, network, nas, aaa, peers)
		r.dialled().Close()
		for range 100 {
			conn, err := network.Dial(t.Context(), nasAddr)
			require.NoError(t, err)
			_, err = conn.Write(hello) // and the answer is read by no one
			require.NoError(t, err)
			require.NoError(t, conn.Close())
		}
		conn := r.dialled()
		require.NoError(t, conn.Err())
		require.EqualValues(t, 92+1, nas.Stats().Displaced)
		require.Empty(t, nas.Stats().Failed)
		conn.Close()
		time.Sleep(defaultHandshakeTimeout) // those that are left
		r.close()
	})
}

// TestR7360_5_1_1_1_AnActiveSessionIsNotReplaced by a ClientHello from its own address and port.
func TestR7360_5_1_1_1_AnActiveSessionIsNotReplaced(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var hello []byte
		network := &dactest.Network{}
		network.Trace = func(e dac.Event) {
			if hello == nil && len(e.Wire) > 0 {
				hello = append(hello, e.Wire...)
			}
		}
		nas, aaa, peers := keys()
		r := newRig(t, network, nas, aaa, peers)
		var below net.Conn
		aaa.Dial = func(ctx context.Context, network, address string) (_ net.Conn, err error) {
			below, err = r.dial(ctx, network, address)
			return below, err
		}
		conn := r.dialled()
		for range 10 {
			_, err := below.Write(hello)
			require.NoError(t, err)
			_, err = below.Write([]byte{21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 2, 40}) // an alert in clear
			require.NoError(t, err)
		}
		client := &dac.Client{Peers: dac.PeerMap{netip.PrefixFrom(nasAddr.Addr(), 32): {Via: conn}}}
		_, err := client.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
		require.NoError(t, err)
		require.EqualValues(t, 1, nas.Stats().Opened)
		require.NoError(t, client.Close())
		conn.Close()
		r.close()
	})
}

// What is in work is answered before the end, and the client learns of the end.
func TestGracefulEnd(t *testing.T) {
	both(t, func(t *testing.T, nas, aaa *Config, peers dac.IdentityPeers) {
		r := newRig(t, &dactest.Network{}, nas, aaa, peers)
		slow := make(chan struct{})
		r.mu.Lock()
		r.hold = func() { close(slow); time.Sleep(time.Second) }
		r.mu.Unlock()
		conn := r.dialled()
		client := &dac.Client{Peers: dac.PeerMap{netip.PrefixFrom(nasAddr.Addr(), 32): {Via: conn}}}
		answered := make(chan error)
		go func() {
			_, err := client.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
			answered <- err
		}()
		<-slow
		r.stop()
		require.NoError(t, <-answered)
		wait(t, conn.Done())
		require.NoError(t, client.Close())
		r.close()
	})
}

// What the engine of connections says to a host names this package, whatever else uses it.
func TestErrorsNameThePackage(t *testing.T) {
	both(t, func(t *testing.T, nas, aaa *Config, peers dac.IdentityPeers) {
		r := newRig(t, &dactest.Network{}, nas, aaa, peers)
		conn := r.dialled()
		_, err := conn.Exchange(t.Context(), radius.New(radius.CodeCoARequest, nil))
		require.ErrorContains(t, err, "dtls: Exchange sends")
		conn.Close()
		for _, end := range []error{conn.Err(), second(conn.Exchange(t.Context(), radius.New(radius.CodeAccountingRequest, nil)))} {
			require.ErrorContains(t, end, "dtls: ")
			require.NotContains(t, end.Error(), "radsec")
		}
		r.close()
	})
}

func second[T any](_ T, err error) error { return err }

// Recheck ends what is no longer good.
func TestRecheck(t *testing.T) {
	bubble(t, func(t *testing.T) {
		nas, aaa, peers := keys()
		r := newRig(t, &dactest.Network{}, nas, aaa, peers)
		conn := r.dialled()
		nas.Recheck()
		require.NoError(t, conn.Err())
		changed := Key("another one of some 20 octets")
		peers["aaa-1"] = KeyPeer{Key: changed}
		nas.Recheck()
		wait(t, conn.Done())
		require.Equal(t, map[string]uint64{"its key has changed": 1}, nas.Stats().Closed)
		r.close()
	})
	bubble(t, func(t *testing.T) {
		nas, aaa, peers := certificates()
		r := newRig(t, &dactest.Network{}, nas, aaa, peers)
		conn := r.dialled()
		time.Sleep(25 * time.Hour) // the certificates are of a day
		require.Error(t, conn.Err())
		require.Zero(t, nas.Stats().Open)
		require.NotZero(t, nas.Stats().Closed["expired certificate"]+aaa.Stats().Closed["expired certificate"], "%v %v", nas.Stats(), aaa.Stats())
		r.close()
	})
}

func TestConfigsThatAreRefused(t *testing.T) {
	key := Key("0123456789abcdef")
	some := radsectest.NewCA()
	good := Certificates(some.Issue([]string{"a.example.net"}), some.Pool())
	for _, one := range []struct {
		want string
		cfg  *Config
	}{
		{"the Config is nil", nil}, {"no key", &Config{}}, {"Config.Roots is nil", &Config{Certificate: good.Certificate}},
		{"a Key of 15 octets", &Config{Keys: KeyPeers{"a": {Key: key[1:]}}}}, {"KeyPeers is empty", &Config{Keys: KeyPeers{}}},
		{"UTF-8", &Config{Keys: KeyPeers{"\xff": {Key: key}}}}, {"control character", &Config{Keys: KeyPeers{"a\n": {Key: key}}}},
		{"of 0 octets", &Config{Keys: KeyPeers{"": {Key: key}}}}, {"the Key of", &Config{Keys: KeyPeers{"a": {Key: key}, "b": {Key: key}}}},
		{"it has a Secret", &Config{Keys: KeyPeers{"a": {Key: key, Peer: dac.Peer{Secret: "s"}}}}},
		{"is among Config.Keys", &Config{Keys: KeyPeers{"a": {Key: key}}, Identity: "a", Key: key}},
		{"Config.IdleTimeout", &Config{Keys: KeyPeers{"a": {Key: key}}, IdleTimeout: time.Second}},
		{"Config.MaxSessions is negative", &Config{Keys: KeyPeers{"a": {Key: key}}, MaxSessions: -1}},
	} {
		err := one.cfg.check(false)
		require.ErrorContains(t, err, one.want)
		require.NotContains(t, err.Error(), string(key))
	}
	require.ErrorContains(t, (&Config{Identity: "a", Key: key[1:]}).check(true), "a Key of 15 octets")
	require.ErrorContains(t, (&Config{Key: key}).check(true), "of 0 octets")
	require.ErrorContains(t, (&Config{}).check(true), "no key")
	require.NoError(t, good.check(true))
	srv := &dac.Server{Peers: dac.SharedSecret("a secret of the lab, and long"), Handler: dac.HandlerFunc(func(context.Context, *dac.Request) (*dac.Response, error) {
		return nil, errors.New("no")
	})}
	require.ErrorContains(t, ListenAndServe(t.Context(), srv, "127.0.0.1:0", good), "Server.Peers knows no keys")
	require.ErrorContains(t, ListenAndServe(t.Context(), nil, "127.0.0.1:0", good), "the dac.Server is nil")
	require.ErrorContains(t, DialAndServe(t.Context(), srv, "127.0.0.1:0", good), "Server.Peers knows no keys")
	_, err := Dial(t.Context(), "127.0.0.1:1", &Config{})
	require.ErrorContains(t, err, "no key")
}

// TestR7360_3_2_1_PlainRADIUSIsDropped: what comes to the port of DTLS is DTLS.
func TestR7360_3_2_1_PlainRADIUSIsDropped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		nas, aaa, peers := keys()
		r := newRig(t, &dactest.Network{}, nas, aaa, peers)
		conn, err := r.net.Dial(t.Context(), nasAddr)
		require.NoError(t, err)
		plain := append([]byte{40, 1, 0, 25}, append(make([]byte, 16), 1, 5, 'b', 'o', 'b')...)
		dactest.SignRequest(plain, secret)
		_, err = conn.Write(plain)
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Minute)))
		_, err = conn.Read(make([]byte, 100))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.Empty(t, r.executed())
		require.EqualValues(t, 1, nas.Stats().Dropped)
		require.NoError(t, conn.Close())
		r.close()
	})
}

// TestR_BIS_5_1_1_SeveralRecordsInOneDatagram are a packet each, and a retransmission is a record
// of its own.
func TestR_BIS_5_1_1_SeveralRecordsInOneDatagram(t *testing.T) {
	bubble(t, func(t *testing.T) {
		nas, aaa, peers := keys()
		r := newRig(t, &dactest.Network{}, nas, aaa, peers)
		g := &gathering{}
		aaa.Dial = func(ctx context.Context, network, address string) (_ net.Conn, err error) {
			g.Conn, err = r.dial(ctx, network, address)
			return g, err
		}
		conn := r.dialled()
		g.hold.Store(true)
		use, err := conn.Open(t.Context(), nasAddr, dac.Peer{})
		require.NoError(t, err)
		packets := make([][]byte, 3)
		for i, user := range []string{"a", "b", "a"} { // the third is the first again
			q, err := dac.NewDisconnect(attrs.UserName.Of(user))
			require.NoError(t, err)
			packets[i] = sign(t, q, conn)
			packets[i][1] = 10 + byte(i&1)
			dactest.SignRequest(packets[i], secret)
			use.Info().Identifiers.Claim(uint32(packets[i][1]), nil)
		}
		_, err = use.WritePackets(packets)
		require.NoError(t, err)
		synctest.Wait()
		require.Len(t, g.held, 3)
		require.NotEqual(t, g.held[0], g.held[2])
		_, err = g.Conn.Write(slices.Concat(g.held...))
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, map[string]int{"a": 1, "b": 1}, r.executed())
		require.NoError(t, use.Close())
		g.hold.Store(false)
		conn.Close()
		r.close()
	})
}

// A gathering holds datagrams back.
type gathering struct {
	net.Conn
	hold atomic.Bool
	held [][]byte
}

func (g *gathering) Write(b []byte) (int, error) {
	if g.hold.Load() {
		g.held = append(g.held, append([]byte(nil), b...))
		return len(b), nil
	}
	return g.Conn.Write(b)
}

// TestR9813_1_KeysOf16OctetsAtLeast of any value are good, and an identity is of one direction.
func TestR9813_1_KeysOf16OctetsAtLeast(t *testing.T) {
	for n, good := range map[int]bool{0: false, 15: false, 16: true, 32: true, 64: true} {
		key := Key(make([]byte, n)) // octets of 0 are as good as others
		require.Equal(t, good, (&Config{Keys: KeyPeers{"a": {Key: key}}}).check(false) == nil, n)
		require.Equal(t, good, (&Config{Identity: "a", Key: key}).check(true) == nil, n)
	}
	for _, suite := range keySuites {
		require.Contains(t, suiteName(suite), "TLS_ECDHE_PSK_")
	}
	key := Key(make([]byte, 32))
	require.Error(t, (&Config{Keys: KeyPeers{"a": {Key: key}}, Identity: "a", Key: key}).check(false))
}

// A socket that has several addresses answers from the one that was asked.
func TestASocketOfEveryAddress(t *testing.T) {
	nas, aaa, peers := keys()
	pc, err := net.ListenPacket("udp", ":0")
	require.NoError(t, err)
	port := netip.MustParseAddrPort(pc.LocalAddr().String()).Port()
	srv := &dac.Server{Peers: peers, Handler: dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) { return r.ACK() })}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- Serve(ctx, srv, pc, nas) }()
	asked := []string{"127.0.0.1"}
	if runtime.GOOS == "linux" {
		asked = append(asked, "127.0.0.2")
	}
	if probe, err := net.ListenPacket("udp", "[::1]:0"); err == nil {
		probe.Close()
		asked = append(asked, "::1")
	}
	for _, addr := range asked {
		nasAddr := netip.AddrPortFrom(netip.MustParseAddr(addr), port)
		client := &dac.Client{Peers: dac.PeerMap{netip.PrefixFrom(nasAddr.Addr(), nasAddr.Addr().BitLen()): {Via: aaa}}}
		_, err := client.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
		require.NoError(t, err, addr)
		require.NoError(t, client.Close())
	}
	stop()
	require.NoError(t, <-ended)
}

// What one forged ClientHello costs a NAS whose places for handshakes are all taken.
func BenchmarkForgedClientHello(b *testing.B) {
	hello := hello(nil, nil)
	nas, _, peers := keys()
	network := &dactest.Network{Queue: 1 << 20}
	pc := network.Listen(nasAddr)
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error)
	go func() { ended <- Accept(ctx, pc, peers, nas, func(context.Context, *Conn) {}) }()
	for b.Loop() {
		conn, err := network.Dial(ctx, nasAddr)
		require.NoError(b, err)
		_, err = conn.Write(hello)
		require.NoError(b, err)
		require.NoError(b, conn.Close())
	}
	for nas.Stats().Displaced+256 < uint64(b.N) {
		runtime.Gosched()
	}
	b.StopTimer()
	stop()
	require.NoError(b, <-ended)
}

// Packets that overtake the end of the handshake are read after it, all of them.
func TestPacketsThatOvertakeTheHandshake(t *testing.T) {
	s := newSession(nasAddr)
	for _, b := range [][]byte{{typeData, 1}, {typeHandshake}, {typeData, 2}} {
		require.True(t, s.put(b))
	}
	next := func() []byte {
		b := make([]byte, 10)
		n, _, err := s.ReadFrom(b)
		require.NoError(t, err)
		return b[:n]
	}
	require.Equal(t, []byte{typeHandshake}, next())
	s.start()
	require.Equal(t, []byte{typeData, 1}, next())
	require.Equal(t, []byte{typeData, 2}, next())
	require.Zero(t, s.octets)
}
