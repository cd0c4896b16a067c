// SPDX-License-Identifier: Apache-2.0

// Package redback has the attributes of Redback, now Ericsson (vendor 2352), as Keys: those of the
// SmartEdge routers, and what a person wants to do with services as functions:
//
//	client.CoA(ctx, nas, attrs.AcctSessionID.Of(id), redback.Activate(1, "gold", redback.Accounted, "rate=10m"))
//
// A NAS reads them back in the order of the request, with what has a tag put together:
//
//	orders, err := redback.Orders(change.Attributes)
//
// and answers for each service with redback.Outcome. Linking it in makes the names known to
// attrs.Parse and attrs.Format; FreeRADIUS gives most of them no prefix.
package redback

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number of Redback.
const Vendor = 2352

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }

// Identifying is what identifies sessions here beside the attributes of RFC 5176: for
// attrs.IdentityOf and the Policy of a Dispatcher.
func Identifying() []attrs.AnyKey { return []attrs.AnyKey{ReauthSessionID} }
