// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/peers"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A Peer is the other side: who may send to a Server, or where a Client sends.
// Its zero value with a Secret is the normal peer; an empty Secret is no peer.
type Peer struct {
	Name   string // in logs, traces, counters and Request.Peer; "" is the address
	Secret Secret // signs and verifies
	// Previous verifies too, while a new Secret is rolled out; an answer is signed with the one
	// that verified its request.
	Previous Secret

	RequireMessageAuthenticator bool // discard what comes without
	RequireEventTimestamp       bool // discard what comes without (RFC 5176, section 6.3)
	// OmitMessageAuthenticator leaves it out of requests to this peer; an answer has one when its
	// request had.
	OmitMessageAuthenticator bool
	OmitEventTimestamp       bool // requests to this peer go without
	AnswerEventTimestamp     bool // answers to this peer carry one
	// IgnoreEventTimestamp leaves what this peer stamps unchecked: it has no clock. Its duplicates
	// are known for 30 s, a CoA from the same port only.
	IgnoreEventTimestamp bool
	// IdentifierRest is how long an answered identifier rests; zero is not at all. An unanswered
	// one rests 30 s at least.
	IdentifierRest          time.Duration
	DenyDisconnect, DenyCoA bool // a Server answers NAK 501; a Client sends none
	// Limit is a Server's, for what this peer sends, and a Client's, for what is sent to this peer;
	// zero is Server.PeerRate and Client.PerNAS. Each address of a prefix has its own.
	Limit Limit

	// HideUserPassword lets requests to this peer carry a User-Password (Cisco ISG account logon)
	// and the few vendors' attributes that are hidden like it, MS-CHAP-MPPE-Keys and
	// Ascend-Send-Secret. False: such a request is refused, since RFC 5176, section 2.3, has no
	// User-Password in these packets. They are hidden by RFC 2865, section 5.2, with sixteen zero
	// octets for the authenticator, as radclient does. Nothing random goes into that: to an
	// observer of the packets, one known password of a secret reveals the first 16 octets of every
	// other one.
	HideUserPassword bool

	// Via is how a Client reaches this peer; nil is UDP. With it the transport authenticates:
	// Secret and Previous must be empty, and no UDP datagram of this peer is taken. Package radsec
	// dials again, with backoff, where a connection is refused, until Retry.Duration is over or the
	// context of the call is done: the error then has that of the last dial.
	Via        Transport
	ServerName string // that the certificate of the peer must have, with Via; "" is its address
	// ReverseCoA lets Disconnect- and CoA-Requests be sent down a connection that this peer opened
	// (draft-ietf-radext-reverse-coa). It is configured at both ends, never assumed.
	ReverseCoA bool
	// UnexpectedReverse is what a Disconnect- or CoA-Request gets that this peer sends by a
	// connection on which no Server serves (AnswerUnexpected); zero is silence.
	UnexpectedReverse UnexpectedReverse
	// Coalesce lets several packets share one TLS record, which is faster. FreeRADIUS 3.2 reads
	// only the first of them.
	Coalesce bool
}

// Peers knows the peers. addr is unmapped and without zone; the port is the NAS's for a Client and
// 0 for a Server. An error that is not ErrUnknownPeer counts apart; either way nothing is answered
// or sent. It is called concurrently, by a Server for each datagram: put CachePeers around a slow
// one. A slow answer delays its sender alone; while 256 are waited for, datagrams from new
// addresses are dropped.
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
		return errors.New("dac: PeersFunc is nil: set it to a function")
	}
	return nil
}

// PeerMap is Peers by address: the longest prefix that holds the address is the peer. An IPv4
// prefix that is written as IPv6 (::ffff:192.0.2.0/120) is the IPv4 prefix. Serve refuses an empty
// one, a prefix with host bits, one that is there in both forms with different Peers, and a Peer
// without Secret. It is not to be changed in use. PeersByName makes one of a list by name.
type PeerMap map[netip.Prefix]Peer

// Peer returns the Peer of the longest prefix that holds addr, or ErrUnknownPeer; a Peer without
// Secret is no peer, and no shorter prefix stands in for it. It tries each prefix length; a Server
// makes itself an index of those that occur.
func (m PeerMap) Peer(ctx context.Context, addr netip.AddrPort) (Peer, error) {
	if p, ok := peers.Longest(m, addr.Addr()); ok && (p.Secret != "" || p.Via != nil) {
		return p, nil
	}
	return Peer{}, ErrUnknownPeer
}

