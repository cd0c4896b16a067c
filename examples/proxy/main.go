// SPDX-License-Identifier: Apache-2.0

// Command proxy takes Disconnect-Requests and CoA-Requests (RFC 5176) from any number of senders
// and sends each on to the NAS, or to the further proxy, that has the session: dynamic
// authorization beside an existing RADIUS server.
//
//	proxy -config proxy.json
//	proxy -listen 198.51.100.1:3799 -secret S -home 192.0.2.1:3799 -home-secret S2
//
// The second form is for one forwarding server: everything goes there. The first one finds the way
// by the NAS that a request names, by what it learned from accounting, and by realm (RFC 8559). The
// file:
//
//	{
//	  "listen": ["198.51.100.1:3799"],
//	  "clients": [
//	    {"prefix": "203.0.113.0/24", "name": "aaa", "secret": "...", "realms": ["*"]},
//	    {"prefix": "203.0.114.7", "name": "partner", "secret": "...", "realms": ["partner.example"]}
//	  ],
//	  "targets": [
//	    {"name": "bng-1", "address": "192.0.2.1:3799", "secret": "...", "nas_identifiers": ["bng-1"],
//	      "nas_addresses": ["192.0.2.1"]},
//	    {"name": "bng-2", "address": "192.0.2.2:1700", "secret": "...", "deny": ["coa"],
//	      "accounting_from": ["192.0.2.22"], "proxy_states": "none"},
//	    {"name": "hub", "address": "198.51.100.9:3799", "secret": "...", "realms": ["visited.example"]}
//	  ],
//	  "accounting": {
//	    "listen": "198.51.100.1:1813",
//	    "clients": [{"prefix": "192.0.2.0/24", "secret": "..."},
//	      {"prefix": "127.0.0.1", "secret": "...", "relays": true}]
//	  },
//	  "visited": {"realm": "example.net", "keys": ["..."]},
//	  "answer_silence": false
//	}
//
// clients may send; realms are those of User-Name that one may ask about, "*" any (RFC 8559,
// section 4.3.1), and "*" where there are none named at all. Targets are NASes and proxies: what
// names one of nas_identifiers or nas_addresses goes there, and what has an Operator-Name of one of
// realms. With "forward": true a target is a forwarding server: where there is one of these, all
// else goes there. accounting_from are addresses that the accounting of a NAS comes from, where it
// is not that of its address. deny refuses disconnect or coa with 501. proxy_states, for NASes that
// refuse Proxy-State: "own" sends only that of the proxy, "foreign" only those of others, "none"
// none. omit_message_authenticator leaves that off. answer_silence says 505 where a NAS is silent,
// else the sender hears nothing either.
//
// # Over TLS
//
// Either side of the proxy may be RADIUS over TLS, 1.0 and 1.1 (RFC 6614, RFC 9765), and is
// translated to the other one:
//
//	{
//	  "tls": {"cert": "cert.pem", "key": "key.pem", "ca": "ca.pem",
//	    "listen": ["198.51.100.1:2083"], "listen_nas": ["198.51.100.1:2084"]},
//	  "clients": [{"certificate": "aaa.example.net", "realms": ["*"]}],
//	  "targets": [
//	    {"name": "bng-1", "address": "bng-1.example.net:2083", "tls": true,
//	      "nas_identifiers": ["bng-1"]},
//	    {"name": "bng-2", "certificate": "bng-2.nas.example.net", "nas_identifiers": ["bng-2"]},
//	    {"certificate": "*.ap.example.net", "deny": ["coa"]}
//	  ]
//	}
//
// cert, key and ca are files in PEM: the certificate of the proxy with those that lead to its
// authority, its key, and the authorities of all other ends. Clients connect to tls.listen, and are
// known by the name in their certificate: a host, *.domain, an address, @realm, or issuer#serial. A
// target with "tls": true is dialled, and its certificate has server_name, else the host of its
// address. One with a certificate connects to tls.listen_nas, and is asked down that connection
// (reverse CoA); without one open it is 502. NASes below a star are found by what they say of
// themselves, NAS-Identifier or the name of their certificate, and by the sessions that they report
// with the Accounting-Requests of that connection; their Access-Requests are learned from too, and
// refused with a Protocol-Error. No peer over TLS has a secret. tls.version ("1.2", "1.3") and
// tls.radius ("1.0", "1.1") allow one alone.
//
// # As a daemon
//
// A secret stands in the file, or in a file of its own ("secret_file", one line), or in the
// environment ("secret_env"); previous and the keys of visited likewise ("previous_file",
// "previous_env", "key_files"). What is wrong with the configuration is said with its file, line
// and column, and a name that has no address with what the resolver says.
//
// On SIGHUP it reads the file, all secrets and all names anew: clients, targets, permissions,
// realms and sockets. What is on its way is finished as it began: a socket that goes takes nothing
// new and answers what it has taken. Where something is wrong, everything stays as it is, and the
// log says what. Certificates and authorities are read anew too: connections that stay permitted
// stay open, and those of a peer or an authority that is there no more are closed at once. Only
// answer_silence, tls.version and tls.radius take a restart: a file that changes them is refused.
//
// -metrics ADDRESS:PORT shows counters to Prometheus under /metrics: those of examples/prometheus,
// what was learned (dynauth_learned_*), what accounting came (dynauth_accounting_*), connections
// over TLS (dynauth_tls_*), and reloads. A peer over TLS is counted by the name in its certificate.
// examples/deploy has a systemd unit, a Dockerfile, and a whole configuration.
//
// # Beside FreeRADIUS
//
// The proxy learns where sessions are from Accounting-Requests, which it answers and does not keep.
// NASes may send them to it directly, or the RADIUS server sends a copy. FreeRADIUS does so with a
// home server of the address of accounting.listen, in proxy.conf:
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
// and, with mods-available/replicate enabled, in the section accounting of the server that the
// NASes talk to:
//
//	update control {
//		&Replicate-To-Realm := "dynauth"
//	}
//	replicate
//
// A copy is sent once and no answer is waited for: one that is lost leaves its session unknown
// until the next interim update. Where that is too late, let the module detail write to a file of
// its own there, and a second server read it, which sends each packet until it is answered:
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
// Either way the copy comes from FreeRADIUS, which is a client with "relays": true: it reports of
// NASes, which are then found by what NAS-IP-Address, NAS-IPv6-Address or NAS-Identifier say. A NAS
// that sends none of them is known to FreeRADIUS alone: have that add one. Such a client can say
// that about any NAS, so it must be one's own.
//
// # FreeRADIUS as the sender
//
// FreeRADIUS 3.2 itself originates both requests, by the proxy: for a session of which an
// Access-Request or Accounting-Request has just come, and was not proxied. The proxy is a home
// server of type coa, in proxy.conf:
//
//	home_server dynauth-coa {
//		type = coa
//		ipaddr = 198.51.100.1
//		port = 3799
//		secret = "..."
//		coa {
//			irt = 2
//			mrt = 16
//			mrc = 5
//			mrd = 30
//		}
//	}
//
// the NASes are clients that are asked by way of it, in clients.conf:
//
//	client bngs {
//		ipaddr = 192.0.2.0/24
//		secret = "..."
//		coa_server = dynauth-coa
//	}
//
// and the section accounting says what is sent when, by conditions of one's own; NAS-IP-Address is
// what the proxy finds the NAS by:
//
//	if (&Connect-Info == "slow") {
//		update coa {
//			&User-Name = "%{User-Name}"
//			&Acct-Session-Id = "%{Acct-Session-Id}"
//			&NAS-IP-Address = "%{NAS-IP-Address}"
//			&Filter-Id = "slow"
//		}
//	}
//	elsif (&Connect-Info == "out") {
//		update disconnect {
//			&User-Name = "%{User-Name}"
//			&Acct-Session-Id = "%{Acct-Session-Id}"
//			&NAS-IP-Address = "%{NAS-IP-Address}"
//		}
//	}
//
// FreeRADIUS is one of clients then, and each NAS one of targets with its address among
// nas_addresses.
//
// What it has learned it forgets when it ends: the NASes tell it anew with their interim updates.
// The command of examples/redisroutes/proxy is this one with the table in Redis, where a restart
// loses nothing and several proxies share it.
//
// On SIGTERM or SIGINT it finishes what it has begun and prints the counters of RFC 4673 and RFC
// 4672.
package main

import (
	"os"

	"github.com/radius-dynauth/dynauth/examples/internal/command"
	"github.com/radius-dynauth/dynauth/examples/internal/proxy"
)

func main() { os.Exit(proxy.Run(command.Context(), os.Args[1:], os.Stdout, os.Stderr, nil)) }
