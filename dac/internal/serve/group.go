// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
)

// A Group is the Listeners of several sockets that begin and end together: one socket lost is all
// lost, since its peers would be left without answers, unnoticed. It is safe for concurrent use.
type Group struct {
	listeners []*Listener
	addrs     []netip.AddrPort
	stop      context.CancelFunc // takes nothing new from then on
	done      chan struct{}      // closed once all is over
	err       error              // why it is, readable then
}

// Start serves conns until ctx is done or one of them fails. They listen already: what was sent to
// them from then on is answered.
func Start(ctx context.Context, st *Engine, conns []net.PacketConn) *Group {
	g := &Group{done: make(chan struct{})}
	ctx, g.stop = context.WithCancel(ctx)
	errs := make([]error, len(conns))
	var wg sync.WaitGroup
	for i, pc := range conns {
		l := NewListener(ctx, st, pc)
		g.listeners = append(g.listeners, l)
		g.addrs = append(g.addrs, l.Local())
		st.Open()
		wg.Go(func() {
			defer g.stop()
			defer st.Close()
			defer pc.Close()
			errs[i] = l.Serve(ctx)
		})
	}
	go func() {
		defer close(g.done)
		defer g.stop()
		wg.Wait()
		g.err = errors.Join(errs...)
	}()
	return g
}

// Addr is the address of the last socket.
func (g *Group) Addr() netip.AddrPort { return g.addrs[len(g.addrs)-1] }

// Done is closed once every Listener has ended.
func (g *Group) Done() <-chan struct{} { return g.done }

// Wait returns when every Listener has ended: nil after Stop, else why.
func (g *Group) Wait() error {
	<-g.done
	return g.err
}

// Stop has every Listener drain and end. Where ctx is done earlier, the contexts of the handlers
// end at once and late is true; handlers that run on are still waited for.
func (g *Group) Stop(ctx context.Context) (late bool, err error) {
	g.stop()
	select {
	case <-g.done:
		return false, g.err
	case <-ctx.Done():
	}
	for _, l := range g.listeners {
		l.End()
	}
	return true, context.Cause(ctx)
}
