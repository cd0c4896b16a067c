// SPDX-License-Identifier: Apache-2.0

// Command proxy takes Disconnect-Requests and CoA-Requests (RFC 5176) from any number of senders and sends each on to the NAS, or to the further
// proxy, that has the session: dynamic authorization beside an existing RADIUS server.
//
//	proxy -config proxy.json
//	proxy -listen 198.51.100.1:3799 -secret S -home 192.0.2.1:3799 -home-secret S2
//
// The second form is for one forwarding server: everything goes there. The first one finds the way by the NAS that a request names, by what it learned
// from accounting, and by realm (RFC 8559). The file:
//
//	{
//	  "listen": ["198.51.100.1:3799"],
//	  "clients": [
//	    {"prefix": "203.0.113.0/24", "name": "aaa", "secret": "...", "realms": ["*"]},
//	    {"prefix": "203.0.114.7", "name": "partner", "secret": "...", "realms": ["partner.example"]}
//	  ],
//	  "targets": [
//	    {"name": "bng-1", "address": "192.0.2.1:3799", "secret": "...", "nas_identifiers": ["bng-1"], "nas_addresses": ["192.0.2.1"]},
//	    {"name": "bng-2", "address": "192.0.2.2:1700", "secret": "...", "accounting_from": ["192.0.2.22"], "deny": ["coa"], "proxy_states": "none"},
//	    {"name": "hub", "address": "198.51.100.9:3799", "secret": "...", "realms": ["visited.example"]}
//	  ],
//	  "accounting": {
//	    "listen": "198.51.100.1:1813",
//	    "clients": [{"prefix": "192.0.2.0/24", "secret": "..."}, {"prefix": "127.0.0.1", "secret": "...", "relays": true}]
//	  },
//	  "visited": {"realm": "example.net", "keys": ["..."]},
//	  "answer_silence": false
//	}
//
// clients may send; realms are those of User-Name that one may ask about, "*" any (RFC 8559, section 4.3.1), and "*" where there are none named at all.
// Targets are NASes and proxies: what names one of nas_identifiers or nas_addresses goes there, and what has an Operator-Name of one of realms. With
// "forward": true a target is a forwarding server: where there is one of these, all else goes there. accounting_from are addresses that the accounting of a NAS comes
// from, where it is not that of its address. deny refuses disconnect or coa with 501. proxy_states, for NASes that refuse Proxy-State: "own" sends only that of the proxy,
// "foreign" only those of others, "none" none. omit_message_authenticator leaves that off. answer_silence says 505 where a NAS is silent, else
// the sender hears nothing either.
//
// # Beside FreeRADIUS
//
// The proxy learns where sessions are from Accounting-Requests, which it answers and does not keep. NASes may send them to it directly, or the RADIUS
// server sends a copy. FreeRADIUS does so with a home server of the address of accounting.listen, in proxy.conf:
//
//	home_server dynauth {
//		type = acct
//		ipaddr = 198.51.100.1
//		port = 1813
//		secret = "..."
//	}
//	home_server_pool dynauth {
//		home_server = dynauth
//	}
//	realm dynauth {
//		acct_pool = dynauth
//	}
//
// and, with mods-available/replicate enabled, in the section accounting of the server that the NASes talk to:
//
//	update control {
//		&Replicate-To-Realm := "dynauth"
//	}
//	replicate
//
// A copy is sent once and nobody waits for its answer: one that is lost leaves its session unknown until the next interim update. Where that is too late, let
// the module detail write to a file of its own there, and a second server read it, which sends each packet until it is answered:
//
//	server dynauth {
//		listen {
//			type = detail
//			filename = ${radacctdir}/dynauth
//			load_factor = 10
//			poll_interval = 1
//		}
//		preacct {
//			update control {
//				&Proxy-To-Realm := "dynauth"
//			}
//		}
//		accounting {
//			ok
//		}
//	}
//
// Either way the copy comes from FreeRADIUS, which is a client with "relays": true: it reports of NASes, which are then found by what NAS-IP-Address,
// NAS-IPv6-Address or NAS-Identifier say. A NAS that sends none of them is known to FreeRADIUS alone: have that add one. Such a client can say that about any
// NAS, so it must be one's own.
//
// What it has learned it forgets when it ends: the NASes tell it anew with their interim updates. The command of examples/redisroutes/proxy is this one with the
// table in Redis, where a restart loses nothing and several proxies share it.
//
// On SIGTERM or SIGINT it finishes what it has begun and prints the counters of RFC 4673 and RFC 4672.
package main

import (
	"os"

	"github.com/radius-dynauth/dynauth/examples/internal/command"
	"github.com/radius-dynauth/dynauth/examples/internal/proxy"
)

func main() { os.Exit(proxy.Run(command.Context(), os.Args[1:], os.Stdout, os.Stderr, nil)) }
