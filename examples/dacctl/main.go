// SPDX-License-Identifier: Apache-2.0

// Command dacctl sends Disconnect-Requests and CoA-Requests (RFC 5176): one from the command line,
// or a million from a file.
//
//	dacctl disconnect -nas 192.0.2.1 -secret S User-Name=bob Acct-Session-Id=4f2a
//	dacctl coa -nas 192.0.2.1:3799 -secret S -x Acct-Session-Id=4f2a Filter-Id=gold
//	dacctl disconnect -nas 192.0.2.1 -S secret.txt -f sessions.txt -s -results results.jsonl \
//	  -csv became.csv
//	dacctl disconnect -nases nases.csv -f subscribers.csv -results results.jsonl -csv became.csv
//	dacctl coa -nas 192.0.2.1 -secret S -profile cisco-ios -action cisco-bounce-host-port \
//	  User-Name=bob Calling-Station-Id=00-10-a4-23-19-c0
//
// The letters are radclient's, and so are its order and its standard input:
//
//	echo 'User-Name = "bob"' | dacctl 192.0.2.1:3799 disconnect SECRET
//
// In this order it prints a line for each packet, sent and received, as radclient does.
//
// # Files
//
// Packets are separated by an empty line, an attribute a line or several with commas between them,
// named as FreeRADIUS spells them, old names and Attr-26.9.1 included. Some attributes say
// something of the packet and do not go on the wire: Packet-Type, Packet-Dst-IP-Address,
// Packet-Dst-IPv6-Address, Packet-Dst-Port and Packet-Src-IP-Address, Response-Packet-Type (the
// answer that is the right one), and NAS, which names one of -nases. A Message-Authenticator is
// added for any value. In a file whose name ends with .csv the first line has the names, with
// commas, semicolons or tabs between them, and each further one is a packet.
//
// All of a file is read before anything is sent. Each mistake in it is told by file and line, and
// nothing is sent unless -skip-invalid sends the rest. Standard input that says nothing for a
// second is sent as it comes. Each packet that is refused or not answered is told on standard
// error, the first ten or with -v all; -csv writes down what became of each, with ' before a text
// that a spreadsheet would take for a formula.
//
// # A run that was interrupted
//
// With -results a request is written down before it leaves, and its outcome as soon as it is known.
// However the run ends, the next one with the same file sends nothing again that was answered for
// good. A Disconnect-Request that may have been executed is sent again, and Error-Cause 503 then
// says that it was; a CoA-Request is told and not sent again unless -resend-changes says so.
//
// # Many NASes
//
// The rows of -nases are NASes: name, host, port, secret (or secret_file, secret_env), profile,
// rate, in_flight, nas_ip_address; all but host may be left out. A packet names its NAS by NAS,
// Packet-Dst-IP-Address, NAS-IP-Address, NAS-IPv6-Address or NAS-Identifier.
//
// # Profiles and actions
//
// A -profile says how NASes of a kind want to be asked: on which port, with which attributes. Of
// the identification in a packet it sends all that such a NAS takes; what it does not take is left
// out only where the rest names one session. An -action is what the session is to go through, with
// its arguments behind its name. What there is is listed by
//
//	dacctl profiles
//	dacctl actions -profile cisco-ios
//
// The rows of -profiles FILE are profiles too: a line with the names of columns, of which only name
// has to be there, and one line for each profile, with tabs between the columns. "+" stands between
// attributes that go together, ";" between what may take each other's place.
//
//	name	coa_port	disconnect_port	coa_keys	actions
//	our-bng	3800	3801	Acct-Session-Id; User-Name+NAS-Port-Id	filter-id; session-timeout
//
// # The verdict
//
// The last line says the verdict; the line before a refusal says what to look at. The exit status
// is 0 when everything was acknowledged (or refused with Error-Cause 507 to an Authorize Only,
// which is how that succeeds), 1 for a NAK, 2 for no answer, 3 for a mistake in the usage or in a
// packet: the highest of all.
package main

import (
	"os"
	"runtime/debug"

	"github.com/radius-dynauth/dynauth/examples/internal/command"
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // it keeps what its packets have on the wire and a few megabytes more
	}
	os.Exit(run(command.Context(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
