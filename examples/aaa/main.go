// SPDX-License-Identifier: Apache-2.0

// Command aaa is a small AAA side: it learns from accounting where sessions are, and changes or
// ends them for any process that asks over HTTP, so that a process can send Disconnect-Requests and
// CoA-Requests (RFC 5176) without knowing NASes, secrets or RADIUS.
//
//	aaa -nas 192.0.2.0/24=SECRET -accounting 198.51.100.1:1813 -http 127.0.0.1:8080
//
//	curl -H 'Content-Type: application/json' -d '{"who": {"User-Name": "bob"}}' \
//	  http://127.0.0.1:8080/disconnect
//	curl -H 'Content-Type: application/json' \
//	  -d '{"who": {"Acct-Session-Id": "4f2a"}, "change": {"Filter-Id": "gold"}}' \
//	  http://127.0.0.1:8080/coa
//
// who and change are attributes by FreeRADIUS's names, vendors' too; a value is a string, a number,
// or a list of these. The text is UTF-8.
//
// who is what a session is looked up by: all identification of RFC 5176, NAS-Port-Type,
// Originating-Line-Info, Framed-IPv6-Address, Delegated-IPv6-Prefix, and what -also names. A
// session is meant where accounting has reported each attribute in who, with that value. An address
// in who is one of two things: Framed-IP-Address and the IPv6 ones are the user's, and one that
// means "none" (0.0.0.0, 255.255.255.254, 255.255.255.255) names no session and is 400;
// NAS-IP-Address and NAS-IPv6-Address are the NAS's own as it reported them, which may be another
// one than requests are sent to, and narrow who to that NAS. change is what is to be authorized
// instead, and holds no identification. Where who fits several sessions nothing is sent, unless
// "all" is true. The answer is a list of outcomes:
//
//	{"outcomes": [{"nas": "192.0.2.1:3799", "acct_session_id": "4f2a", "verdict": "Disconnect-NAK",
//	  "error_cause": 504, "error_cause_name": "Session-Context-Not-Removable", "error": "...",
//	  "transmissions": 1, "seconds": 0.002}]}
//
// The status is 200 where all of them are ACKs; 404 where no session fits, 409 where several do or
// one was refused; 403 for users of other networks and for what is denied; 400 for what cannot be
// read, or could be meant otherwise (a name twice, a list without a value, an attribute that no
// session is looked up by); 504 where a NAS did not answer, which may have done it all the same;
// 502 where a NAS that connects over TLS is not connected, and 503 where nothing could be sent for
// another reason.
//
// An endpoint that ends sessions is for few: it listens on loopback, or -token names a file with a
// token that comes as Authorization: Bearer. Put TLS before it where it leaves the machine. Without
// a token it has to be asked by address, or for localhost.
//
// # Sessions and batches
//
//	curl 'http://127.0.0.1:8080/sessions?User-Name=bob&limit=10'
//	curl -H 'Content-Type: application/json' \
//	  -d '{"orders": [{"do": "disconnect", "who": {"User-Name": "bob"}}]}' \
//	  http://127.0.0.1:8080/batch
//	curl 'http://127.0.0.1:8080/batch/1?from=0'
//
// /sessions lists what is known, all of it or what has the attributes that the query names; one
// that is "asked" is known from an Access-Request alone. /batch takes up to 100,000 orders, all of
// them or, where one cannot be read, none, and says by which number to ask how far they are: how
// many are done, how many ended with each status, and the outcomes, a thousand at a time. Nothing
// of a batch outlives the program: what has to is for examples/campaign.
//
// # As a daemon
//
// -config names a file with what -nas, -relay, -via and -realm say, with secrets that stand in
// files or in the environment, and with what a NAS is not to be asked:
//
//	{
//	  "nases": [{"prefix": "192.0.2.0/24", "name": "bngs", "secret_file": "/etc/dynauth/bngs",
//	    "deny": ["coa"]}],
//	  "relays": [{"prefix": "127.0.0.1", "secret_env": "RELAY_SECRET"}],
//	  "via": [{"realm": "visited.example", "address": "hub.example:3799"}],
//	  "realms": ["home.example"]
//	}
//
// On SIGHUP it is read anew, with its secrets, certificates, the token and what names mean; what is
// on its way goes on. Where something is wrong all stays as it is, and the log says what, with line
// and column. -metrics ADDRESS:PORT shows counters to Prometheus under /metrics: those of the
// Client in examples/prometheus, what was learned (dynauth_learned_*), what came
// (dynauth_accounting_*) and connections over TLS (dynauth_tls_*). examples/deploy has a systemd
// unit, a Dockerfile and a whole configuration.
//
// # Over TLS
//
// NASes that speak RADIUS over TLS, 1.0 or 1.1 (RFC 6614, RFC 9765), are dialled, or connect:
//
//	{
//	  "tls": {"cert": "cert.pem", "key": "key.pem", "ca": "ca.pem",
//	    "listen_nas": ["198.51.100.1:2083"]},
//	  "nases": [
//	    {"prefix": "192.0.2.200", "tls": true, "server_name": "bng-200.example.net"},
//	    {"certificate": "*.nas.example.net"}
//	  ]
//	}
//
// cert, key and ca are files in PEM: the certificate of this program with those that lead to its
// authority, its key, and the authorities of the NASes. One with "tls": true is dialled at its
// address, port 2083 or what port says; its certificate has server_name, else the address. What it
// accounts comes over UDP, by a relay, which it may be itself. One with a certificate connects to
// tls.listen_nas and is known by the name in its certificate: a host, *.domain, an address, @realm,
// or issuer#serial. Its Accounting-Requests are taken as those over UDP are, its Access-Requests
// are learned from and refused with a Protocol-Error, and it is asked down the connection that it
// opened (reverse CoA), through any NAT. Where it has none open an order about its sessions is 502.
// No NAS over TLS has a secret. tls.version ("1.2", "1.3") and tls.radius ("1.0", "1.1") allow one
// alone, and take a restart to change: a file that changes them is refused on SIGHUP. Connections
// that stay permitted stay open over a reload; those of a NAS or an authority that is gone are
// closed at once.
//
// # Beside FreeRADIUS
//
// Accounting comes from the NASes themselves, or from the RADIUS server that has it: the doc of
// examples/proxy says what to write into FreeRADIUS's configuration, with the address of
// -accounting. -relay PREFIX=SECRET is such a server, which reports of NASes by NAS-IP-Address or
// NAS-IPv6-Address. Those have to be -nas as well, since that has the secret to ask them with.
// Copies of Access-Requests tell of sessions too, where they have a Message-Authenticator; they are
// not answered.
//
// # Roaming
//
// This is a home network where -realm says whose users are its own (RFC 8559, section 4.1): nothing
// is asked about others. -via REALM=HOST:PORT says who leads to the network with that realm; what
// was recorded of Operator-Name and Operator-NAS-Identifier goes with the request. That proxy has
// to be a -nas as well.
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
