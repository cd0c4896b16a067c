// SPDX-License-Identifier: Apache-2.0

package session

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
)

// checkNAS returns errcause.NASIdentificationMismatch, wrapped, unless everything by which asked
// names a NAS names own (RFC 5176, section 3). An address of a family of which own has none must be
// the local one, or one of this host. Where set says so, it is for want of configuration that own
// does not match.
func checkNAS(asked, own attrs.NAS, local netip.Addr, hosts *hostAddrs) (set string, err error) {
	if asked.Identifier != "" && asked.Identifier != own.Identifier {
		if own.Identifier == "" {
			set = "Dispatcher.NAS.Identifier"
		}
		return set, fmt.Errorf("session: NAS-Identifier %q is not this NAS: %w", asked.Identifier, errcause.NASIdentificationMismatch)
	}
	for _, a := range asked.Addrs {
		a = bare(a)
		named := func(o netip.Addr) bool { return bare(o) == a }
		sameFamily := func(o netip.Addr) bool { return bare(o).Is4() == a.Is4() }
		if slices.ContainsFunc(own.Addrs, named) {
			continue
		}
		configured := slices.ContainsFunc(own.Addrs, sameFamily)
		if !configured && (bare(local) == a || hosts.has(a)) {
			continue
		}
		if !configured {
			set = "Dispatcher.NAS.Addrs"
		}
		return set, fmt.Errorf("session: NAS address %v is not this NAS: %w", a, errcause.NASIdentificationMismatch)
	}
	return "", nil
}

// nameless reports a NAS without any name.
func nameless(n attrs.NAS) bool { return n.Identifier == "" && len(n.Addrs) == 0 }

// bare is an address as attributes carry it: an IPv4 one not within IPv6, and without a zone. A
// request names an address by its octets: how the socket or the interface calls it does not count.
func bare(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// overlay returns own, with what it leaves out taken from base.
func overlay(own, base attrs.NAS) attrs.NAS {
	if own.Identifier == "" {
		own.Identifier = base.Identifier
	}
	if len(own.Addrs) == 0 {
		own.Addrs = base.Addrs
	}
	return own
}

// hostAddrs knows the addresses of this host. It asks the system at most once in hostAddrsAge,
// since senders could make it ask for each request. The zero hostAddrs is ready; it is safe for
// concurrent use.
type hostAddrs struct {
	ask func() ([]net.Addr, error) // nil: net.InterfaceAddrs

	mu    sync.Mutex
	asked time.Time
	addrs map[netip.Addr]bool
}

const hostAddrsAge = 10 * time.Second

// has reports whether a is an address of this host. Where the system does not say, it is not.
func (h *hostAddrs) has(a netip.Addr) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := time.Now(); h.asked.IsZero() || now.Sub(h.asked) >= hostAddrsAge {
		ask := h.ask
		if ask == nil {
			ask = net.InterfaceAddrs
		}
		h.asked, h.addrs = now, make(map[netip.Addr]bool)
		found, _ := ask()
		for _, one := range found {
			if p, err := netip.ParsePrefix(one.String()); err == nil {
				h.addrs[bare(p.Addr())] = true
			}
		}
	}
	return h.addrs[a]
}
