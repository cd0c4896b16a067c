// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/radius-dynauth/dynauth/termcause"
)

// A line is a subscriber of a BNG.
type line struct{ id, user, filter string }

// A bng has its live sessions in a Table, which finds them; it says itself how one ends and how one
// changes.
type bng struct{ session.Table[*line] }

func (b *bng) Disconnect(_ context.Context, l *line, d *session.Disconnect) error {
	b.Delete("", l.id)                      // the Table drops nothing by itself
	d.TerminateCause = termcause.AdminReset // what the ACK says, and the Accounting Stop should
	return nil
}

func (b *bng) Change(_ context.Context, l *line, c *session.Change) error {
	filter, err := attrs.FilterID.Get(c.Attributes) // missing: NAK 402, malformed: NAK 404
	if err != nil {
		return err
	}
	if filter != "slow" && filter != "fast" {
		return errcause.InvalidAttributeValue
	}
	l.filter = filter
	fmt.Println(l.user, "has", l.filter)
	return nil
}

// How does a BNG answer Disconnect and CoA? It hands a Handler to a Dispatcher, and that to a
// dac.Server.
func ExampleNewDispatcher() {
	b := new(bng)
	bob := &line{id: "4f2a", user: "bob", filter: "fast"}
	if err := b.Put(attrs.Identity{AcctSessionID: bob.id, UserName: bob.user}, bob); err != nil {
		// When the session begins.
		log.Fatal(err)
	}
	server := &dac.Server{
		Peers:   dac.PeerMap{netip.MustParsePrefix("127.0.0.0/8"): {Secret: "s3cret of the lab, and long"}},
		Handler: session.NewDispatcher(b, attrs.FilterID), // what Change honours
	}
	socket, err := net.ListenPacket("udp", "127.0.0.1:0") // or ListenAndServe: port 3799
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- server.Serve(ctx, socket) }()

	client := &dac.Client{Peers: dac.SharedSecret("s3cret of the lab, and long")}
	nas := netip.MustParseAddrPort(socket.LocalAddr().String())
	id := attrs.AcctSessionID.Of("4f2a")
	_, err = client.CoA(ctx, nas, id, attrs.FilterID.Of("slow"))
	fmt.Println(err)
	_, err = client.CoA(ctx, nas, id, attrs.FilterID.Of("slower"))
	cause, _ := errcause.Of(err)
	fmt.Println(cause)
	_, err = client.Disconnect(ctx, nas, id)
	fmt.Println(err, b.Len(), "sessions")
	_, err = client.Disconnect(ctx, nas, id)
	cause, _ = errcause.Of(err)
	fmt.Println(cause)

	stop()
	fmt.Println(<-served, client.Close())
	// Output:
	// bob has slow
	// <nil>
	// Invalid-Attribute-Value (407)
	// <nil> 0 sessions
	// Session-Context-Not-Found (503)
	// <nil> <nil>
}
