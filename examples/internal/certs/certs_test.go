// SPDX-License-Identifier: Apache-2.0

package certs

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec"
	"github.com/radius-dynauth/dynauth/dac/radsec/radsectest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNamesAreFoundByWhatACertificateProves(t *testing.T) {
	names := Names[string]{}
	for _, name := range []string{"*.nas.example.net", "core.nas.example.net", "192.0.2.1", "@example.net", "CN=CA#1f", "*.net"} {
		names.Set(name, name)
	}
	for name, want := range map[string]string{
		"a.nas.example.net": "*.nas.example.net", "Core.NAS.example.net": "core.nas.example.net", "192.0.2.1": "192.0.2.1", "@example.net": "@example.net", "CN=CA#1f": "CN=CA#1f",
		"a.b.nas.example.net": "", "nas.example.net": "", "@other.net": "", "cn=x.net#1": "", "": "",
	} {
		found, ok := names.Find(name)
		require.Equal(t, want != "", ok, name)
		require.Equal(t, want, found)
	}
}

// files are those of an authority, in a folder.
func files(t *testing.T, ca *radsectest.CA) *Section {
	folder := t.TempDir()
	cert, key := radsectest.PEM(ca.Issue([]string{"aaa.example.net"}))
	for name, b := range map[string][]byte{"cert": cert, "key": key, "ca": ca.PEM()} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), b, 0o600))
	}
	s := &Section{Cert: filepath.Join(folder, "cert"), Key: filepath.Join(folder, "key"), CA: filepath.Join(folder, "ca")}
	s.Check(func(field string, err error) { t.Fatal(field, err) })
	return s
}

// A daemon that has no certificate, or has none any more, takes no connection.
func TestWithoutCertificatesNothingConnects(t *testing.T) {
	ca := radsectest.NewCA()
	live, err := NewLive(nil, dac.CertPeers{"bng.example.net": {ReverseCoA: true}}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- live.Hub.Serve(ctx, ln) }()
	defer func() {
		cancel()
		assert.NoError(t, <-served)
	}()
	connects := func() bool {
		cfg := radsec.TLS(ca.Config("bng.example.net"))
		cfg.TLS.ServerName = "aaa.example.net"
		conn, err := radsec.Dial(t.Context(), ln.Addr().String(), cfg)
		if err == nil {
			conn.Close()
		}
		return err == nil
	}
	require.False(t, connects())
	section := files(t, ca)
	require.NoError(t, live.Fits(section))
	live.Use(section)
	require.True(t, connects())
	require.NoError(t, live.Fits(nil))
	live.Use(nil)
	require.False(t, connects())
	section.RADIUS = "1.1"
	require.ErrorContains(t, live.Fits(section), "restart the program")
}

// A NAS that connects has a name in place of its handle.
func TestHandlesAreShownAsNames(t *testing.T) {
	live, err := NewLive(nil, dac.CertPeers{"bng.example.net": {ReverseCoA: true}}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	handle := live.Hub.NAS("bng.example.net")
	require.Equal(t, "bng.example.net", live.Label(handle))
	_, ok := live.Name(handle.Addr().Next())
	require.False(t, ok, "a handle that was never given out is no name")
	nas := radsectest.NewNAS(t, dac.HandlerFunc(func(context.Context, *dac.Request) (*dac.Response, error) { return nil, dac.ErrDiscard }))
	require.Equal(t, nas.Addr.String(), live.Label(nas.Addr))
}

func TestAStoreKeepsWhatItHadWhereFilesAreWrong(t *testing.T) {
	s := files(t, radsectest.NewCA())
	store, err := Open(Options{Files: Files{s.Cert, s.Key, s.CA}})
	require.NoError(t, err)
	before, err := store.cert()
	require.NoError(t, err)
	for _, name := range []string{s.CA, s.Key} {
		require.NoError(t, os.WriteFile(name, []byte("nothing"), 0o600))
		require.Error(t, store.Reload())
		after, err := store.cert()
		require.NoError(t, err)
		require.Same(t, before, after)
	}
	cfg, closing, err := store.Config()
	require.NoError(t, err)
	require.NoError(t, closing.Close())
	require.NotNil(t, cfg.Roots())
	_, _, err = (&Store{o: Options{Version: "1.0"}}).Config()
	require.ErrorContains(t, err, "1.2 or 1.3")
}
