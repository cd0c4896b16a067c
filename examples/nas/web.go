// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
)

//go:embed web
var pageFiles embed.FS

// A web is the page of -web: what goes on, to look at, and with -web-control a form that sends
// requests.
//
// It asks for no password. So it is read-only unless told otherwise, -web-control is for
// addresses of this machine alone, and other pages in the same browser are kept out: by the name
// that the browser asked for, since an attacker's name may lead here (DNS rebinding), and by what
// the browser says of the page that asks.
type web struct {
	listener   net.Listener
	about      about
	feed       *feed
	roster     *roster
	stats      func() dac.ServerStats
	identifies func(attrs.ID) bool
	control    *control // nil: read-only
	streams    atomic.Int32
}

// policy lets the page run its own files and nothing else, and takes the ways of making code of
// text away from it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// openWeb opens the page that o asks for, of a BNG that listens on sockets and, over TLS, at
// addresses; nil: none.
func openWeb(o *options, b *bng, seen *feed, sockets []net.PacketConn, overTLS []string) (*web, error) {
	if !o.web.IsValid() {
		return nil, nil
	}
	l, err := net.Listen("tcp", o.web.String())
	if err != nil {
		return nil, fmt.Errorf("-web: %w: give another port, or port 0 for any", err)
	}
	w := &web{
		listener: l, feed: seen, roster: newRoster(b), stats: o.server.Stats, identifies: identifies(o.policy.Identifying),
		about: about{Name: o.nas.Identifier, Supported: namesOf(slices.Concat(supported, o.supported)), Began: time.Now().UnixMilli(), Control: o.control},
	}
	for _, pc := range sockets {
		w.about.Listening = append(w.about.Listening, "UDP "+pc.LocalAddr().String())
	}
	for _, addr := range overTLS {
		w.about.Listening = append(w.about.Listening, "TLS "+addr)
	}
	if o.control {
		w.control = newControl(sockets[0].LocalAddr().(*net.UDPAddr).AddrPort(), o.peers)
	}
	return w, nil
}

// identifies tells what names a NAS or a session from what changes one.
func identifies(also []attrs.AnyKey) func(attrs.ID) bool {
	named := map[attrs.ID]bool{}
	for _, k := range also {
		named[k.ID()] = true
	}
	return func(id attrs.ID) bool {
		return id.Role() == attrs.RoleNAS || id.Role() == attrs.RoleSession || named[id]
	}
}

// String is where the page is.
func (w *web) String() string {
	if w.control != nil {
		return fmt.Sprintf("page at http://%v/, which may send requests", w.listener.Addr())
	}
	return fmt.Sprintf("page at http://%v/, read-only", w.listener.Addr())
}

func (w *web) handler() http.Handler {
	files, err := fs.Sub(pageFiles, "web")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /events", w.stream)
	mux.HandleFunc("POST /requests", w.control.ask)
	return direct(sameOrigin(http.NewCrossOriginProtection().Handler(mux)))
}

// direct refuses what was asked for by a name: browsers that were told where this page is come by
// address, or to localhost.
func direct(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !command.AskedByAddress(r) {
			http.Error(rw, "ask by address, or for localhost", http.StatusMisdirectedRequest)
			return
		}
		h := rw.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(rw, r)
	})
}

// sameOrigin refuses what another page asks for, but for the page itself, to which a link may lead.
func sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch site := r.Header.Get("Sec-Fetch-Site"); {
		case site == "", site == "same-origin", site == "none", r.URL.Path == "/" && r.Method == http.MethodGet:
			next.ServeHTTP(rw, r)
		default:
			http.Error(rw, "this is for the page of this NAS alone", http.StatusForbidden)
		}
	})
}

// serve serves the page until ctx is done.
func (w *web) serve(ctx context.Context) error {
	s := &http.Server{
		Handler:           w.handler(),
		BaseContext:       func(net.Listener) context.Context { return ctx }, // ends the streams
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if err := s.Serve(w.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("the page: %w", err)
	}
	return nil
}

// webAddress reads an address and a port; without an address it is this machine's own.
func webAddress(text string) (netip.AddrPort, error) {
	if strings.HasPrefix(text, ":") {
		text = loopback.String() + text
	}
	if port, ok := strings.CutPrefix(text, "localhost:"); ok {
		text = loopback.String() + ":" + port
	}
	addr, err := netip.ParseAddrPort(text)
	if err != nil {
		return addr, errors.New("give an address and a port: 127.0.0.1:8080")
	}
	return addr, nil
}
