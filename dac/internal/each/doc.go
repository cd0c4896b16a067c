// SPDX-License-Identifier: Apache-2.0

// Package each runs Client.Each: it is the Host of package bulk, which decides what is sent when,
// and the Owner of the exchanges of package exchange, which sends it. What a job is, a peer, and
// what came of a job, are type parameters; package dac says by Calls how they are made.
//
// A job is begun by the dispatcher of the bulk.Run, which signs and sends many together; it waits
// for its turn in its destination, of which Queued and Granted tell the bulk.Run; and it ends with
// others that one batch of answers has ended. The lock of the bulk.Run may be taken with that of a
// destination held, and never the other way round: so what a Call does with an exchange that has
// ended is done before the bulk.Run is told.
package each
