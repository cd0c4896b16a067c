// SPDX-License-Identifier: Apache-2.0

// Command radsec shows RADIUS over TLS both ways of one connection: a NAS logs a user on and starts
// accounting by a connection that it opened, and the AAA side ends the session down that
// connection, which leads through any NAT:
//
//	go run ./examples/radsec
//
// Both sides run in this process, over TCP of loopback, with certificates that are made in memory.
// It takes no arguments.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/radius-dynauth/dynauth/termcause"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "radsec:", err)
		os.Exit(1)
	}
}

// run is both sides, from the first log-on to the end of the session.
func run(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ca, err := newAuthority()
	if err != nil {
		return err
	}
	hub, addr, stop, err := startAAA(ctx, ca, out)
	if err != nil {
		return err
	}
	defer stop()
	if err := startNAS(ctx, ca, addr, out); err != nil {
		return err
	}
	client := &dac.Client{Peers: hub}
	defer client.Close()
	nas := hub.NAS("bng-1.nas.example.net") // a handle: an address of 100::/64
	for range 2 {
		_, err = client.Disconnect(ctx, nas, attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("4f2a"))
		switch {
		case errors.Is(err, errcause.SessionContextNotFound):
			fmt.Fprintln(out, "AAA: bob's session is gone already")
		case err != nil:
			return err
		default:
			fmt.Fprintln(out, "AAA: bob's session is ended")
		}
	}
	_, err = client.Disconnect(ctx, hub.NAS("bng-2.nas.example.net"), attrs.UserName.Of("bob"))
	if !errors.Is(err, dac.ErrUnreachable) {
		return fmt.Errorf("bng-2 has not connected, and yet: %w", err)
	}
	fmt.Fprintln(out, "AAA: bng-2 has no connection open")
	return nil
}

// startAAA is a RADIUS server to which NASes connect. Its handler is one of layeh.com/radius.
func startAAA(ctx context.Context, ca *authority, out io.Writer) (hub *radsec.Server, addr string, stop func(), err error) {
	cfg, err := ca.config("aaa.example.net")
	if err != nil {
		return nil, "", nil, err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", nil, err
	}
	handler := radius.HandlerFunc(func(w radius.ResponseWriter, r *radius.Request) {
		from := radsec.InfoFrom(r.Context()).Identity.Name
		answer := radius.CodeAccountingResponse
		if r.Code == radius.CodeAccessRequest {
			if answer = radius.CodeAccessReject; rfc2865.UserPassword_GetString(r.Packet) == "bob's password" {
				answer = radius.CodeAccessAccept
			}
		}
		fmt.Fprintf(out, "AAA: %v of %s from %s: %v\n", r.Code, rfc2865.UserName_GetString(r.Packet), from, answer)
		w.Write(r.Response(answer))
	})
	hub = &radsec.Server{Config: radsec.TLS(cfg), Peers: dac.CertPeers{"*.nas.example.net": {ReverseCoA: true}}, Handler: handler}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- hub.Serve(ctx, ln) }()
	return hub, ln.Addr().String(), func() { cancel(); <-done }, nil
}

// startNAS connects a NAS, logs bob on, and serves what comes down the connection.
func startNAS(ctx context.Context, ca *authority, addr string, out io.Writer) error {
	cfg, err := ca.config("bng-1.nas.example.net")
	if err != nil {
		return err
	}
	cfg.ServerName = "aaa.example.net" // else it is the host of addr
	conn, err := radsec.Dial(ctx, addr, radsec.TLS(cfg))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "NAS: connected to %s, RADIUS/%v\n", conn.Info().Identity.Name, conn.Info().Version)
	host := &bng{out: out}
	srv := &dac.Server{Peers: dac.CertPeers{"aaa.example.net": {}}, Handler: session.NewDispatcher(host)}
	go conn.Serve(ctx, srv)

	access := radius.New(radius.CodeAccessRequest, []byte("radsec"))
	start := radius.New(radius.CodeAccountingRequest, []byte("radsec"))
	err = errors.Join(rfc2865.UserName_SetString(access, "bob"), rfc2865.UserPassword_SetString(access, "bob's password"),
		rfc2865.UserName_SetString(start, "bob"), rfc2866.AcctSessionID_SetString(start, "4f2a"), rfc2866.AcctStatusType_Set(start, rfc2866.AcctStatusType_Value_Start))
	if err != nil {
		return err
	}
	reply, err := conn.Exchange(ctx, access)
	if err != nil {
		return err
	}
	if reply.Code != radius.CodeAccessAccept {
		return fmt.Errorf("bob may not log on: %v", reply.Code)
	}
	if err := host.Put(attrs.Identity{UserName: "bob", AcctSessionID: "4f2a"}, "4f2a"); err != nil {
		return err
	}
	_, err = conn.Exchange(ctx, start)
	return err
}

// A bng is the NAS's sessions.
type bng struct {
	session.Table[string]
	out io.Writer
}

// Disconnect ends a session.
func (b *bng) Disconnect(_ context.Context, id string, d *session.Disconnect) error {
	b.Delete("", id)
	d.TerminateCause = termcause.AdminReset
	fmt.Fprintf(b.out, "NAS: session %s of %s ends, as %s says\n", id, d.Identity().UserName, d.Request.Peer)
	return nil
}

// Change is for what this NAS does not offer.
func (b *bng) Change(context.Context, string, *session.Change) error {
	return errcause.UnsupportedService
}
