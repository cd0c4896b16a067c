// SPDX-License-Identifier: Apache-2.0

// Package session is the NAS's side of RADIUS Dynamic Authorization (RFC 5176): it keeps the rules
// on attributes and sessions, and calls the host with one session at a time, to end it or change
// it. A test needs no socket: r, err := dac.NewCoA(...) makes a request, d.Handle(ctx, r) answers
// it.
//
//	type BNG struct{ session.Table[*Subscriber] } // has the live sessions, and Find
//
//	func (b *BNG) Disconnect(ctx context.Context, sub *Subscriber, d *session.Disconnect) error {
//		if err := sub.Close(ctx, termcause.AdminReset); err != nil {
//			return err // NAK: the session goes on
//		}
//		b.Delete("", sub.ID) // by the Acct-Session-Id of its Put
//		return nil           // ACK
//	}
//	func (b *BNG) Change(ctx context.Context, sub *Subscriber, c *session.Change) error {
//		filter, err := attrs.FilterID.Get(c.Attributes)
//		if err != nil {
//			return err
//		}
//		return sub.Apply(ctx, filter)
//	}
//
//	d := session.NewDispatcher(bng, attrs.FilterID) // what Change honours; all else is refused
//	d.NAS.Identifier = "bng1"
//	srv := &dac.Server{Peers: peers, Handler: d}
//
// In a test, beside the rules of a Handler that package sessiontest has:
//
//	r, err := dac.NewCoA(attrs.UserName.Of("bob"), attrs.FilterID.Of("gold"))
//	err = dac.Verdict(d.Handle(ctx, r)) // nil: ACK
//
// [Handler] is what a host implements, [Dispatcher] what calls it, and [Table] holds sessions for a
// host that has no store of its own: it drops nothing by itself, Disconnect Deletes what has ended.
// A host with an index for each attribute has [FindBy], one that stays with a dac.Handler
// [InOrder].
//
// # What happens to a request
//
// A [dac.Server] hands over verified requests. The Dispatcher looks at all of one before the host
// is asked to do any of it, in this order.
//
//	402  Authorize Only without State
//	401  an attribute that is neither identification nor supported, or not for this kind of
//	     request
//	404  an attribute that is malformed, contradicts itself, or may not come with another
//	405  a Service-Type in a CoA-Request that is not supported
//	506  an Authorize Only with so much Proxy-State that the answer has no room for 507
//	402  nothing to change
//	403  the NAS that the request names is not this one (Dispatcher.NAS)
//	402  no session identification, or not what Policy requires
//	     Find
//	503  no session
//	501  Allow does not let this peer do this to these sessions
//	508  several sessions, and no Several, or more than Policy.MaxSessions
//	     the sessions' turn, and Find again where it had to be waited for
//	     Disconnect, Change or Reauthorize: the Cause of the host's error, or none
//
// Where a request is refused, the sessions are as they were. An error is a NAK, always; what the
// host did is acknowledged, always, even where Reply holds something that cannot be encoded or
// Audit panics. Causes that a NAS must not send (RFC 5176, section 3.5: 2xx in a NAK, 502, 504 for
// a CoA, 405 for a Disconnect, 507 without Authorize Only) become a NAK without Error-Cause and a
// line in the log.
//
// # Turns
//
// Requests for one session are executed one at a time: those of a kind in the order in which they
// arrived, and a Disconnect before CoAs that wait. That holds however many handlers run at once and
// however long Find takes: a request waits for an earlier one that is still looking for its
// sessions, where both may mean the same. Two requests with different values of one attribute do
// not, so slow look-ups of other sessions hold up none. A request that waits gives its place among
// the handlers back ([dac.Yield]), and asks Find again when its turn has come: a session that went
// away is 503. A request for several sessions takes all their turns together.
//
// # Several sessions
//
// RFC 5176, section 2.3, asks for all or none. A host that can act on several sessions as one
// implements [Several]; without it a request that selects several is 508 and touches none of them.
//
// # Authorize Only
//
// A CoA-Request with Service-Type Authorize-Only changes nothing: it has the NAS ask its RADIUS
// server again (RFC 5176, section 3.2). A host that can do so sets Dispatcher.Reauthorize, which
// sets c.After to send [Change.AccessRequest] and returns. The answer is NAK 507, which is the
// success of this request; After is called once it is out.
//
// # What is left to the host
//
// These rules are about what a NAS does outside the packets of this protocol. Each line has the
// hook that serves it.
//
//   - End a session with all its context before Disconnect returns nil (R5176-2.1-2); an answer
//     that must go out first leaves the teardown to Disconnect.After. Residual says that the
//     session itself was gone.
//   - Make all changes or none, and return an error where one cannot be made (R5176-2.3-17,
//     R5176-2.3-19, R5176-2.3-20).
//   - Change.Attributes replaces all values that the session had of each attribute in it, and
//     leaves the others alone (R5176-3.6-3); of tunnel attributes, one replaces all of them
//     (R5176-3.6-5). An address is not changed: Reauthorize brings new ones (R5176-3.6-6).
//   - Send Acct-Session-Id or Acct-Multi-Session-Id in the Access-Request, the same as in
//     accounting, so that it can be named later (R5176-3-5, R2866-5.5-1).
//   - Send the Access-Request of an Authorize Only from Change.After (R5176-3.2-8), with
//     Change.AccessRequest (R5176-3.2-9), whose State is that of the request (R5176-3.3-4,
//     R5080-2.1.1-1), and with a Message-Authenticator (R5176-3.2-10, R5080-2.1.1-2,
//     R-DEP-5.3.2-1). Then do what the Access-Accept or the Access-Reject says (R5176-3.2-11).
//   - Keep Change.State with a Termination-Action of RADIUS-Request, and send it unchanged at the
//     session's end (R5176-3.3-5).
//   - Show Reply-Message only once the request has succeeded, and answer an EAP-Message
//     Notification with one in Reply (R5176-3.6-2). Both are in Request.Attributes; in a CoA they
//     are changes, to be named in Supported.
//   - Put Disconnect.Class into the Accounting Stop, unchanged and only where the session was ended
//     (R5176-3.6-4), and send no accounting for a CoA that was refused (R4675-1). Supported with
//     attrs.Class has a CoA replace Class.
//   - Copy the WLAN-Reason-Code and pass on the EAPoL-Announcement of a Disconnect, where
//     Policy.Extras lets them in (R7268-1).
//   - Do not give a link-local address to Dispatcher.NAS (R5080-2.7.1-1).
//   - Restrict peers to their own sessions with Dispatcher.Allow, or with [AllowRealms]
//     (R5176-6.1-4, R5176-6.1-5).
//   - Protect port 3799 with IPsec, or keep it within a network that is safe (R5176-6.2-1,
//     R-DEP-6.1-1): nothing in these packets is encrypted but hidden attributes.
//
// # NASes that differ
//
// [Policy] holds what real NASes do instead. Its zero value is RFC 5176.
//
//	JunosE     RequireDisconnect: Acct-Session-Id or Acct-Multi-Session-Id;
//	           Causes: 401, 402, 404, 503, 504, 506
//	Junos      First, for User-Name; the same Causes
//	StarOS     NASOf, Identifying with the vendor's ids, Conflicting: ACL and rulebase, Residual;
//	           dac.Peer.RequireEventTimestamp
//	Nokia      a Find that ranks what it is given, MaxSessions 32
//	ArubaOS    IgnoreOther
//	accel-ppp  DropBusy, First, Disconnect.After
//
// # Observing
//
// Dispatcher.Audit gets one event for each request that reached Find or was refused before: who
// asked, how many sessions it selected, what was to change, what became of it. Middleware around a
// Dispatcher is a dac.Handler that calls it, and reads the outcome with [dac.Verdict]; to keep the
// order of arrival it passes Arrive on too ([dac.Sequencer]).
//
// # What it costs
//
// A Dispatcher that is itself the Handler of a Server takes two allocations for a
// Disconnect-Request and three for a CoA-Request that are acknowledged, 112 and 136 octets, beside
// what the host does; Find of a [Table] takes one more. Behind middleware it takes one more for the
// answer.
// Requests for one session at a time, which is the ordinary case, share a mutex and no more.
//
// In a large Table most of the time of a look-up is waiting for memory. A Server under load has
// several requests arrive before it handles the first of them ([dac.Lookahead]), and a Handler that
// has a method Ahead(next []*attrs.Identity), which comes with the Table that it embeds, then reads
// for all of them at once.
package session
