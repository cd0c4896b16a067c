// SPDX-License-Identifier: Apache-2.0

// Package peerstate is what a Server knows of each peer while it serves: its counters (RFC 4673),
// its share of the duplicate detection cache, its rate, the secrets that have verified something,
// and why nothing of it verifies. A [Row] belongs to one address, or to one name that a handshake
// proved; the [Table] bounds the rows of addresses, which can be forged, and not those of names.
//
// The engine in serve counts, and package dac reads. It asks nobody who a peer is.
package peerstate
