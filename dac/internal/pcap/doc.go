// SPDX-License-Identifier: Apache-2.0

// Package pcap writes packets as a capture file, which Wireshark and tshark open. PcapTo of package
// dac calls it with what a Trace is told of.
//
// It is given octets and addresses and knows no event: the IP and UDP headers are made up from the
// addresses, with right checksums, so that a reader of the file finds nothing wrong that the wire
// did not have. Octets may be unverified, and are written as they are.
package pcap
