// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
)

// serve is the BNG, until ctx is done.
func serve(ctx context.Context, o *options, stdout io.Writer) error {
	out := command.NewLines(stdout)
	b, err := newBNG(o, out)
	if err != nil {
		return err
	}
	server, seen := &o.server, newFeed()
	server.Handler = newDispatcher(o, b, out)
	server.Peers = o.peers
	server.Trace, err = traceTo(o, out, seen)
	if err != nil {
		return err
	}
	sockets, err := listen(o)
	if err != nil {
		return err
	}
	page, err := openWeb(o, b, seen, sockets)
	if err != nil {
		closeAll(sockets)
		return err
	}
	fmt.Fprintf(out, "listening on %s, %d sessions\n", addresses(sockets), b.Len())
	if page != nil {
		fmt.Fprintln(out, page)
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(sockets)+1)
	var wg sync.WaitGroup
	for i, pc := range sockets {
		wg.Go(func() {
			errs[i] = server.Serve(ctx, pc)
			cancel() // one socket that fails ends the others
		})
	}
	if page != nil {
		wg.Go(func() {
			errs[len(sockets)] = page.serve(ctx)
			cancel()
		})
	}
	wg.Wait()
	return errors.Join(errors.Join(errs...), printCounters(out, server.Stats()), o.capture.Close())
}

func listen(o *options) ([]net.PacketConn, error) {
	var sockets []net.PacketConn
	for _, addr := range o.listen {
		network := "udp"
		if addr.Addr().Is4() {
			network = "udp4" // 0.0.0.0 would be all of IPv6 too
		}
		pc, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(addr))
		if err != nil {
			closeAll(sockets)
			return nil, fmt.Errorf("-listen %v: %w: give an address of this machine and a port that nothing else serves, or port 0 for any", addr, err)
		}
		sockets = append(sockets, pc)
	}
	return sockets, nil
}

func closeAll(sockets []net.PacketConn) {
	for _, s := range sockets {
		s.Close()
	}
}

func addresses(sockets []net.PacketConn) string {
	names := make([]string, 0, len(sockets))
	for _, pc := range sockets {
		names = append(names, pc.LocalAddr().String())
	}
	return strings.Join(names, " ")
}

// traceTo is what -pcap, -v and -web ask for; nil: nothing.
func traceTo(o *options, out io.Writer, seen *feed) (func(dac.Event), error) {
	var all []func(dac.Event)
	if o.pcap != "" {
		captured, err := o.capture.Open(o.pcap)
		if err != nil {
			return nil, err
		}
		all = append(all, captured)
	}
	if o.verbose {
		all = append(all, func(e dac.Event) { tell(out, e) })
	}
	if o.web.IsValid() {
		all = append(all, seen.trace)
	}
	return dac.Tee(all...), nil
}

// tell prints what became of a request.
func tell(out io.Writer, e dac.Event) {
	switch e.Op {
	case dac.Sent:
		fmt.Fprintf(out, "%v id %d: %s\n", e.Peer, e.ID, answerName(e))
	case dac.Repeated:
		fmt.Fprintf(out, "%v id %d: %s again: a duplicate\n", e.Peer, e.ID, e.Code)
	case dac.Dropped:
		fmt.Fprintf(out, "%v id %d: %s dropped: %v\n", e.Peer, e.ID, e.Code, e.Err)
	}
}

func answerName(e dac.Event) string {
	if e.Cause == 0 {
		return e.Code.String()
	}
	return fmt.Sprintf("%s Error-Cause %d %s", e.Code, uint32(e.Cause), e.Cause.String())
}
