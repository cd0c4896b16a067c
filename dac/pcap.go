// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"io"

	"github.com/radius-dynauth/dynauth/dac/internal/pcap"
)

// PcapTo returns a function for the Trace of a Server or a Client that writes every packet to w as
// a capture file, which Wireshark and tshark open. The IP and UDP headers are made up from the
// Event's addresses. One Event is one record, but for GaveUp, which is no packet; the Events of a
// Client and of a Server that talk to each other are the same packets, so give them a file each.
//
// The function may be called concurrently: each record is one Write, and they do not overlap. The
// header is written by PcapTo itself. After an error or a panic of w nothing more is written, since
// half a record would spoil those after it.
//
// Wireshark checks the authenticators of answers when it is told the secret:
//
//	tshark -r FILE -o radius.shared_secret:SECRET -o radius.validate_authenticator:TRUE
//
// On other ports than 3799, 1700, 1812 and 1813 it needs -d udp.port==PORT,radius as well.
//
// What goes over TLS or DTLS is written in clear, each packet as a datagram between the ends of the
// connection; a handle of radsec.Server is the address of its NAS. tshark has one secret for a
// file, so give such a Server or Client a file of its own:
//
//	tshark -r FILE -d udp.port==2083,radius -o radius.shared_secret:radsec \
//		-o radius.validate_authenticator:TRUE
//
// Over DTLS the secret is radius/dtls. RADIUS/1.1 (RFC 9765) has nothing to check, since TLS alone
// protects it: tshark 4.0, which does not know it, shows code and attributes, Identifier 0, and the
// Token as the first four octets of the authenticator, by which answers are found; with
// validate_authenticator it says of each answer that it is wrong.
func PcapTo(w io.Writer) func(Event) {
	file := pcap.New(w)
	return func(e Event) {
		switch {
		case e.Op.Incoming():
			file.Write(e.Time, e.Peer, e.Local, e.Wire)
		case e.Op.Outgoing():
			file.Write(e.Time, e.Local, e.Peer, e.Wire)
		}
	}
}
