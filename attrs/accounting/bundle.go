// SPDX-License-Identifier: Apache-2.0

package accounting

import (
	"fmt"
	"strconv"
	"sync"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
)

// Bundles makes the Acct-Multi-Session-Id of each MLPPP bundle from the Acct-Session-Id of its
// first link, as JunosE does, and keeps it as long as the bundle has a link, also after the first
// one has left: by it a Disconnect-Request ends all links of a bundle, those that an L2TP access
// concentrator has tunnelled too. K is how the host knows a bundle, by endpoint discriminator and
// user say. The zero Bundles is ready. It is safe for concurrent use; do not copy it once used.
type Bundles[K comparable] struct {
	mu      sync.Mutex
	bundles map[K]*bundle
	taken   map[string]bool // ids in use, guarded by mu
}

// A bundle has a link at least.
type bundle struct {
	id    string
	links map[string]bool // by Acct-Session-Id
}

// Join takes a link into its bundle, which begins with its first one, and returns the
// Acct-Multi-Session-Id of both. A link that joins again gets the same. Two bundles never share an
// id: that of a bundle whose first link reuses an Acct-Session-Id after which another bundle is
// named has a number behind it. A link without Acct-Session-Id, and one of more than 253 octets,
// wrap errcause.MissingAttribute and errcause.InvalidAttributeValue.
func (b *Bundles[K]) Join(of K, acctSessionID string) (acctMultiSessionID string, err error) {
	switch {
	case acctSessionID == "":
		return "", fmt.Errorf("accounting: a link without %v: %w", attrs.AcctSessionID, errcause.MissingAttribute)
	case len(acctSessionID) > maxText:
		return "", fmt.Errorf("accounting: %v of %d octets: %w", attrs.AcctSessionID, len(acctSessionID), errcause.InvalidAttributeValue)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bundles == nil {
		b.bundles, b.taken = make(map[K]*bundle), make(map[string]bool)
	}
	one := b.bundles[of]
	if one == nil {
		one = &bundle{b.free(acctSessionID), make(map[string]bool)}
		b.bundles[of], b.taken[one.id] = one, true
	}
	one.links[acctSessionID] = true
	return one.id, nil
}

// maxText is what an attribute holds.
const maxText = 253

// free returns an id that no bundle has. b.mu is held.
func (b *Bundles[K]) free(first string) string {
	id := first
	for n := 2; b.taken[id]; n++ {
		tail := ":" + strconv.Itoa(n)
		id = first[:min(len(first), maxText-len(tail))] + tail
	}
	return id
}

// Leave takes a link out of its bundle, which ends with its last one. A link that is not in it
// changes nothing.
func (b *Bundles[K]) Leave(of K, acctSessionID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	one := b.bundles[of]
	if one == nil {
		return
	}
	if delete(one.links, acctSessionID); len(one.links) == 0 {
		delete(b.bundles, of)
		delete(b.taken, one.id)
	}
}

// ID returns the Acct-Multi-Session-Id of a bundle, "" for one without links.
func (b *Bundles[K]) ID(of K) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if one := b.bundles[of]; one != nil {
		return one.id
	}
	return ""
}
