// SPDX-License-Identifier: Apache-2.0

package ports

import (
	"cmp"
	"context"
	"log/slog"
	"slices"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
)

func (st *store) Find(_ context.Context, id attrs.Identity) ([]*sub, error) {
	st.mu.RLock()
	defer st.mu.RUnlock()
	all := slices.Concat(st.byUser[id.UserName], st.byMAC[id.CallingStationID])
	for _, x := range []*sub{st.byAcct[id.AcctSessionID], st.byIP[id.FramedIPAddress], st.byPort[id.NASPortID]} {
		if x != nil {
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(x, y *sub) int { return cmp.Compare(x.AcctID, y.AcctID) })
	return slices.DeleteFunc(slices.Compact(all), func(x *sub) bool { return x.Down || !id.Selects(identityOf(x)) }), nil
}

func identityOf(x *sub) attrs.Identity {
	return attrs.Identity{
		AcctSessionID: x.AcctID, UserName: x.User, FramedIPAddress: x.IP, CallingStationID: x.MAC, NASPortID: x.Port,
	}
}

func (st *store) Disconnect(_ context.Context, x *sub, _ *session.Disconnect) error {
	if !st.down(x) {
		return errcause.SessionContextNotFound
	}
	return nil
}

func (st *store) Change(_ context.Context, x *sub, c *session.Change) error {
	profile, _ := attrs.FilterID.Get(c.Attributes)
	timeout, _ := attrs.SessionTimeout.Get(c.Attributes)
	if !st.apply(x, profile, timeout) {
		return errcause.SessionContextNotFound
	}
	return nil
}

func newIndexedServer(st *store, clients dac.PeerMap, log *slog.Logger) *dac.Server {
	return &dac.Server{Peers: clients, Handler: session.NewDispatcher(st, attrs.FilterID, attrs.SessionTimeout), Logger: log}
}