// check says what is wrong with m: of several prefixes with one fault the first, by address, and
// how many more.
func (m PeerMap) check() error {
	if len(m) == 0 {
		return errors.New("dac: PeerMap is empty: name the prefixes of the peers")
	}
	var faults peers.Faults
	seen := make(map[netip.Prefix]Peer, len(m))
	for _, prefix := range slices.SortedFunc(maps.Keys(m), peers.Compare) {
		p := m[prefix]
		meant, whole := peers.Plain(prefix)
		switch other, twice := seen[meant]; {
		case !prefix.IsValid():
			faults.Add("zero", "dac: PeerMap has a zero prefix: write 0.0.0.0/0 and ::/0 for every address")
		case !whole:
			faults.Add("mapped", "dac: PeerMap: %v is IPv4 in a part only: write ::/0 and 0.0.0.0/0 for every address", prefix)
		case meant != meant.Masked():
			faults.Add("bits", "dac: PeerMap: %v has host bits: write %v for the net, or a full-length prefix for the host", prefix, meant.Masked())
		case twice && other != p:
			faults.Add("twice", "dac: PeerMap: %v is there as IPv4 and as IPv6, with different Peers: keep one", meant)
		case p.Via != nil && (p.Secret != "" || p.Previous != ""):
			faults.Add("via", "dac: PeerMap: %v has Via and a Secret: the transport authenticates; leave Secret and Previous out", prefix)
		case p.Secret == "" && p.Via == nil:
			faults.Add("secret", "dac: PeerMap: %v has no Secret: nothing from there could be verified; give it one, or leave it out", prefix)
		case p.Limit.check() != nil:
			faults.Add("limit", "dac: PeerMap: %v: %w", prefix, p.Limit.check())
		}
		seen[meant] = p
	}
	return faults.Err()
}

// A NamedPeer is a record of a list by name, as a clients.conf has them.
type NamedPeer struct {
	// Addrs are addresses and prefixes: "192.0.2.1", "192.0.2.0/24", "2001:db8::/48"; one at least.
	Addrs []string
	Peer  Peer // Name may be left out
}

