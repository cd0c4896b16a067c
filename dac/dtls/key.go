// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/show"
)

// A Key is a pre-shared key: 16 octets at least, of any value, from a random source. It is no
// shared secret of RADIUS, and must not be one (RFC 9813, section 4.1). It prints as "[key]" under
// every verb, as JSON, as text, in gob and in slog, and so it does inside a Config; what dac.Secret
// says of printers that ask no value how it wants to be printed is true of it too.
type Key string

const (
	leastKey     = 16 // octets (RFC 7360, section 6)
	mostIdentity = 1024
)

// Format prints "[key]", or "" for none.
func (k Key) Format(f fmt.State, _ rune) {
	if k != "" {
		io.WriteString(f, "[key]")
	}
}

// LogValue is what Format prints.
func (k Key) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(k)) }

// MarshalText is what Format prints.
func (k Key) MarshalText() ([]byte, error) { return fmt.Append(nil, k), nil }

// UnmarshalText takes text as the key, so that configuration can hold one. It refuses "[key]":
// a configuration that was written by this program would have a key that is none.
func (k *Key) UnmarshalText(text []byte) error {
	if string(text) == "[key]" {
		return errPrinted
	}
	*k = Key(text)
	return nil
}

// GobEncode gives what Format prints.
func (k Key) GobEncode() ([]byte, error) { return k.MarshalText() }

// GobDecode refuses "[key]", as UnmarshalText does.
func (k *Key) GobDecode(b []byte) error { return k.UnmarshalText(b) }

var errPrinted = errors.New(`dtls: "[key]" stands where a key was printed, and is none`)

func (k Key) check() error {
	if len(k) < leastKey {
		return fmt.Errorf("dtls: a Key of %d octets: take %d at least (RFC 7360, section 6)", len(k), leastKey)
	}
	return nil
}

// Keys has the keys of the peers that open sessions, by their PSK identities. Its methods are
// called concurrently.
type Keys interface {
	// Key returns the key of identity, which is UTF-8 without control characters and of 1 to 1,024
	// octets, or dac.ErrUnknownPeer. The other end learns nothing of an error.
	Key(ctx context.Context, identity string) (Key, error)
}

// A KeyPeer is a peer that proves itself by a Key.
type KeyPeer struct {
	Key  Key
	Peer dac.Peer // its Name, where empty, becomes the identity
}

// KeyPeers are peers by their PSK identities: Keys for a Config, and Peers for a dac.Server, alone
// or by dac.JoinPeers with those that have certificates. Each peer has a key and an identity of its
// own (RFC 9813, section 4.3). It is not to be changed in use.
type KeyPeers map[string]KeyPeer

// Format prints p with its key as "[key]" under every verb.
func (p KeyPeer) Format(f fmt.State, verb rune) {
	type fields KeyPeer
	show.Fields(f, verb, fields(p))
}

// Format prints the peers with their keys as "[key]" under every verb.
func (m KeyPeers) Format(f fmt.State, verb rune) {
	type fields map[string]KeyPeer
	show.Fields(f, verb, fields(m))
}

// Key returns the key of identity, or dac.ErrUnknownPeer.
func (m KeyPeers) Key(_ context.Context, identity string) (Key, error) {
	p, ok := m[identity]
	if !ok {
		return "", dac.ErrUnknownPeer
	}
	return p.Key, nil
}

// Peer returns dac.ErrUnknownPeer: an address proves nothing.
func (m KeyPeers) Peer(context.Context, netip.AddrPort) (dac.Peer, error) {
	return dac.Peer{}, dac.ErrUnknownPeer
}

// Identify returns the Peer whose identity a handshake with a key has proved, or
// dac.ErrUnknownPeer.
func (m KeyPeers) Identify(_ context.Context, id *dac.PeerIdentity) (dac.Peer, error) {
	s, ok := id.State.(*State)
	if !ok || !s.PSK {
		return dac.Peer{}, dac.ErrUnknownPeer
	}
	p, ok := m[id.Name]
	if !ok {
		return dac.Peer{}, dac.ErrUnknownPeer
	}
	if p.Peer.Name == "" {
		p.Peer.Name = id.Name
	}
	return p.Peer, nil
}

func (m KeyPeers) check() error {
	if len(m) == 0 {
		return errors.New("dtls: KeyPeers is empty: name the peers")
	}
	var errs []error
	used := make(map[Key]string)
	for _, identity := range slices.Sorted(maps.Keys(m)) {
		p := m[identity]
		err := errors.Join(checkIdentity(identity), p.Key.check())
		if other, twice := used[p.Key]; twice && p.Key != "" {
			err = errors.Join(err, fmt.Errorf("dtls: it has the Key of %q: give each peer its own (RFC 9813, section 4.3)", other))
		}
		used[p.Key] = identity
		if p.Peer.Secret != "" || p.Peer.Previous != "" {
			err = errors.Join(err, errors.New("dtls: it has a Secret: its Key authenticates it; leave Secret and Previous out"))
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("dtls: KeyPeers: %q: %w", identity, err))
		}
	}
	return errors.Join(errs...)
}

// checkIdentity says what is wrong with a PSK identity (RFC 9813, section 4.2).
func checkIdentity(s string) error {
	switch {
	case s == "" || len(s) > mostIdentity:
		return fmt.Errorf("dtls: a PSK identity of %d octets: 1 to %d are good", len(s), mostIdentity)
	case !utf8.ValidString(s):
		return errors.New("dtls: a PSK identity that is not UTF-8")
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return errors.New("dtls: a PSK identity with a control character")
		}
	}
	return nil
}
