// SPDX-License-Identifier: Apache-2.0

package ports

import (
	"context"
	"log/slog"
	"slices"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
)

func (b *bng) Find(_ context.Context, id attrs.Identity) ([]subscriber, error) {
	return slices.DeleteFunc(b.all(), func(s subscriber) bool {
		return !id.Selects(attrs.Identity{AcctSessionID: s.ID, UserName: s.User, FramedIPAddress: s.IP})
	}), nil
}

func (b *bng) Disconnect(_ context.Context, s subscriber, _ *session.Disconnect) error {
	if !b.terminate(s.ID) {
		return errcause.SessionContextNotFound
	}
	return nil
}

func (b *bng) Change(_ context.Context, s subscriber, c *session.Change) error {
	policy, err := attrs.FilterID.Get(c.Attributes)
	if err == nil && !b.setPolicy(s.ID, policy) {
		err = errcause.SessionContextNotFound
	}
	return err
}

func newServer(b *bng, addr string, clients dac.Peers, log *slog.Logger) *dac.Server {
	d := session.NewDispatcher(b, attrs.FilterID)
	d.Key = func(s subscriber) any { return s.ID }
	return &dac.Server{Addr: addr, Peers: clients, Handler: d, Logger: log}
}
