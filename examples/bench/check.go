// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"fmt"
	"time"
)

// A subscriber is a session as the hosts of the servers keep it.
type subscriber struct{ n int }

// subscribers are n sessions by Acct-Session-Id.
func subscribers(n int) map[string]*subscriber {
	m := make(map[string]*subscriber, n)
	for i := range n {
		m[fmt.Sprintf(sessionIDFormat, i)] = &subscriber{i}
	}
	return m
}

// A checker is the least that a correct server does with a request. It is for one goroutine.
type checker struct {
	*signer
	sessions map[string]*subscriber
	seen     [2]answers // of this window and of the one before
	turned   time.Time
	window   time.Duration
}

// answers are what was answered, by Request Authenticator.
type answers struct {
	at     map[[16]byte]span
	octets []byte
}

type span struct{ start, end uint32 }

func newChecker(sessions int, window time.Duration) *checker {
	c := &checker{signer: newSigner(), sessions: subscribers(sessions), turned: time.Now(), window: window}
	for i := range c.seen {
		c.seen[i].at = make(map[[16]byte]span)
	}
	return c
}

// fields are the attributes that a checker reads.
type fields struct {
	session []byte
	stamp   []byte
	message int // offset of the value of Message-Authenticator
}

// parse cuts a datagram to its packet, which is to be of a code, and walks its attributes.
func parse(b []byte, code byte) (_ []byte, f fields, ok bool) {
	if len(b) < headerLen {
		return nil, f, false
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n < headerLen || n > len(b) || b[0] != code {
		return nil, f, false
	}
	b = b[:n]
	for i := headerLen; i < n; i += int(b[i+1]) {
		if n-i < 2 || b[i+1] < 2 || i+int(b[i+1]) > n {
			return nil, f, false
		}
		switch b[i] {
		case typeSessionID:
			f.session = b[i+2 : i+int(b[i+1])]
		case typeEventTimestamp:
			f.stamp = b[i+2 : i+int(b[i+1])]
		case typeMessageAuth:
			if b[i+1] != messageAuthenticator || f.message != 0 {
				return nil, f, false
			}
			f.message = i + 2
		}
	}
	return b, f, true
}

// answer appends the answer to a datagram to dst, or nothing.
func (c *checker) answer(dst, b []byte, now time.Time) []byte {
	b, f, ok := parse(b, disconnectRequest)
	if !ok || !c.authentic(b, zeros[:], f.message) {
		return dst
	}
	if f.stamp != nil && !timely(f.stamp, now, c.window) {
		return dst
	}
	key := [16]byte(b[4:headerLen])
	for i := range c.seen {
		if at, ok := c.seen[i].at[key]; ok {
			return append(dst, c.seen[i].octets[at.start:at.end]...)
		}
	}
	code, cause := byte(disconnectACK), 0
	if _, ok := c.sessions[string(f.session)]; !ok {
		code, cause = disconnectNAK, contextNotFound
	}
	start := len(dst)
	dst = c.appendAnswer(dst, b, f.message, code, cause)
	c.remember(key, dst[start:], now)
	return dst
}

func timely(stamp []byte, now time.Time, window time.Duration) bool {
	if len(stamp) != 4 {
		return false
	}
	off := now.Unix() - int64(binary.BigEndian.Uint32(stamp))
	most := int64(window / time.Second)
	return -most <= off && off <= most
}

// remember keeps an answer for a window at least.
func (c *checker) remember(key [16]byte, octets []byte, now time.Time) {
	if now.Sub(c.turned) > c.window {
		c.turned = now
		c.seen[1] = c.seen[0]
		c.seen[0] = answers{at: make(map[[16]byte]span)}
	}
	s := &c.seen[0]
	start := uint32(len(s.octets))
	s.octets = append(s.octets, octets...)
	s.at[key] = span{start, uint32(len(s.octets))}
}
