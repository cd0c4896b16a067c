// SPDX-License-Identifier: Apache-2.0

package arista

import "github.com/radius-dynauth/dynauth/attrs"

// What a CoA-Request does to a session or its port.
var (
	PortFlap          = attrs.Integer.Key(id(9), "Arista-PortFlap")
	BlockMACAddress   = attrs.Text.Key(id(7), "Arista-BlockMac")
	UnblockMACAddress = attrs.Text.Key(id(8), "Arista-UnblockMac")
	CaptivePortal     = attrs.Text.Key(id(10), "Arista-Captive-Portal")
	WebAuth           = attrs.Integer.Key(id(6), "Arista-WebAuth").Named(attrs.Names(1, "start", "complete")...)
)

// Logins to the switch itself, and pairs.
var (
	AVPair        = attrs.Text.Key(id(1), "Arista-AVPair")
	UserPrivLevel = attrs.Integer.Key(id(2), "Arista-User-Priv-Level")
	UserRole      = attrs.Text.Key(id(3), "Arista-User-Role")
	CVPRole       = attrs.Text.Key(id(4), "Arista-CVP-Role")
	Command       = attrs.Text.Key(id(5), "Arista-Command")
)
