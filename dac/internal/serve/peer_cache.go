// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"net/netip"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/peerstate"
)

// A peerCache is what one read loop knows of the senders that it has heard of late, without a lock:
// most datagrams of a batch come from a few of them. It belongs to the goroutine that leads. What
// stands in it is a copy of what Peers and the table of rows say, and may be thrown away at any
// time.
type peerCache struct {
	rows    map[netip.Addr]*peerstate.Row
	peers   [cachedPeers]cachedPeer // the latest of those
	origins [cachedPeers]*netio.Origin
}

// A cachedPeer is what a peerCache knows of one address. The zero one is of none.
type cachedPeer struct {
	addr  netip.Addr
	known bool // peer is what Peers say; they say the same each time
	peer  Sender
	row   *peerstate.Row // nil: not looked up yet
}

const cachedPeers = 16

func newPeerCache() peerCache { return peerCache{rows: make(map[netip.Addr]*peerstate.Row)} }

func placeOf(addr netip.Addr) byte { return addr.As16()[15] % cachedPeers }

// at returns the place of addr, which may have been another's so far.
func (c *peerCache) at(addr netip.Addr) *cachedPeer {
	at := &c.peers[placeOf(addr)]
	if at.addr != addr {
		*at = cachedPeer{addr: addr}
	}
	return at
}

// origin returns where d came from, to be kept by its job: what comes from one port shares one.
func (c *peerCache) origin(d *netio.Datagram) *netio.Origin {
	at := &c.origins[d.Remote.Port()%cachedPeers]
	if *at == nil || !(*at).Same(&d.Origin) {
		own := d.Origin
		*at = &own
	}
	return *at
}

// row is the row of a peer in all. verified: something from there has verified, so the row has to
// be its own. fixed: Peers give an address one name for ever.
func (c *peerCache) row(all *peerstate.Table, fixed bool, addr netip.Addr, name string, verified bool) *peerstate.Row {
	at := c.at(addr)
	if at.row == nil {
		at.row = c.rows[addr]
	}
	if row := at.row; row != nil && (fixed || row.Name.Load() != nil && *row.Name.Load() == name) && (!verified || row.Proven.Load()) {
		return row
	}
	row := all.Row(addr, name, verified)
	if len(c.rows) >= peerstate.MaxRows {
		clear(c.rows)
	}
	c.rows[addr], at.row = row, row
	return row
}

// key is the secret that a datagram from addr is signed with most likely; nil: nothing has verified
// from there of late.
func (c *peerCache) key(addr netip.Addr) *peerstate.Keyed {
	at := &c.peers[placeOf(addr)]
	if at.addr != addr || !at.known || at.row == nil {
		return nil
	}
	return at.row.Key(at.peer.Secret)
}
