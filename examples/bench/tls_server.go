// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec"
)

const (
	accessAccept = 2
	statusServer = 12
)

// benchPeers are the generators and clients, by their certificates.
var benchPeers = dac.CertPeers{"*.bench.example": {}}

// serveMinimalTLS is the minimal host of serveMinimal over TLS.
func serveMinimalTLS(l net.Listener, o options, ready func(counts)) error {
	srv, err := newMinimal(o)
	if err != nil {
		return err
	}
	srv.Peers = benchPeers
	ready(countsOf(srv))
	return radsec.Serve(context.Background(), srv, l, radsec.TLS(serverTLS()))
}

// serveBareTLS is crypto/tls with the checks of every server: a connection is a goroutine, and all
// share the sessions and what they have answered.
func serveBareTLS(l net.Listener, o options, ready func(counts)) error {
	check := newChecker(o.sessions, o.window())
	check.signer = newTLSSigner()
	var mu sync.Mutex
	ready(nil)
	return answerTLS(l, func() answerFunc {
		return func(dst, b []byte, now time.Time) []byte {
			mu.Lock()
			defer mu.Unlock()
			return check.answer(dst, b, now)
		}
	})
}

// acknowledgeTLS is acknowledge over TLS, with an answer to Status-Server too.
func acknowledgeTLS() answerFunc {
	s := newTLSSigner()
	ack := acknowledge(s)
	return func(dst, b []byte, now time.Time) []byte {
		if b[0] != statusServer {
			return ack(dst, b, now)
		}
		_, f, _ := parse(b, statusServer)
		return s.appendAnswer(dst, b, f.message, accessAccept, 0)
	}
}

// tlsClients are the clients over TLS by name, beside that by hand.
var tlsClients = []string{"tls-by-hand", "tls-do", "tls-each"}

func init() {
	serverKinds["tls"] = serverKind{title: "bare crypto/tls", hidden: true, serveTLS: serveBareTLS}
	clientKinds["tls-by-hand"] = func(nases []netip.AddrPort, more func() bool) (done, resent int, err error) {
		p, err := newTLSPort(nases[0].String(), 0, nil)
		if err != nil {
			return 0, 0, err
		}
		return pipelinedBy(newTLSSigner(), 1, more, &postbox{port: p})
	}
	clientKinds["tls-do"] = func(nases []netip.AddrPort, more func() bool) (done, resent int, err error) {
		return doBy(overTLS(), nases, more)
	}
	clientKinds["tls-each"] = func(nases []netip.AddrPort, more func() bool) (done, resent int, err error) {
		return eachBy(overTLS(), nases, more)
	}
}

// overTLS says how the NASes of a bench are reached over TLS.
func overTLS() dac.Peers {
	return dac.PeerMap{netip.MustParsePrefix("127.0.0.0/8"): {Via: radsec.TLS(peerTLS(0)), ServerName: tlsServerName}}
}
