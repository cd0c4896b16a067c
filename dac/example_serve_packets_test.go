// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
)

// A connection is served for the peer that its certificate proves. Package radsec makes such
// connections over TLS; here one is made in memory.
func ExampleServer_ServePackets() {
	srv := &dac.Server{
		Peers: dac.CertPeers{"aaa.example.net": {}},
		Handler: dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
			fmt.Println(r.Packet.Code, "from", r.Peer)
			return r.ACK()
		}),
	}
	nas, aaa := dactest.Pipe(dac.ConnInfo{Identity: &dac.PeerIdentity{DNS: []string{"aaa.example.net"}}}, dac.ConnInfo{})
	done := make(chan error)
	go func() { done <- srv.ServePackets(context.Background(), nas) }()

	request, err := dac.NewDisconnect(attrs.UserName.Of("bob"))
	if err != nil {
		panic(err)
	}
	octets, err := request.AppendSigned(nil, 1, "radsec") // RFC 6614, section 2.3
	if err != nil {
		panic(err)
	}
	aaa.WritePackets([][]byte{octets})
	answers, err := aaa.ReadPackets(nil)
	if err != nil {
		panic(err)
	}
	response, err := dac.ParseResponse(answers[0], octets, "radsec")
	fmt.Println(response.Packet.Code, err)
	aaa.Close()
	fmt.Println(<-done)
	// Output:
	// Disconnect-Request from aaa.example.net
	// Disconnect-ACK <nil>
	// <nil>
}
