// SPDX-License-Identifier: Apache-2.0

package ports

import (
	"crypto/hmac"
	"crypto/md5"
	"net"
	"net/netip"
	"sync"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3576"
)

type seenKey struct {
	from string
	id   byte
	auth [16]byte
}

type seenEntry struct {
	at    time.Time
	reply *radius.Packet
}

type coaHandler struct {
	secret []byte
	nets   []netip.Prefix
	store  *store
	log    *sugared

	mu   sync.Mutex
	seen map[seenKey]*seenEntry
}

func newCoAServer(secret string, nets []netip.Prefix, st *store, log *sugared) *radius.PacketServer {
	h := &coaHandler{secret: []byte(secret), nets: nets, store: st, log: log, seen: map[seenKey]*seenEntry{}}
	return &radius.PacketServer{Addr: ":3799", SecretSource: radius.StaticSecretSource(h.secret), Handler: h}
}

func (h *coaHandler) ServeRADIUS(w radius.ResponseWriter, r *radius.Request) {
	if !h.known(r.RemoteAddr) {
		h.log.Warnw("request of an unknown client", "from", r.RemoteAddr)
		return
	}
	if !h.verify(r.Packet) {
		h.log.Warnw("wrong Message-Authenticator", "from", r.RemoteAddr)
		return
	}
	if !h.current(r.Packet) {
		h.log.Warnw("stale Event-Timestamp", "from", r.RemoteAddr)
		return
	}
	key := seenKey{r.RemoteAddr.String(), r.Identifier, r.Authenticator}
	h.mu.Lock()
	h.sweep()
	entry, again := h.seen[key]
	if !again {
		h.seen[key] = &seenEntry{at: time.Now()}
	}
	h.mu.Unlock()
	if again {
		if entry.reply != nil {
			w.Write(entry.reply)
		}
		return
	}
	var reply *radius.Packet
	switch r.Code {
	case radius.CodeDisconnectRequest:
		reply = h.disconnect(r.Packet)
	case radius.CodeCoARequest:
		reply = h.change(r.Packet)
	default:
		h.log.Warnw("unexpected code", "code", r.Code)
		return
	}
	h.finish(r.Packet, reply)
	h.mu.Lock()
	h.seen[key].reply = reply
	h.mu.Unlock()
	if err := w.Write(reply); err != nil {
		h.log.Errorw("cannot answer", "to", r.RemoteAddr, "error", err)
	}
}

func (h *coaHandler) sweep() {
	for key, entry := range h.seen {
		if time.Since(entry.at) > 30*time.Second {
			delete(h.seen, key)
		}
	}
}

