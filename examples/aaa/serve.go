// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/examples/internal/accounting"
)

// An aaa is the program at work.
type aaa struct {
	*options
	sessions route.Learned
	client   *dac.Client
}

func newAAA(o *options) *aaa {
	a := &aaa{options: o, client: &dac.Client{Peers: o.nases, Retry: o.retry}}
	a.sessions.Target = a.target
	return a
}

// target is where a session is asked about: in the network that has it, at the NAS that reported it, or at the one that a relay has named.
func (a *aaa) target(ctx context.Context, s route.Session) (dac.Target, error) {
	if s.OperatorName != "" {
		if to, err := a.via.Target(s.OperatorName); err == nil {
			return to, nil
		}
	}
	at := s.From.Addr()
	if _, err := a.relays.Peer(ctx, netip.AddrPortFrom(at, 0)); err == nil {
		if len(s.NAS.Addrs) == 0 {
			return dac.Target{}, fmt.Errorf("the relay %v does not say the address of the NAS: %w", at, dac.ErrNoRoute)
		}
		at = s.NAS.Addrs[0]
	}
	return dac.Target{Addr: netip.AddrPortFrom(at, uint16(a.port))}, nil
}

// serve is the AAA side, until ctx is done.
func serve(ctx context.Context, o *options, stdout io.Writer) error {
	a := newAAA(o)
	defer a.client.Close()
	log := slog.New(slog.NewTextHandler(stdout, nil))
	accounts, err := net.ResolveUDPAddr("udp", o.accounting)
	if err != nil {
		return err
	}
	pc, err := net.ListenUDP("udp", accounts)
	if err != nil {
		return err
	}
	web, err := net.Listen("tcp", o.http)
	if err != nil {
		pc.Close()
		return err
	}
	fmt.Fprintf(stdout, "listening on %v, accounting on %v\n", web.Addr(), pc.LocalAddr())

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	receiver := &accounting.Receiver{Peers: o.reporters(), Learn: a.sessions.Learn, Logger: log}
	server := &http.Server{Handler: a.handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 20 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	var wg sync.WaitGroup
	var accountsErr, webErr error
	wg.Go(func() {
		accountsErr = receiver.Serve(ctx, pc)
		cancel()
	})
	wg.Go(func() {
		if webErr = server.Serve(web); errors.Is(webErr, http.ErrServerClosed) {
			webErr = nil
		}
		cancel()
	})
	<-ctx.Done()
	a.client.Close() // what waits for a NAS is told that nobody knows
	drain, done := context.WithTimeout(context.Background(), 5*time.Second)
	defer done()
	if server.Shutdown(drain) != nil {
		server.Close()
	}
	wg.Wait()
	return errors.Join(accountsErr, webErr)
}
