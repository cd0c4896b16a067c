// SPDX-License-Identifier: Apache-2.0

// Package turns runs the requests for one session one at a time.
//
// It owns the order of requests: who searches, who waits for which session, who holds it. A
// Dispatcher calls it: [Order.Arrive] in the order of arrival, [Turn.Begin] before Find,
// [Order.Claim] with what Find returned, and [Order.Leave] once, however the request ended. It
// never calls a host, and it knows of no attribute but an Identity.
//
//	Arrive      Claim                            Leave
//	  │           │                                │
//	searching ─ waiting ─┬─ holding ─────────────  out
//	                     └─ dropped ─────────────
//
// From its arrival until its first Claim a request is searching: it may turn out to be for any
// session that its identity allows, so later requests that may be for the same one wait for it.
// From Claim on it stands in the line of each of its sessions. It holds them when it is the first
// in all of these lines and no earlier request that may be for the same sessions is searching.
//
// A Turn has one state, and that alone says which lists it is in. What may have changed for other
// turns is noted and looked at when the operation itself is complete, so no list is read while it
// is half changed.
package turns
