// SPDX-License-Identifier: Apache-2.0

// Package dac is RADIUS Dynamic Authorization (RFC 5176) on the wire: Disconnect-Request and
// CoA-Request, from both ends. Its name means Disconnect And CoA. The RFC calls the end that asks
// the Dynamic Authorization Client, which is [Client] here, and the end that is asked the Dynamic
// Authorization Server, which is [Server].
//
// A NAS answers with what a handler returns; an error is a NAK, and an [errcause.Cause] in it
// crosses the wire:
//
//	srv := &dac.Server{
//		Peers:   dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Secret: "s3cret"}},
//		Handler: handler, // a session.Dispatcher, mostly
//	}
//	err := srv.ListenAndServe(ctx)
//
// An AAA server sends, and finds there what the handler returned:
//
//	client := &dac.Client{Peers: peers}
//	_, err := client.Disconnect(ctx, nas,
//		attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("4f2a"))
//	if errors.Is(err, errcause.SessionContextNotFound) {
//		// already gone
//	}
//
// # Handlers
//
// A [Handler] sees verified requests only and interprets nothing: it is what a NAS, a proxy, a
// logger and a limiter have in common. Package session has the Handler of a NAS, which keeps the
// rules on attributes and sessions and calls the host with one session. Middleware is a Handler
// that calls another; [Verdict] tells it what the other one said. Work that must come after the
// answer goes into Response.After.
//
// # What a Server does with a datagram
//
// Cheapest first: lengths; who sent it; its code; Request Authenticator; Message-Authenticator;
// Event-Timestamp; whether it has been asked before; what the peer may and how often; a place among
// the handlers. What fails up to the timestamp is dropped in silence and leaves nothing behind but
// a counter. All of that works on the octets as received: memory is taken for a request once it is
// known to be authentic.
//
// The read loop runs handlers itself, one after the other, and sends the answers of a batch
// together, so that a quick one costs no switch of goroutines. A slow handler does not block
// reading: after 2 ms another goroutine takes over the read loop, and while handlers are slow,
// workers run them.
//
// Nothing is allocated before a packet is authenticated. A Request of up to eight attributes and
// 160 octets then takes one allocation, a larger one four, an answer with [Request.ACK] one. Who
// keeps a value of an attribute keeps all of the Request: keep a copy.
//
// # Duplicates and replays
//
// Nothing is executed twice. A request in work is known however long it takes: its duplicates are
// absorbed, and the answer goes to every address that asked, four at most. What was answered is
// known by these rules; a duplicate gets the same octets again:
//
//	Event-Timestamp, checked    by its authenticator, from any address and port and with any
//	                            identifier, until the timestamp is stale, and for Server.Window
//	                            from the answer at least; the answer is kept for Window from when
//	                            it was given, and what comes back after that is discarded
//	                            (Replays)
//	without, Disconnect         by its authenticator, for 30 s from the answer: senders retry
//	                            from new ports
//	without, CoA                from the same address and port, for 30 s from the answer, since
//	                            two of them may be meant; a different request from the same
//	                            address, port and identifier ends that at once (RFC 5080,
//	                            section 2.2.2)
//
// A timestamp that is not checked is none here: [Peer.IgnoreEventTimestamp] and a negative
// Server.Window, which has all requests known for 60 s, take away what the first row promises about
// other ports and about replays. What was refused in silence (ErrDiscard, no place, beyond the
// rate) is forgotten: its retransmission is a first arrival.
//
// Timestamps are judged by the clock of the system, since they were made by one; duplicates are
// known and answers kept by the monotonic clock, which cannot be set. So no step of the clock has
// the Server execute a request twice within Window, keep anything for longer, or forget it sooner:
// neither one that is set forward by less than Window and back again, nor one that was in another
// year. What a step does is to make current requests stale and stale ones current: after one back,
// a request that was executed longer than Window ago, by the monotonic clock, passes for current
// once more, if it was recorded on the way. Each step is one line in the log. Keep the clock by
// NTP, and let it slew.
//
// The duplicate detection cache takes 48 octets a request and about 14 for finding it. Of an answer
// it keeps what the request does not say, the code and the attributes, and signs it again for each
// duplicate; one that has attributes takes 3 octets beside theirs, one without takes none. At
// 50,000 requests a second and the window of 300 s that is 15 million requests: Server.Memory must
// be 1<<24 at least, better 1<<25, and with answers without attributes they take 1 GB, and 0.7 µs
// of a processor a request, a thirtieth of one core in all. It is shared among peers (addresses):
// one may hold seven times what is free, so that one alone gets seven eighths, two get seven
// fifteenths each, and there is always room for another. What has not expired is never given up; a
// peer whose share is full is refused, and Overload counts it. The queue of handlers is shared
// likewise.
//
// The cache ends with the process: Server.RestartGuard refuses what is stamped earlier, for Window.
//
// # What a Client does with a request
//
// [Client.Do] signs it once and sends the same octets from the same port until the first answer
// that verifies, by the rule of RFC 5080, section 2.2.1 ([Retry]): at 0, 2, 6 and 14 s, each
// interval up to a tenth shorter or longer, and no longer than 30 s, whether the context has a
// deadline or not. What is late, repeated, of another request or of the wrong kind, forged or
// stamped by a clock that is off is counted and ends no wait; nor does an ICMP error, unless
// FailFast is set.
//
// An identifier is free as soon as its answer is there, and the one that was used the longest ago
// comes next; without an answer it rests for 30 s, since its request may still be remembered. A
// port has 256, so more requests in flight open more ports, 64 to a NAS; idle ones close after
// IdleTimeout. All NASes together get half of the descriptors that the process may have, and at
// most 8,192 ports; where they do not suffice, NASes take turns. For a NAS that knows duplicates by
// port and identifier alone, Peer.IdentifierRest makes the answered ones rest as well; then 256 x
// ports / rest is the highest rate, and the log says so when it is reached.
//
// # What became of a request
//
// nil is an ACK, with or without a cause. A refusal is a [NAKError], beside the Response: errors.Is
// finds its cause, and [Retryable] says whether it may pass. No answer is a [NoAnswerError], which
// prints what was seen and what to look at: nothing at all, replies that do not verify (another
// secret?), a clock that is off by so much, ICMP. The request may have been executed then:
// [UntilGone] knows that a Disconnect that finds no session after its own missing answer has done
// its work. [ChangeOrDisconnect], [Resend] and [After] are the other things that are done with a
// request beside sending it.
//
// # Many requests
//
// [Client.Each] takes jobs from an iterator and yields their outcomes as they are done. Its memory
// is for a few thousand requests, however many jobs there are. A NAS that is dead, slow or being
// restarted takes its share and no more.
//
// # Proxies
//
// A [Proxy] is the Handler that asks by a Client: what it sends on has the secret, the identifier
// and the port of the next hop, the attributes as they came, and one Proxy-State more; the answer
// of the NAS comes back with its code and its cause. A request goes on once, however often it
// comes. Where it goes is what a [Router] says; package dac/route has them. Proxy.Trace gives a
// [Hop] for each request, which ties the Events of the Server and those of the Client together; the
// counters are those of the two.
//
// # Counters
//
// [Server.Stats] and [Client.Stats] are the counters of RFC 4673 and RFC 4672. What other systems
// call those of a Server, of each kind of request:
//
//	RequestCounters     JunosE               Junos                            StarOS
//	Requests            Requests             dynamic-request-coa, -disconnect coa and dm requests
//	ACKs                Accepts              processed-ok (both kinds)        coa and dm acks
//	NAKs                Rejects              processing-error (both kinds)    coa and dm naks
//	NoContextNAKs       No Session ID
//	BadAuthenticator    Bad Authenticators   dynamic-request-bad-authenticators
//	Malformed                                dynamic-request-malformed
//	Dropped             Packets Dropped      silent-drops (both kinds)
//	UnknownType         Unknown Request      dynamic-request-unknown
//	UnknownDisconnect,
//	UnknownCoA          Invalid Addresses Received
//
// # Secrets
//
// A [Secret] prints as "[secret]". The source address of a packet and the secret are all that
// authorizes it (RFC 5176, section 6.1): give each peer one of its own, of 24 random octets or
// more. While a new one is rolled out, Peer.Previous is accepted too. RADIUS over UDP belongs into
// a network that is trusted or protected, by IPsec for example (section 6.2).
//
// # MD5
//
// The authenticators of RADIUS are MD5 and HMAC-MD5. In FIPS 140-3 mode (GODEBUG=fips140=only) they
// are computed outside its enforcement, since there is no RADIUS without them; nothing else of the
// module runs there.
//
// # Octets
//
// layeh.com/radius gives the types [radius.Packet] and [radius.Attributes], so that generated
// dictionaries work on what is received. Verifying, signing and encoding are done here:
// [ParseRequest], [ParseResponse], Request.AppendSigned and Response.AppendSigned do it for tools
// that read and write octets themselves. No unverified packet is ever a Request or a Response.
//
// [Server.Trace] and [Client.Trace] show every packet: [Dump] writes one as text, [PcapTo] writes
// what Wireshark opens, an [Event] is an attribute of log/slog, Diagram of package dactest draws
// them, and [Tee] gives them to several.
package dac
