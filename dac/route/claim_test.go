// SPDX-License-Identifier: Apache-2.0

package route_test

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/stretchr/testify/require"
)

// A plain is a Store with nothing that a Store need not have. Who looks for a session waits for
// another to look too, for as long as one may be about to.
type plain struct {
	m     route.Memory
	looks *atomic.Int32 // nil: no waiter
}

func (p *plain) wait() {
	if p.looks == nil {
		return
	}
	p.looks.Add(1)
	for n := 0; n < 1000 && p.looks.Load() < 2; n++ {
		runtime.Gosched()
	}
}

func (p *plain) Put(ctx context.Context, s route.Session) error { return p.m.Put(ctx, s) }
func (p *plain) Delete(ctx context.Context, k route.Key) error  { return p.m.Delete(ctx, k) }
func (p *plain) Find(ctx context.Context, k route.Key, most int) ([]route.Session, error) {
	found, err := p.m.Find(ctx, k, most)
	p.wait()
	return found, err
}

// A claiming is a plain that decides who was first.
type claiming struct{ plain }

func (c *claiming) Claim(ctx context.Context, s route.Session) (netip.Addr, error) {
	return c.m.Claim(ctx, s)
}

// Of two peers that report the same new session at the same instant one has it, and the other is
// told: whatever the Store, and where two share one that is a Claimer.
func TestLearnedBindsASessionToOneOfTwo(t *testing.T) {
	start := accounting(t, 1, user("bob"), session("1"), nasIP("192.0.2.1"))
	for name, two := range map[string]func() [2]*route.Learned{
		"Memory": func() [2]*route.Learned { l := &route.Learned{}; return [2]*route.Learned{l, l} },
		"a Store of the host's": func() [2]*route.Learned {
			l := &route.Learned{Store: &plain{looks: new(atomic.Int32)}}
			return [2]*route.Learned{l, l}
		},
		"two with one Memory": func() [2]*route.Learned {
			m := &route.Memory{}
			return [2]*route.Learned{{Store: m}, {Store: m}}
		},
		"two with one Claimer": func() [2]*route.Learned {
			s := &claiming{plain{looks: new(atomic.Int32)}}
			return [2]*route.Learned{{Store: s}, {Store: s}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 100 {
				l := two()
				var errs [2]error
				var wg sync.WaitGroup
				for i, from := range []netip.AddrPort{nasA, nasB} {
					wg.Go(func() { errs[i] = l[i].Learn(t.Context(), start, from) })
				}
				wg.Wait()
				first, other := nasA, errs[1]
				if errs[0] != nil {
					first, other = nasB, errs[0]
				}
				require.ErrorIs(t, other, route.ErrOtherPeer)
				require.True(t, errs[0] == nil || errs[1] == nil)
				leads(t, l[0], first, session("1"))
				leads(t, l[1], first, session("1"))
			}
		})
	}
}

// A session that another peer has cannot be claimed before it has expired, and one's own can.
func TestMemoryClaim(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var m route.Memory
		claim := func(s route.Session, want netip.Addr) {
			t.Helper()
			other, err := m.Claim(t.Context(), s)
			require.NoError(t, err)
			require.Equal(t, want, other)
		}
		mine := made(1)
		claim(mine, netip.Addr{})
		claim(mine, netip.Addr{})
		theirs := mine
		theirs.From = nasB
		claim(theirs, mine.From.Addr())
		found, err := m.Find(t.Context(), mine.Keys()[0], 2)
		require.NoError(t, err)
		require.Equal(t, []route.Session{mine}, found)
		time.Sleep(25 * time.Hour)
		theirs.Expires = time.Unix(time.Now().Unix()+60, 0)
		claim(theirs, netip.Addr{})
	})
}

// What a Learned finds in a Memory, which it asks in a way of its own, is what it finds in any
// other Store.
func TestLearnedFindsTheSameInAnyStore(t *testing.T) {
	inMemory, other := &route.Learned{}, &route.Learned{Store: &plain{}}
	random := rand.New(rand.NewPCG(3, 4))
	some := func() (attrs.NAS, attrs.Identity) {
		s := made(random.IntN(30))
		s.Identity.UserName = string(rune('a' + random.IntN(3)))
		if random.IntN(2) == 0 {
			s.Identity.FramedIPv6Prefix = []netip.Prefix{netip.MustParsePrefix("2001:db8::/56"), netip.MustParsePrefix("2001:db8:1::/64")}
			s.Identity.FramedInterfaceID = &[8]byte{7: byte(random.IntN(2))}
		}
		if random.IntN(2) == 0 {
			s.NAS = attrs.NAS{Identifier: "bng", Addrs: []netip.Addr{netip.MustParseAddr("2001:db8::1")}}
		}
		return s.NAS, s.Identity
	}
	for range 3000 {
		nas, id := some()
		p := accounting(t, 1+2*uint32(random.IntN(2)), nas.Attr(), id.Attr())
		switch random.IntN(4) {
		case 0:
			p = access(t, nas.Attr(), id.Attr())
		case 1:
			p = accounting(t, 2, nas.Attr(), id.Attr())
		}
		from := nasA
		if random.IntN(8) == 0 {
			from = nasB
		}
		require.Equal(t, inMemory.Learn(t.Context(), p, from), other.Learn(t.Context(), p, from))
		nas, id = some()
		for i, clear := range []func(){
			func() { nas = attrs.NAS{} }, func() { id.AcctSessionID = "" }, func() { id.UserName = "" }, func() { id.CallingStationID = "" },
			func() { id.NASPort = nil }, func() { id.FramedIPAddress = netip.Addr{} }, func() { id.FramedIPv6Prefix = nil }, func() { id.FramedInterfaceID = nil },
		} {
			if i == 0 || random.IntN(2) == 0 {
				clear()
			}
		}
		have, err := inMemory.Find(t.Context(), nas, id)
		want, wantErr := other.Find(t.Context(), nas, id)
		require.Equal(t, wantErr, err)
		for _, all := range [][]route.Session{have, want} {
			for i := range all {
				all[i].Expires = time.Time{} // both were told within a second, and of two
			}
		}
		require.ElementsMatch(t, want, have)
	}
}
