// SPDX-License-Identifier: Apache-2.0

// Command quickstart is a NAS and an AAA side in one process, over UDP on loopback: a session is
// changed, ended, and then not found, and a retransmission is answered without being executed
// again. It prints each packet and, at the end, what both sides counted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run is the whole of it. Both sides print to out, in pieces that do not mix.
func run(ctx context.Context, w io.Writer) error {
	out := &shared{w: w}
	peers := dac.SharedSecret("not a secret in a demonstration")

	// The NAS: two sessions, and a server that asks them.
	nas := &bng{out: out}
	if err := errors.Join(nas.login("bob", "4f2a"), nas.login("eve", "4f2b")); err != nil {
		return err
	}
	server := &dac.Server{Peers: peers, Handler: session.NewDispatcher(nas, attrs.FilterID, mikrotik.RateLimit)}
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	addr := socket.LocalAddr().(*net.UDPAddr).AddrPort()
	ctx, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, socket) }()

	// The AAA side. It waits half a second for an answer instead of the RFC's two seconds, and its
	// network loses what it is told to lose.
	network := &lossy{}
	client := &dac.Client{
		Peers: peers,
		Retry: dac.Retry{Initial: 500 * time.Millisecond},
		Dial:  network.Dial,
		Trace: show(out),
	}

	err = exchanges(ctx, out, client, addr, network)
	counters(out, client.Stats(), server.Stats())
	stop()
	return errors.Join(err, client.Close(), <-served)
}

// exchanges are what the AAA side does.
func exchanges(ctx context.Context, out io.Writer, client *dac.Client, nas netip.AddrPort, network *lossy) error {
	fmt.Fprintln(out, "--- 1. Bob bought more bandwidth: a CoA-Request changes his session.")
	_, err := client.CoA(ctx, nas, attrs.AcctSessionID.Of("4f2a"), attrs.UserName.Of("bob"),
		attrs.FilterID.Of("gold"), mikrotik.RateLimit.Of("100M/100M"))
	if err != nil {
		return err
	}

	fmt.Fprintln(out, "--- 2. Bob has not paid: a Disconnect-Request ends it.")
	if _, err = client.Disconnect(ctx, nas, attrs.AcctSessionID.Of("4f2a"), attrs.UserName.Of("bob")); err != nil {
		return err
	}

	fmt.Fprintln(out, "--- 3. Once more: there is no such session. The NAK is a Go error, the same one at both ends.")
	_, err = client.Disconnect(ctx, nas, attrs.AcctSessionID.Of("4f2a"), attrs.UserName.Of("bob"))
	if !errors.Is(err, errcause.SessionContextNotFound) {
		return fmt.Errorf("wanted Session-Context-Not-Found: %w", err)
	}
	fmt.Fprintf(out, "    errors.Is(err, errcause.SessionContextNotFound): %v\n\n", err)

	fmt.Fprintln(out, "--- 4. Eve is next, and the NAS's answer is lost: the retransmission is answered from memory, not executed again.")
	network.lose(1)
	answer, err := client.Disconnect(ctx, nas, attrs.AcctSessionID.Of("4f2b"))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "    sent %d times, ended once\n\n", answer.Sent)
	return nil
}

// show prints each packet that the AAA side sends or takes.
func show(out io.Writer) func(dac.Event) {
	return func(e dac.Event) {
		var packet strings.Builder
		dac.Dump(&packet, e.Wire) // into memory, which does not fail
		way := "AAA -> NAS"
		if e.Op.Incoming() {
			way = "NAS -> AAA"
		}
		fmt.Fprintf(out, "%s (%v)\n%s\n", way, e.Op, packet.String())
	}
}

// counters prints what RFC 4672 has a client count and RFC 4673 a server.
func counters(out io.Writer, c dac.ClientStats, s dac.ServerStats) {
	fmt.Fprintln(out, "--- Counters")
	for _, kind := range []struct {
		name   string
		client dac.AnswerCounters
		server dac.RequestCounters
	}{{"CoA", c.Total.CoA, s.Total.CoA}, {"Disconnect", c.Total.Disconnect, s.Total.Disconnect}} {
		fmt.Fprintf(out, "%-10s  AAA: %d requests, %d retransmissions, %d ACK, %d NAK\n", kind.name,
			kind.client.Requests, kind.client.Retransmissions, kind.client.ACKs, kind.client.NAKs)
		fmt.Fprintf(out, "%-10s  NAS: %d requests, %d duplicates, %d ACK, %d NAK (%d not found), %d sessions\n", "",
			kind.server.Requests, kind.server.Duplicates, kind.server.ACKs, kind.server.NAKs, kind.server.NoContextNAKs, kind.server.Sessions)
	}
}

// A shared writer takes whole pieces from many goroutines.
type shared struct {
	mu sync.Mutex
	w  io.Writer
}

// Write writes b as one piece.
func (s *shared) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}
