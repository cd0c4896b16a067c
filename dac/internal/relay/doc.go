// SPDX-License-Identifier: Apache-2.0

// Package relay makes the request that a Proxy sends to the next hop from the one that it got (RFC
// 5176, section 3.1; RFC 8559): the attributes as they came, in their order, and one Proxy-State of
// its own behind them. By that Proxy-State it knows a request again that comes back to it.
//
// It knows attributes alone. Where a request goes, what an answer or its absence means for the
// sender, and the secrets of both hops are of package dac, which calls it.
package relay
