// SPDX-License-Identifier: Apache-2.0

package command

import "net/netip"

// ParsePrefix reads a prefix, or an address as a prefix of its whole length. Host bits are cut off.
func ParsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr.Unmap().Prefix(addr.Unmap().BitLen())
	}
	prefix, err := netip.ParsePrefix(text)
	return prefix.Masked(), err
}
