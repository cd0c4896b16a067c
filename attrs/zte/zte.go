// SPDX-License-Identifier: Apache-2.0

// Package zte has the attributes of ZTE's BRAS and BNG (vendor 3902): rates and profiles of a
// subscriber, tunnels, multicast.
//
//	client.CoA(ctx, nas, attrs.AcctSessionID.Of(id), zte.QoSProfileDown.Of("gold"))
//
// Two names are written with an underscore, as FreeRADIUS's dictionary has them. Linking it in
// makes the names known to attrs.Parse and attrs.Format.
package zte

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number.
const Vendor = 3902

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }
