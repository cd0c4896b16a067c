// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
)

// How do I change a shared secret while requests come in? The NAS takes both for a while: Secret
// and Previous. A request is answered with the secret that it was signed with, so the senders
// change one after the other, and none waits for another. At the end Previous is left out.
func ExamplePeer_secretRotation() {
	peers := map[string]dac.Peer{
		"before":      {Secret: "the old s3cret"},
		"meanwhile":   {Secret: "the new s3cret", Previous: "the old s3cret"},
		"afterwards":  {Secret: "the new s3cret"},
		"not at all?": {Previous: "the old s3cret"},
	}
	for _, phase := range []string{"before", "meanwhile", "afterwards", "not at all?"} {
		for _, secret := range []dac.Secret{"the old s3cret", "the new s3cret"} {
			fmt.Printf("%s, %s: %v\n", phase, string(secret)[:7], asked(peers[phase], secret))
		}
	}
	// Output:
	// before, the old: answered
	// before, the new: silence
	// meanwhile, the old: answered
	// meanwhile, the new: answered
	// afterwards, the old: silence
	// afterwards, the new: answered
	// not at all?, the old: refused at the start
	// not at all?, the new: refused at the start
}

// labRetry is for a lab: the zero Retry takes 30 s, as RFC 5080 wants it.
var labRetry = dac.Retry{Initial: 10 * time.Millisecond, Max: 100 * time.Millisecond, Transmissions: 8}

// asked says what a sender that knows a secret hears from a NAS that knows it as peer.
func asked(peer dac.Peer, secret dac.Secret) string {
	network := new(dactest.Network) // in memory; else ListenAndServe
	at := netip.MustParseAddrPort("192.0.2.10:3799")
	server := &dac.Server{
		Peers:   dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): peer},
		Handler: dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) { return r.ACK() }),
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() {
		served <- server.Serve(ctx, network.Listen(at))
		stop()
	}()

	client := &dac.Client{Peers: dac.SharedSecret(string(secret)), Dial: network.Dial, Retry: labRetry}
	_, err := client.Disconnect(ctx, at, attrs.UserName.Of("bob"))
	stop()
	if problem := <-served; problem != nil {
		return "refused at the start"
	}
	switch {
	case err == nil:
		return "answered"
	case errors.Is(err, dac.ErrNoAnswer):
		return "silence"
	}
	log.Fatal(err)
	return ""
}
