// SPDX-License-Identifier: Apache-2.0

// Package broadband has the attributes of the Broadband Forum (vendor 3561, RFC 4679): the access
// line that a BNG learns from the access node. The Agent-Circuit-Id names a line, and with the
// Agent-Remote-Id a session at NASes that look at it.
//
//	session.Policy{Identifying: []attrs.AnyKey{broadband.AgentCircuitID, broadband.AgentRemoteID}}
//
// Rates are in bits a second, delays in milliseconds. Linking it in makes the names known to
// attrs.Parse and attrs.Format.
package broadband

import "github.com/radius-dynauth/dynauth/attrs"

// Vendor is the vendor number.
const Vendor = 3561

// The attributes, in the order of their numbers.
var (
	AgentCircuitID                     = attrs.Octets.Key(attrs.VendorID(Vendor, 1), "ADSL-Agent-Circuit-Id")
	AgentRemoteID                      = attrs.Octets.Key(attrs.VendorID(Vendor, 2), "ADSL-Agent-Remote-Id")
	ActualDataRateUpstream             = attrs.Integer.Key(attrs.VendorID(Vendor, 129), "Actual-Data-Rate-Upstream")
	ActualDataRateDownstream           = attrs.Integer.Key(attrs.VendorID(Vendor, 130), "Actual-Data-Rate-Downstream")
	MinimumDataRateUpstream            = attrs.Integer.Key(attrs.VendorID(Vendor, 131), "Minimum-Data-Rate-Upstream")
	MinimumDataRateDownstream          = attrs.Integer.Key(attrs.VendorID(Vendor, 132), "Minimum-Data-Rate-Downstream")
	AttainableDataRateUpstream         = attrs.Integer.Key(attrs.VendorID(Vendor, 133), "Attainable-Data-Rate-Upstream")
	AttainableDataRateDownstream       = attrs.Integer.Key(attrs.VendorID(Vendor, 134), "Attainable-Data-Rate-Downstream")
	MaximumDataRateUpstream            = attrs.Integer.Key(attrs.VendorID(Vendor, 135), "Maximum-Data-Rate-Upstream")
	MaximumDataRateDownstream          = attrs.Integer.Key(attrs.VendorID(Vendor, 136), "Maximum-Data-Rate-Downstream")
	MinimumDataRateUpstreamLowPower    = attrs.Integer.Key(attrs.VendorID(Vendor, 137), "Minimum-Data-Rate-Upstream-Low-Power")
	MinimumDataRateDownstreamLowPower  = attrs.Integer.Key(attrs.VendorID(Vendor, 138), "Minimum-Data-Rate-Downstream-Low-Power")
	MaximumInterleavingDelayUpstream   = attrs.Integer.Key(attrs.VendorID(Vendor, 139), "Maximum-Interleaving-Delay-Upstream")
	ActualInterleavingDelayUpstream    = attrs.Integer.Key(attrs.VendorID(Vendor, 140), "Actual-Interleaving-Delay-Upstream")
	MaximumInterleavingDelayDownstream = attrs.Integer.Key(attrs.VendorID(Vendor, 141), "Maximum-Interleaving-Delay-Downstream")
	ActualInterleavingDelayDownstream  = attrs.Integer.Key(attrs.VendorID(Vendor, 142), "Actual-Interleaving-Delay-Downstream")
	AccessLoopEncapsulation            = attrs.Octets.Key(attrs.VendorID(Vendor, 144), "Access-Loop-Encapsulation")
)
