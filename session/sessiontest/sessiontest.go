// SPDX-License-Identifier: Apache-2.0

// Package sessiontest checks that a host's session.Handler keeps the rules of RFC 5176 that a
// Dispatcher cannot keep for it: that a request selects the sessions that fit all of its attributes
// and no others, that what is refused leaves no trace, that what is done is done once.
//
//	func TestSessions(t *testing.T) {
//		sessiontest.Run(t, func(t *testing.T) sessiontest.Host[*Subscriber] {
//			bng := newBNG(t)
//			bob, eve := bng.login("bob", "192.0.2.1"), bng.login("bob", "192.0.2.2")
//			return sessiontest.Host[*Subscriber]{
//				Handler:  bng,
//				Sessions: [2]attrs.Identity{bob.identity(), eve.identity()},
//				Change:   []attrs.Attr{attrs.FilterID.Of("gold")},
//				Snapshot: func(s *Subscriber) any { return s.filter() },
//			}
//		})
//	}
//
// Each rule is a subtest that says what it is about when it fails. Nothing is sent: requests go to
// a Dispatcher directly. Run the tests with -race, since that is how a Handler is called. The
// package needs the standard library alone.
package sessiontest

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/session"
)

// A Host is a Handler with two live sessions, and no others, of which it knows the identities, and
// a look at one.
//
// The sessions have to differ in an attribute of each kind that is to be tested, and share one,
// User-Name say, for the rules about several sessions: those are skipped otherwise.
type Host[S any] struct {
	Handler session.Handler[S] // required
	Several session.Several[S] // nil: the rules for several are that they are refused
	// Each has an Acct-Session-Id, or something else that the other one has not.
	Sessions [2]attrs.Identity
	// A change that the host can make, and that shows in Snapshot; none: it changes nothing, and
	// the rules for changes are skipped.
	Change []attrs.Attr
	// What a refused request must leave as it was, and an ACK must not, compared with
	// reflect.DeepEqual; nil: not checked.
	Snapshot func(s S) any
	// The rest of the host's Dispatcher: Key, Policy, Allow; nil: nothing.
	Setup func(d *session.Dispatcher[S])
}

// Run checks the rules against hosts that it asks host for, a new one for each subtest.
func Run[S any](t *testing.T, host func(t *testing.T) Host[S]) {
	for _, r := range rules[S]() {
		t.Run(r.name, func(t *testing.T) {
			t.Cleanup(func() {
				if t.Failed() {
					t.Log("The rule: " + r.why)
				}
			})
			r.check(newChecker(t, host))
		})
	}
}

// A rule is one subtest.
type rule[S any] struct {
	name  string
	why   string
	check func(c *checker[S])
}

func rules[S any]() []rule[S] {
	return []rule[S]{
		{
			"found by each attribute",
			"Find returns the session that fits, by any attribute that identifies it and by all of them together " +
				"(RFC 5176, section 3). A NAS that knows an attribute of a session and does not look for it answers 503 for a session that is there.",
			(*checker[S]).foundByEach,
		}, {
			"found by a MAC address in any form",
			"A MAC address in Calling-Station-Id or Called-Station-Id is the same in any case and punctuation, and senders differ " +
				"(RFC 3580, sections 3.20 and 3.21). attrs.Identity.Selects and attrs.StationID compare it so.",
			(*checker[S]).foundByMAC,
		}, {
			"unknown session",
			"A request that fits no session is a NAK with Session-Context-Not-Found (503), for which Find returns no session and no error, " +
				"and a value is compared whole: one that begins with it is another value.",
			(*checker[S]).unknown,
		}, {
			"every attribute fits",
			"All identification attributes of a request have to fit a session, not one of them (RFC 5176, section 3). " +
				"A request that names one session by its Acct-Session-Id and another one by its User-Name names none.",
			(*checker[S]).everyFits,
		}, {
			"no attribute is overlooked",
			"An identification attribute that a session does not have makes a request one for other sessions (RFC 5176, section 3). A Find that " +
				"overlooks it ends the session all the same: look it up, or refuse it (401) with Policy.Identifying or attrs.Identity.Only.",
			(*checker[S]).nothingOverlooked,
		}, {
			"no identification",
			"A request without session identification never means all sessions: it is refused (402), " +
				"and a Find that is asked with nothing returns nothing.",
			(*checker[S]).noIdentification,
		}, {
			"disconnect",
			"A Disconnect ends the session that it names (RFC 5176, section 2.1) and leaves the others alone.",
			(*checker[S]).disconnect,
		}, {
			"second disconnect",
			"A Disconnect-ACK says that the session is gone with all its context (RFC 5176, section 2.1), " +
				"so that a second request for it finds no session: NAK 503.",
			(*checker[S]).secondDisconnect,
		}, {
			"change",
			"A CoA-Request changes the session that it names (RFC 5176, section 2.2) and leaves the others alone; the session is found as before. " +
				"An ACK says that it is changed.",
			(*checker[S]).change,
		}, {
			"unsupported attribute",
			"A CoA-Request with an attribute that the host cannot honour is refused as a whole, with 401 (RFC 5176, section 2.3), and changes nothing.",
			(*checker[S]).unsupported,
		}, {
			"Class and Reply-Message",
			"A Disconnect-Request may carry Class, for the Accounting Stop, and Reply-Message, for the user (RFC 5176, section 3.6): " +
				"they are no reason to refuse it, and what came in a request is not to be changed.",
			(*checker[S]).extras,
		}, {
			"several sessions",
			"A request that fits several sessions means all of them (RFC 5176, section 3): Find returns them all, " +
				"and the host acts on all of them, or where it cannot the answer is 508 and no session is touched.",
			(*checker[S]).several,
		}, {
			"all or none",
			"Where one of several sessions cannot be ended or changed, no session is (RFC 5176, section 2.3): " +
				"DisconnectAll and ChangeAll look whether all of it can be done before they do any of it, or undo what they did.",
			(*checker[S]).allOrNone,
		}, {
			"context done",
			"What returns an error has changed nothing: the error is a NAK, and the sender will think that the session is as it was. " +
				"So a host that gives up when its context is done does so before it begins, or undoes what it did.",
			(*checker[S]).contextDone,
		}, {
			"concurrent requests",
			"A Handler is called by many at once. Requests for one session run one after the other, " +
				"and only if it can be told apart: Find returns the same value for it each time, or Dispatcher.Key says which it is.",
			(*checker[S]).concurrent,
		},
	}
}
