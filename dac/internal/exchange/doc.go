// SPDX-License-Identifier: Apache-2.0

// Package exchange is the engine of a Client: an exchange from its turn and its signature to its
// answer or its end, by UDP and by the connections of a Transport.
//
// It names no type of package dac, which is its only caller. What to send is a [Body], which makes
// its octets once the identifier is known; how a NAS is spoken to is a [Peer]; how an exchange
// ended is a [Result], of which package dac makes a Response or an error; what becomes of packets
// an [Observer] is told. A call that waits uses [Exchange.Await]; a run of Each is an [Owner], and
// signs and sends by a [Batch]; a Proxy is a [Completion].
//
// # The way of a request
//
//  1. [Engine.Enter] finds the destination: an address by UDP, or one by a Transport.
//  2. destination.grant gives it a conn and an identifier, or queues it; destination.schedule sees
//     to a further conn, within the budget of descriptors.
//  3. Exchange.sign makes the octets, which stay the same for every transmission.
//  4. conn.post writes them, together with those of other calls; where a Write may wait,
//     conn.handOff gives them to the writer of the conn.
//  5. conn.due sends again by the rules of RFC 5080, section 2.2.1, and ends what has had its time.
//     A reliable conn sends nothing again (RFC 6613, section 2.6.1).
//  6. conn.accept finds the exchange of an answer, verifies it and ends it.
//
// # A connection that ends
//
// conn.lost takes what was handed to the connection off it: these exchanges are displaced. Of what
// has left, the same octets leave again by another connection, with the same identifier, as soon as
// that is free there (destination.reassign): a NAS knows them by their authenticator. RADIUS/1.1
// has none, so a CoA that has left ends there. What has not left is signed anew.
//
// # A sender that waits no longer
//
// A Proxy makes an exchange quiet when the connection that its request came by has ended
// (Exchange.Quiet): nothing of it is sent, and an answer that comes is taken all the same.
//
// # Goroutines
//
// Each conn has one reader, which ends with it. A conn whose Write may wait has a writer while
// there is something to write. Each destination has one runtime timer for all its exchanges. The
// caller of Do signs and sends its own request, the dispatcher of Each those of its run. Close
// waits for all of them but a function of the host's that hangs.
//
// # Locks
//
// Each destination has one lock, for its conns and exchanges too. Below it are the locks of a
// writer, a coalescer, a shared pool of identifiers, the budget, the engine, and the host's
// Owners; none of their holders waits for the lock of a destination. What may run code of the
// host's, wait, or end another exchange's call is left to a deferred, which is done once the lock
// is released. An exchange that has ended belongs to the goroutine, the Owner or the Completion
// that is told of it.
//
// # What must never happen
//
// No octets leave before they are signed. An answer ends no exchange but the one whose octets it
// was verified against. An identifier is not given out while a transmission that has it is under
// way, nor before it has rested. Each exchange ends once, and its call, Owner or Completion is told
// once. A request whose connection has ended is not sent again where the NAS could execute it
// twice.
package exchange
