// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/radius-dynauth/dynauth/session/sessiontest"
	"github.com/stretchr/testify/require"
)

// A radiator is a host that has a map for each attribute.
type radiator struct {
	session.Unimplemented[string]
	byID     map[string]string
	byUser   map[string][]string
	byAddr   map[netip.Addr]string
	byPrefix map[netip.Prefix][]string
	mu       sync.Mutex
	asked    []string
	broken   error
}

func (h *radiator) note(index string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, index)
}

func (h *radiator) Find(ctx context.Context, id attrs.Identity) ([]string, error) {
	return session.FindBy(ctx, id,
		session.ByOne(attrs.AcctSessionID, func(v string) (string, bool) { h.note("id"); s, ok := h.byID[v]; return s, ok }),
		session.ByOne(attrs.FramedIPAddress, func(v netip.Addr) (string, bool) { s, ok := h.byAddr[v]; return s, ok }),
		session.By(attrs.UserName, func(_ context.Context, v string) ([]string, error) {
			h.note("user")
			return h.byUser[v], h.broken
		}),
		session.By(attrs.FramedIPv6Prefix, func(_ context.Context, v netip.Prefix) ([]string, error) { return h.byPrefix[v], nil }),
	)
}

func newRadiator() *radiator {
	return &radiator{
		byID: map[string]string{"1": "a", "2": "b", "3": "c"}, byUser: map[string][]string{"bob": {"b", "a", "b"}, "eve": {"c"}},
		byAddr:   map[netip.Addr]string{addr("10.0.0.1"): "a", addr("10.0.0.2"): "b"},
		byPrefix: map[netip.Prefix][]string{prefix("2001:db8::/64"): {"a", "b"}, prefix("2001:db8:1::/64"): {"b"}},
	}
}

// RFC 5176, section 3: every attribute has to match, by any index it is looked up.
func TestFindByReturnsWhatEveryIndexFinds(t *testing.T) {
	for name, test := range map[string]struct {
		id    attrs.Identity
		want  []string
		cause errcause.Cause
	}{
		"one index":                    {attrs.Identity{AcctSessionID: "1"}, []string{"a"}, 0},
		"several, each once, in order": {attrs.Identity{UserName: "bob"}, []string{"b", "a"}, 0},
		"two indexes":                  {attrs.Identity{AcctSessionID: "1", UserName: "bob"}, []string{"a"}, 0},
		"two that disagree":            {attrs.Identity{AcctSessionID: "3", UserName: "bob"}, nil, 0},
		"three":                        {attrs.Identity{FramedIPAddress: addr("10.0.0.2"), UserName: "bob", AcctSessionID: "2"}, []string{"b"}, 0},
		"one unknown":                  {attrs.Identity{AcctSessionID: "9", UserName: "bob"}, nil, 0},
		"several values of one":        {attrs.Identity{FramedIPv6Prefix: []netip.Prefix{prefix("2001:db8::/64"), prefix("2001:db8:1::/64")}}, []string{"b"}, 0},
		"values of different sessions": {attrs.Identity{FramedIPv6Prefix: []netip.Prefix{prefix("2001:db8:1::/64")}, AcctSessionID: "1"}, nil, 0},
		"no index":                     {attrs.Identity{AcctSessionID: "1", NASPortID: "xe-0"}, nil, errcause.UnsupportedAttribute},
		"nothing":                      {attrs.Identity{Context: "red"}, nil, errcause.MissingAttribute},
		"a vendor's without index":     {attrs.Identity{AcctSessionID: "1", Other: map[attrs.ID][]string{attrs.VendorID(9, 1): {"x"}}}, nil, errcause.UnsupportedAttribute},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := newRadiator().Find(t.Context(), test.id)
			if test.cause != 0 {
				require.ErrorIs(t, err, test.cause)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, found)
		})
	}
	h := newRadiator()
	_, err := h.Find(t.Context(), attrs.Identity{AcctSessionID: "9", UserName: "bob"})
	require.NoError(t, err)
	require.Equal(t, []string{"id"}, h.asked, "nothing is left to ask the others for")
	h.broken = errors.New("no index")
	_, err = h.Find(t.Context(), attrs.Identity{UserName: "bob"})
	require.ErrorIs(t, err, h.broken)
}

// An index of Cisco-AVPair as a whole does not find what is packed into it, so what is packed is
// not passed over.
func TestFindByPassesOverNothingThatIsPacked(t *testing.T) {
	packed := attrs.Identity{UserName: "bob", Other: map[attrs.ID][]string{auditSessionID.ID(): {"0a"}}}
	user := session.By(attrs.UserName, func(context.Context, string) ([]int, error) { return []int{1}, nil })
	pair := session.By(avPair, func(context.Context, string) ([]int, error) { return []int{1}, nil })
	_, err := session.FindBy(t.Context(), packed, user, pair)
	require.ErrorIs(t, err, errcause.UnsupportedAttribute)
	audit := session.ByOne(auditSessionID, func(v string) (int, bool) { return 1, v == "0a" })
	found, err := session.FindBy(t.Context(), packed, user, audit)
	require.NoError(t, err)
	require.Equal(t, []int{1}, found)
}

func TestAHostByIndexesKeepsTheRulesOfAHandler(t *testing.T) {
	sessiontest.Run(t, func(*testing.T) sessiontest.Host[string] {
		return sessiontest.Host[string]{Handler: newRadiator(), Sessions: [2]attrs.Identity{
			{AcctSessionID: "1", UserName: "bob", FramedIPAddress: addr("10.0.0.1")}, {AcctSessionID: "2", UserName: "bob", FramedIPAddress: addr("10.0.0.2")},
		}}
	})
}

// A hotspot has a map from each attribute to sessions.
type hotspot struct {
	session.Unimplemented[*lease]
	byID   map[string]*lease
	byUser map[string][]*lease
}

func (h *hotspot) Find(ctx context.Context, id attrs.Identity) ([]*lease, error) {
	return session.FindBy(ctx, id,
		session.ByOne(attrs.AcctSessionID, func(v string) (*lease, bool) { l, ok := h.byID[v]; return l, ok }),
		session.By(attrs.UserName, func(_ context.Context, v string) ([]*lease, error) { return h.byUser[v], nil }),
	)
}
