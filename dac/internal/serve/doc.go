// SPDX-License-Identifier: Apache-2.0

// Package serve is the engine of a Server, the Dynamic Authorization Server of RFC 5176: it reads
// datagrams, verifies them, knows the ones that come again, has the others handled and sends the
// answers. It owns its sockets and connections while they are served, the duplicate detection
// cache, the places of the handlers, the goroutines that read and those that handle, and what is
// known of each peer.
//
// Package dac alone calls it, and is its [Host]: it says who the peers are, makes a [Task] of each
// verified packet, calls the Handler and encodes the answer.
//
// What it must never do: see a Request, a Response or a Peer, or make text that leaves the machine;
// allocate for a packet before it has verified, or answer one that does not; have a request
// executed twice while it can know it; send an answer that is not yet kept for retransmissions;
// keep a request in work when its handler has ended, however that ended.
//
// # The way of a datagram
//
//  1. reader.run (loop.go) reads a batch from a netio.Socket and loops over what follows.
//  2. reader.receive (ask.go) asks the Host who the sender is. A slow Host loses the read loop to
//     another goroutine. A connection (netio.Stream) has had its peer from the start:
//     reader.arrived.
//  3. reader.check (verify.go) verifies the packet and its Event-Timestamp. What fails is counted
//     and dropped; nothing was allocated for it.
//  4. reader.admit (admit.go) looks it up in the dedup.Cache. A retransmission is answered from
//     there with the same octets.
//  5. reader.take finds a place for a first arrival: policy, rate, handlers (admission.Places).
//     Its Task is told its number.
//  6. reader.handle (handle.go) has the Task handled in the read loop, or Job.run (job.go) in one
//     of the admission.Workers. A handler that takes longer than a tick keeps its goroutine, and
//     another one leads the read loop (watch.go).
//  7. Job.conclude has the answer encoded and keeps it in the dedup.Cache; reader.answer
//     (reader.go) or Job.finish has it signed.
//  8. reader.flush signs and sends the answers of a batch together; Job.Leave lends the place on.
//
// # Who runs what
//
// One goroutine leads a read loop at a time; whichever changes turns.now from the number of a
// running turn to that of none leads from then on. Workers run the handlers that the read loop does
// not run. A Task that is [IsDeferred] belongs to its host's goroutines until Finish and Leave, or
// End (later.go). Serve (serve.go) waits for what was taken in, and Engine.Close for the workers:
// when both have returned, no goroutine is in the host's code.
//
// # Locks
//
// That of admission.Places guards what is in work, of all listeners, that of admission.Workers the
// goroutines, and waits.mu which connections wait for what. With them held nothing of the host's is
// called but Forward.Hold and Task.Wire, which take no lock, and the methods of Sent, which call
// nothing of the engine. state.arriving is held while the Host is told of a number, and notes.mu
// while it is told of a packet, both with a deferred unlock: those calls come one at a time. The
// engine takes none of these with another one held.
//
// A host may panic, end its goroutine or hang in any call; the request is answered all the same,
// and no lock stays held.
//
// # Files
//
// From low to high; a file names only what stands in files before its own. Three know one another:
// a Task has its Job, a Job its Listener, and a Listener its Host.
//
//	peer forward note clock spells  sender, next hop, packet, clock, slow handlers
//	waits                           which connections wait for the answers to what is in work
//	diagnosis peer_cache sums conn  what a read loop knows of senders, and of their packets
//	coalescer watch context         answers that leave together; who leads; what a handler gets
//	state                           what all listeners share
//	host, job, listener             a request, and the call of Serve that it came to
//	later                           what a host does with a Job that it ends itself
//	reader handle admit verify ask loop
//	                                the read loop, against the way of a datagram
//	engine serve rig                the whole: Engine, Serve, and a read loop for tests
package serve
