// SPDX-License-Identifier: Apache-2.0

package ports

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3576"
)

type oldSender struct {
	db      *database
	timeout time.Duration
	retries int
}

var errNoSession = errors.New("no such session")

func (s *oldSender) DisconnectUser(ctx context.Context, user string) (ended int, err error) {
	return s.each(ctx, user, func(o online) *radius.Packet {
		p := radius.New(radius.CodeDisconnectRequest, nil)
		s.identify(p, o)
		return p
	})
}

func (s *oldSender) ChangeUser(ctx context.Context, user, filter string, timeout time.Duration) (changed int, err error) {
	return s.each(ctx, user, func(o online) *radius.Packet {
		p := radius.New(radius.CodeCoARequest, nil)
		s.identify(p, o)
		rfc2865.FilterID_SetString(p, filter)
		rfc2865.SessionTimeout_Set(p, rfc2865.SessionTimeout(timeout/time.Second))
		return p
	})
}

func (s *oldSender) identify(p *radius.Packet, o online) {
	rfc2865.UserName_SetString(p, o.User)
	rfc2866.AcctSessionID_SetString(p, o.Session)
}

func (s *oldSender) each(ctx context.Context, user string, request func(online) *radius.Packet) (done int, err error) {
	sessions, err := s.db.SessionsOfUser(ctx, user)
	if err != nil {
		return 0, err
	}
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
		turn = make(chan struct{}, 10)
	)
	for _, o := range sessions {
		wg.Add(1)
		turn <- struct{}{}
		go func() {
			defer wg.Done()
			defer func() { <-turn }()
			err := s.send(ctx, o.NAS, request(o))
			mu.Lock()
			defer mu.Unlock()
			if err != nil && !errors.Is(err, errNoSession) {
				errs = append(errs, fmt.Errorf("%s on %s: %w", o.Session, o.NAS, err))
				return
			}
			done++
		}()
	}
	wg.Wait()
	return done, errors.Join(errs...)
}

func (s *oldSender) send(ctx context.Context, nas string, p *radius.Packet) error {
	row, err := s.db.NASByAddr(ctx, nas)
	if err != nil {
		return fmt.Errorf("NAS %s: %w", nas, err)
	}
	p.Secret = []byte(row.Secret)
	rfc2869.EventTimestamp_Set(p, time.Now())
	if err := sign(p); err != nil {
		return err
	}
	request, err := p.Encode()
	if err != nil {
		return err
	}
	conn, err := net.Dial("udp", net.JoinHostPort(row.Addr, strconv.Itoa(row.Port)))
	if err != nil {
		return err
	}
	defer conn.Close()
	for range s.retries {
		answer, err := s.try(ctx, conn, p, request)
		if errors.Is(err, context.DeadlineExceeded) {
			continue
		}
		if err != nil {
			return err
		}
		return verdictOf(answer)
	}
	return fmt.Errorf("no answer of %s", nas)
}

func sign(p *radius.Packet) error {
	rfc2869.MessageAuthenticator_Set(p, make([]byte, md5.Size))
	b, err := p.MarshalBinary()
	if err != nil {
		return err
	}
	clear(b[4:20])
	mac := hmac.New(md5.New, p.Secret)
	mac.Write(b)
	return rfc2869.MessageAuthenticator_Set(p, mac.Sum(nil))
}

func (s *oldSender) try(ctx context.Context, conn net.Conn, p *radius.Packet, request []byte) (*radius.Packet, error) {
	if _, err := conn.Write(request); err != nil {
		return nil, err
	}
	deadline := time.Now().Add(s.timeout)
	if limit, ok := ctx.Deadline(); ok && limit.Before(deadline) {
		deadline = limit
	}
	conn.SetReadDeadline(deadline)
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() && ctx.Err() == nil {
				return nil, context.DeadlineExceeded
			}
			return nil, err
		}
		b := bytes.Clone(buf[:n])
		if n < 20 || b[1] != request[1] || !radius.IsAuthenticResponse(b, request, p.Secret) {
			continue
		}
		answer, err := radius.Parse(b, p.Secret)
		if err != nil {
			continue
		}
		return answer, nil
	}
}

func verdictOf(answer *radius.Packet) error {
	switch answer.Code {
	case radius.CodeDisconnectACK, radius.CodeCoAACK:
		return nil
	case radius.CodeDisconnectNAK, radius.CodeCoANAK:
		cause, err := rfc3576.ErrorCause_Lookup(answer)
		if err != nil {
			return errors.New("refused")
		}
		if cause == rfc3576.ErrorCause_Value_SessionContextNotFound {
			return errNoSession
		}
		return fmt.Errorf("refused: %v", cause)
	}
	return fmt.Errorf("unexpected answer: %v", answer.Code)
}
