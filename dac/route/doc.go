// SPDX-License-Identifier: Apache-2.0

// Package route says where a dac.Proxy, or an AAA server, sends a request: which NAS, or which
// further proxy, has the session that is meant.
//
//	routes := &route.Routes{Forward: []dac.Target{{Addr: aggregator}}}
//	bng1 := dac.Target{Addr: netip.MustParseAddrPort("192.0.2.1:3799")}
//	routes.NASes.Set(attrs.NAS{Identifier: "bng-1"}, bng1)
//	proxy := &dac.Proxy{Client: client, Router: routes}
//
// # Ways
//
// [Routes] is what most need, in an order that is safe: a NAS that is known by its name or address;
// the sole forwarding server, where there is exactly one; where the session was learned to be;
// where its NAS was; a function of the host's. A request with an Operator-Name goes by its realm
// alone (RFC 8559). Each of the parts is a dac.Router by itself, and [First] puts any of them in a
// row. What is not used costs nothing.
//
// # Learning
//
// [Learned] knows sessions from the Access-Requests and Accounting-Requests that a RADIUS server
// sees:
//
//	err := routes.Learn(ctx, packet, from) // verified by the RADIUS server
//
// It binds a session to the peer that reported it: no other peer can move or end it. It forgets a
// session at its Accounting Stop, those of a NAS when that says Accounting-On or -Off, and any that
// was not heard of for a while. An interim update adds to what is known and changes it, and takes
// nothing away. A request finds a session by all the identification that both have; where it fits
// several that are in different places it is refused (508), and where NAS and Acct-Session-Id are
// those of a session and something else is not, it is refused as well (503). A session that no peer
// has reported is where its NAS is, at the peer that reports of that ([Learned.RouteNAS]); where
// several peers do, it is nowhere (502).
//
// # Requests that contradict themselves
//
// What names a session or a NAS once and is there twice with different values names neither: such a
// request is refused by the part that would have to choose, with 403 for a NAS, 404 for a session,
// 502 for a user. Operator-Name is the exception, since RFC 8559, section 3.1, says that the first
// one counts.
//
// The sessions stand in a [Store]: [Memory], unless several proxies are to share them; then the
// Store is a [Claimer].
//
// # Roaming
//
// RFC 8559 has three parts. A visited network stamps what leaves it with its realm and a token that
// names the NAS ([Visited], [Tokens]), and undoes that when a request comes back. A proxy between
// looks up the realm ([Realms]). A home network records both and returns them ([Home], [Session]);
// it asks nothing about users of others.
//
// # Permission
//
// [Permissions] say which of the two requests a target gets, and may change at any time;
// [ReversePath] holds senders to the users of their own realms (RFC 8559, section 4.3.1); [Every]
// asks several. Each is for dac.Proxy.Allow, which is asked before anything is sent.
package route
