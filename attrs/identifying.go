// SPDX-License-Identifier: Apache-2.0

package attrs

// Identifying is the session identification of RFC 5176, section 3, as a list that vendors'
// attributes can be added to, for the Policy of a Dispatcher. It is a new one each time.
func Identifying() []AnyKey {
	return []AnyKey{UserName, NASPort, FramedIPAddress, CalledStationID, CallingStationID, AcctSessionID, AcctMultiSessionID, NASPortID,
		ChargeableUserIdentity, FramedInterfaceID, FramedIPv6Prefix}
}
