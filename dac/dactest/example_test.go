// SPDX-License-Identifier: Apache-2.0

package dactest_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
)

// newT stands for the *testing.T of a test, which an example has not.
func newT() *fakeTB { return new(fakeTB) }

func (f *fakeTB) Context() context.Context { return context.Background() }

// end does what happens at the end of a test.
func (f *fakeTB) end() {
	for _, c := range slices.Backward(f.cleanups) {
		c()
	}
	if f.failed {
		fmt.Print(f.log.String())
	}
}

// onlyBob knows one subscriber.
var onlyBob = dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) {
	name, err := attrs.UserName.Get(r.Attributes())
	if err != nil {
		return nil, err
	}
	if name != "bob" {
		return nil, errcause.SessionContextNotFound
	}
	return r.ACK()
})

// A handler under test: what it returns is what a client far away gets.
func ExampleNewNAS() {
	t := newT() // *testing.T
	defer t.end()

	nas := dactest.NewNAS(t, onlyBob)

	_, err := nas.Client.Disconnect(t.Context(), nas.Addr, attrs.UserName.Of("bob"))
	fmt.Println(err)
	_, err = nas.Client.Disconnect(t.Context(), nas.Addr, attrs.UserName.Of("eve"))
	fmt.Println(errors.Is(err, errcause.SessionContextNotFound))
	// Output:
	// <nil>
	// true
}

// A lost packet costs a retransmission, and the handler still runs once.
func ExampleNAS_Drop() {
	t := newT() // *testing.T
	defer t.end()

	var calls atomic.Int32 // handlers are called concurrently
	nas := dactest.NewNAS(t, dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) {
		calls.Add(1)
		return r.ACK()
	}))
	nas.Drop(2)
	resp, err := nas.Client.Disconnect(t.Context(), nas.Addr, attrs.UserName.Of("bob"))
	fmt.Println(err, resp.ACK(), calls.Load())
	// Output: <nil> true 1
}

// Code that sends requests, under test: it must not believe a forged answer, and must try again.
func ExampleNewScriptedNAS() {
	t := newT() // *testing.T
	defer t.end()

	nas := dactest.NewScriptedNAS(t, dactest.Forged(), dactest.NAK(errcause.SessionContextNotRemovable))

	_, err := nas.Client.Disconnect(t.Context(), nas.Addr, attrs.UserName.Of("bob"))
	fmt.Println(errors.Is(err, errcause.SessionContextNotRemovable))
	fmt.Println(len(nas.Requests()) >= 2)
	// Output:
	// true
	// true
}

// A server under test, with packets that are wrong.
func ExampleNewScriptedClient() {
	t := newT() // *testing.T
	defer t.end()

	nas := dactest.NewNAS(t, onlyBob)
	c := dactest.NewScriptedClient(t, nas.Addr)
	request, err := dac.NewDisconnect(attrs.UserName.Of("bob"))
	if err != nil {
		t.Fatal(err)
	}

	b := c.Sign(request)
	c.Send(b[:len(b)-1]) // cut off: no answer
	c.Silence()

	c.Send(append(b, "padding"...)) // octets past Length are ignored
	resp, _ := c.Answer(b)
	fmt.Println(resp.Packet.Code)

	b[len(b)-1] = 'g' // bog, not bob, signed again
	dactest.SignRequest(b, dactest.Secret)
	c.Send(b)
	resp, _ = c.Answer(b)
	fmt.Println(resp.Packet.Code, resp.Cause())
	// Output:
	// Disconnect-ACK
	// Disconnect-NAK Session-Context-Not-Found (503)
}

// A network in memory. In a bubble of testing/synctest, Latency and retransmissions take no time.
func ExampleNetwork() {
	t := newT() // *testing.T
	defer t.end()

	var sent atomic.Int32
	network := &dactest.Network{Drop: func(_, _ netip.AddrPort, _ []byte) bool { return sent.Add(1) == 1 }}
	nas := dactest.ServeNAS(t, network.Listen(netip.MustParseAddrPort("[2001:db8::10]:3799")), &dac.Server{Handler: onlyBob})

	client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Dial: network.Dial, Retry: dac.Retry{Initial: 10 * time.Millisecond}}
	defer client.Close()
	resp, err := client.Disconnect(t.Context(), nas.Addr, attrs.UserName.Of("bob"))
	fmt.Println(err, resp.Source)
	fmt.Println(network.Stats().Lost)
	// Output:
	// <nil> [2001:db8::10]:3799
	// 1
}
