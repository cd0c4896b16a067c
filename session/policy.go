// SPDX-License-Identifier: Apache-2.0

package session

import (
	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
)

// A Policy is how a NAS departs from what RFC 5176 makes the default. The zero Policy departs in
// nothing. The names in brackets are those of systems that behave so.
//
// A Key that stands for an attribute as a whole, a Cisco-AVPair say, stands for each of those that
// are packed into it, unless one of them has a Key of its own in the Policy or in
// Dispatcher.Supported.
type Policy struct {
	// Identifying is the identification that Find honours, vendor attributes too. Identification
	// that is not in it is 401, since to leave a constraint out would widen the match. Session
	// attributes alone are meant: how the NAS is named is Dispatcher.NAS. nil: all of RFC 5176,
	// section 3, and no vendor attributes.
	Identifying []attrs.AnyKey

	// Extras are further attributes that a Disconnect-Request may carry beside identification;
	// Class, Reply-Message, Acct-Terminate-Cause and EAP-Message always may. nil: no others.
	Extras []attrs.AnyKey
	// Ignored are skipped wherever they come: what senders add and this host has no use for.
	// Identification among them does not constrain the match. nil: none.
	Ignored []attrs.AnyKey
	// IgnoreOther skips all attributes that are neither identification nor in Supported, but
	// Service-Type and State where they may not be (ArubaOS); false: they are 401.
	IgnoreOther bool

	// AnyNAS takes a request that names any NAS, where neither Dispatcher.NAS nor NASOf names
	// this one: a host whose Find looks at the NAS itself, or behind a proxy that has. Beside
	// Dispatcher.NAS it is refused as a configuration. false: 403 for another NAS.
	AnyNAS bool

	// RequireDisconnect has sets of identification, all of one of which must come in a
	// Disconnect-Request, else 402 (JunosE); nil: any one session attribute.
	RequireDisconnect [][]attrs.AnyKey
	RequireCoA        [][]attrs.AnyKey // the same for a CoA-Request
	// Conflicting has sets of changes, no two of which may come together: 404 (StarOS: ACL and
	// rulebase); nil: none.
	Conflicting [][]attrs.AnyKey

	MaxSessions int // of Dispatcher.Several; more are 508. Zero is 1024
	// First acts, of several sessions, on the first that Find returned alone (Junos' User-Name).
	First bool
	// Causes are those that this NAS sends; for others the NAK has no Error-Cause (JunosE: six).
	// nil: all.
	Causes []errcause.Cause
	// OmitTerminateCause leaves Acct-Terminate-Cause out of a Disconnect-ACK; false:
	// Disconnect.TerminateCause.
	OmitTerminateCause bool
	// AcceptEmpty acknowledges a CoA-Request that changes nothing, without asking the Handler to
	// change; false: 402.
	AcceptEmpty bool
	// DropBusy drops a request for a session that another one is working on, so that its sender
	// tries again (accel-ppp); false: it waits.
	DropBusy bool
}
