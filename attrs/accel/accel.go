// SPDX-License-Identifier: Apache-2.0

// Package accel has the attribute of accel-ppp (vendor 55999), which VyOS has too, and what a
// person wants to do with it as functions:
//
//	client.CoA(ctx, nas, attrs.AcctSessionID.Of(id), accel.SetVRF("blue"))
//
// Linking it in makes its name known to attrs.Parse and attrs.Format.
//
// # Behaviour
//
// accel-ppp neither checks nor adds a Message-Authenticator, does not look at Event-Timestamp, and
// answers a Disconnect-Request before the session is gone. All of Acct-Session-Id, User-Name,
// NAS-Port, NAS-Port-Id, Framed-IP-Address and Calling-Station-Id that a request has must match. It
// drops a request for a session on which another one is at work.
package accel

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number of accel-ppp.
const Vendor = 55999

// VRFName is the VRF of a session.
var VRFName = attrs.Text.Key(attrs.VendorID(Vendor, 1), "Accel-VRF-Name")

// noVRF is the name that takes a session out of its VRF.
const noVRF = "0"

// SetVRF moves a session into a VRF.
func SetVRF(name string) attrs.Attr { return VRFName.Of(name) }

// LeaveVRF takes a session out of its VRF.
func LeaveVRF() attrs.Attr { return VRFName.Of(noVRF) }
