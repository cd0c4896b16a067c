// SPDX-License-Identifier: Apache-2.0

// Command dacctl sends Disconnect-Requests and CoA-Requests (RFC 5176): one from the command line, or a million from a file.
//
//	dacctl disconnect -nas 192.0.2.1 -secret S User-Name=bob Acct-Session-Id=4f2a
//	dacctl coa -nas 192.0.2.1:3799 -secret S -x Acct-Session-Id=4f2a Filter-Id=gold
//	dacctl disconnect -nas 192.0.2.1 -S secret.txt -f sessions.txt -s -results results.jsonl
//
//	dacctl coa -nas 192.0.2.1 -secret S -profile cisco-ios -action cisco-bounce-host-port User-Name=bob Calling-Station-Id=00-10-a4-23-19-c0
//
// The letters are radclient's, and so is the format of the file: packets separated by an empty line, an attribute a line or several
// with commas between them, named as FreeRADIUS spells them. Packet-Type, Packet-Dst-IP-Address, Packet-Dst-IPv6-Address and
// Packet-Dst-Port in a packet say what it is and where it goes instead of the command line.
//
// A -profile says how NASes of a kind want to be asked: on which port, with which attributes. Of the identification in a packet, all
// that is known of the session, it sends what names the session to such a NAS, and says what is missing where nothing does. An -action is
// what the session is to go through, with its arguments behind its name. What there is is listed by
//
//	dacctl profiles
//	dacctl actions -profile cisco-ios
//
// The rows of -profiles FILE are profiles too: a line with the names of columns, of which only name has to be there, and one line for each
// profile, with tabs between the columns. "+" stands between attributes that go together, ";" between what may take each other's place.
//
//	name	coa_port	disconnect_port	coa_keys	actions
//	our-bng	3800	3801	Acct-Session-Id; User-Name+NAS-Port-Id	filter-id; session-timeout
//
// The last line says the verdict; the line before a refusal says what to look at. The exit status is 0 when everything was acknowledged (or refused with Error-Cause 507 to an
// Authorize Only, which is how that succeeds), 1 for a NAK, 2 for no answer, 3 for a mistake in the usage or in a packet: the highest of all.
package main

import (
	"os"
	"runtime/debug"

	"github.com/radius-dynauth/dynauth/examples/internal/command"
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // it keeps a few megabytes, however many requests it sends
	}
	os.Exit(run(command.Context(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
