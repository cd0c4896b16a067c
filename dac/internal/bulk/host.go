// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"context"
	"net/netip"
	"time"
)

// An Instant is a time of the host's clock: monotonic, since the host began.
type Instant = time.Duration

const never = Instant(1<<63 - 1)

// A Host is what a Run asks of its owner: a J is one job, a P is how a NAS is spoken to. No lock is
// held in a call but where it is said.
type Host[J, P any] interface {
	Now() Instant // a lock may be held
	// Address is where j goes. false: nowhere, and the host has noted in j why.
	Address(j *J) (netip.AddrPort, bool)
	// Peer says how nas is spoken to. It may take long, ignore ctx, panic and end its goroutine.
	Peer(ctx context.Context, nas netip.AddrPort) (P, error)
	// Begin begins to send t, and reports whether t has its turn: what it began is then given to
	// Send. Else Queued is called before it returns, and Granted later, or Ended.
	Begin(t *Task[J, P], nas netip.AddrPort, p *P) (begun any, granted bool)
	// Send sends what has its turn; only the dispatcher calls it. It must not wait for a network.
	// all is good for the call.
	Send(all []any)
	// CancelAll ends with err what was begun and has not ended. Ended is called for each.
	CancelAll(err error)
	// Fresh returns j as it was drawn.
	Fresh(j *J) J // the lock is held
	// Failed notes in j that it was not sent because of err, which Peer returned, or
	// Config.AskExpired or AskBroken.
	Failed(j *J, nas netip.AddrPort, err error) // the lock is held
	// Stopped notes in j that the Run ended before j did, because of err; begun: it may have been
	// sent.
	Stopped(j *J, nas netip.AddrPort, err error, begun bool) // the lock is held
	// Unsent notes in j that it was not sent, since its NAS is silent.
	Unsent(j *J, u Unsent) // the lock is held
}

// Unsent is why a job was not sent.
type Unsent struct {
	NAS      netip.AddrPort
	Silent   int           // requests in a row without an answer
	For      time.Duration // how long the NAS has been silent
	InFlight int           // requests that it has not answered yet
	Crowded  bool          // its jobs filled the queue while another NAS had nothing to do
}

// An End is how a task ended that was begun.
type End uint8

const (
	// Nothing is known of the NAS: cancelled, refused by this machine, impossible to encode.
	Failed   End = iota
	Answered     // by the NAS, with any answer but those of Passing
	Passing      // by the NAS, with a refusal that passes: it may be tried again
	Silent       // the NAS did not answer, or could not be reached
)

// A Task is a job on its way.
type Task[J, P any] struct {
	Job J

	q         *queue[J, P]
	state     taskState
	tries     int           // of a refusal that passes
	wait      time.Duration // before the last of them
	at        Instant       // when it is to be tried again
	begun     any           // of one that waited for its turn and has it
	parked    bool          // waits for its turn
	dials     bool          // because there is no connection yet
	line      links[Task[J, P]]
	heapIndex int // in the heap of those to be tried again
}

type taskState uint8

const (
	drawn     taskState = iota
	queued              // in the queue of its NAS
	inFlight            // begun: it is the host's
	later               // waits to be tried again
	ended               // its outcome is the consumer's
	abandoned           // was in flight when the Run ended, and its end was not awaited
)

// Config is how a Run works.
type Config struct {
	InFlight int // of all NASes together; zero grows with them
	OfNAS    int // of one NAS at most
	Budget   int // requests in a row without an answer that open the breaker; negative: none does
	Retries  int // of a refusal that passes
	// Initial is the first timeout of a request, Max the longest, Span the time of one that is not
	// answered, Ask that of Peers.
	Initial, Max, Span, Ask time.Duration
	// Wait is how long to wait before the next try, where the wait before the last was prev, zero
	// before the first.
	Wait       func(prev time.Duration) time.Duration
	AskExpired error // of jobs for a NAS that Peer said nothing of in time
	AskBroken  error // of jobs for a NAS whose Peer panicked, or ended its goroutine
	SendBroken error // what stops a Run whose Begin or Send ended its goroutine
}

// How many jobs a Run draws before they can be sent, and how many it has in flight where
// Config.InFlight does not say another number. Of more than 128 NASes it is a turn of each, up to a
// bound: what goes to one NAS, and comes from it, is cheaper together.
const (
	minAhead    = 4096
	minInFlight = 4096
	maxInFlight = 1 << 16
)

const (
	burstOf      = 32          // tasks of one NAS that are sent before the next NAS has its turn
	peerAge      = time.Second // for which what Peers said is taken for granted
	mostAskers   = 256
	mostHung     = 4096        // askers that were given up and have not returned
	grace        = time.Second // for what is left behind when a Run ends
	maxQueues    = 1 << 13     // NASes that a Run remembers without need
	failedAtOnce = 64
)