// PeersByName makes a PeerMap of a list by name; each Peer of it has its name. Errors: an address
// that is none, no address at all, a record without Secret, one whose Peer has another name, and an
// address that two records have; of each kind the first, by name, and how many more.
func PeersByName(list map[string]NamedPeer) (PeerMap, error) {
	var faults peers.Faults
	m, owner := make(PeerMap), make(map[netip.Prefix]string)
	for _, name := range slices.Sorted(maps.Keys(list)) {
		one := list[name]
		switch {
		case one.Peer.Name != "" && one.Peer.Name != name:
			faults.Add("name", "dac: PeersByName: %q has a Peer with the name %q: leave that out", name, one.Peer.Name)
		case one.Peer.Secret == "" && one.Peer.Via == nil:
			faults.Add("secret", "dac: PeersByName: %q has no Secret: nothing from there could be verified", name)
		case len(one.Addrs) == 0:
			faults.Add("none", "dac: PeersByName: %q has no address: it could not be known by its packets", name)
		}
		one.Peer.Name = name
		for _, text := range one.Addrs {
			prefix, err := peers.Parse(text)
			if err != nil {
				faults.Add("parse", "dac: PeersByName: %q: %q is no address or prefix: %w", name, text, err)
				continue
			}
			if other, taken := owner[prefix]; taken && other != name {
				faults.Add("taken", "dac: PeersByName: %q and %q both have %v: which of them sends from there cannot be known", other, name, prefix)
			}
			owner[prefix], m[prefix] = name, one.Peer
		}
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return m, m.check()
}

// Resolve finds the address of a NAS: of a host name, or of an address written out, each with a
// port or without, which is Port then: "bras1.example.net", "bras1.example.net:1700", "192.0.2.1",
// "2001:db8::1", "[2001:db8::1]:1700". The address is unmapped, so that it is what Peers are asked
// for. Of several addresses of a name the first is taken, in the resolver's order (RFC 6724): they
// are one NAS. It asks the resolver of the system each time; ctx ends that.
func Resolve(ctx context.Context, host string) (netip.AddrPort, error) {
	return peers.Resolve(ctx, host, Port)
}

// anyPeer is one record for every address.
type anyPeer struct{ All Peer }

func (s anyPeer) Peer(ctx context.Context, addr netip.AddrPort) (Peer, error) {
	if s.All.Secret == "" && s.All.Via == nil {
		return Peer{}, ErrUnknownPeer
	}
	return s.All, nil
}

// check says what is wrong with s.
func (s anyPeer) check() error {
	if s.All.Via != nil && (s.All.Secret != "" || s.All.Previous != "") {
		return errors.New("dac: AnyPeer has Via and a Secret: the transport authenticates; leave Secret and Previous out")
	}
	if s.All.Secret == "" && s.All.Via == nil {
		return errors.New("dac: SharedSecret is empty, or AnyPeer has no Secret: nothing could be verified; give it the secret that the other side has")
	}
	return s.All.Limit.check()
}

// AnyPeer is one record for every address: where a firewall, a VPN or a list of NASes that the host
// keeps elsewhere says who may send. The source address and the secret are the whole authorization
// of a sender (RFC 5176, section 6.1), so where there is nothing of the kind a PeerMap is better.
// Each address has its own counters, limits and share of the cache. A Peer without Secret knows no
// address.
func AnyPeer(p Peer) Peers { return anyPeer{p} }

// SharedSecret is AnyPeer with a secret and nothing else: for tests and labs. An empty secret knows
// no address.
func SharedSecret(s string) Peers { return AnyPeer(Peer{Secret: Secret(s)}) }

// CachePeers keeps what p said of an address for ttl, that it is unknown too. Other errors are kept
// for a second at most, so that a failing source is not asked once a packet. One question at a time
// is put for an address; other calls for that address wait for its answer, or for their context. At
// most 65,536 addresses are kept; where there are more, unknown ones make room for known ones. A
// ttl of zero or less keeps nothing. It is safe for concurrent use.
func CachePeers(p Peers, ttl time.Duration) Peers {
	return &peerCache{Source: p, TTL: ttl, answers: peers.NewCache(ttl, ErrUnknownPeer, func(ctx context.Context, addr netip.AddrPort) (Peer, error) {
		return p.Peer(ctx, addr)
	})}
}

type peerCache struct {
	Source  Peers
	TTL     time.Duration
	answers *peers.Cache[Peer]
}

// Format prints the source and the ttl: fmt prints what a pointer points to without asking it for
// another verb than it knows for pointers.
func (c *peerCache) Format(f fmt.State, verb rune) {
	fmt.Fprintf(f, "CachePeers(%+v, %v)", c.Source, c.TTL)
}

func (c *peerCache) check() error { return peersCheck(c.Source) }

func (c *peerCache) Peer(ctx context.Context, addr netip.AddrPort) (Peer, error) {
	return c.answers.Peer(ctx, addr)
}

// Limit bounds what one peer gets. Each zero field is no bound.
type Limit struct {
	Rate     float64 // first transmissions a second
	Burst    int     // at once; zero is 1 where Rate is set
	InFlight int     // requests waiting for an answer
}

// bounded is l without a Rate that is none: one for each step of the clock, and more.
func (l Limit) bounded() Limit {
	if l.Rate >= 1e9 {
		l.Rate = 0
	}
	return l
}

// check says what is wrong with l.
func (l Limit) check() error {
	if l.Rate < 0 || math.IsNaN(l.Rate) || l.Burst < 0 || l.InFlight < 0 {
		return errors.New("dac: a Limit has a field below zero, or no number: zero is no bound")
	}
	return nil
}

// peersCheck says what is wrong with p before it is used: a nil one, or one whose fault shows
// without asking it.
func peersCheck(p Peers) error {
	if p == nil {
		return errors.New("dac: Peers is nil: say who the peers are, with a PeerMap for example")
	}
	switch c := p.(type) {
	case interface{ check() error }:
		return c.check()
	case interface{ Check() error }:
		return c.Check()
	}
	return nil
}

// UnexpectedReverse says what a Disconnect- or CoA-Request gets that comes by a connection on which
// no Server serves. The documents disagree: draft-ietf-radext-reverse-coa, section 6.1, has it
// discarded, RFC 6614, section 2.5, has it refused, and draft-ietf-radext-radiusdtls-bis, section
// 3.7, answered with Protocol-Error.
type UnexpectedReverse uint8

const (
	// DiscardReverse is nothing, and one line in the log of the transport.
	DiscardReverse UnexpectedReverse = iota
	// NAKReverse is a NAK with Error-Cause 406.
	NAKReverse
	// ProtocolErrorReverse is a Protocol-Error (RFC 7930) with Error-Cause 406.
	ProtocolErrorReverse
)

// AnswerUnexpected appends to b what answers request, a Disconnect- or CoA-Request that this peer
// sent by a connection on which no Server serves: nothing with the zero UnexpectedReverse. Whether
// a Server serves on a connection only its transport knows, so the transport calls it. A request
// that does not verify with info.Secret, or is no such request, is an error, for which the
// connection ends (RFC 6613, section 2.6.4).
func (p Peer) AnswerUnexpected(b, request []byte, info *ConnInfo) ([]byte, error) {
	request, err := packet.Cut(request)
	switch {
	case err != nil:
	case !packet.IsRequest(radius.Code(request[0])):
		err = fmt.Errorf("%w: code %d is no Disconnect-Request or CoA-Request", ErrMalformed, request[0])
	case info.Version != RADIUS11:
		err = authn.VerifyRequest(request, authn.Secret(info.Secret))
	}
	if err != nil {
		return b, &PacketError{Op: "verify", Peer: info.Remote, Err: err}
	}
	answer := newResponse(radius.Code(request[0])+2, errcause.UnsupportedExtension, nil)
	switch p.UnexpectedReverse {
	case NAKReverse:
	case ProtocolErrorReverse:
		answer.Packet.Code = packet.ProtocolError
		if info.Version != RADIUS11 { // RFC 9765, section 5.5
			answer.Packet.Attributes = append(answer.Packet.Attributes, packet.OriginalCode(radius.Code(request[0])))
		}
	default:
		return b, nil
	}
	to := &Request{wire: request, version: info.Version}
	return answer.appendSigned(b, to, info.Secret, time.Time{})
}
