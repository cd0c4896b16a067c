// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"net"
	"sync"
	"time"

	"layeh.com/radius"
)

// serveLayeh is a radius.PacketServer whose handler makes the checks that the server leaves to it.
// The Request Authenticator is checked by the server itself.
func serveLayeh(c *net.UDPConn, o options, ready func(counts)) error {
	h := &layehHandler{sessions: subscribers(o.sessions), block: o.block, turned: time.Now(), window: o.window()}
	for i := range h.seen {
		h.seen[i] = make(map[[16]byte]radius.Code)
	}
	ready(nil)
	s := &radius.PacketServer{SecretSource: radius.StaticSecretSource([]byte(secret)), Handler: h}
	return s.Serve(c)
}

type layehHandler struct {
	sessions map[string]*subscriber // not changed
	block    time.Duration
	window   time.Duration

	mu     sync.Mutex                  // guards the rest
	seen   [2]map[[16]byte]radius.Code // of the answers of this window and of the one before; 0: in work
	turned time.Time
}

// ServeRADIUS answers one request.
func (h *layehHandler) ServeRADIUS(w radius.ResponseWriter, r *radius.Request) {
	p := r.Packet
	if p.Code != radius.CodeDisconnectRequest || !messageIsRight(p) {
		return
	}
	if stamp, ok := p.Lookup(typeEventTimestamp); ok && !timely(stamp, time.Now(), h.window) {
		return
	}
	code, again := h.begin(p.Authenticator)
	switch {
	case again && code == 0:
		return
	case !again:
		code = h.disconnect(p)
		h.mu.Lock()
		h.seen[0][p.Authenticator] = code
		h.mu.Unlock()
	}
	w.Write(layehAnswer(p, code))
}

// begin returns the code of what was answered before, or notes that the request is in work.
func (h *layehHandler) begin(auth [16]byte) (code radius.Code, again bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.seen {
		if code, again := h.seen[i][auth]; again {
			return code, true
		}
	}
	if now := time.Now(); now.Sub(h.turned) > h.window {
		h.turned = now
		h.seen[1], h.seen[0] = h.seen[0], make(map[[16]byte]radius.Code)
	}
	h.seen[0][auth] = 0
	return 0, false
}

func (h *layehHandler) disconnect(p *radius.Packet) radius.Code {
	if h.block > 0 {
		time.Sleep(h.block)
	}
	if _, ok := h.sessions[string(p.Get(typeSessionID))]; !ok {
		return radius.CodeDisconnectNAK
	}
	return radius.CodeDisconnectACK
}

// layehAnswer makes the answer to p.
func layehAnswer(p *radius.Packet, code radius.Code) *radius.Packet {
	resp := p.Response(code)
	if code == radius.CodeDisconnectNAK {
		resp.Add(typeErrorCause, binary.BigEndian.AppendUint32(nil, contextNotFound))
	}
	if _, ok := p.Lookup(typeMessageAuth); ok {
		resp.Add(typeMessageAuth, make([]byte, md5.Size))
		resp.Set(typeMessageAuth, messageOf(resp, p.Authenticator))
	}
	return resp
}

// messageIsRight checks the Message-Authenticator of a request, where there is one.
func messageIsRight(p *radius.Packet) bool {
	got, ok := p.Lookup(typeMessageAuth)
	return !ok || len(got) == md5.Size && hmac.Equal(got, messageOf(p, zeros))
}

// messageOf computes the Message-Authenticator of a packet with field for its authenticator.
func messageOf(p *radius.Packet, field [16]byte) []byte {
	b, err := p.MarshalBinary()
	if err != nil {
		return nil
	}
	copy(b[4:headerLen], field[:])
	for i := headerLen; i < len(b); i += int(b[i+1]) {
		if b[i] == typeMessageAuth {
			clear(b[i+2 : i+int(b[i+1])])
		}
	}
	mac := hmac.New(md5.New, p.Secret)
	mac.Write(b)
	return mac.Sum(nil)
}
