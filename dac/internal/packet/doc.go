// SPDX-License-Identifier: Apache-2.0

// Package packet reads and writes the octets of a RADIUS packet: it checks lengths, walks and
// finds attributes, echoes what an answer returns of its request, and knows which code answers
// which. It holds no secret, computes no digest and reads no clock: package authn signs and
// verifies, and the caller gives the time. Every other room and package dac call it; it calls
// none of them.
//
// Cut comes first. The other functions take a packet that Cut has checked and do not look at its
// lengths again. Nothing here panics on octets from the network that Cut has let through, and
// Cut allocates nothing for those that it refuses.
package packet
