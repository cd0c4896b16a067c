// SPDX-License-Identifier: Apache-2.0

// Package ascend has attributes of Ascend (vendor 529), which NASes of many vendors take: filters,
// DNS servers, limits, virtual routers. Those of X.25, frame relay, IPX and AppleTalk are left out;
// attrs/dictionary reads them from FreeRADIUS's dictionary.ascend.
//
//	client.CoA(ctx, nas, attrs.AcctSessionID.Of(id), ascend.ClientPrimaryDNS.Of(addr))
//
// Send-Secret and Receive-Secret are hidden on the wire, and go only to a peer with
// dac.Peer.HideUserPassword. Linking it in makes the names known to attrs.Parse and attrs.Format.
package ascend

import (
	"errors"

	"github.com/radius-dynauth/dynauth/attrs"
)

// Vendor is the vendor number.
const Vendor = 529

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }

// filter approves what may be a filter: its type (0 generic, 1 IPv4, 2 IPX, 3 IPv6), then whether
// it forwards, its direction, and the rule. A filter as text, as radclient takes one, would go out
// as letters, which no NAS reads.
func filter(b []byte) error {
	if len(b) < 20 || b[0] > 3 {
		return errors.New("not a filter in octets: a rule as text has to be made binary first (0x...)")
	}
	return nil
}