func (h *coaHandler) known(from net.Addr) bool {
	udp, ok := from.(*net.UDPAddr)
	if !ok {
		return false
	}
	addr, _ := netip.AddrFromSlice(udp.IP)
	for _, p := range h.nets {
		if p.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}

func (h *coaHandler) current(p *radius.Packet) bool {
	at, err := rfc2869.EventTimestamp_Lookup(p)
	if err != nil {
		return true
	}
	off := time.Since(at)
	return off < 5*time.Minute && off > -5*time.Minute
}

func (h *coaHandler) verify(p *radius.Packet) bool {
	got, err := rfc2869.MessageAuthenticator_Lookup(p)
	if err != nil {
		return true
	}
	return hmac.Equal(got, h.sum(p, [16]byte{}))
}

func (h *coaHandler) sum(p *radius.Packet, field [16]byte) []byte {
	c := *p
	c.Attributes = append(radius.Attributes(nil), p.Attributes...)
	for i, a := range c.Attributes {
		if a.Type == rfc2869.MessageAuthenticator_Type {
			c.Attributes[i] = &radius.AVP{Type: a.Type, Attribute: make([]byte, md5.Size)}
		}
	}
	b, err := c.MarshalBinary()
	if err != nil {
		return nil
	}
	copy(b[4:20], field[:])
	mac := hmac.New(md5.New, h.secret)
	mac.Write(b)
	return mac.Sum(nil)
}

func (h *coaHandler) find(p *radius.Packet) []*sub {
	h.store.mu.RLock()
	defer h.store.mu.RUnlock()
	if id, err := rfc2866.AcctSessionID_LookupString(p); err == nil {
		if x := h.store.byAcct[id]; x != nil {
			return []*sub{x}
		}
		return nil
	}
	if ip, err := rfc2865.FramedIPAddress_Lookup(p); err == nil {
		addr, _ := netip.AddrFromSlice(ip.To4())
		if x := h.store.byIP[addr]; x != nil {
			return []*sub{x}
		}
		return nil
	}
	if port, err := rfc2869.NASPortID_LookupString(p); err == nil {
		if x := h.store.byPort[port]; x != nil {
			return []*sub{x}
		}
		return nil
	}
	if mac, err := rfc2865.CallingStationID_LookupString(p); err == nil {
		return h.store.byMAC[mac]
	}
	if user, err := rfc2865.UserName_LookupString(p); err == nil {
		return h.store.byUser[user]
	}
	return nil
}

func (h *coaHandler) identified(p *radius.Packet) bool {
	for _, a := range p.Attributes {
		switch a.Type {
		case rfc2866.AcctSessionID_Type, rfc2865.FramedIPAddress_Type, rfc2869.NASPortID_Type, rfc2865.CallingStationID_Type, rfc2865.UserName_Type:
			return true
		}
	}
	return false
}

func (h *coaHandler) one(p *radius.Packet) (*sub, rfc3576.ErrorCause) {
	if !h.identified(p) {
		return nil, rfc3576.ErrorCause_Value_MissingAttribute
	}
	all := h.find(p)
	if len(all) == 0 || all[0].Down {
		return nil, rfc3576.ErrorCause_Value_SessionContextNotFound
	}
	if len(all) > 1 {
		return nil, rfc3576.ErrorCause(508)
	}
	return all[0], 0
}

func (h *coaHandler) disconnect(p *radius.Packet) *radius.Packet {
	x, cause := h.one(p)
	if cause == 0 && !h.store.down(x) {
		cause = rfc3576.ErrorCause_Value_SessionContextNotFound
	}
	if cause != 0 {
		return h.refuse(p, radius.CodeDisconnectNAK, cause)
	}
	h.log.Infow("session disconnected", "session", x.AcctID, "user", x.User)
	return p.Response(radius.CodeDisconnectACK)
}

func (h *coaHandler) change(p *radius.Packet) *radius.Packet {
	x, cause := h.one(p)
	if cause != 0 {
		return h.refuse(p, radius.CodeCoANAK, cause)
	}
	profile, noProfile := rfc2865.FilterID_LookupString(p)
	seconds, noTimeout := rfc2865.SessionTimeout_Lookup(p)
	if noProfile != nil && noTimeout != nil {
		return h.refuse(p, radius.CodeCoANAK, rfc3576.ErrorCause_Value_MissingAttribute)
	}
	if !h.store.apply(x, profile, time.Duration(seconds)*time.Second) {
		return h.refuse(p, radius.CodeCoANAK, rfc3576.ErrorCause_Value_SessionContextNotFound)
	}
	h.log.Infow("session changed", "session", x.AcctID, "profile", profile, "timeout", seconds)
	return p.Response(radius.CodeCoAACK)
}

func (h *coaHandler) refuse(p *radius.Packet, code radius.Code, cause rfc3576.ErrorCause) *radius.Packet {
	h.log.Warnw("request refused", "code", p.Code, "cause", cause)
	reply := p.Response(code)
	rfc3576.ErrorCause_Set(reply, cause)
	return reply
}

func (h *coaHandler) finish(p, reply *radius.Packet) {
	for _, a := range p.Attributes {
		if a.Type == rfc2865.ProxyState_Type {
			reply.Attributes = append(reply.Attributes, a)
		}
	}
	if _, err := rfc2869.MessageAuthenticator_Lookup(p); err == nil {
		rfc2869.MessageAuthenticator_Set(reply, make([]byte, md5.Size))
		rfc2869.MessageAuthenticator_Set(reply, h.sum(reply, p.Authenticator))
	}
}
