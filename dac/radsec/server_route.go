// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

const (
	mostClaims = 256       // that are learned of one NAS
	claimLives = time.Hour // of a NAS that has no connection open, against another that claims the same
)

// handles are the discard prefix of RFC 6666: no packet is ever sent there.
var handles = netip.MustParsePrefix("100::/64")

// NAS returns the handle of the NAS with this name, which its certificate proved: an address of
// 100::/64 that means the NAS to a Client whose Peers is s, and to all that works with addresses:
// Each, Job, dac.Target, route. A name has the same handle in every run. The NAS need not be
// connected yet.
func (s *Server) NAS(name string) netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.nas(name)
	for addr := range handlesOf(n.name) {
		if s.names[addr] == n.name {
			return netip.AddrPortFrom(addr, Port)
		}
	}
	return netip.AddrPort{}
}

// free is the first handle for name that is no other name's.
func (s *Server) free(name string) netip.Addr {
	for addr := range handlesOf(name) {
		if _, taken := s.names[addr]; !taken {
			return addr
		}
	}
	return netip.Addr{}
}

// handlesOf are the handles that name may have: the first one, and others for the case that two
// names lead to one.
func handlesOf(name string) iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		for i := range 256 {
			sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", name, i))
			a := handles.Addr().As16()
			copy(a[8:], sum[:8])
			if !yield(netip.AddrFrom16(a)) {
				return
			}
		}
	}
}

func notReverse(name string) error {
	return fmt.Errorf("radsec: the NAS %q is not to be asked down its connection: set Peer.ReverseCoA in Server.Peers where it is configured for it: %w", name, errcause.RequestNotRoutable)
}

// saidOf is what a packet says about its NAS. Those with an "=" belong to one NAS alone; addresses
// behind NAT may be those of several.
func saidOf(set radius.Attributes) (says []string, err error) {
	who, _, err := attrs.IdentityOf(set)
	if err != nil {
		return nil, err
	}
	if who.Identifier != "" {
		says = append(says, "=id "+strings.ToLower(who.Identifier))
	}
	for _, a := range who.Addrs {
		says = append(says, "ip "+a.Unmap().String())
	}
	token, ok, err := attrs.OperatorNASIdentifier.Lookup(set)
	if ok && err == nil {
		says = append(says, "=op "+string(token))
	}
	return says, err
}

// learn notes what a NAS says of itself in a request. What belongs to another one is an error.
func (s *Server) learn(name string, set radius.Attributes) error {
	says, err := saidOf(set)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.nas(name)
	for _, one := range says {
		if other := s.owner(one, n); other != nil {
			return fmt.Errorf("it says of itself what belongs to the NAS %q", other.name)
		}
	}
	for _, one := range says {
		if len(n.says) >= mostClaims && !n.says[one] {
			continue
		}
		if n.says == nil {
			n.says = make(map[string]bool)
		}
		n.says[one] = true
		if strings.HasPrefix(one, "=") {
			if s.named == nil {
				s.named = make(map[string]*nas)
			}
			if old := s.named[one]; old != nil && old != n {
				delete(old.says, one)
			}
			s.named[one] = n
		}
	}
	return nil
}

// owner is the NAS other than n to which alone one belongs: its name, or what it has said while it
// is connected, and for an hour after.
func (s *Server) owner(one string, n *nas) *nas {
	if id, ok := strings.CutPrefix(one, "=id "); ok && id != n.name {
		if other := s.nases[id]; other != nil && other.known {
			return other
		}
	}
	if other := s.named[one]; other != nil && other != n && (len(other.conns) > 0 || time.Since(other.seen) < claimLives) {
		return other
	}
	return nil
}

// Route finds the NAS that a request is about by what the NASes have said of themselves in their
// Access- and Accounting-Requests: NAS-Identifier, which may be the name of its certificate too,
// addresses, and Operator-NAS-Identifier. All that the request has must be of one NAS, else it is
// dac.ErrNoRoute: addresses behind NAT may be those of several. For sessions put route.Learned
// before it, which knows handles as it knows addresses.
func (s *Server) Route(_ context.Context, r *dac.Request) (dac.Target, error) {
	says, err := saidOf(r.Packet.Attributes)
	if err != nil {
		return dac.Target{}, err
	}
	if found := s.find(says); len(found) == 1 {
		return dac.Target{Name: found[0], Addr: s.NAS(found[0])}, nil
	}
	return dac.Target{}, dac.ErrNoRoute
}

// find are the names of the NASes of which all of says is true.
func (s *Server) find(says []string) (found []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(says) == 0 {
		return nil
	}
	for name, n := range s.nases {
		if n.known && !slices.ContainsFunc(says, func(one string) bool { return !n.says[one] && one != "=id "+name }) {
			found = append(found, name)
		}
	}
	return found
}

// handler is Server.Handler for the connections of one NAS.
func (s *Server) handler(name string) radius.Handler {
	return radius.HandlerFunc(func(w radius.ResponseWriter, r *radius.Request) {
		if err := s.learn(name, r.Attributes); err != nil {
			s.Config.log().Warn("radsec: request refused", "peer", name, "addr", r.RemoteAddr, "err", err)
			w.(interface{ Refuse(errcause.Cause) }).Refuse(errcause.AdministrativelyProhibited)
			return
		}
		s.Handler.ServeRADIUS(w, r)
	})
}
