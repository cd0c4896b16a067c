// SPDX-License-Identifier: Apache-2.0

// Package radsec is RADIUS over TLS (RFC 6614, draft-ietf-radext-radiusdtls-bis) for both halves of
// package dac: a NAS that listens, a NAS behind NAT that connects and gets its Disconnect- and
// CoA-Requests down that connection (reverse CoA), and an AAA server that connects to NASes.
//
//	cfg := radsec.TLS(&tls.Config{Certificates: certs, RootCAs: pool, ClientCAs: pool})
//
//	srv := &dac.Server{Peers: dac.CertPeers{"aaa.example.net": {}}, Handler: d}
//	err := radsec.ListenAndServe(ctx, srv, ":2083", cfg)              // a NAS that listens
//	err := radsec.DialAndServe(ctx, srv, "aaa.example.net:2083", cfg) // a NAS that connects
//
//	client := &dac.Client{Peers: dac.PeerMap{ // an AAA server that connects
//		prefix: {Via: cfg, ServerName: "nas.example.net"},
//	}}
//
// Package radsectest has certificates and a NAS for tests.
//
// # Who the other end is
//
// Both ends prove themselves by a certificate, always. The path, the purpose and the dates of a
// certificate are checked, and what it says by its subjectAltName: dNSName, iPAddress and NAIRealm
// (RFC 7585), or issuer and serial number; the common name says nothing. At the end that listens
// Server.Peers decides, by Identify of dac.IdentityPeers. At the end that dials the certificate
// must have the name that was dialled, or Peer.ServerName. A connection is closed when its
// certificate expires, when Peers changes its mind or an authority goes (Config.Recheck), and none
// is made where the other end shows the certificate of this end.
//
// # What TLS is like here
//
// TLS 1.2 at least, without renegotiation, 0-RTT, session tickets and resumption, and one RADIUS
// packet a record: some servers lose what is split or put together. RADIUS/1.1 (RFC 9765) is agreed
// by ALPN, over TLS 1.3 alone. The secret of RADIUS/1.0 is "radsec"; it protects nothing and
// is in no Peer. A certificate may change while connections are open, by the hooks of tls.Config.
// Nothing ever falls back to UDP.
//
// crypto/tls has neither external pre-shared keys nor the alert access_denied (49), so TLS-PSK
// (RFC 9813) cannot be had, and a peer that is unknown gets the alert bad_certificate.
//
// # Connections
//
// The end that dials sends a Status-Server at once, and when nothing has come for a while (RFC
// 3539, section 3.4); a connection that does not answer two is closed. A lost one is dialled again
// after 0.5 s, then after twice as long each time, up to 60 s. So is one that is refused: a request
// of a dac.Client waits for it until Retry.Duration is over, or its context is done, and its error
// then has that of the last dial. A handshake that fails is the error of those who wait for it.
// Config has the limits, and Stats the counters.
//
// # Reading a capture
//
// dac.PcapTo writes what a Server or a Client sends and gets in clear. A capture of the network is
// read with the keys that tls.Config.KeyLogWriter gets. Wireshark 4.0 has no RADIUS within TLS; a
// file radsec.lua of one line says so:
//
//	DissectorTable.get("tls.port"):add(2083, Dissector.get("radius"))
//
//	tshark -r FILE -X lua_script:radsec.lua -o tls.keylog_file:KEYS -Y radius \
//		-o radius.shared_secret:radsec -o radius.validate_authenticator:TRUE
package radsec
