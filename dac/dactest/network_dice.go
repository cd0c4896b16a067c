// SPDX-License-Identifier: Apache-2.0

package dactest

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// dice is a stream of random numbers for one datagram (splitmix64). It lives on the stack, so
// senders share no generator, and the fate of a datagram depends on what newDice is given alone.
type dice uint64

func newDice(seed, from, to, n uint64) dice {
	return dice(mix(mix(mix(mix(seed)^from)^to) ^ n))
}

func (d *dice) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	return mix(uint64(*d))
}

// float is evenly spread over [0, 1).
func (d *dice) float() float64 { return float64(d.next()>>11) / (1 << 53) }

func (d *dice) chance(p float64) bool { return p > 0 && d.float() < p }

// upTo is evenly spread over (0, t].
func (d *dice) upTo(t time.Duration) time.Duration { return t - time.Duration(d.float()*float64(t)) }

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// hashAddr is the same in every process, unlike hash/maphash.
func hashAddr(a netip.AddrPort) uint64 {
	b := a.Addr().As16()
	h := mix(binary.BigEndian.Uint64(b[:8]) + 1)
	h = mix(h ^ binary.BigEndian.Uint64(b[8:]))
	return mix(h ^ uint64(a.Port()))
}
