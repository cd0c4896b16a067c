// SPDX-License-Identifier: Apache-2.0

// Package peers finds who the other side is: by the longest prefix that holds an address, by the
// names of a certificate, or in a Cache of answers that were slow to come. Package dac calls it for
// the Peers that it has itself: PeerMap, PeersByName, CertPeers and CachePeers.
//
// It does not know what a peer is: that is a type parameter, so it reads no secret. It asks the
// function that a Cache is made with, and, in Resolve, the resolver of the system. Faults gathers
// what is wrong with a configuration.
//
// The source address of a packet and its secret are all that authorizes it (RFC 5176, section 6.1),
// and so are the names of a certificate on a connection. Everything here fails closed: two entries
// that contradict each other know no peer.
//
// An address is compared unmapped and without zone: an IPv4 address is one, however it was written,
// and zones are of the link.
package peers
