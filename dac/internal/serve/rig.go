// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"net/netip"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
)

// A Rig is one read loop of an Engine on a Socket, for tests and benchmarks of the host: they say
// when it reads, and look at what is in work. Serve makes its read loops itself.
type Rig struct{ r *reader }

// NewRig makes a Rig; the handlers' contexts end with ctx.
func NewRig(ctx context.Context, e *Engine, io netio.Socket) *Rig {
	r := newReader(makeListener(ctx, e, io, netip.AddrPort{}))
	r.turns.lost = new(bool)
	return &Rig{r}
}

// Lead reads and answers until the Socket ends, or another goroutine leads.
func (g *Rig) Lead() { g.r.run() }

// Go is Lead in a goroutine of its own.
func (g *Rig) Go() { g.r.l.readers.Go(g.r.run) }

// Failed is why reading has ended, once it has.
func (g *Rig) Failed() error { return <-g.r.l.failed }

// Wait waits for the goroutines that read.
func (g *Rig) Wait() { g.r.l.readers.Wait() }

// EndWatch has no handler count as slow from then on.
func (g *Rig) EndWatch() { g.r.watch.end() }

// Got begins a turn of the read loop with datagrams that a Socket would have read.
func (g *Rig) Got(ds []netio.Datagram) { g.r.got(ds) }

// Work handles them; lost: another goroutine leads.
func (g *Rig) Work() (lost bool) { return g.r.work() }

// Flush sends their answers.
func (g *Rig) Flush() { g.r.flush() }

// Ahead is what was hashed of the datagrams of the last read.
func (g *Rig) Ahead() []authn.Digest { return g.r.sums.ahead }

// Broken runs f while the read loop has no listener, so that it panics.
func (g *Rig) Broken(f func()) {
	defer func(was *Listener) { g.r.l = was }(g.r.l)
	g.r.l = nil
	f()
}

// Idle reports whether nothing is in work.
func (g *Rig) Idle() bool {
	_, _, _, inWork := g.r.l.st.places.Counts(&g.r.l.workload)
	return inWork == 0
}

// Places is how many requests have a place, wait for one, or have given theirs back.
func (g *Rig) Places() (running, waiting, yielded int) {
	running, waiting, yielded, _ = g.r.l.st.places.Counts(&g.r.l.workload)
	return running, waiting, yielded
}

// Busy is how many workers run handlers.
func (g *Rig) Busy() int { return g.r.l.st.workers.Busy() }
