// SPDX-License-Identifier: Apache-2.0

// Package juniper has the attributes of Juniper Networks as Keys: those of subscriber management on
// JunosE and Junos (vendor 4874, ERX in FreeRADIUS's names) and those of EX switches (vendor 2636,
// Juniper in its names). What a person wants to do with them are functions:
//
//	client.CoA(ctx, nas, attrs.AcctSessionID.Of(id),
//		juniper.Deactivate("bronze"),
//		juniper.Activate(1, "gold(10M,40M)", juniper.Timeout(5*time.Hour),
//			juniper.Statistics(juniper.TimeAndVolume)))
//
// A NAS reads them back in the order of the request, with what has a tag put together:
//
//	orders, err := juniper.Orders(change.Attributes)
//	for _, o := range juniper.DeactivationsFirst(orders) {
//		...
//	}
//
// Linking it in makes the names known to attrs.Parse and attrs.Format, and the hidden attributes of
// mirroring to the signer.
//
// # Identification
//
// Junos and JunosE listen for these requests from the servers that authenticate. Acct-Session-Id
// names one session; User-Name the first one that logged in under that name (Junos), or those
// within a virtual router (JunosE). A Disconnect-Request to JunosE needs Acct-Session-Id or
// Acct-Multi-Session-Id, and is refused with 402 without.
package juniper

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor numbers: of subscriber management, and of EX switches and the devices' own logins.
const (
	Vendor        = 4874
	VendorJuniper = 2636
)

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }

func junosID(n uint32) attrs.ID { return attrs.VendorID(VendorJuniper, n) }
