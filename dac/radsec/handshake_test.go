// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/cert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var nasPeers = dac.CertPeers{"aaa.example.net": {}, "@example.org": {Name: "roaming"}, "127.0.0.1": {Name: "by address"}}

// reaches says whether a client with these settings gets through to the end of the handshake of the
// server with cfg at addr: in TLS 1.3 a refusal comes after the client's end of it.
func reaches(t *testing.T, cfg *Config, addr string, c *tls.Config) error {
	before := cfg.Stats().Opened
	raw, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer raw.Close()
	c = c.Clone()
	c.ServerName = "nas.example.net"
	tc := tls.Client(raw, c)
	tc.SetDeadline(time.Now().Add(10 * time.Second))
	if err := tc.Handshake(); err != nil {
		return err
	}
	refused := make(chan error, 1)
	go func() {
		_, err := tc.Read(make([]byte, 1))
		refused <- err
	}()
	for cfg.Stats().Opened == before {
		select {
		case err := <-refused:
			return err
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

func TestR_BIS_3_2_1_OnlyWhoProvesAKnownNameConnects(t *testing.T) {
	own := ca().Issue([]string{"nas.example.net", "aaa.example.net"})
	critical := func(c *x509.Certificate) {} // what testca writes for a realm is critical already
	for name, c := range map[string]struct {
		client *tls.Config
		reason string // "": connects
	}{
		"known by its name":        {client("aaa.example.net"), ""},
		"known by its address":     {client("127.0.0.1"), ""},
		"a critical NAIRealm only": {issued(ca().Issue([]string{"@example.org"}, critical)), ""},
		"no certificate":           {&tls.Config{RootCAs: ca().Pool()}, "no certificate"},
		"another authority":        {&tls.Config{RootCAs: ca().Pool(), Certificates: []tls.Certificate{elsewhere().Issue([]string{"aaa.example.net"})}}, "unknown authority"},
		"expired":                  {issued(ca().Issue([]string{"aaa.example.net"}, expired)), "expired certificate"},
		"not yet":                  {issued(ca().Issue([]string{"aaa.example.net"}, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) })), "expired certificate"},
		"for servers only":         {issued(ca().Issue([]string{"aaa.example.net"}, func(c *x509.Certificate) { c.ExtKeyUsage = c.ExtKeyUsage[1:] })), "certificate for another purpose"},
		"unknown to Peers":         {client("www.example.com"), "unknown peer"},
		"the name as CN only":      {issued(ca().Issue(nil, func(c *x509.Certificate) { c.Subject.CommonName = "aaa.example.net" })), "unknown peer"},
		"two peers at once":        {client("aaa.example.net", "127.0.0.1"), "other"},
		"an unknown critical extension": {issued(ca().Issue([]string{"aaa.example.net"}, func(c *x509.Certificate) {
			e := c.ExtraExtensions
			c.ExtraExtensions = append(e, unknownCritical)
		})), "other"},
		"the certificate of this end": {issued(own), "own certificate"},
		"TLS 1.1":                     {&tls.Config{RootCAs: ca().Pool(), Certificates: client("aaa.example.net").Certificates, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, "other"},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(fmt.Sprintf("%s/%x", name, version), func(t *testing.T) {
				cfg := TLS(issued(own))
				addr := serve(t, ack(nasPeers), cfg)
				with := c.client.Clone()
				if with.MaxVersion == tls.VersionTLS11 && strings.Contains(os.Getenv("GODEBUG"), "fips140=only") {
					t.Skip("no end offers TLS 1.1 under FIPS 140-3 enforcement")
				}
				if with.MaxVersion == 0 {
					with.MaxVersion = version
				}
				err := reaches(t, cfg, addr, with)
				if c.reason == "" {
					require.NoError(t, err)
					assert.EqualValues(t, 1, cfg.Stats().Opened)
					return
				}
				require.Error(t, err)
				eventually(t, "it is counted", func() bool { return cfg.Stats().Failed[c.reason] == 1 })
				assert.Zero(t, cfg.Stats().Opened)
				require.NoError(t, reaches(t, cfg, addr, client("aaa.example.net")), "and the next good one connects")
			})
		}
	}
}

func TestR7360_3_2_1_PlainTextOnThePortIsRefused(t *testing.T) {
	cfg := TLS(client("nas.example.net"))
	addr := serve(t, ack(nasPeers), cfg)
	raw, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer raw.Close()
	_, err = raw.Write([]byte("\x28\x01\x00\x14 sixteen octets "))
	require.NoError(t, err)
	raw.SetReadDeadline(time.Now().Add(5 * time.Second))
	io.Copy(io.Discard, raw)
	eventually(t, "it is counted", func() bool { return cfg.Stats().Failed["no TLS"] == 1 })
}

func TestR_BIS_7_4_1_HandshakeEndsInTime(t *testing.T) {
	cfg := TLS(client("nas.example.net"))
	cfg.HandshakeTimeout = 50 * time.Millisecond
	addr := serve(t, ack(nasPeers), cfg)
	raw, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer raw.Close()
	raw.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, err = raw.Read(make([]byte, 1))
	assert.ErrorIs(t, err, io.EOF)
	eventually(t, "it is counted", func() bool { return cfg.Stats().Failed["timeout"] == 1 })
}

// versions are what an end may offer.
var versions = map[string][]dac.Version{"1.0": {dac.RADIUS10}, "1.1": {dac.RADIUS11}, "both": {dac.RADIUS10, dac.RADIUS11}}

func TestR9765_3_2_EveryPairingOfOffers(t *testing.T) {
	want := map[string]string{
		"1.0 1.0": "1.0", "1.0 1.1": "", "1.0 both": "1.0",
		"1.1 1.0": "", "1.1 1.1": "1.1", "1.1 both": "1.1",
		"both 1.0": "1.0", "both 1.1": "1.1", "both both": "1.1",
	}
	require.Len(t, want, 9)
	for pair, agreed := range want {
		t.Run(pair, func(t *testing.T) {
			c, s, _ := strings.Cut(pair, " ")
			server, dial := TLS(client("nas.example.net")), TLS(client("aaa.example.net"))
			server.Versions, dial.Versions = versions[s], versions[c]
			dial.TLS.ServerName = "nas.example.net"
			addr := serve(t, ack(nasPeers), server)
			conn, err := Dial(t.Context(), addr, dial)
			if agreed == "" {
				require.ErrorContains(t, err, "remote error: tls: no application protocol", "alert 120")
				return
			}
			require.NoError(t, err)
			defer conn.Close()
			assert.Equal(t, agreed, conn.Info().Version.String())
			assert.Equal(t, "nas.example.net", conn.Info().Identity.Name)
		})
	}
}

func TestR9765_3_1_NoRADIUS11BelowTLS13(t *testing.T) {
	cfg := TLS(client("nas.example.net"))
	addr := serve(t, ack(nasPeers), cfg)
	for _, c := range []struct {
		max    uint16
		offer  []string
		agreed string
	}{
		{tls.VersionTLS12, []string{alpn11, alpn10}, alpn10}, {tls.VersionTLS12, []string{alpn10, alpn11}, alpn10}, {tls.VersionTLS12, nil, ""},
		{tls.VersionTLS13, []string{alpn10, alpn11}, alpn11}, {tls.VersionTLS13, nil, ""},
	} {
		with := client("aaa.example.net")
		with.MaxVersion, with.NextProtos, with.ServerName = c.max, c.offer, "nas.example.net"
		tc, err := tls.Dial("tcp", addr, with)
		require.NoError(t, err)
		assert.Equal(t, c.agreed, tc.ConnectionState().NegotiatedProtocol, "%x %v", c.max, c.offer)
		tc.Close()
	}
	with := client("aaa.example.net")
	with.MaxVersion, with.NextProtos, with.ServerName = tls.VersionTLS12, []string{alpn11}, "nas.example.net"
	_, err := tls.Dial("tcp", addr, with)
	assert.ErrorContains(t, err, "no application protocol")
}

// The other end of a dial may be one that agrees on what it must not.
func TestR9765_3_1_DialRefusesRADIUS11OverTLS12(t *testing.T) {
	foreign := client("nas.example.net")
	foreign.MaxVersion, foreign.NextProtos, foreign.ClientAuth = tls.VersionTLS12, []string{alpn11}, tls.RequireAnyClientCert
	for _, offers := range []string{"both", "1.0", "1.1"} {
		ln, err := tls.Listen("tcp", "127.0.0.1:0", foreign)
		require.NoError(t, err)
		go func() {
			if c, err := ln.Accept(); err == nil {
				c.(*tls.Conn).Handshake()
				io.Copy(io.Discard, c)
				c.Close()
			}
		}()
		cfg := TLS(client("aaa.example.net"))
		cfg.Versions, cfg.TLS.ServerName = versions[offers], "nas.example.net"
		_, err = Dial(t.Context(), ln.Addr().String(), cfg)
		require.Error(t, err, offers)
		ln.Close()
	}
}

func TestR9765_3_2_RequiredVersionWithoutALPNIsClosed(t *testing.T) {
	cfg := TLS(client("nas.example.net"))
	cfg.Versions = versions["1.1"]
	addr := serve(t, ack(nasPeers), cfg)
	require.ErrorIs(t, reaches(t, cfg, addr, client("aaa.example.net")), io.EOF, "closed after the handshake, with close_notify")
	eventually(t, "it is counted", func() bool { return cfg.Stats().Failed["no common protocol"] == 1 })
}

func TestR_BIS_3_3_1_DialChecksTheName(t *testing.T) {
	for name, c := range map[string]struct {
		cert   []string
		expect string
		ok     bool
	}{
		"the name":                {[]string{"nas.example.net"}, "nas.example.net", true},
		"in capitals":             {[]string{"nas.example.net"}, "NAS.Example.NET.", true},
		"a star":                  {[]string{"*.example.net"}, "nas.example.net", true},
		"a star too far":          {[]string{"*.net"}, "nas.example.net", false},
		"another name":            {[]string{"www.example.net"}, "nas.example.net", false},
		"its address":             {[]string{"127.0.0.1"}, "", true},
		"another address":         {[]string{"192.0.2.1"}, "", false},
		"a name, not the address": {[]string{"localhost"}, "", false},
		"a realm":                 {[]string{"@example.org"}, "@Example.org", true},
		"a realm with a star":     {[]string{"@*.example.org"}, "@nas.example.org", true},
		"another realm":           {[]string{"@example.org", "example.com"}, "@example.com", false},
		"a realm is no name":      {[]string{"@example.org"}, "example.org", false},
	} {
		t.Run(name, func(t *testing.T) {
			addr := serve(t, ack(nasPeers), TLS(issued(ca().Issue(c.cert))))
			cfg := TLS(client("aaa.example.net"))
			cfg.TLS.ServerName = c.expect
			conn, err := Dial(t.Context(), addr, cfg)
			if !c.ok {
				require.ErrorIs(t, err, cert.ErrName)
				assert.EqualValues(t, 0, cfg.Stats().Open)
				return
			}
			require.NoError(t, err)
			conn.Close()
		})
	}
}

func TestHostsConfigIsLeftAloneAndItsHooksWork(t *testing.T) {
	var asked, verified, told atomic.Int32
	cert := ca().Issue([]string{"nas.example.net"})
	base := &tls.Config{
		ClientCAs: ca().Pool(), ClientAuth: tls.NoClientCert, MinVersion: tls.VersionTLS10, NextProtos: []string{"h2"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { asked.Add(1); return &cert, nil },
		VerifyConnection: func(cs tls.ConnectionState) error {
			verified.Add(1)
			if cs.PeerCertificates[0].DNSNames[0] == "revoked.example.net" {
				return errors.New("revoked")
			}
			return nil
		},
	}
	base.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		told.Add(1)
		if hello.ServerName == "other.example.net" {
			other := issued(ca().Issue([]string{"other.example.net"}))
			return other, nil
		}
		return nil, nil
	}
	served := TLS(base)
	addr := serve(t, ack(dac.CertPeers{"*.example.net": {}}), served)
	require.NoError(t, reaches(t, served, addr, client("aaa.example.net")))
	require.Error(t, reaches(t, served, addr, client("revoked.example.net")))
	assert.EqualValues(t, 2, asked.Load())
	assert.EqualValues(t, 2, verified.Load())
	assert.EqualValues(t, 2, told.Load())
	assert.Equal(t, tls.NoClientCert, base.ClientAuth)
	assert.Equal(t, []string{"h2"}, base.NextProtos)

	cfg := TLS(client("aaa.example.net"))
	cfg.TLS.ServerName = "other.example.net"
	conn, err := Dial(t.Context(), addr, cfg)
	require.NoError(t, err, "what GetConfigForClient returns is made good too")
	defer conn.Close()
	assert.Equal(t, dac.RADIUS11, conn.Info().Version)
	raw, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: ca().Pool(), ServerName: "other.example.net"})
	if err == nil {
		_, err = raw.Read(make([]byte, 1))
	}
	require.ErrorContains(t, err, "certificate required")
}

func TestR9765_3_5_1_NoSessionIsResumed(t *testing.T) {
	addr := serve(t, ack(nasPeers), TLS(client("nas.example.net")))
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		with := client("aaa.example.net")
		with.ServerName, with.MaxVersion, with.ClientSessionCache = "nas.example.net", version, tls.NewLRUClientSessionCache(4)
		for range 2 {
			tc, err := tls.Dial("tcp", addr, with)
			require.NoError(t, err)
			tc.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			tc.Read(make([]byte, 1))
			assert.False(t, tc.ConnectionState().DidResume)
			tc.Close()
		}
		_, there := with.ClientSessionCache.Get("nas.example.net")
		assert.False(t, there, "no ticket: FreeRADIUS 3.2 may lose its first request behind one")
	}
}

// hostile hosts: what Identify may do.
func TestPeersThatFailRefuse(t *testing.T) {
	for name, identify := range map[string]func(context.Context) (dac.Peer, error){
		"panics":             func(context.Context) (dac.Peer, error) { panic("broken") },
		"ends its goroutine": func(context.Context) (dac.Peer, error) { runtimeGoexit(); return dac.Peer{}, nil },
		"hangs":              func(context.Context) (dac.Peer, error) { select {} },
		"waits":              func(ctx context.Context) (dac.Peer, error) { <-ctx.Done(); return dac.Peer{}, ctx.Err() },
		"fails":              func(context.Context) (dac.Peer, error) { return dac.Peer{}, errors.New("the database is away") },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := TLS(client("nas.example.net"))
			cfg.HandshakeTimeout = 200 * time.Millisecond
			addr := serve(t, ack(identifyFunc(identify)), cfg)
			require.Error(t, reaches(t, cfg, addr, client("aaa.example.net")))
			eventually(t, "counted", func() bool { return cfg.Stats().Failed["other"]+cfg.Stats().Failed["timeout"] == 1 })
		})
	}
}

func TestConfigFaultsAreSaidAtTheStart(t *testing.T) {
	good := client("nas.example.net")
	for want, cfg := range map[string]*Config{
		"Config.TLS is nil":    {},
		"has no certificate":   TLS(&tls.Config{ClientCAs: ca().Pool(), RootCAs: ca().Pool()}),
		"below TLS 1.2":        TLS(&tls.Config{Certificates: good.Certificates, ClientCAs: ca().Pool(), RootCAs: ca().Pool(), MaxVersion: tls.VersionTLS11}),
		"offers nothing":       {TLS: good, Versions: []dac.Version{}},
		"MaxConns is negative": {TLS: good, MaxConns: -1},
		"Watchdog is negative": {TLS: good, Watchdog: -1},
		"CAs is nil":           TLS(&tls.Config{Certificates: good.Certificates}),
	} {
		for _, err := range []error{
			ListenAndServe(t.Context(), ack(nasPeers), "127.0.0.1:0", cfg),
			DialAndServe(t.Context(), ack(nasPeers), "127.0.0.1:1", cfg),
			second(Dial(t.Context(), "127.0.0.1:1", cfg)),
			second(cfg.Open(t.Context(), netipAddrPort("127.0.0.1:1"), dac.Peer{})),
		} {
			require.ErrorContains(t, err, want)
			assert.True(t, strings.HasPrefix(err.Error(), "radsec: "), err)
		}
	}
	cfg := TLS(good)
	require.ErrorContains(t, ListenAndServe(t.Context(), nil, "127.0.0.1:0", cfg), "dac.Server is nil")
	require.ErrorContains(t, ListenAndServe(t.Context(), ack(dac.SharedSecret("s3cret")), "127.0.0.1:0", cfg), "knows no certificates")
	require.ErrorContains(t, ListenAndServe(t.Context(), ack(dac.CertPeers{"a": {Secret: "s"}}), "127.0.0.1:0", cfg), "leave Secret")
	require.ErrorContains(t, ListenAndServe(t.Context(), &dac.Server{Peers: nasPeers}, "127.0.0.1:0", cfg), "Handler is nil")
	assert.Zero(t, slices.Max([]int{cfg.Stats().Open, cfg.Stats().Handshaking, cfg.Stats().Waiting}))
}
