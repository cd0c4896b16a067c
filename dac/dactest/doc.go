// SPDX-License-Identifier: Apache-2.0

// Package dactest tests what answers and what sends the requests of package dac, without a router:
// a NAS on loopback, a NAS that does as it is told, a client that does, and a network in memory
// that loses, repeats and delays. It needs the standard library alone.
//
//	func TestUnknownSubscriber(t *testing.T) {
//		nas := dactest.NewNAS(t, session.NewDispatcher(bng)) // stops with the test
//		_, err := nas.Client.Disconnect(t.Context(), nas.Addr, attrs.UserName.Of("eve"))
//		if !errors.Is(err, errcause.SessionContextNotFound) {
//			t.Errorf("a subscriber who is not there: %v", err)
//		}
//	}
//
// # Testing a handler
//
// [NewNAS] serves a dac.Handler, a session.Dispatcher mostly, over a real socket, and has a Client
// that knows the way and the secret. What the handler returns is what the Client gets, so most
// tests are a call and a look at its error. Drop loses the next requests, to see that a
// retransmission is executed once; Received tells of every datagram that came and of what the
// Server made of it. What the handler wrote before it answered a test may read once it has the
// answer, without a lock and under the race detector too. [ServeNAS] takes a Server of the test's
// own, with its limits and Peers. Over TLS package radsectest (dac/radsec/radsectest) has a NAS and
// certificates in memory.
//
// # Testing a client
//
// [NewScriptedNAS] answers by a script, a [Step] for each request that comes:
//
//	nas := dactest.NewScriptedNAS(t,
//		dactest.Drop(2), dactest.NAK(errcause.ResourcesUnavailable), dactest.ACK())
//	// The code under test; the secret is dactest.Secret.
//	err := billing.Disconnect(nas.Addr, "bob")
//
// Steps that are wrong on purpose show whether the code under test believes what it must not:
// [Forged], [ForgedMessageAuthenticator], [WrongIdentifier], [WrongKind], [Truncated], [Stale],
// [Elsewhere]. [Delay] and [Twice] change when and how often an answer leaves, [Edit] its octets,
// and Reply asks a dac.Handler. Requests are what came. [DeadPort] is an address without a
// listener.
//
// # Testing a server with packets that are wrong
//
// A [ScriptedClient] works on octets: Sign makes a good request, the test breaks it, Send sends it,
// and then Answer or Silence is due.
//
//	c := dactest.NewScriptedClient(t, nas.Addr)
//	b := c.Sign(request)
//	c.Send(b[:len(b)-1])
//	c.Silence()
//
// [SignRequest] makes authenticators right again after a change that is to get past them.
//
// # Time and loss
//
// Retransmissions take seconds (RFC 5080, section 2.2.1). In a bubble of testing/synctest they take
// none, but a bubble cannot wait for a real socket. A [Network] is made for it:
//
//	synctest.Test(t, func(t *testing.T) {
//		network := &dactest.Network{
//			Latency: 20 * time.Millisecond, Loss: 0.3, Duplicate: 0.1, Seed: 1,
//		}
//		conn := network.Listen(netip.MustParseAddrPort("192.0.2.10:3799"))
//		nas := dactest.ServeNAS(t, conn, &dac.Server{Handler: handler})
//		_, err := nas.Client.Disconnect(t.Context(), nas.Addr, attrs.UserName.Of("bob"))
//		...
//	})
//
// ServeNAS, [ServeScript] and [NewScriptedClientOn] take its sockets, and its Dial fits
// dac.Client.Dial. Its chances follow from a seed, and Stats counts what they did: Sent - Lost +
// Duplicated = Received + Pending.
//
// # When a test fails
//
// The log of the test then has a sequence diagram of what crossed the wire, from each NAS and each
// client of this package. [NewDiagram] makes one of what other clients, servers and networks trace.
package dactest
