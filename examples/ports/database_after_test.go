// SPDX-License-Identifier: Apache-2.0

package ports

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

type sender struct {
	db     *database
	client *dac.Client
}

func newSender(db *database) *sender {
	peers := func(ctx context.Context, nas netip.AddrPort) (dac.Peer, error) {
		row, err := db.NASByAddr(ctx, nas.Addr().String())
		return dac.Peer{Secret: dac.Secret(row.Secret)}, err
	}
	return &sender{db, &dac.Client{Peers: dac.CachePeers(dac.PeersFunc(peers), time.Minute)}}
}

func (s *sender) addr(ctx context.Context, nas string) (netip.AddrPort, error) {
	row, err := s.db.NASByAddr(ctx, nas)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.ParseAddrPort(net.JoinHostPort(row.Addr, strconv.Itoa(row.Port)))
}

func (s *sender) DisconnectUser(ctx context.Context, user string) (ended int, err error) {
	return s.each(ctx, user, dac.DisconnectJob)
}

func (s *sender) ChangeUser(ctx context.Context, user, filter string, timeout time.Duration) (changed int, err error) {
	return s.each(ctx, user, dac.CoAJob, attrs.FilterID.Of(filter), attrs.SessionTimeout.Of(timeout))
}

type jobOf func(nas netip.AddrPort, a ...attrs.Attr) dac.Job

func (s *sender) each(ctx context.Context, user string, job jobOf, change ...attrs.Attr) (done int, err error) {
	sessions, err := s.db.SessionsOfUser(ctx, user)
	jobs := func(yield func(dac.Job) bool) {
		for _, o := range sessions {
			nas, err := s.addr(ctx, o.NAS)
			j := job(nas, attrs.UserName.Of(o.User), attrs.AcctSessionID.Of(o.Session), attrs.Join(change...))
			j.Err = err
			if !yield(j) {
				return
			}
		}
	}
	for out := range s.client.Each(ctx, jobs) {
		if out.Err != nil && !errors.Is(out.Err, errcause.SessionContextNotFound) {
			err = errors.Join(err, out.Err)
			continue
		}
		done++
	}
	return done, err
}
