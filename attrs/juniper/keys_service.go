// SPDX-License-Identifier: Apache-2.0

package juniper

import "github.com/radius-dynauth/dynauth/attrs"

// Services, which a CoA-Request activates, changes and deactivates. The attributes with the tag of
// an ActivateService or UpdateService are about that service. ServiceSession names a service in its
// accounting.
var (
	ActivateService        = attrs.TaggedText.Key(id(65), "ERX-Service-Activate")
	DeactivateService      = attrs.Text.Key(id(66), "ERX-Service-Deactivate")
	UpdateService          = attrs.TaggedText.Key(id(180), "ERX-Update-Service")
	ServiceVolume          = attrs.TaggedInteger.Key(id(67), "ERX-Service-Volume")
	ServiceVolumeGigawords = attrs.TaggedInteger.Key(id(179), "ERX-Service-Volume-Gigawords")
	ServiceTimeout         = attrs.TaggedSeconds.Key(id(68), "ERX-Service-Timeout")
	ServiceStatistics      = attrs.TaggedInteger.Key(id(69), "ERX-Service-Statistics").Named(attrs.Names(0, "disabled", "time", "time-volume")...)
	ServiceInterval        = attrs.TaggedSeconds.Key(id(140), "ERX-Service-Acct-Interval")
	ServiceType            = attrs.TaggedInteger.Key(id(173), "ERX-Service-Activate-Type")
	ServiceSession         = attrs.Text.Key(id(83), "ERX-Service-Session")
)

// Several CoA-Requests that Junos takes as one change.
var (
	BulkTransactionID = attrs.Integer.Key(id(194), "ERX-Bulk-CoA-Transaction-Id")
	BulkIdentifier    = attrs.Integer.Key(id(195), "ERX-Bulk-CoA-Identifier")
)

// Mirroring, hidden on the wire. A value that JunosE does not know is malformed (404): an action
// beyond 2, a handle (the Mirror-Identifier) that is not of 4 or 8 octets, no address, a port
// beyond 65535, and two different values.
var (
	LIAction      = attrs.Integer.Reads(checkAction).HiddenKey(id(58), "ERX-LI-Action").Named(attrs.Names(0, "off", "on", "noop")...).Once()
	MedDevHandle  = attrs.Octets.Reads(checkHandle).HiddenKey(id(59), "ERX-Med-Dev-Handle").Once()
	MedIPAddress  = attrs.IPv4Addr.Reads(checkDevice).HiddenKey(id(60), "ERX-Med-Ip-Address").Once()
	MedPortNumber = attrs.Integer.Reads(checkPort).HiddenKey(id(61), "ERX-Med-Port-Number").Once()
)
