// SPDX-License-Identifier: Apache-2.0

package serve

// A Forward is a request that its host has sent on, as a proxy does (RFC 5176, section 3.1; RFC
// 8559): its answer is that of the next hop, and no goroutine of the engine waits for it. It
// belongs to the host from the moment it is sent; the engine keeps one end of it alone, which is to
// give it up when the listener that took its request in has drained.
//
// Two goroutines may end a Forward at one time, the one that reads the answers of the next hop and
// the one that drains the listener. Which of them comes first is the host's to decide: GiveUp after
// the answer does nothing. Hold and Drop keep what it is made of from being used again in between.
type Forward interface {
	Post()            // sends it, if only by itself
	GiveUp(err error) // answers without what it was sent for, unless that has come
	Hold()            // keeps it until Drop
	Drop()
}
