// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/radius-dynauth/dynauth/dac/internal/peers"
	"github.com/radius-dynauth/dynauth/dac/internal/show"
)

// CertPeers is IdentityPeers by what a certificate proves. A key is one of
//
//	aaa.example.net            a dNSName
//	*.nas.example.net          every dNSName with one label in place of the star
//	192.0.2.1, 2001:db8::1     an iPAddress, whatever address the connection comes from
//	@example.net               a NAIRealm (RFC 7585, section 2.2)
//	CN=CA,O=Example#1f2e       the issuer (RFC 2253) and the serial number in hexadecimal
//
// Every name of a certificate is looked up; for one dNSName an exact key wins over one with a star.
// A certificate whose names lead to different Peers, or to several names below a star, is refused,
// and the error says which they are. A name that has a star in the certificate is no one peer's,
// and matches nothing.
//
// A Peer without Name gets the name that matched, so that each NAS below a star is a peer of its
// own and a NAS with a new certificate is the same one. CertPeers admits no UDP datagram, so Serve
// refuses a Secret in it; and a key that is none of the above, a Name with a star, and Via. It is
// not to be changed in use.
type CertPeers map[string]Peer

// Peer returns ErrUnknownPeer: an address proves nothing.
func (m CertPeers) Peer(context.Context, netip.AddrPort) (Peer, error) { return Peer{}, ErrUnknownPeer }

// Identify returns the Peer whose key id matches, with its Name set, or ErrUnknownPeer.
func (m CertPeers) Identify(_ context.Context, id *PeerIdentity) (Peer, error) {
	var found []Peer
	c := peers.Certificate{DNS: id.DNS, IPs: id.IPs, Realms: id.Realms, Issuer: id.Issuer, Serial: id.Serial}
	c.Keys(func(key, name string) bool {
		p, ok := m[key]
		if p.Name == "" {
			p.Name = name
		}
		if ok && p.Secret == "" && !slices.Contains(found, p) {
			found = append(found, p)
		}
		return ok
	})
	switch len(found) {
	case 0:
		return Peer{}, ErrUnknownPeer
	case 1:
		return found[0], nil
	}
	names := make([]string, len(found))
	for i, p := range found {
		names[i] = p.Name
	}
	return Peer{}, fmt.Errorf("dac: CertPeers: the names of one certificate lead to several peers, %q: give their keys the same Peer with the same Name, or each its own certificate", names)
}

// check says what is wrong with m: of several keys with one fault the first and how many more.
func (m CertPeers) check() error {
	if len(m) == 0 {
		return errors.New("dac: CertPeers is empty: name the certificates of the peers")
	}
	var faults peers.Faults
	for _, key := range slices.Sorted(maps.Keys(m)) {
		p := m[key]
		meant, err := peers.PlainKey(key)
		switch {
		case err != nil:
			faults.Add("key", "dac: CertPeers: %q: %w", key, err)
		case meant != key:
			faults.Add("form", "dac: CertPeers: %q is looked up as %q: write it so", key, meant)
		case p.Secret != "" || p.Previous != "":
			faults.Add("secret", "dac: CertPeers: %q has a Secret: its certificate authenticates it; leave Secret and Previous out", key)
		case p.Via != nil:
			faults.Add("via", "dac: CertPeers: %q has Via: this peer opens the connection itself; leave it out", key)
		case strings.HasPrefix(key, "*.") && p.Name != "":
			faults.Add("name", "dac: CertPeers: %q has the Name %q: all below the star would be one peer; leave it out", key, p.Name)
		case p.Limit.check() != nil:
			faults.Add("limit", "dac: CertPeers: %q: %w", key, p.Limit.check())
		}
	}
	return faults.Err()
}

// Format prints the peers with a Secret, which is a mistake here, as "[secret]" under every verb.
func (m CertPeers) Format(f fmt.State, verb rune) {
	type fields map[string]Peer
	show.Fields(f, verb, fields(m))
}

// JoinPeers is several Peers on one Server, such as a PeerMap for UDP and CertPeers for TLS. Each
// address and each certificate belongs to the first of them that knows it; an error other than
// ErrUnknownPeer ends the search. What is an error at the start for one of them is so for the
// whole. It is IdentityPeers where one of them is.
func JoinPeers(peers ...Peers) Peers {
	joined := joinedPeers{All: slices.Clone(peers)}
	for _, p := range peers {
		if _, ok := p.(IdentityPeers); ok {
			return identityPeers{joined}
		}
	}
	return joined
}

type joinedPeers struct{ All []Peers }

func (j joinedPeers) Peer(ctx context.Context, addr netip.AddrPort) (Peer, error) {
	for _, p := range j.All {
		if peer, err := p.Peer(ctx, addr); !errors.Is(err, ErrUnknownPeer) {
			return peer, err
		}
	}
	return Peer{}, ErrUnknownPeer
}

func (j joinedPeers) check() error {
	if len(j.All) == 0 {
		return errors.New("dac: JoinPeers has nothing to join: give it the Peers for UDP and those for TLS")
	}
	var errs []error
	for _, p := range j.All {
		errs = append(errs, peersCheck(p))
	}
	return errors.Join(errs...)
}

// Format prints what is joined, with secrets as "[secret]".
func (j joinedPeers) Format(f fmt.State, verb rune) {
	io.WriteString(f, "JoinPeers(")
	for i, p := range j.All {
		fmt.Fprintf(f, "%s%+v", map[bool]string{true: ", "}[i > 0], p)
	}
	io.WriteString(f, ")")
}

// identityPeers are joinedPeers of which one at least knows certificates.
type identityPeers struct{ joinedPeers }

func (j identityPeers) Identify(ctx context.Context, id *PeerIdentity) (Peer, error) {
	for _, p := range j.All {
		if by, ok := p.(IdentityPeers); ok {
			if peer, err := by.Identify(ctx, id); !errors.Is(err, ErrUnknownPeer) {
				return peer, err
			}
		}
	}
	return Peer{}, ErrUnknownPeer
}
