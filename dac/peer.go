// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// A Peer is the other side: who may send to a Server, or where a Client sends.
// Its zero value with a Secret is the normal peer; an empty Secret is no peer.
type Peer struct {
	Name     string // in logs, traces, counters and Request.Peer; "" is the address
	Secret   Secret // signs and verifies
	Previous Secret // verifies too, while a new Secret is rolled out; an answer is signed with the one that verified its request

	RequireMessageAuthenticator bool          // discard what comes without
	RequireEventTimestamp       bool          // discard what comes without (RFC 5176, section 6.3)
	OmitMessageAuthenticator    bool          // requests to this peer go without; an answer has one when its request had
	OmitEventTimestamp          bool          // requests to this peer go without
	AnswerEventTimestamp        bool          // answers to this peer carry one
	IgnoreEventTimestamp        bool          // what this peer stamps is not checked: it has no clock
	IdentifierRest              time.Duration // an answered identifier rests; zero is not at all. An unanswered one rests 30 s at least
	DenyDisconnect, DenyCoA     bool          // NAK 501
}

// Peers knows the peers. addr is unmapped and without zone; the port is the NAS's for a Client and 0 for a Server.
// An error that is not ErrUnknownPeer counts apart; either way nothing is answered or sent. It is called concurrently, by a Server
// for each datagram: put CachePeers around a slow one. A slow answer holds up nobody but its sender; while 256 are waited for, newcomers are dropped.
type Peers interface {
	Peer(ctx context.Context, addr netip.AddrPort) (Peer, error)
}

// PeersFunc is a function that is Peers.
type PeersFunc func(ctx context.Context, addr netip.AddrPort) (Peer, error)

// Peer calls f.
func (f PeersFunc) Peer(ctx context.Context, addr netip.AddrPort) (Peer, error) { return f(ctx, addr) }

// check says what is wrong with f.
func (f PeersFunc) check() error {
	if f == nil {
		return errors.New("dac: PeersFunc is nil: nobody could be known")
	}
	return nil
}

// PeerMap is Peers by address: the longest prefix that holds the address is the peer. Serve refuses an empty one, a prefix with host bits
// and a Peer without Secret. It is not to be changed in use.
type PeerMap map[netip.Prefix]Peer

// Peer returns the Peer of the longest prefix that holds addr, or ErrUnknownPeer; a Peer without Secret is nobody, and no shorter
// prefix stands in for it. It tries each prefix length; a Server makes itself an index of those that occur.
func (m PeerMap) Peer(ctx context.Context, addr netip.AddrPort) (Peer, error) {
	a := plain(addr.Addr())
	for bits := a.BitLen(); bits >= 0; bits-- {
		prefix, _ := a.Prefix(bits)
		if p, ok := m[prefix]; ok && prefix.IsValid() && p.Secret != "" {
			return p, nil
		} else if ok {
			break
		}
	}
	return Peer{}, ErrUnknownPeer
}

// check says what is wrong with m.
func (m PeerMap) check() error {
	if len(m) == 0 {
		return errors.New("dac: PeerMap is empty: nobody may send; name the prefixes of those who may")
	}
	var errs []error
	for prefix, p := range m {
		switch {
		case !prefix.IsValid():
			errs = append(errs, errors.New("dac: PeerMap has a zero prefix: write 0.0.0.0/0 and ::/0 for every address"))
		case prefix.Addr().Is4In6():
			errs = append(errs, fmt.Errorf("dac: PeerMap: %v is IPv4 written as IPv6: write it as IPv4, since addresses are compared unmapped", prefix))
		case prefix != prefix.Masked():
			errs = append(errs, fmt.Errorf("dac: PeerMap: %v has host bits: write %v for the net, or a full-length prefix for the host", prefix, prefix.Masked()))
		case p.Secret == "":
			errs = append(errs, fmt.Errorf("dac: PeerMap: %v has no Secret: nothing from there could be verified; give it one, or leave it out", prefix))
		}
	}
	return errors.Join(errs...)
}

// plain is the form of an address by which peers are known: an IPv4 address is one, however it was written, and zones are of the link.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// sharedSecret is one secret for everybody.
type sharedSecret struct{ All Peer }

func (s sharedSecret) Peer(ctx context.Context, addr netip.AddrPort) (Peer, error) {
	if s.All.Secret == "" {
		return Peer{}, ErrUnknownPeer
	}
	return s.All, nil
}

// check says what is wrong with s.
func (s sharedSecret) check() error {
	if s.All.Secret == "" {
		return errors.New("dac: SharedSecret is empty: nothing could be verified; give it the secret that the other side has")
	}
	return nil
}

// SharedSecret is one secret for everybody, wherever they are: for tests and labs. The source address and the secret are the whole
// authorization of a sender (RFC 5176, section 6.1), so a network wants a PeerMap. An empty secret knows nobody.
func SharedSecret(s string) Peers { return sharedSecret{Peer{Secret: Secret(s)}} }

// Limit bounds what one peer gets. Each zero field is no bound.
type Limit struct {
	Rate     float64 // first transmissions a second
	Burst    int     // at once; zero is 1 where Rate is set
	InFlight int     // requests waiting for an answer
}

// peersCheck says what is wrong with p before it is used: a nil one, or one whose fault shows without asking it.
func peersCheck(p Peers) error {
	if p == nil {
		return errors.New("dac: Peers is nil: say who the peers are, with a PeerMap for example")
	}
	if c, ok := p.(interface{ check() error }); ok {
		return c.check()
	}
	return nil
}
