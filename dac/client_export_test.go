// SPDX-License-Identifier: Apache-2.0

package dac

import "net/netip"

// SetRandom has c draw RAND from f, [0, 1): 0.5 is no jitter.
func SetRandom(c *Client, f func() float64) { c.tune.random = f }

// SetPorts bounds the source ports of c: of one NAS, and of all. Zero is the default.
func SetPorts(c *Client, ofNAS, all int) { c.tune.portsOfNAS, c.tune.ports = ofNAS, all }

// OpenPorts is how many source ports c has to nas, and to all.
func OpenPorts(c *Client, nas netip.AddrPort) (ofNAS, all int) { return c.core().OpenConns(nas) }

// Timeouts is the row of RT that r gives for n transmissions.
func (r Retry) Timeouts(n int, random func() float64) (rts []float64) {
	f := r.filled()
	prev := f.Timeout(0, random)
	for range n {
		rts = append(rts, prev.Seconds())
		prev = f.Timeout(prev, random)
	}
	return rts
}
