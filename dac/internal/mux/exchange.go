// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"context"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"layeh.com/radius"
)

// How long an Exchange waits for its answer: the 30 s of RFC 5080, section 2.2.1, at which the
// identifier is given up. It then rests for as long.
const (
	exchangeTime = 30 * time.Second
	unansweredID = 30 * time.Second
)

// The requests of the host's RADIUS client share the connection with the answers of the Server and
// the requests of Clients. Here is no retransmission: what was written arrives, or the connection
// ends (RFC 6613, section 2.6.1).

// An exchange is one request of the host's that waits for its answer.
type exchange struct {
	c     *Conn
	field authn.Field // that the host's values are hidden under
	free  chan struct{}
	ended chan struct{} // closed with octets and err set

	mu      sync.Mutex // guards what follows
	request []byte     // nil: not sent yet
	octets  []byte
	err     error
}

// IdentifierFree wakes an exchange that waits for an identifier.
func (x *exchange) IdentifierFree() { signal(x.free) }

// lost ends an exchange whose connection has ended. It is not sent by another one: only the host
// knows whether its request may be handled twice.
func (x *exchange) lost(err error) { x.end(nil, err) }

// trim has nothing to let go of.
func (x *exchange) trim() {}

// end ends an exchange, with its answer or an error. The first end stands.
func (x *exchange) end(octets []byte, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.octets == nil && x.err == nil {
		x.octets, x.err = octets, err
		close(x.ended)
	}
}

// sent notes the octets that an answer is verified with.
func (x *exchange) sent(request []byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.request = request
}

// answer takes an answer, by the reader of the connection. One of a wrong code is none; one that
// does not verify ends the connection (RFC 6613, section 2.6.4).
func (x *exchange) answer(p []byte) error {
	c := x.c
	x.mu.Lock()
	request := x.request
	x.mu.Unlock()
	if request == nil { // an answer to an earlier request with this identifier
		c.stats.unmatched.Add(1)
		return nil
	}
	if c.version != dac.RADIUS11 {
		if err := authn.VerifyResponse(p, request, c.key); err != nil {
			return err
		}
	}
	code, of := radius.Code(p[0]), radius.Code(request[0])
	if !answers(code, of) || c.version != dac.RADIUS11 && code == packet.ProtocolError && !packet.Concerns(p, of) {
		c.stats.unmatched.Add(1)
		return nil
	}
	x.end(append([]byte(nil), p...), nil)
	return nil
}

// Exchange sends an Access- or an Accounting-Request and returns what answers it: see
// radsec.Conn.Exchange.
func (c *Conn) Exchange(ctx context.Context, p *radius.Packet) (*radius.Packet, error) {
	if p == nil || p.Code != radius.CodeAccessRequest && p.Code != radius.CodeAccountingRequest {
		return nil, c.o.fault("Exchange sends an Access- or an Accounting-Request; a Client with Via sends CoA- and Disconnect-Requests")
	}
	if s := string(p.Secret); s != string(c.o.Secret) && s != "" {
		return nil, c.o.fault("Exchange: Packet.Secret has to be %q, which hides the values of the packet", string(c.o.Secret))
	}
	ctx, cancel := context.WithTimeout(ctx, exchangeTime)
	defer cancel()
	x := &exchange{c: c, field: p.Authenticator, free: make(chan struct{}, 1), ended: make(chan struct{})}
	if err := c.holders.join(x); err != nil {
		return nil, c.o.fault("Exchange: not sent: %w", err)
	}
	defer c.holders.leave(x)
	// The identifier is in the octets, so it comes before they are signed.
	id, err := c.identifier(ctx, x)
	if err != nil {
		return nil, err
	}
	rest := time.Duration(0)
	defer func() { c.ids.Put(x, id, rest) }()
	request, err := c.sign(p, id)
	if err != nil {
		return nil, c.o.fault("Exchange: %w", err)
	}
	x.sent(request)
	if _, err := c.out.send([][]byte{request}, true); err != nil {
		return nil, c.o.fault("Exchange: not sent: %w", err)
	}
	select {
	case <-x.ended:
	case <-ctx.Done():
		rest = unansweredID
		x.end(nil, ctx.Err())
	}
	if x.err != nil {
		return nil, c.o.fault("Exchange: no answer, and the request may have been handled: %w", x.err)
	}
	answer := c.parse(x.octets)
	if c.version == dac.RADIUS11 {
		if err := c.convert(answer, x.field); err != nil {
			return nil, c.o.fault("Exchange: %w", err)
		}
	}
	return answer, nil
}

// identifier waits for an identifier: all 255 may be in use, or rest since a request had no answer.
func (c *Conn) identifier(ctx context.Context, x *exchange) (uint32, error) {
	defer c.ids.Forget(x)
	for {
		if id, ok := c.ids.Take(x); ok {
			return id, nil
		}
		select {
		case <-x.free:
		case <-x.ended:
			return 0, c.o.fault("Exchange: not sent: %w", x.err)
		case <-ctx.Done():
			return 0, c.o.fault("Exchange: not sent, all identifiers are in use: %w", ctx.Err())
		}
	}
}
