// SPDX-License-Identifier: Apache-2.0

// Command nas is a simulated BNG: sessions that Disconnect-Requests and CoA-Requests (RFC 5176) end
// and change.
//
//	nas -secret S -n 1000 -v
//	nas -listen 192.0.2.1:3799 -listen '[2001:db8::1]:3799' -client 192.0.2.0/24=S \
//	  -client 2001:db8::/32=T -sessions sessions.json
//
//	nas -secret S -n 1000 -web 127.0.0.1:8080 -web-control
//
// It keeps no packets and no users. What it decides it decides as RFC 5176 says, or as its flags
// say where real NASes differ.
//
// The file of -sessions is a list of objects, one a session, keyed by the names of attributes as
// FreeRADIUS spells them. Identification makes the session findable (one without Acct-Session-Id is
// given session-N, N its place in the file), NAS-IP-Address, NAS-IPv6-Address and NAS-Identifier
// name the NAS of this session alone, and the rest is what a CoA-Request may change. A value is a
// string, a number, or a list of these. Four keys are about the host: Error-Cause is a cause by
// number or name with which the session refuses everything, Acct-Terminate-Cause what its
// Disconnect-ACK says, Terminate-Reason an internal reason that the table of them turns into that
// ("ppp authenticate-inactivity-timeout"), and Context the routing context that it lives in (see
// -context).
//
//	[{"Acct-Session-Id": "4f2a", "User-Name": "bob", "Framed-IP-Address": "198.51.100.7",
//	  "Filter-Id": ["silver"]},
//	 {"Acct-Session-Id": "4f2b", "User-Name": "eve", "Error-Cause": "Session-Context-Not-Removable"}]
//
// The internal reasons are those of Junos, with what -terminate-codes FILE.json maps to other
// codes. The table is shown by
//
//	nas -show terminate-code -level summary|brief|detail|reverse [-json] [-terminate-codes FILE.json] [FAMILY ...]
//
// With -web it shows sessions, requests with their answers, and counters to a browser. The page
// asks for no password: each client that reaches its address may look, and with -web-control
// every user of this machine may send requests. Pages of other origins may do neither.
//
// On SIGTERM or SIGINT it finishes what it has begun and prints the counters of RFC 4673.
package main

import (
	"context"
	"io"
	"os"

	"github.com/radius-dynauth/dynauth/examples/internal/command"
)

func main() { os.Exit(run(command.Context(), os.Args[1:], os.Stdout, os.Stderr)) }

// run is the program, from arguments to exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return command.Run(ctx, "nas", args, stdout, stderr, parseOptions, showOrServe)
}

// showOrServe prints a table where -show asks for one, and is the BNG else.
func showOrServe(ctx context.Context, o *options, stdout io.Writer) error {
	if o.show != "" {
		return o.shown(stdout)
	}
	return serve(ctx, o, stdout)
}
