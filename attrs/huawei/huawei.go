// SPDX-License-Identifier: Apache-2.0

// Package huawei has the attributes of Huawei (vendor 2011) as Keys: those of the BRAS and routers
// NE40E, ME60 and NE8000 mostly.
//
//	client.CoA(ctx, nas, attrs.AcctSessionID.Of(id), huawei.QoSProfileName.Of("gold"))
//
// Linking it in makes the names known to attrs.Parse and attrs.Format.
//
// Told to be strict (radius-server authorization error-reply version2), the NAS refuses an empty or
// unknown profile, domain, filter, VPN, priority or lease with 404. A Key of this package does not
// make an empty text.
package huawei

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number of Huawei.
const Vendor = 2011

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }
