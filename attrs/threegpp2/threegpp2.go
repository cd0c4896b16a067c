// SPDX-License-Identifier: Apache-2.0

// Package threegpp2 has the attributes of 3GPP2 (vendor 5535) as Keys: those of CDMA2000 packet
// data, where a PDSN or home agent is the NAS. Those that hold further attributes are left out.
//
//	client.Disconnect(ctx, nas, threegpp2.CorrelationID.Of(id), attrs.UserName.Of(user))
//
// Linking it in makes the names known to attrs.Parse and attrs.Format, and the hidden ones to the
// signer.
//
// # Session termination
//
// A NAS says in its Access-Request which ways to end a session it knows, and the Access-Accept says
// which one to use for this session:
//
//	request = append(request, threegpp2.SupportBoth())
//	capability, err := threegpp2.CapabilityOf(accept.Attributes) // remember it with the session
//	if capability.DynamicAuthorization() { ... }
package threegpp2

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number of 3GPP2.
const Vendor = 5535

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }

// Identifying is what identifies sessions here beside the attributes of RFC 5176: for
// attrs.IdentityOf and the Policy of a Dispatcher.
func Identifying() []attrs.AnyKey { return []attrs.AnyKey{CorrelationID} }
