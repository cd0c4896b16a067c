// SPDX-License-Identifier: Apache-2.0

package sessiontest_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/radius-dynauth/dynauth/session/sessiontest"
	"github.com/stretchr/testify/require"
)

// A subscriber is a session of the bng.
type subscriber struct {
	name string // its Acct-Session-Id

	mu     sync.Mutex // guards what follows
	filter string
	gone   bool
}

func (s *subscriber) currentFilter() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.filter
}

// A bng is a small host over a Table that keeps the rules.
type bng struct {
	session.Table[*subscriber]
}

func (b *bng) Disconnect(ctx context.Context, s *subscriber, d *session.Disconnect) error {
	return b.DisconnectAll(ctx, []*subscriber{s}, d)
}

func (b *bng) Change(ctx context.Context, s *subscriber, c *session.Change) error {
	return b.ChangeAll(ctx, []*subscriber{s}, c)
}

func (b *bng) DisconnectAll(ctx context.Context, all []*subscriber, d *session.Disconnect) error {
	return b.lock(ctx, all, func(s *subscriber) {
		s.gone = true
		b.DeleteFunc("", s.name, func(o *subscriber) bool { return o == s })
	})
}

func (b *bng) ChangeAll(ctx context.Context, all []*subscriber, c *session.Change) error {
	filter, err := attrs.FilterID.Get(c.Attributes)
	if err != nil {
		return err
	}
	return b.lock(ctx, all, func(s *subscriber) { s.filter = filter })
}

// lock does something to all sessions, once it is sure that it can. They are locked in one and the
// same order by all.
func (b *bng) lock(ctx context.Context, all []*subscriber, do func(s *subscriber)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, s := range inOrder(all) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.gone {
			return errcause.SessionContextNotFound
		}
	}
	for _, s := range all {
		do(s)
	}
	return nil
}

func inOrder(all []*subscriber) []*subscriber {
	if len(all) == 2 && all[0].name > all[1].name {
		return []*subscriber{all[1], all[0]}
	}
	return all
}

// sessionKey is an attribute of a vendor that identifies a session.
var sessionKey = attrs.Text.Key(attrs.VendorID(32473, 7), "Example-Session")

// identities of the sessions of a bng: all attributes, two of which both have.
func identities() [2]attrs.Identity {
	var ids [2]attrs.Identity
	for i := range ids {
		n := byte(i + 1)
		ids[i] = attrs.Identity{
			UserName:               "bob",
			AcctSessionID:          fmt.Sprintf("%08x", n),
			AcctMultiSessionID:     fmt.Sprintf("multi-%d", n),
			CallingStationID:       fmt.Sprintf("02-00-00-00-00-%02X", n),
			CalledStationID:        "02-01-00-00-00-01:example",
			NASPortID:              fmt.Sprintf("xe-0/0/%d", n),
			ChargeableUserIdentity: fmt.Sprintf("cui-%d", n),
			NASPort:                ptr(uint32(n)),
			FramedIPAddress:        netip.AddrFrom4([4]byte{192, 0, 2, n}),
			FramedIPv6Prefix:       []netip.Prefix{netip.MustParsePrefix(fmt.Sprintf("2001:db8:%d::/64", n))},
			FramedInterfaceID:      &[8]byte{7: n},
			Other:                  map[attrs.ID][]string{sessionKey.ID(): {fmt.Sprintf("key-%d", n)}},
		}
	}
	return ids
}

func newBNG(t *testing.T) *bng {
	b := new(bng)
	for _, id := range identities() {
		require.NoError(t, b.Put(id, &subscriber{name: id.AcctSessionID, filter: "none"}))
	}
	return b
}

// hostOf is a Host around a handler, which is a bng or has one.
func hostOf(h session.Handler[*subscriber], several session.Several[*subscriber]) sessiontest.Host[*subscriber] {
	return sessiontest.Host[*subscriber]{
		Handler:  h,
		Several:  several,
		Sessions: identities(),
		Change:   []attrs.Attr{attrs.FilterID.Of("gold")},
		Snapshot: func(s *subscriber) any { return s.currentFilter() },
	}
}

func TestAHostOverATablePasses(t *testing.T) {
	t.Run("several", func(t *testing.T) {
		sessiontest.Run(t, func(t *testing.T) sessiontest.Host[*subscriber] {
			b := newBNG(t)
			return hostOf(b, b)
		})
	})
	t.Run("one at a time", func(t *testing.T) {
		sessiontest.Run(t, func(t *testing.T) sessiontest.Host[*subscriber] { return hostOf(newBNG(t), nil) })
	})
	t.Run("no changes", func(t *testing.T) {
		sessiontest.Run(t, func(t *testing.T) sessiontest.Host[*subscriber] {
			h := hostOf(newBNG(t), nil)
			h.Change, h.Snapshot = nil, nil
			return h
		})
	})
	t.Run("no disconnects", func(t *testing.T) {
		sessiontest.Run(t, func(t *testing.T) sessiontest.Host[*subscriber] { return hostOf(onlyChanges{newBNG(t)}, nil) })
	})
	t.Run("contexts", func(t *testing.T) {
		sessiontest.Run(t, func(t *testing.T) sessiontest.Host[*subscriber] {
			b := new(bngInContexts)
			h := hostOf(b, nil)
			for i := range h.Sessions {
				h.Sessions[i] = attrs.Identity{Context: []string{"red", "blue"}[i], AcctSessionID: "1", UserName: "bob"}
				require.NoError(t, b.Put(h.Sessions[i], &subscriber{name: h.Sessions[i].Context, filter: "none"}))
			}
			return h
		})
	})
	t.Run("values that cannot be compared", func(t *testing.T) {
		sessiontest.Run(t, func(t *testing.T) sessiontest.Host[[]*subscriber] {
			b := newBNG(t)
			return sessiontest.Host[[]*subscriber]{
				Handler:  slicesOf{b},
				Sessions: identities(),
				Change:   []attrs.Attr{attrs.FilterID.Of("gold")},
				Setup:    func(d *session.Dispatcher[[]*subscriber]) { d.Key = func(s []*subscriber) any { return s[0] } },
			}
		})
	})
	t.Run("a policy", func(t *testing.T) {
		sessiontest.Run(t, func(t *testing.T) sessiontest.Host[*subscriber] {
			h := hostOf(newBNG(t), nil)
			h.Setup = func(d *session.Dispatcher[*subscriber]) {
				d.Policy.RequireDisconnect = [][]attrs.AnyKey{{attrs.AcctSessionID}}
				d.Policy.RequireCoA = [][]attrs.AnyKey{{attrs.AcctSessionID}}
			}
			return h
		})
	})
}

// onlyChanges is a host that ends no sessions.
type onlyChanges struct{ *bng }

func (onlyChanges) Disconnect(ctx context.Context, s *subscriber, d *session.Disconnect) error {
	return session.Unimplemented[*subscriber]{}.Disconnect(ctx, s, d)
}

// bngInContexts names its sessions by their context.
type bngInContexts struct{ bng }

func (b *bngInContexts) Disconnect(ctx context.Context, s *subscriber, d *session.Disconnect) error {
	return b.lock(ctx, []*subscriber{s}, func(s *subscriber) {
		s.gone = true
		b.Delete(s.name, "1")
	})
}

// slicesOf is a host whose sessions cannot be compared.
type slicesOf struct{ *bng }

func (h slicesOf) Find(ctx context.Context, id attrs.Identity) (found [][]*subscriber, err error) {
	all, err := h.bng.Find(ctx, id)
	for _, s := range all {
		found = append(found, []*subscriber{s})
	}
	return found, err
}

func (h slicesOf) Disconnect(ctx context.Context, s []*subscriber, d *session.Disconnect) error {
	return h.bng.DisconnectAll(ctx, s, d)
}

func (h slicesOf) Change(ctx context.Context, s []*subscriber, c *session.Change) error {
	return h.bng.ChangeAll(ctx, s, c)
}
