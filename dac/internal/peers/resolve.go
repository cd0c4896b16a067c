// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Resolve finds the address of a NAS: of a host name, or of an address written out, each with a
// port or without, which is port then. Of several addresses of a name the first is taken, in the
// resolver's order (RFC 6724): they are one NAS. The address is unmapped, as peers are known.
func Resolve(ctx context.Context, host string, port uint16) (netip.AddrPort, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(a.Unmap(), port), nil
	}
	name, service, err := net.SplitHostPort(host)
	if err != nil {
		name, service = host, ""
	}
	if service != "" {
		n, err := strconv.ParseUint(service, 10, 16)
		if err != nil || n == 0 {
			return netip.AddrPort{}, fmt.Errorf("dac: Resolve: %q has no port between 1 and 65535 behind the colon", host)
		}
		port = uint16(n)
	}
	if name == "" || strings.ContainsAny(name, ":[]") && !isAddr(name) {
		return netip.AddrPort{}, fmt.Errorf("dac: Resolve: %q is no host, nor a host and a port: write an IPv6 address with a port as [2001:db8::1]:3799", host)
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("dac: Resolve: the address of %q is not known: %w", name, err)
	}
	return netip.AddrPortFrom(addrs[0].Unmap(), port), nil
}

// isAddr tells an IPv6 address in brackets, which SplitHostPort has taken off, from a host name.
func isAddr(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// NAS completes the address of a NAS, with port where it has none, and unmapped. The unspecified
// address would reach this machine, and a multicast one many: both are errors.
func NAS(nas netip.AddrPort, port uint16) (netip.AddrPort, error) {
	a := nas.Addr().Unmap()
	switch {
	case !a.IsValid():
		return nas, errors.New("dac: no NAS address: give the address of the NAS, netip.MustParseAddrPort(\"192.0.2.1:3799\") say")
	case a.IsUnspecified(), a.IsMulticast():
		return nas, fmt.Errorf("dac: %v is not the address of one NAS", a)
	}
	if nas.Port() != 0 {
		port = nas.Port()
	}
	return netip.AddrPortFrom(a, port), nil
}
