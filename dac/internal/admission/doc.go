// SPDX-License-Identifier: Apache-2.0

// Package admission bounds what a Server has in work, and runs it: the [Places] say which of the
// requests that were taken in may run, which wait and which are refused; the [Workers] are the
// goroutines that run those which the read loop does not run itself; a [Workload] says when a
// listener that ends has nothing in work any more.
//
// The engine in serve alone calls it. It knows no packet, no peer and no answer: a request is a
// [Ticket], which stands in what the engine makes of it. It calls nothing of the host's but what a
// [Member] does in Run, with no lock held, and asks no clock.
//
// It must never lose a place or give one twice: each request that has entered leaves once, and who
// leaves is told who has its place then. Nor may it have a handler that waits for something else
// bar those that it waits for, which is why one yields.
package admission
