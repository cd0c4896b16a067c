// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"context"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// InfoKey is the key of the *dac.ConnInfo in the context of a request that a Handler gets.
type InfoKey struct{}

// A hostContext is that of the Handler: done when the connection has ended, after which no answer
// can be sent. It costs a connection nothing.
type hostContext struct {
	context.Context
	c *Conn
}

// Done is closed when the connection has ended.
func (x hostContext) Done() <-chan struct{} { return x.c.done }

// Err is context.Canceled once the connection has ended.
func (x hostContext) Err() error {
	if x.c.Err() != nil {
		return context.Canceled
	}
	return nil
}

// Value has what describes the connection, under InfoKey.
func (x hostContext) Value(key any) any {
	if key == (InfoKey{}) {
		return x.c.Info()
	}
	return nil
}

// The requests of a RADIUS client go to the code of the host in the types of layeh.com/radius,
// which its generated dictionaries read. layeh's own server is not used: it verifies nothing, runs
// retransmissions twice and survives no panic.

// takeHost gives an Access- or Accounting-Request to the Handler, in a goroutine of its own. Where
// there is none, or no place, it is refused with a Protocol-Error (radiusdtls-bis, section 3.7).
func (c *Conn) takeHost(p []byte) error {
	if err := c.verify(p); err != nil {
		return err
	}
	c.isUp()
	if c.o.Handler == nil {
		c.stats.unexpected.Add(1)
		return c.refuse(p, errcause.UnsupportedExtension)
	}
	if c.handlers.Add(1) > int64(c.o.MaxHandlers) {
		c.handlers.Add(-1)
		c.stats.refused.Add(1)
		return c.refuse(p, errcause.ResourcesUnavailable)
	}
	go c.handle(append([]byte(nil), p...))
	return nil
}

// handle runs the Handler in a goroutine of its own, and answers Protocol-Error 506 where it
// panics, or ends its goroutine, without an answer: the other end would wait for 30 s, and on a
// connection it does not send again.
func (c *Conn) handle(octets []byte) {
	w := &response{c: c, request: octets, field: authn.FieldOf(octets)}
	returned := false
	defer func() {
		c.handlers.Add(-1)
		signal(c.handled)
	}()
	defer func() {
		if v := recover(); v != nil {
			c.o.Logger.Error(c.o.Package+": Handler panicked", "panic", v, "stack", string(debug.Stack()))
		}
		if !returned && w.take() {
			c.refuseLater(octets, errcause.ResourcesUnavailable)
		}
	}()
	p := c.parse(octets)
	if c.version == dac.RADIUS11 {
		w.field = randomField()
		if err := c.convert(p, w.field); err != nil {
			c.o.Logger.Warn(c.o.Package+": request refused", "addr", c.o.Remote, "err", err)
			w.take()
			c.refuseLater(octets, errcause.InvalidRequest)
			returned = true
			return
		}
	}
	r := &radius.Request{LocalAddr: tcpAddr(c.o.Local), RemoteAddr: tcpAddr(c.o.Remote), Packet: p}
	c.o.Handler.ServeRADIUS(w, r.WithContext(hostContext{context.Background(), c}))
	returned = true
}

// refuseLater is refuse outside of the reader, which has verified the request.
func (c *Conn) refuseLater(request []byte, cause errcause.Cause) {
	if err := c.refuse(request, cause); err != nil {
		c.Break(err)
	}
}

// tcpAddr is an address as radius.Request has it: a host prints it, or looks a client up by it.
func tcpAddr(a netip.AddrPort) net.Addr { return net.TCPAddrFromAddrPort(a) }

// A response is the radius.ResponseWriter of one request.
type response struct {
	c       *Conn
	request []byte
	field   authn.Field // the Request Authenticator that the Handler sees

	mu       sync.Mutex // guards answered
	answered bool
}

// take reports whether the request was not answered yet, and takes it for answered. A Handler may
// call Write from several goroutines, or after it has returned.
func (w *response) take() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := !w.answered
	w.answered = true
	return taken
}

// Write sends the answer: once, and of a Code that answers the request, since the other end waits
// for one of those with this identifier. It may wait for the other end to read. Identifier and
// authenticators are set here, whatever p has.
func (w *response) Write(p *radius.Packet) error {
	if p == nil || !answers(p.Code, radius.Code(w.request[0])) {
		return w.c.o.fault("Code does not answer the request")
	}
	set, err := p.Attributes, error(nil)
	if w.c.version == dac.RADIUS11 {
		if set, err = w.c.reveal(set, w.field); err != nil {
			return w.c.o.fault("hide values under the Authenticator and the Secret of the request: %w", err)
		}
	}
	b, err := w.c.codec.answer(w.request, p.Code, set)
	if err != nil {
		return w.c.o.fault("%w", err)
	}
	if !w.take() {
		return w.c.o.fault("the request was answered before: call Write once")
	}
	_, err = w.c.out.send([][]byte{b}, true)
	return err
}

// Refuse answers Protocol-Error with cause. A Handler that wraps the host's calls it.
func (w *response) Refuse(cause errcause.Cause) {
	if w.take() {
		w.c.refuseLater(w.request, cause)
	}
}

// answers reports whether a packet of code c may answer an Access- or an Accounting-Request.
func answers(c, of radius.Code) bool {
	switch c {
	case radius.CodeAccessAccept, radius.CodeAccessReject, radius.CodeAccessChallenge:
		return of == radius.CodeAccessRequest
	case radius.CodeAccountingResponse:
		return of == radius.CodeAccountingRequest
	}
	return c == packet.ProtocolError
}
