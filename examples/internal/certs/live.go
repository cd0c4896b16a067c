// SPDX-License-Identifier: Apache-2.0

package certs

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec"
)

// Live is the RADIUS over TLS of a daemon: it lasts as long as that does, whatever its Section says
// from one reload to the next, so that connections which stay permitted stay open.
type Live struct {
	Config *radsec.Config
	Hub    *radsec.Server // to which NASes connect
	store  *Store
	at     Section // of the start
}

// NewLive makes one of the Section of the start, nil for none. nases are those that may connect.
func NewLive(s *Section, nases dac.IdentityPeers, log *slog.Logger) (*Live, error) {
	l := &Live{store: &Store{}}
	if s != nil {
		l.at = *s
		l.store.o.Version, l.store.o.RADIUS = s.Version, s.RADIUS
	}
	var err error
	if l.Config, _, err = l.store.Config(); err != nil {
		return nil, err
	}
	l.Config.Logger = log
	l.Hub = &radsec.Server{Config: l.Config, Peers: nases}
	l.Use(s)
	return l, nil
}

// Fits says what of s takes a restart.
func (l *Live) Fits(s *Section) error {
	if s != nil && (s.Version != l.at.Version || s.RADIUS != l.at.RADIUS) {
		return errors.New("tls: version and radius are those of the start, which open connections have agreed upon: put them back, or restart the program")
	}
	return nil
}

// Use has the certificates of s in use from the next handshake on, and those that s is without no
// more.
func (l *Live) Use(s *Section) {
	if s == nil {
		l.store.Use(nil)
		return
	}
	l.store.Use(s.contents)
}

// handles are those that a radsec.Server gives out.
var handles = netip.MustParsePrefix("100::/64")

// Name returns the name of the NAS whose handle addr is, as its certificate has it.
func (l *Live) Name(addr netip.Addr) (string, bool) {
	if !handles.Contains(addr) {
		return "", false
	}
	p, err := l.Hub.Peer(context.Background(), netip.AddrPortFrom(addr, radsec.Port))
	return p.Name, err == nil
}

// Label is how addr is shown: a NAS that connects by its name.
func (l *Live) Label(addr netip.AddrPort) string {
	if name, ok := l.Name(addr.Addr()); ok {
		return name
	}
	return addr.String()
}
