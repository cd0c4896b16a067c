// SPDX-License-Identifier: Apache-2.0

// Package cisco has the attributes of Cisco (vendor 9) as Keys, among them those that stand in a
// Cisco-AVPair, and what a person wants to do with them as functions:
//
//	client.CoA(ctx, nas, cisco.AuditSessionID.Of(id), cisco.Reauthenticate(cisco.Last))
//	client.CoA(ctx, nas, attrs.CallingStationID.Of(mac), cisco.BounceHostPort())
//
// A NAS reads them back in the order of the request:
//
//	commands, err := cisco.Commands(change.Attributes)
//
// Linking it in makes the names known to attrs.Parse and attrs.Format.
//
// # Pairs
//
// Much of what Cisco's NASes know stands as name=value in Cisco-AVPair. AVPair is the attribute as
// a whole; AuditSessionID, SubscriberCommand and others are single pairs, told apart by
// attrs.ID.Name, so that one of them can identify a session while another one says what to do with
// it. Pair makes any other.
//
// # Identification
//
// IOS and IOS XE take Acct-Session-Id, the pair audit-session-id, Calling-Station-Id,
// Framed-IP-Address, Framed-IPv6-Address, and Framed-IPv6-Prefix with Framed-Interface-Id. All that
// a request has must match, else it is refused with 407: so send what is known for sure. ISG takes
// Cisco-Account-Info with S before what names the session (AccountInfoSession). Terminating a
// session is a Disconnect-Request without any of this package's commands.
package cisco

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number of Cisco.
const Vendor = 9

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }
