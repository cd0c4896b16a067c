// SPDX-License-Identifier: Apache-2.0

//go:build interop

package redisroutes

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/examples/redisroutes/internal/redistest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func made(i int) route.Session {
	nas := netip.AddrFrom4([4]byte{192, 0, 2, byte(i % 3)})
	return route.Session{
		From: netip.AddrPortFrom(nas, 1813), NAS: attrs.NAS{Addrs: []netip.Addr{nas}},
		Identity: attrs.Identity{UserName: fmt.Sprint("u", i%5), AcctSessionID: fmt.Sprint(i), FramedIPAddress: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})},
		Expires:  time.Unix(time.Now().Unix()+3600, 0),
	}
}

// What the Store in Redis finds is what the one in memory finds.
func TestStoreIsThatInMemory(t *testing.T) {
	r := redistest.Start(t, Options)
	s, m := New(r.Client, "test:"), &route.Memory{}
	ctx := t.Context()
	random := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		v := made(random.IntN(20))
		if random.IntN(4) == 0 {
			v.Identity.UserName = "another" // it has changed
		}
		switch random.IntN(4) {
		case 0:
			v.From = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(random.IntN(3))}), 1813)
			have, err := s.Claim(ctx, v)
			require.NoError(t, err)
			want, err := m.Claim(ctx, v)
			require.NoError(t, err)
			require.Equal(t, want, have)
		case 1:
			require.NoError(t, s.Put(ctx, v))
			require.NoError(t, m.Put(ctx, v))
		default:
			k := v.Keys()[random.IntN(len(v.Keys()))]
			require.NoError(t, s.Delete(ctx, k))
			require.NoError(t, m.Delete(ctx, k))
		}
		for _, k := range made(random.IntN(20)).Keys() {
			want, err := m.Find(ctx, k, 100)
			require.NoError(t, err)
			have, err := s.Find(ctx, k, 100)
			require.NoError(t, err)
			require.ElementsMatch(t, want, have, "%v", k)
		}
	}
	for i := range 9 {
		require.NoError(t, s.Delete(ctx, route.Key{Kind: route.ByNAS, Value: fmt.Sprintf("192.0.2.%d 192.0.2.%d", i/3, i%3)}))
	}
	left, err := r.Client.Keys(ctx, "*").Result()
	require.NoError(t, err)
	require.Empty(t, left, "nothing is left of sessions that are gone")
}

// Of two proxies that hear of a new session at the same instant from two peers, one has it.
func TestStoreIsClaimedByOneOfTwo(t *testing.T) {
	r := redistest.Start(t, Options)
	for i := range 50 {
		var others [2]netip.Addr
		var wg sync.WaitGroup
		for peer := range 2 {
			wg.Go(func() {
				v := made(i)
				v.From = netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, 100, byte(peer)}), 1)
				var err error
				others[peer], err = New(r.Client, "").Claim(t.Context(), v)
				assert.NoError(t, err)
			})
		}
		wg.Wait()
		first := slices.IndexFunc(others[:], func(a netip.Addr) bool { return !a.IsValid() })
		require.GreaterOrEqual(t, first, 0)
		require.Equal(t, netip.AddrFrom4([4]byte{198, 51, 100, byte(first)}), others[1-first])
		found, err := New(r.Client, "").Find(t.Context(), made(i).Keys()[0], 1)
		require.NoError(t, err)
		require.Equal(t, others[1-first], found[0].From.Addr())
	}
	require.NoError(t, r.Client.Set(t.Context(), "s:"+nameOf(made(60).Keys()), "of another version", 0).Err())
	other, err := New(r.Client, "").Claim(t.Context(), made(60))
	require.NoError(t, err)
	require.False(t, other.IsValid())
}

// Two proxies that change one session, again and again, leave it in the sets of its last state and
// in no other: what one puts there the other takes out of none.
func TestStoreChangesAreWhole(t *testing.T) {
	r := redistest.Start(t, Options)
	ctx := t.Context()
	state := func(n int) route.Session {
		v := made(1)
		v.Identity.UserName = fmt.Sprint("u", n%3)
		v.Identity.CallingStationID = fmt.Sprint("c", n%2)
		return v
	}
	var wg sync.WaitGroup
	for proxy := range 4 {
		s := New(r.Client, "")
		wg.Go(func() {
			for n := range 150 {
				switch v := state(n + proxy); (n + proxy) % 5 {
				case 4:
					assert.NoError(t, s.Delete(ctx, v.Keys()[0]))
				case 3:
					_, err := s.Find(ctx, route.Key{Kind: route.ByUserName, Value: v.Identity.UserName}, 10) // which takes out what is not there
					assert.NoError(t, err)
				default:
					assert.NoError(t, s.Put(ctx, v))
				}
				if !t.Failed() {
					continue
				}
				return
			}
		})
	}
	wg.Wait()
	s := New(r.Client, "")
	for n := range 6 {
		last := state(n)
		require.NoError(t, s.Put(ctx, last))
		for _, k := range last.Keys() {
			found, err := s.Find(ctx, k, 10)
			require.NoError(t, err)
			require.Equal(t, []route.Session{last}, found, "%v", k)
		}
		sets, err := r.Client.Keys(ctx, "k:*").Result()
		require.NoError(t, err)
		require.Len(t, sets, len(last.Keys())-1, "%q", sets)
	}
	ttl, err := r.Client.TTL(ctx, s.session(nameOf(state(0).Keys()))).Result()
	require.NoError(t, err)
	require.Positive(t, ttl, "a session never stands there without its end")
}

// A name that was seen to be gone, and is put there again before it is taken out, stays.
func TestStoreTakesOutOnlyWhatItHasSeen(t *testing.T) {
	r := redistest.Start(t, Options)
	ctx, s, v := t.Context(), New(r.Client, ""), made(1)
	require.NoError(t, s.Put(ctx, v))
	user := route.Key{Kind: route.ByUserName, Value: v.Identity.UserName}
	name := nameOf(v.Keys())
	for _, seen := range []string{"", "something else"} {
		require.NoError(t, dropScript.Run(ctx, r.Client, []string{s.set(user), s.session(name)}, name, seen).Err())
		found, err := s.Find(ctx, user, 10)
		require.NoError(t, err)
		require.Len(t, found, 1)
	}
	octets, _, err := s.load(ctx, name)
	require.NoError(t, err)
	for _, seen := range []string{"", "something else"} {
		done, err := s.replace(ctx, name, seen, &v, nil, nil)
		require.NoError(t, err)
		require.False(t, done)
	}
	done, err := s.replace(ctx, name, octets, &v, nil, nil)
	require.NoError(t, err)
	require.True(t, done)
	left, err := r.Client.DBSize(ctx).Result()
	require.NoError(t, err)
	require.Zero(t, left)
}

// Names with an octet of 0 in them are two sessions, as they are to the NASes that chose them.
func TestStoreNamesCannotBeForged(t *testing.T) {
	r := redistest.Start(t, Options)
	ctx, s := t.Context(), New(r.Client, "")
	var all []route.Session
	for _, cut := range [][2]string{{"a", "b\x00c"}, {"a\x00b", "c"}, {"a:b", "c"}, {"a", ":bc"}} {
		v := made(1)
		v.NAS, v.Identity = attrs.NAS{Identifier: cut[0]}, attrs.Identity{AcctSessionID: cut[1]}
		other, err := s.Claim(ctx, v)
		require.NoError(t, err)
		require.False(t, other.IsValid())
		all = append(all, v)
	}
	for _, v := range all {
		found, err := s.Find(ctx, v.Keys()[0], 10)
		require.NoError(t, err)
		require.Equal(t, []route.Session{v}, found)
	}
}

func TestStoreForgetsByAge(t *testing.T) {
	r := redistest.Start(t, Options)
	s := New(r.Client, "")
	v := made(1)
	v.Expires = time.Unix(time.Now().Unix()+2, 0)
	require.NoError(t, s.Put(t.Context(), v))
	long := made(6) // of the same user
	require.NoError(t, s.Put(t.Context(), long))
	user := route.Key{Kind: route.ByUserName, Value: "u1"}
	require.Eventually(t, func() bool {
		found, err := s.Find(t.Context(), user, 10)
		return err == nil && len(found) == 1 && found[0].Identity.AcctSessionID == "6"
	}, 20*time.Second, 20*time.Millisecond)
	members, err := r.Client.SMembers(t.Context(), s.set(user)).Result()
	require.NoError(t, err)
	require.Len(t, members, 1)
	ttl, err := r.Client.TTL(t.Context(), s.set(user)).Result()
	require.NoError(t, err)
	require.Greater(t, ttl, 50*time.Minute, "as long as the last of its sessions")
	require.NoError(t, r.Client.Set(t.Context(), s.session("x"), "somebody else's", 0).Err())
	found, err := s.Find(t.Context(), route.Key{Kind: route.BySession, Value: "x"}, 1)
	require.NoError(t, err)
	require.Empty(t, found)
}

// A proxy that is started anew knows what the one before has learned; while Redis is away static
// routes go on, and both are told in the log.
func TestProxyLosesNothing(t *testing.T) {
	r := redistest.Start(t, Options)
	nas := dactest.NewNAS(t, dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) { return q.ACK() }))
	var log bytes.Buffer
	newProxy := func() (*dac.Proxy, *route.Routes) {
		routes := &route.Routes{Learned: route.Learned{
			Store: New(r.Client, "dynauth:"), Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Target: func(context.Context, route.Session) (dac.Target, error) { return dac.Target{Addr: nas.Addr}, nil },
		}}
		routes.NASes.Set(attrs.NAS{Identifier: "static"}, dac.Target{Addr: nas.Addr})
		return &dac.Proxy{Client: nas.Client, Router: routes}, routes
	}
	asks := func(p *dac.Proxy, a ...attrs.Attr) error {
		q, err := dac.NewDisconnect(a...)
		require.NoError(t, err)
		return dac.Verdict(p.Handle(t.Context(), q))
	}
	_, routes := newProxy()
	for i := range 100 {
		set, err := attrs.Join(attrs.AcctStatusType.Of(1), attrs.AcctSessionID.Of(fmt.Sprint(i)), attrs.UserName.Of("bob")).AppendTo(nil)
		require.NoError(t, err)
		require.NoError(t, routes.Learn(t.Context(), &radius.Packet{Code: radius.CodeAccountingRequest, Attributes: set}, netip.MustParseAddrPort("192.0.2.1:1")))
	}

	proxy, _ := newProxy() // after a restart, of itself and of Redis
	r.Stop()
	r.Again()
	for i := range 100 {
		require.NoError(t, asks(proxy, attrs.AcctSessionID.Of(fmt.Sprint(i))))
	}
	log.Reset()
	r.Stop()
	for range 3 {
		require.ErrorIs(t, asks(proxy, attrs.AcctSessionID.Of("1")), errcause.ResourcesUnavailable)
		require.NoError(t, asks(proxy, attrs.NASIdentifier.Of("static")))
	}
	require.Equal(t, 1, strings.Count(log.String(), "only static routes are left"), log.String())
	r.Again()
	require.Eventually(t, func() bool { return asks(proxy, attrs.AcctSessionID.Of("1")) == nil }, 20*time.Second, 20*time.Millisecond)
	require.Equal(t, 1, strings.Count(log.String(), "learned routes is back"), log.String())
}

// A million sessions of one NAS are forgotten in batches.
func TestStoreDeletesInBatches(t *testing.T) {
	r := redistest.Start(t, Options)
	s := New(r.Client, "")
	n := 3*batch + 7
	for i := range n {
		v := made(0)
		v.Identity.AcctSessionID = fmt.Sprint(i)
		require.NoError(t, s.Put(t.Context(), v))
	}
	keys := made(0).Keys()
	nas := keys[slices.IndexFunc(keys, func(k route.Key) bool { return k.Kind == route.ByNAS })]
	found, err := s.Find(t.Context(), nas, 10)
	require.NoError(t, err)
	require.Len(t, found, 10)
	require.NoError(t, s.Delete(t.Context(), nas))
	left, err := r.Client.DBSize(t.Context()).Result()
	require.NoError(t, err)
	require.Zero(t, left)
}
