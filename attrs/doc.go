// SPDX-License-Identifier: Apache-2.0

// Package attrs has the attributes of RADIUS Dynamic Authorization (RFC 5176) as typed Keys, and
// who is meant by a request.
//
// An AAA server makes attributes; a NAS reads them:
//
//	_, err := client.CoA(ctx, nas,
//		attrs.AcctSessionID.Of("4f2a"), attrs.SessionTimeout.Of(time.Hour))
//
//	// No such attribute: NAK 402; malformed: NAK 404.
//	timeout, err := attrs.SessionTimeout.Get(request.Attributes())
//	nas, identity, err := attrs.SelectionOf(request.Attributes())
//
// # Making attributes
//
// [Key.Of] takes a Go value (netip.Addr, time.Duration, string, ...) and makes an [Attr]. It never
// fails by itself: what cannot be encoded (a text of 254 octets or of none, a time before 1970, an
// IPv6 address for IPv4) makes an Attr that carries the error, and building a packet of it returns
// that error. Nothing is ever cut or left out in silence. [Join] makes one Attr of several,
// [Parse], [ParseLine] and [ParseList] read text as radclient does, and [Raw] and [Vendor] make
// what has no Key.
//
// # Reading attributes
//
// [Key.Get], [Key.Lookup] and [Key.All] read; [Scan] reads several at once. Their errors wrap an
// errcause.Cause, so a handler can return them as they are. Reading tolerates what peers are known
// to send: host bits in a prefix are cleared, octets that a prefix leaves out are 0, text comes
// through as it is, invalid UTF-8 and NULs included. [IDs] tells which attributes a packet has,
// those of vendors and the extended ones of RFC 6929 too, and [ID.Role] and [ID.In] what they may
// do in it. No input makes any of this panic or run on.
//
// # Who is meant
//
// [SelectionOf] reads the identification of the NAS and of sessions in a CoA-Request or
// Disconnect-Request, and [Identity.Selects] compares it with a session's: every attribute of the
// request must match (RFC 5176, section 3). An attribute that is there but says nothing, 0.0.0.0
// say, is refused rather than skipped, since skipping it would widen the match. [IdentityOf] reads
// what a session is known by from Access-Requests and Accounting-Requests, where 0.0.0.0 says that
// there is no address yet; [Extract] reads all that an AAA server may remember.
//
// Vendors' attributes and those of other RFCs identify where a host names them. They are in
// [Identity.Other], which [Key.In] and [Identity.Add] read and write by type. A host that looks its
// sessions up by few attributes says so with [Identity.Only].
//
// # Secrets
//
// A [HiddenKey] is for values that are hidden on the wire (Tunnel-Password); they stay in clear
// until the packet is signed. Hidden and sensitive values (passwords, keys, lawful intercept) print
// as [hidden] in every text that this package makes.
//
// # Vendors
//
// The packages below this one have the attributes of one vendor each. Linking one in makes its
// names known to Parse and Format, and its hidden attributes to the signer. A host makes Keys for
// what is missing in one line:
//
//	var VRF = attrs.Text.Key(attrs.VendorID(55999, 1), "Accel-VRF-Name")
//
// Package dictionary reads FreeRADIUS dictionary files at run time, for what an operator
// configures.
//
// Vendors that lay out their attributes in their own way are made known with [RegisterVendor],
// texts in which a vendor packs several attributes (Cisco-AVPair) with [Key.Packs]; [NewKey] and
// [NewHiddenKey] take functions for values of any kind.
//
// Everything here is safe for concurrent use. Attributes of a packet that was received are not to
// be changed.
package attrs
