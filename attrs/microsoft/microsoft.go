// SPDX-License-Identifier: Apache-2.0

// Package microsoft has the attributes of Microsoft (vendor 311, RFC 2548), which PPP servers of
// many vendors take: DNS servers, MPPE policy and keys, MS-CHAP.
//
//	client.CoA(ctx, nas, attrs.AcctSessionID.Of(id), microsoft.PrimaryDNSServer.Of(addr))
//
// The MPPE keys are hidden on the wire (attrs.HiddenKey); MS-CHAP-MPPE-Keys goes only to a peer
// with dac.Peer.HideUserPassword, since it is hidden as a password is. Linking it in makes the
// names known to attrs.Parse and attrs.Format.
package microsoft

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number.
const Vendor = 311

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }
