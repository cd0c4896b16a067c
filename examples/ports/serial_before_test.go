// SPDX-License-Identifier: Apache-2.0

package ports

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3576"
)

type serialConfig struct {
	Addr    string
	Secret  string
	Clients []string
}

type serialStats struct {
	Received, Discarded, ACKs, NAKs, Duplicates atomic.Uint64
}

type serialReply struct {
	octets []byte
	at     time.Time
}

type serialServer struct {
	config  serialConfig
	bng     *bng
	log     *slog.Logger
	stats   serialStats
	conn    *net.UDPConn
	done    chan struct{}
	wg      sync.WaitGroup
	replies map[string]serialReply
}

func newSerialServer(config serialConfig, b *bng, log *slog.Logger) (*serialServer, error) {
	if config.Secret == "" {
		return nil, errors.New("coa: secret is required")
	}
	if config.Addr == "" {
		config.Addr = ":3799"
	}
	return &serialServer{config: config, bng: b, log: log, done: make(chan struct{}), replies: map[string]serialReply{}}, nil
}

func (s *serialServer) Start() error {
	addr, err := net.ResolveUDPAddr("udp", s.config.Addr)
	if err != nil {
		return fmt.Errorf("coa: resolve: %w", err)
	}
	if s.conn, err = net.ListenUDP("udp", addr); err != nil {
		return fmt.Errorf("coa: listen: %w", err)
	}
	s.log.Info("CoA server started", "addr", s.conn.LocalAddr().String())
	s.wg.Add(1)
	go s.loop()
	return nil
}

func (s *serialServer) Stop() {
	close(s.done)
	s.conn.Close()
	s.wg.Wait()
	s.log.Info("CoA server stopped")
}

func (s *serialServer) loop() {
	defer s.wg.Done()
	buf := make([]byte, 4096)
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			select {
			case <-s.done:
				return
			default:
			}
			s.log.Error("read failed", "error", err)
			continue
		}
		s.stats.Received.Add(1)
		s.handle(buf[:n], from)
	}
}

func (s *serialServer) allowed(from netip.AddrPort) bool {
	if len(s.config.Clients) == 0 {
		return true
	}
	for _, c := range s.config.Clients {
		if c == from.Addr().Unmap().String() {
			return true
		}
	}
	return false
}

func (s *serialServer) handle(b []byte, from netip.AddrPort) {
	if !s.allowed(from) {
		s.stats.Discarded.Add(1)
		s.log.Warn("request of an unknown client", "from", from.String())
		return
	}
	if len(b) < 20 {
		s.stats.Discarded.Add(1)
		s.log.Warn("short packet", "from", from.String())
		return
	}
	if !radius.IsAuthenticRequest(b, []byte(s.config.Secret)) {
		s.stats.Discarded.Add(1)
		s.log.Warn("wrong authenticator", "from", from.String())
		return
	}
	p, err := radius.Parse(b, []byte(s.config.Secret))
	if err != nil {
		s.stats.Discarded.Add(1)
		s.log.Warn("malformed packet", "from", from.String(), "error", err)
		return
	}
	if !s.messageIsRight(p) {
		s.stats.Discarded.Add(1)
		s.log.Warn("wrong Message-Authenticator", "from", from.String())
		return
	}
	if at, err := rfc2869.EventTimestamp_Lookup(p); err == nil {
		if off := time.Since(at); off > 5*time.Minute || off < -5*time.Minute {
			s.stats.Discarded.Add(1)
			s.log.Warn("stale request", "from", from.String(), "off", off)
			return
		}
	}
	key := from.String() + string(p.Authenticator[:]) + string(rune(p.Identifier))
	if reply, ok := s.replies[key]; ok {
		s.stats.Duplicates.Add(1)
		s.conn.WriteToUDPAddrPort(reply.octets, from)
		return
	}
	var reply *radius.Packet
	switch p.Code {
	case radius.CodeDisconnectRequest:
		reply = s.disconnect(p)
	case radius.CodeCoARequest:
		reply = s.change(p)
	default:
		s.stats.Discarded.Add(1)
		s.log.Warn("unexpected code", "from", from.String(), "code", p.Code)
		return
	}
	s.send(p, reply, key, from)
}

func (s *serialServer) find(p *radius.Packet) (subscriber, rfc3576.ErrorCause) {
	if id, err := rfc2866.AcctSessionID_LookupString(p); err == nil {
		if sub, ok := s.bng.get(id); ok {
			return sub, 0
		}
		return subscriber{}, rfc3576.ErrorCause_Value_SessionContextNotFound
	}
	if name, err := rfc2865.UserName_LookupString(p); err == nil {
		for _, sub := range s.bng.all() {
			if sub.User == name {
				return sub, 0
			}
		}
		return subscriber{}, rfc3576.ErrorCause_Value_SessionContextNotFound
	}
	if ip, err := rfc2865.FramedIPAddress_Lookup(p); err == nil {
		for _, sub := range s.bng.all() {
			if sub.IP.String() == ip.String() {
				return sub, 0
			}
		}
		return subscriber{}, rfc3576.ErrorCause_Value_SessionContextNotFound
	}
	return subscriber{}, rfc3576.ErrorCause_Value_MissingAttribute
}

func (s *serialServer) disconnect(p *radius.Packet) *radius.Packet {
	sub, cause := s.find(p)
	if cause == 0 && !s.bng.terminate(sub.ID) {
		cause = rfc3576.ErrorCause_Value_SessionContextNotFound
	}
	if cause != 0 {
		return s.refuse(p, radius.CodeDisconnectNAK, cause)
	}
	s.log.Info("session disconnected", "session", sub.ID, "user", sub.User)
	return p.Response(radius.CodeDisconnectACK)
}

func (s *serialServer) change(p *radius.Packet) *radius.Packet {
	sub, cause := s.find(p)
	if cause != 0 {
		return s.refuse(p, radius.CodeCoANAK, cause)
	}
	policy, err := rfc2865.FilterID_LookupString(p)
	if err != nil {
		return s.refuse(p, radius.CodeCoANAK, rfc3576.ErrorCause_Value_MissingAttribute)
	}
	if !s.bng.setPolicy(sub.ID, policy) {
		return s.refuse(p, radius.CodeCoANAK, rfc3576.ErrorCause_Value_SessionContextNotFound)
	}
	s.log.Info("policy changed", "session", sub.ID, "policy", policy)
	return p.Response(radius.CodeCoAACK)
}

func (s *serialServer) refuse(p *radius.Packet, code radius.Code, cause rfc3576.ErrorCause) *radius.Packet {
	s.log.Warn("request refused", "code", p.Code, "cause", cause)
	reply := p.Response(code)
	rfc3576.ErrorCause_Set(reply, cause)
	return reply
}

func (s *serialServer) messageIsRight(p *radius.Packet) bool {
	got, err := rfc2869.MessageAuthenticator_Lookup(p)
	if err != nil {
		return true
	}
	return hmac.Equal(got, s.message(p, [16]byte{}))
}

func (s *serialServer) message(p *radius.Packet, field [16]byte) []byte {
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
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	mac := hmac.New(md5.New, []byte(s.config.Secret))
	mac.Write(b)
	return mac.Sum(nil)
}

func (s *serialServer) send(p, reply *radius.Packet, key string, from netip.AddrPort) {
	for _, state := range p.Attributes {
		if state.Type == rfc2865.ProxyState_Type {
			reply.Attributes = append(reply.Attributes, state)
		}
	}
	if _, err := rfc2869.MessageAuthenticator_Lookup(p); err == nil {
		rfc2869.MessageAuthenticator_Set(reply, make([]byte, md5.Size))
		rfc2869.MessageAuthenticator_Set(reply, s.message(reply, p.Authenticator))
	}
	b, err := reply.Encode()
	if err != nil {
		s.log.Error("cannot encode", "error", err)
		return
	}
	if reply.Code == radius.CodeDisconnectACK || reply.Code == radius.CodeCoAACK {
		s.stats.ACKs.Add(1)
	} else {
		s.stats.NAKs.Add(1)
	}
	now := time.Now()
	for k, r := range s.replies {
		if now.Sub(r.at) > 30*time.Second {
			delete(s.replies, k)
		}
	}
	s.replies[key] = serialReply{b, now}
	if _, err := s.conn.WriteToUDPAddrPort(b, from); err != nil {
		s.log.Error("cannot answer", "to", from.String(), "error", err)
	}
}
