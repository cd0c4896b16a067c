// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"net/netip"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/peerstate"
)

// A near is what one read loop knows of the senders that it has heard of late, without a lock: most
// datagrams of a batch come from a few of them. It belongs to the goroutine that leads. What stands
// in it is a copy of what Peers and the table of rows say, and may be thrown away at any time.
type near struct {
	rows    map[netip.Addr]*peerstate.Row
	peers   [nearPeers]nearPeer // the latest of those
	origins [nearPeers]*netio.Origin
}

// A nearPeer is what a near knows of one address. The zero one is of none.
type nearPeer struct {
	addr  netip.Addr
	known bool // peer is what Peers say; they say the same each time
	peer  Sender
	row   *peerstate.Row // nil: not looked up yet
}

const nearPeers = 16

func newNear() near { return near{rows: make(map[netip.Addr]*peerstate.Row)} }

func placeNear(addr netip.Addr) byte { return addr.As16()[15] % nearPeers }

// at returns the place of addr, which may have been another's so far.
func (n *near) at(addr netip.Addr) *nearPeer {
	at := &n.peers[placeNear(addr)]
	if at.addr != addr {
		*at = nearPeer{addr: addr}
	}
	return at
}

// origin returns where d came from, to be kept by its job: what comes from one port shares one.
func (n *near) origin(d *netio.Datagram) *netio.Origin {
	at := &n.origins[d.Remote.Port()%nearPeers]
	if *at == nil || !(*at).Same(&d.Origin) {
		own := d.Origin
		*at = &own
	}
	return *at
}

// row is the row of a peer in all. verified: something from there has verified, so the row has to
// be its own. fixed: Peers give an address one name for ever.
func (n *near) row(all *peerstate.Table, fixed bool, addr netip.Addr, name string, verified bool) *peerstate.Row {
	at := n.at(addr)
	if at.row == nil {
		at.row = n.rows[addr]
	}
	if row := at.row; row != nil && (fixed || row.Name.Load() != nil && *row.Name.Load() == name) && (!verified || row.Proven.Load()) {
		return row
	}
	row := all.Row(addr, name, verified)
	if len(n.rows) >= peerstate.MaxRows {
		clear(n.rows)
	}
	n.rows[addr], at.row = row, row
	return row
}

// key is the secret that a datagram from addr is signed with most likely; nil: nothing has verified
// from there of late.
func (n *near) key(addr netip.Addr) *peerstate.Keyed {
	at := &n.peers[placeNear(addr)]
	if at.addr != addr || !at.known || at.row == nil {
		return nil
	}
	return at.row.Key(at.peer.Secret)
}
