// SPDX-License-Identifier: Apache-2.0

// Package bulk is the engine of Client.Each: a queue for each NAS, a circuit breaker for each, and
// the order in which jobs are drawn, sent, tried again and given to the consumer.
//
// It owns no socket, no packet and no error text. A [Host] sends a [Task] and tells the [Run] of
// its end; the Run decides which Task is sent when. It imports nothing of this module, so that a
// model of NASes can stand in for the network.
//
// Four kinds of goroutine work on a Run: the puller draws jobs; the dispatcher sends them, and
// watches the time; up to 256 askers ask the host's Peers, one NAS each; the consumer, which is the
// caller of [Run.Each], takes the outcomes. One mutex guards all of it. It may be taken with the
// lock of a destination held, never the other way round: no method of the Host is called with it
// held but those that say so.
//
// # Circuit breaker
//
// A NAS is closed while it answers. It is suspected once it has been silent for 9/8 of the first
// timeout, so that no NAS is suspected before a first retransmission would be due; Peers that do
// not answer and a connection that does not come count as silence. After Budget requests in a row
// without an answer it is open: its jobs wait, and one of them is sent as a probe, which makes it
// half-open. An answer closes it. It holds for the time of one request, or of four where the NAS
// has answered before, since it may be restarting; then its jobs fail unsent, but for a probe now
// and then.
//
// # What must hold
//
// Every job that is drawn comes out once, however the Run ends. No timer is set to an instant that
// has passed. refresh alone decides whether a NAS may send.
package bulk
