// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// Counters of what a Conn did by itself.
type counters struct {
	unmatched  atomic.Int64 // answers to nothing
	unknown    atomic.Int64 // Codes
	unexpected atomic.Int64 // requests that nothing serves
	refused    atomic.Int64 // requests with NAK 506
	overflowed atomic.Int64 // answers that a View had no room for
}

// Stats are counters of what a Conn dropped or refused by itself.
type Stats struct {
	Unmatched, Unknown, Unexpected, Refused, Overflowed int64
}

// Stats returns the counters.
func (c *Conn) Stats() Stats {
	s := &c.stats
	return Stats{s.unmatched.Load(), s.unknown.Load(), s.unexpected.Load(), s.refused.Load(), s.overflowed.Load()}
}

// reasonOf tells the reasons of RFC 6613, section 2.6.4, apart.
func reasonOf(err error) Reason {
	switch {
	case errors.Is(err, dac.ErrAuthenticator), errors.Is(err, dac.ErrMessageAuthenticator):
		return Authenticator
	case errors.Is(err, errToken):
		return TokenReuse
	case errors.Is(err, errFull):
		return WriteTimeout
	}
	return Malformed
}

// take gives a packet to whom it belongs. An error ends the connection. The reader calls it, for
// what was cut: Length and the lengths of the attributes are right, nothing else is known. An
// unknown Code is no error (RFC 6613, section 2.6.4): the other end may know more than this one.
func (c *Conn) take(p []byte) error {
	c.got = true
	c.received.Add(1)
	switch code := radius.Code(p[0]); code {
	case radius.CodeAccessRequest, radius.CodeAccountingRequest, radius.CodeStatusServer,
		radius.CodeDisconnectRequest, radius.CodeCoARequest:
		return c.takeRequest(code, p)
	case radius.CodeAccessAccept, radius.CodeAccessReject, radius.CodeAccountingResponse, radius.CodeAccessChallenge,
		radius.CodeDisconnectACK, radius.CodeDisconnectNAK, radius.CodeCoAACK, radius.CodeCoANAK, packet.ProtocolError:
		return c.takeAnswer(p)
	default:
		c.stats.unknown.Add(1)
		return nil
	}
}

// takeRequest gives a request to who handles its Code. While the connection closes, none is taken:
// its sender finds it unanswered, and sends it by another connection.
func (c *Conn) takeRequest(code radius.Code, p []byte) error {
	if c.closing.Load() {
		return nil
	}
	if c.version == dac.RADIUS11 {
		if err := c.tokens.use(packet.Token(p)); err != nil {
			return err
		}
	}
	switch code {
	case radius.CodeStatusServer:
		return c.takeStatus(p)
	case radius.CodeDisconnectRequest, radius.CodeCoARequest:
		c.inUse = true
		return c.takeDynauth(p)
	}
	c.inUse = true
	return c.takeHost(p)
}

// takeAnswer gives an answer to who holds its identifier, who verifies it. One to nothing is
// dropped (RFC 6613, section 2.6.4): its request may have been given up. Identifier 0 of RADIUS/1.0
// is the watchdog's and in no pool.
func (c *Conn) takeAnswer(p []byte) error {
	u, _ := c.ids.User(c.idOf(p))
	h, ok := u.(holder)
	if !ok && c.idOf(p) == 0 && c.version != dac.RADIUS11 {
		h, ok = &c.watchdog, true
	}
	if !ok {
		c.stats.unmatched.Add(1)
		return nil
	}
	if err := h.answer(p); err != nil {
		return err
	}
	c.isUp()
	c.inUse = c.inUse || h != holder(&c.watchdog)
	return nil
}

// serveWait is how long requests wait for a Server that has not begun to serve: a host calls Serve
// a moment after the connection is there, and the other end may be faster.
const serveWait = 5 * time.Second

// takeDynauth gives a Disconnect- or CoA-Request to the Server, which verifies it. Where that has
// no room it is refused with NAK 506, since its sender does not send it again by this connection.
func (c *Conn) takeDynauth(p []byte) error {
	v := c.requests.Load()
	if time.Since(c.began) >= serveWait && !c.isServed() {
		return c.takeUnexpected(p)
	}
	c.isUp()
	if c.into(v.in, p) {
		return nil
	}
	select {
	case <-v.closed:
		return nil // the Server has ended: as while the connection closes
	default:
	}
	c.stats.refused.Add(1)
	return c.refuse(p, errcause.ResourcesUnavailable)
}

// isServed reports whether a Server has a View of requests.
func (c *Conn) isServed() bool {
	c.serving.Lock()
	defer c.serving.Unlock()
	return c.served
}

// takeUnexpected handles a Disconnect- or CoA-Request that came the other way without being
// configured for it: reverse-coa, section 6.1, has it discarded and logged, which is the default.
// It is verified first, and one that does not verify ends the connection.
//
// Options.Unexpected says the answer.
func (c *Conn) takeUnexpected(p []byte) error {
	c.stats.unexpected.Add(1)
	peer := dac.Peer{UnexpectedReverse: c.o.Unexpected}
	b, err := peer.AnswerUnexpected(nil, p, c.Info())
	if err != nil {
		return err
	}
	c.isUp()
	if !c.warned {
		c.warned = true
		c.o.Logger.Warn(c.o.Package+": a Disconnect- or CoA-Request that nothing here serves: set Peer.ReverseCoA and call Serve, or stop it there",
			"addr", c.o.Remote)
	}
	if len(b) == 0 {
		return nil
	}
	return c.post(b)
}

// into puts a packet into a receiveQueue, which is told of it at the next deliver.
func (c *Conn) into(in *receiveQueue, p []byte) bool {
	if !in.put(p, c.done) {
		return false
	}
	if !slices.Contains(c.woken, in) {
		c.woken = append(c.woken, in)
	}
	return true
}

// refuse answers a request that cannot be handled. An error ends the connection.
func (c *Conn) refuse(request []byte, cause errcause.Cause) error {
	b, err := c.refusal(request, cause)
	if err != nil || b == nil {
		return err
	}
	return c.post(b)
}

// post sends a packet by the reader of the connection, which may not wait. Where the connection has
// ended already the packet is dropped, which is no error of this one.
func (c *Conn) post(b []byte) error {
	if _, err := c.out.send([][]byte{b}, false); err == errFull {
		return err
	}
	return nil
}
