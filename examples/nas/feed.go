// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

const (
	feedRequests = 256 // that a feed keeps
	feedDrops    = 64  // sources and reasons that a feed keeps
)

// A feed keeps the latest requests and what became of them, for the page. It holds up no request:
// it is told of a packet in the read loop, keeps the octets and leaves the reading of them to those
// who look, who get what is there when they come for it. Who comes too late for some of it hears
// how many it missed.
//
// What was dropped is kept apart and by source and reason, so that a flood of it is one line and
// drives no request out.
type feed struct {
	mu       sync.Mutex
	now      mark
	requests []*exchange           // the oldest first
	places   map[place]*exchange   // the latest request of each
	drops    map[dropped]*exchange // by what they have in common
}

// A mark is how far a reader has seen a feed: the changes and the requests until then. The zero
// mark has seen nothing.
type mark struct{ changes, requests uint64 }

// A place is where an answer goes, as far as the octets say.
type place struct {
	peer netip.AddrPort
	id   uint32
}

// Dropped is what drops that share a line have in common.
type dropped struct {
	peer netip.Addr
	code radius.Code
	why  string
}

// An exchange is a request and its answer; or one that was dropped, and how often.
type exchange struct {
	n, change uint64 // of the first change that was its, and of the latest
	place
	local      netip.AddrPort
	from       string // the peer, with its name and transport where it has proved one
	code       radius.Code
	wire       []byte // as it came, verified; nil where it was dropped
	at         time.Time
	answer     radius.Code // 0: none yet
	cause      errcause.Cause
	took       time.Duration
	duplicates int
	times      int
	err        string
}

func newFeed() *feed {
	return &feed{places: map[place]*exchange{}, drops: map[dropped]*exchange{}}
}

// trace is told of every packet.
func (f *feed) trace(e dac.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := place{e.Peer, e.ID}
	switch e.Op {
	case dac.Received:
		f.lockedTake(at, e)
	case dac.Dropped:
		f.lockedDrop(at, e)
	case dac.Repeated:
		if x := f.places[at]; x != nil {
			x.duplicates++
			f.lockedTouch(x)
		}
	case dac.Sent:
		if x := f.places[at]; x != nil {
			x.answer, x.cause, x.took = e.Code, e.Cause, e.Time.Sub(x.at)
			if e.Err != nil {
				x.err = root(e.Err)
			}
			f.lockedTouch(x)
		}
	}
}

// lockedTouch makes x news for everybody.
func (f *feed) lockedTouch(x *exchange) {
	f.now.changes++
	x.change = f.now.changes
	x.n = cmp.Or(x.n, x.change)
}

func (f *feed) lockedTake(at place, e dac.Event) {
	if len(f.requests) == feedRequests {
		oldest := f.requests[0]
		if f.places[oldest.place] == oldest {
			delete(f.places, oldest.place)
		}
		f.requests = append(f.requests[:0], f.requests[1:]...)
	}
	x := &exchange{place: at, local: e.Local, from: peerOf(e), code: e.Code, wire: slices.Clone(e.Wire), at: e.Time}
	f.lockedTouch(x)
	f.now.requests++
	f.requests = append(f.requests, x)
	f.places[at] = x
}

func (f *feed) lockedDrop(at place, e dac.Event) {
	same := dropped{e.Peer.Addr(), e.Code, root(e.Err)}
	x := f.drops[same]
	if x == nil {
		if len(f.drops) == feedDrops {
			f.lockedForgetDrop()
		}
		x = &exchange{err: same.why}
		f.drops[same] = x
	}
	x.place, x.local, x.from, x.code, x.at = at, e.Local, peerOf(e), e.Code, e.Time
	x.times++
	f.lockedTouch(x)
}

func (f *feed) lockedForgetDrop() {
	var oldest dropped
	var change uint64
	for key, x := range f.drops {
		if change == 0 || x.change < change {
			oldest, change = key, x.change
		}
	}
	delete(f.drops, oldest)
}

// root is what err is about, without what differs from packet to packet and without the name of its
// package.
func root(err error) string {
	if err == nil {
		return ""
	}
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return strings.TrimPrefix(err.Error(), "dac: ")
}

// since returns what changed after seen, in the order in which it first came, how many requests
// came and went in between, and how far the caller has seen now.
func (f *feed) since(seen mark) (news []exchange, missed uint64, now mark) {
	f.mu.Lock()
	defer f.mu.Unlock()
	missed = f.now.requests - seen.requests
	for _, x := range f.requests {
		if x.change > seen.changes {
			news = append(news, *x)
		}
		if x.n > seen.changes {
			missed--
		}
	}
	for _, x := range f.drops {
		if x.change > seen.changes {
			news = append(news, *x)
		}
	}
	slices.SortFunc(news, func(a, b exchange) int { return cmp.Compare(a.n, b.n) })
	return news, missed, f.now
}

// A line is an exchange as the page gets it.
type line struct {
	N          uint64   `json:"n"`
	At         int64    `json:"at"` // ms since 1970
	From       string   `json:"from"`
	To         string   `json:"to"`
	Code       string   `json:"code"`
	ID         uint32   `json:"id"`
	Session    []string `json:"session,omitempty"`
	Changes    []string `json:"changes,omitempty"`
	Answer     string   `json:"answer,omitempty"`
	Cause      uint32   `json:"cause,omitempty"`
	CauseName  string   `json:"cause_name,omitempty"`
	Took       float64  `json:"took,omitempty"` // ms
	Duplicates int      `json:"duplicates,omitempty"`
	Times      int      `json:"times,omitempty"` // that the like of it was dropped; 0: it was not
	Error      string   `json:"error,omitempty"`
}

// line reads x. identifies tells the attributes that name a session from those that change it.
func (x *exchange) line(identifies func(attrs.ID) bool) line {
	l := line{
		N: x.n, At: x.at.UnixMilli(), From: x.from, To: x.local.String(), Code: x.code.String(), ID: x.id,
		Cause: uint32(x.cause), Took: float64(x.took) / float64(time.Millisecond), Duplicates: x.duplicates, Times: x.times, Error: x.err,
	}
	if x.answer != 0 {
		l.Answer = x.answer.String()
	}
	if x.cause != 0 {
		l.CauseName = x.cause.String()
	}
	if x.wire == nil {
		return l
	}
	r, err := requestIn(x.wire)
	if err != nil {
		l.Error = err.Error()
		return l
	}
	l.Session = slices.Collect(attrs.Format(attrs.Filter(r, func(id attrs.ID) bool { return identifies(id) })))
	l.Changes = slices.Collect(attrs.Format(attrs.Filter(r, func(id attrs.ID) bool { return !identifies(id) && id.Role() != attrs.RoleProtocol })))
	return l
}

// requestIn is the attributes of a request that a Server has verified.
func requestIn(wire []byte) (radius.Attributes, error) {
	length := int(wire[2])<<8 | int(wire[3])
	if length < 20 || length > len(wire) {
		return nil, fmt.Errorf("a length of %d in %d octets", length, len(wire))
	}
	return radius.ParseAttributes(wire[20:length])
}
