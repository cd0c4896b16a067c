// SPDX-License-Identifier: Apache-2.0

// Command aaa is a small AAA side: it learns from accounting where sessions are, and changes or ends them for whoever asks over HTTP, so that any process can
// send Disconnect-Requests and CoA-Requests (RFC 5176) without knowing NASes, secrets or RADIUS.
//
//	aaa -nas 192.0.2.0/24=SECRET -accounting 198.51.100.1:1813 -http 127.0.0.1:8080
//
//	curl -H 'Content-Type: application/json' -d '{"who": {"User-Name": "bob"}}' http://127.0.0.1:8080/disconnect
//	curl -H 'Content-Type: application/json' -d '{"who": {"Acct-Session-Id": "4f2a"}, "change": {"Filter-Id": "gold"}}' http://127.0.0.1:8080/coa
//
// who and change are attributes by FreeRADIUS's names, vendors' too; a value is a string, a number, or a list of these. Where who fits several sessions
// nothing is sent, unless "all" is true. The answer is a list of outcomes:
//
//	{"outcomes": [{"nas": "192.0.2.1:3799", "acct_session_id": "4f2a", "verdict": "Disconnect-NAK", "error_cause": 504,
//	  "error_cause_name": "Session-Context-Not-Removable", "error": "...", "transmissions": 1, "seconds": 0.002}]}
//
// The status is 200 where all of them are ACKs; 404 where no session fits, 409 where several do or one was refused; 403 for users of other networks;
// 400 for what cannot be read; 504 where a NAS did not answer, which may have done it all the same.
//
// An endpoint that ends sessions is for few: it listens on loopback, or -token names a file with a token that comes as Authorization: Bearer. Put TLS
// before it where it leaves the machine. Without a token it has to be asked by address, or for localhost.
//
// # Beside FreeRADIUS
//
// Accounting comes from the NASes themselves, or from the RADIUS server that has it: the doc of examples/proxy says what to write into FreeRADIUS's configuration,
// with the address of -accounting. -relay PREFIX=SECRET is such a server, which
// reports of NASes by NAS-IP-Address or NAS-IPv6-Address. Those have to be -nas as well, since that has the secret to ask them with.
//
// # Roaming
//
// This is a home network where -realm says whose users are its own (RFC 8559, section 4.1): nothing is asked about others. -via REALM=HOST:PORT says who
// leads to the network with that realm; what was recorded of Operator-Name and Operator-NAS-Identifier goes with the request. That proxy has to be a -nas as well.
package main

import (
	"context"
	"io"
	"os"

	_ "github.com/radius-dynauth/dynauth/attrs/vendors" // their names
	"github.com/radius-dynauth/dynauth/examples/internal/command"
)

func main() { os.Exit(run(command.Context(), os.Args[1:], os.Stdout, os.Stderr)) }

// run is the program, from arguments to exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return command.Run(ctx, "aaa", args, stdout, stderr, parseOptions, serve)
}
