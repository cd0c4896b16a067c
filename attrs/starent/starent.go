// SPDX-License-Identifier: Apache-2.0

// Package starent has the attributes of Starent (vendor 8164) as Keys: those of Cisco's StarOS, the
// ASR 5000 family. Type and length are two octets each, as in StarOS' dictionary starent; its
// dictionary starent-vsa1, with one octet each, is another format of the same vendor number and is
// not read.
//
//	client.CoA(ctx, nas, threegpp2.CorrelationID.Of(id), attrs.FilterID.Of("acl-7"))
//
// Linking it in makes the names known to attrs.Parse and attrs.Format.
//
// # Behaviour
//
// StarOS drops a request without Event-Timestamp in silence, unless it is told not to look at it,
// and one from a source that is not an AAA server of its default group. It takes
// 3GPP2-Correlation-Id and User-Name as identification first, then 3GPP-IMSI with 3GPP-NSAPI,
// Framed-IP-Address and Calling-Station-Id. A Filter-Id must name an access list that exists; an
// access list and a rulebase are changed by two requests (Exclusive).
package starent

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number of Starent.
const Vendor = 8164

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }

// Exclusive is the changes of which StarOS takes one in a CoA-Request: for the Policy of a
// Dispatcher (Conflicting).
func Exclusive() [][]attrs.AnyKey { return [][]attrs.AnyKey{{attrs.FilterID, Rulebase}} }
