// SPDX-License-Identifier: Apache-2.0

// Package h3c has the attributes of H3C and HPE Comware (vendor 25506): rates of a subscriber, his
// group and role, and what a portal is told. H3C's earlier devices speak as 3Com and as Huawei
// (attrs/huawei).
//
//	client.CoA(ctx, nas, attrs.AcctSessionID.Of(id), h3c.InputAverageRate.Of(10_000_000))
//
// Linking it in makes the names known to attrs.Parse and attrs.Format.
package h3c

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number.
const Vendor = 25506

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }
