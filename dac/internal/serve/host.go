// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/peerstate"
	"github.com/radius-dynauth/dynauth/errcause"
)

// What the engine asks of its host. The engine reads, verifies, admits, counts and sends; it never
// sees a Request, a Response or a Peer. The host is server_task.go and what that uses.
//
// For one request the calls come in this order: Sender, Task, Task.Arrive, Loop.Ahead where it is
// wanted, Task.Handle, Task.Encode, the After of its Verdict. A request that is refused has no
// Handle and may have no Arrive; its Refuse comes before its Encode. Each may be in another
// goroutine than the one before, and none runs while another one of the same Task does.

// A Host is what the engine asks of the Server. It is safe for concurrent use.
type Host interface {
	// Sender says who sends from addr; ErrUnknownPeer: it is no peer. It may block.
	Sender(ctx context.Context, addr netip.AddrPort) (Sender, error)
	// Task makes the task of a verified packet, with the job in it. v and its octets are good for
	// the call.
	Task(v *Verified) Task
	// Over is told of a task that is over, of which the engine keeps nothing, and whose job no code
	// of the host has: its memory may be used again. Not of every task.
	Over(t Task)
	// Loop makes what the host keeps for one read loop.
	Loop() Loop
	// Observe is told of a packet where Config.Observed says so, one at a time.
	Observe(e Observed)
}

// A Loop belongs to one read loop, and to the goroutine that leads it.
type Loop interface {
	Ahead(next []Task) // have arrived and are handled next
	Forward(o Forward) // sends it on at Flush, with others of the batch
	Flush()
}

// A Task is a request as the host knows it. It has a job in itself, and the context of its handler,
// which is a new one each time.
type Task interface {
	Base() (*Job, *Context)
	Wire() []byte                       // the verified packet
	Arrive(seq uint64)                  // in the order of the numbers
	Handle(ctx context.Context) Outcome // may panic, or end its goroutine
	Refuse(why error)                   // makes the answer a NAK, with the Cause in why if any
	// Encode appends the answer, not signed yet, with an Event-Timestamp where stamp is not zero;
	// it appends nothing where no answer keeps the rules.
	Encode(b []byte, stamp time.Time) ([]byte, Verdict)
}

// An Outcome is what became of a task that was handled.
type Outcome uint8

const (
	ToAnswer   Outcome = iota // Encode makes it
	ToForget                  // nothing was done: it is forgotten
	ToRefuse                  // as ToForget, and Encode makes an answer to the request alone
	ToRemember                // it stays without an answer, and is remembered
	IsDeferred                // Job.Unsent is sent on, and who ends that ends the job
)

// A Verdict is what the engine counts of an answer (RFC 4673).
type Verdict struct {
	ACK, AuthorizeOnly bool
	Cause              errcause.Cause
	Sessions           int
	After              func(context.Context) // follows the answer; nil: nothing does
}

// A Verified is a packet of a sender that has verified.
type Verified struct {
	Octets []byte
	From   *netio.Origin
	Peer   string
	Key    *peerstate.Keyed
	Conn   *Conn // nil: a socket
}
