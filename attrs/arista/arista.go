// SPDX-License-Identifier: Apache-2.0

// Package arista has the attributes of Arista (vendor 30065) as Keys, and what a person wants to do
// with a port or a host of EOS as functions:
//
//	client.CoA(ctx, nas, attrs.NASPortID.Of("Ethernet7"), arista.BouncePort())
//
// Linking it in makes the names known to attrs.Parse and attrs.Format.
package arista

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number of Arista.
const Vendor = 30065

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }

// BouncePort takes a port down and up again.
func BouncePort() attrs.Attr { return PortFlap.Of(1) }

// BlockMAC drops the traffic of a host; its address is sent as it is given.
func BlockMAC(address string) attrs.Attr { return BlockMACAddress.Of(address) }

// UnblockMAC ends what BlockMAC began.
func UnblockMAC(address string) attrs.Attr { return UnblockMACAddress.Of(address) }
