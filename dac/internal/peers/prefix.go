// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
)

// Compare orders prefixes by their addresses, shorter ones first.
func Compare(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}

// Plain is p as addresses are compared, IPv4 where it is written as IPv6 (::ffff:192.0.2.0/120);
// false: it is IPv4 in a part only.
func Plain(p netip.Prefix) (_ netip.Prefix, whole bool) {
	if !p.Addr().Is4In6() {
		return p, true
	}
	if p.Bits() < 96 {
		return p, false
	}
	return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96), true
}

// Parse reads an address, which is a prefix of its full length, or a prefix, and returns it in its
// plain form. Host bits are an error: it is not known whether the net is meant or the host.
func Parse(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, err
	}
	p, whole := Plain(p)
	if !whole {
		return p, errors.New("it is IPv4 in a part only")
	}
	if p != p.Masked() {
		return p, fmt.Errorf("it has host bits: write %v for the net, or the address alone for the host", p.Masked())
	}
	return p, nil
}

// Longest returns what m has for the longest prefix that holds a. A prefix may stand in m as IPv4
// and as IPv6; with different values it is unknown which of them is meant, so there is none. It
// tries each prefix length, and no shorter one where a longer one is known: a net may be taken out
// of a larger one by an entry that is no peer.
func Longest[P comparable](m map[netip.Prefix]P, a netip.Addr) (found P, ok bool) {
	a = netio.Plain(a)
	for bits := a.BitLen(); bits >= 0; bits-- {
		prefix, _ := a.Prefix(bits)
		p, ok := m[prefix]
		if a.Is4() {
			// The same net as it may stand there as IPv6: ::ffff:192.0.2.0/120.
			mapped, _ := netip.AddrFrom16(a.As16()).Prefix(96 + bits)
			if other, both := m[mapped]; both && ok && other != p {
				break
			} else if both {
				p, ok = other, true
			}
		}
		if ok {
			return p, prefix.IsValid()
		}
	}
	return found, false
}

// An Index is a map by prefix in which each prefix is plain, and the lengths that occur: a search
// tries those alone. It is read-only.
type Index[P any] struct {
	Map map[netip.Prefix]P // exported: fmt asks what is in it how it wants to be printed
	// lengths are those of the prefixes, of IPv4 and of IPv6, longest first.
	lengths [2][]int
}

// NewIndex makes an Index of m. Prefixes that Plain refuses are left out, and so know no peer; the
// caller has told of them before.
func NewIndex[P any](m map[netip.Prefix]P) *Index[P] {
	x := &Index[P]{Map: make(map[netip.Prefix]P, len(m))}
	var seen [2][129]bool
	for prefix, p := range m {
		prefix, whole := Plain(prefix)
		if !whole || !prefix.IsValid() {
			continue
		}
		x.Map[prefix] = p
		seen[family(prefix.Addr())][prefix.Bits()] = true
	}
	for f := range seen {
		for bits := 128; bits >= 0; bits-- {
			if seen[f][bits] {
				x.lengths[f] = append(x.lengths[f], bits)
			}
		}
	}
	return x
}

// family is the index of an address in Index.lengths: 0 is IPv4, 1 is IPv6.
func family(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

// Find returns what the longest prefix has that holds a, which is plain. It is asked for each
// datagram of an address that is not known yet, and allocates nothing.
func (x *Index[P]) Find(a netip.Addr) (found P, ok bool) {
	for _, bits := range x.lengths[family(a)] {
		prefix, _ := a.Prefix(bits)
		if p, ok := x.Map[prefix]; ok {
			return p, true
		}
	}
	return found, false
}
