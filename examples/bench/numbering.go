// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"
)

// A numbering gives each request of a lane a session, so that no two requests of a run are the same
// octets: a server would take the second one for a duplicate. Two are the same only where session,
// identifier and Event-Timestamp are. Lanes have different sessions; in a lane every session of its
// own meets every identifier once in a cycle, and Event-Timestamp moves on from cycle to cycle.
type numbering struct {
	sessions int
	lanes    int
	lane     int
	step     int   // has no divisor in common with sessions, so that steps meet all of them
	unknown  int   // of a hundred requests, those for sessions that do not exist
	cycle    int   // -1 before the first
	stamp    int64 // of the latest request, seconds
}

func newNumbering(sessions, unknown, lanes, lane int) *numbering {
	n := &numbering{sessions: sessions, unknown: unknown, lanes: lanes, lane: lane, step: 7919, cycle: -1}
	for commonDivisor(n.step, sessions) != 1 {
		n.step++
	}
	return n
}

func commonDivisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// next is the session and the Event-Timestamp of request k of the lane, whose identifier is k%256.
// Neither k nor now goes down. Sessions come in no order that a processor's cache could follow.
func (n *numbering) next(k int, now, window int64) (session int, unknown bool, stamp int64, err error) {
	block, id, blocks := k/identifiers, k%identifiers, n.sessions/n.lanes
	cycle := block / blocks
	if n.cycle >= 0 && cycle != n.cycle {
		n.stamp++
	}
	n.cycle = cycle
	n.stamp = max(now, n.stamp)
	if n.stamp > now+window/2 {
		return 0, false, 0, fmt.Errorf("%d sessions are too few for that many requests a second: requests would be repeated; give -sessions more", n.sessions)
	}
	place := block%blocks*n.lanes + n.lane
	session = (place*n.step + id*104729) % n.sessions
	return session, (place*37+id*61)%100 < n.unknown, n.stamp, nil
}

// A stencil is a signed Disconnect-Request in which session and time are replaced. All have one
// length.
type stencil struct {
	octets   []byte
	message  int // offsets of the value of Message-Authenticator, or 0,
	user     int // of the digits of User-Name,
	session  int // of Acct-Session-Id,
	stampAt  int // and of Event-Timestamp
	expected byte
}

const (
	userDigits    = 7
	sessionDigits = 8
	mostSessions  = 10_000_000 // what the digits of a User-Name can say
	unknownPrefix = 0xf0000000 // of the Acct-Session-Id of a session that does not exist
)

func newStencil(s *signer, ma bool) *stencil {
	t := &stencil{octets: s.appendRequest(nil, 0, 0, ma, time.Time{})}
	for i := headerLen; i < len(t.octets); i += int(t.octets[i+1]) {
		switch t.octets[i] {
		case typeMessageAuth:
			t.message = i + 2
		case typeUserName:
			t.user = i + 2 + len("user")
		case typeSessionID:
			t.session = i + 2
		case typeEventTimestamp:
			t.stampAt = i + 2
		}
	}
	return t
}

// make makes it another request, and signs it.
func (t *stencil) make(s *signer, id byte, session int, unknown bool, stamp int64) {
	b := t.octets
	b[1] = id
	for i, v := userDigits-1, session; i >= 0; i-- {
		b[t.user+i] = byte('0' + v%10)
		v /= 10
	}
	v := uint32(session)
	t.expected = disconnectACK
	if unknown {
		v |= unknownPrefix
		t.expected = disconnectNAK
	}
	for i := sessionDigits - 1; i >= 0; i-- {
		b[t.session+i] = "0123456789abcdef"[v&15]
		v >>= 4
	}
	for i := range 4 {
		b[t.stampAt+i] = byte(uint32(stamp) >> (24 - 8*i))
	}
	s.sign(b, zeros[:], t.message)
}
