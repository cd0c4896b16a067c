// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/session"
)

// A host's session, as small as it gets.
type subscriber struct{ n int }

const million = 1_000_000

// subscriberIdentity is the identity of the nth session with all identification attributes set.
func subscriberIdentity(n int) attrs.Identity {
	u := uint32(n)
	return attrs.Identity{
		UserName:               fmt.Sprintf("user%07d@example.net", n),
		AcctSessionID:          fmt.Sprintf("%08x", n),
		AcctMultiSessionID:     fmt.Sprintf("multi-%08x", n),
		CallingStationID:       fmt.Sprintf("02-00-00-%02X-%02X-%02X", byte(n>>16), byte(n>>8), byte(n)),
		CalledStationID:        fmt.Sprintf("02-01-00-%02X-%02X-%02X:example", byte(n>>16), byte(n>>8), byte(n)),
		NASPortID:              fmt.Sprintf("xe-%d/%d/%d:%d", n>>18&7, n>>16&3, n>>12&15, n&4095),
		ChargeableUserIdentity: fmt.Sprintf("cui-%012x", n),
		NASPort:                &u,
		FramedIPAddress:        netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}),
		FramedIPv6Prefix:       []netip.Prefix{netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 0x01, 0xd, 0xb8, byte(n >> 16), byte(n >> 8), byte(n)}), 64)},
		FramedInterfaceID:      &[8]byte{2, 0, 0, 0, 0, byte(n >> 16), byte(n >> 8), byte(n)},
		Other:                  map[attrs.ID][]string{{Type: 26, Vendor: 10415, Sub: 1}: {fmt.Sprintf("26201%010d", n)}},
	}
}

var fullTable = sync.OnceValue(func() *session.Table[*subscriber] {
	t := new(session.Table[*subscriber])
	for n := range million {
		if err := t.Put(subscriberIdentity(n), &subscriber{n}); err != nil {
			panic(err)
		}
	}
	return t
})

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkTablePut puts a million sessions with all identification attributes into a Table. An op
// is one of them.
func BenchmarkTablePut(b *testing.B) {
	b.ReportAllocs()
	var (
		total, longest time.Duration
		each           float64
		ids            [1000]attrs.Identity
		s              subscriber
		rounds         int
	)
	for b.Loop() {
		rounds++
		before := heap()
		t := new(session.Table[*subscriber])
		for n := 0; n < million; n += len(ids) {
			for i := range ids {
				ids[i] = subscriberIdentity(n + i)
			}
			begin := time.Now()
			for i := range ids {
				at := time.Now()
				if err := t.Put(ids[i], &s); err != nil {
					b.Fatal(err)
				}
				longest = max(longest, time.Since(at))
			}
			total += time.Since(begin)
		}
		clear(ids[:])
		each = float64(heap()-before) / million
		runtime.KeepAlive(t)
	}
	b.ReportMetric(float64(total.Nanoseconds())/million/float64(rounds), "ns/op")
	b.ReportMetric(each, "B/session")
	b.ReportMetric(float64(longest.Microseconds()), "µs-longest")
}

// BenchmarkTableFind looks for one of a million sessions.
func BenchmarkTableFind(b *testing.B) {
	t := fullTable()
	for _, tt := range []struct {
		name string
		id   func(all attrs.Identity) attrs.Identity
	}{
		{"Acct-Session-Id", func(i attrs.Identity) attrs.Identity { return attrs.Identity{AcctSessionID: i.AcctSessionID} }},
		{"User-Name", func(i attrs.Identity) attrs.Identity { return attrs.Identity{UserName: i.UserName} }},
		{"NAS-Port", func(i attrs.Identity) attrs.Identity { return attrs.Identity{NASPort: i.NASPort} }},
		{"NAS-Port-Id", func(i attrs.Identity) attrs.Identity { return attrs.Identity{NASPortID: i.NASPortID} }},
		{"Framed-IP-Address", func(i attrs.Identity) attrs.Identity { return attrs.Identity{FramedIPAddress: i.FramedIPAddress} }},
		{"Calling-Station-Id", func(i attrs.Identity) attrs.Identity { return attrs.Identity{CallingStationID: i.CallingStationID} }},
		{"Called-Station-Id", func(i attrs.Identity) attrs.Identity { return attrs.Identity{CalledStationID: i.CalledStationID} }},
		{"Acct-Multi-Session-Id", func(i attrs.Identity) attrs.Identity {
			return attrs.Identity{AcctMultiSessionID: i.AcctMultiSessionID}
		}},
		{"Chargeable-User-Identity", func(i attrs.Identity) attrs.Identity {
			return attrs.Identity{ChargeableUserIdentity: i.ChargeableUserIdentity}
		}},
		{"Framed-IPv6-Prefix", func(i attrs.Identity) attrs.Identity { return attrs.Identity{FramedIPv6Prefix: i.FramedIPv6Prefix} }},
		{"Framed-Interface-Id", func(i attrs.Identity) attrs.Identity { return attrs.Identity{FramedInterfaceID: i.FramedInterfaceID} }},
		{"Other", func(i attrs.Identity) attrs.Identity { return attrs.Identity{Other: i.Other} }},
		{"all", func(i attrs.Identity) attrs.Identity { return i }},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			ids := make([]attrs.Identity, 1<<14)
			for n := range ids {
				ids[n] = tt.id(subscriberIdentity(n * 7919 % million))
			}
			n := 0
			for b.Loop() {
				s, err := t.Find(b.Context(), ids[n%len(ids)])
				n++
				if err != nil || len(s) != 1 {
					b.Fatal(s, err)
				}
			}
		})
	}
}

// BenchmarkTableFindAhead looks for sixteen of a million sessions after Ahead, as a Dispatcher does
// with the requests that came together. An op is one of them.
func BenchmarkTableFindAhead(b *testing.B) {
	t := fullTable()
	for _, tt := range []struct {
		name string
		id   func(all attrs.Identity) attrs.Identity
	}{
		{"Acct-Session-Id", func(i attrs.Identity) attrs.Identity { return attrs.Identity{AcctSessionID: i.AcctSessionID} }},
		{"Framed-IP-Address", func(i attrs.Identity) attrs.Identity { return attrs.Identity{FramedIPAddress: i.FramedIPAddress} }},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			ids := make([]*attrs.Identity, 1<<14)
			for n := range ids {
				id := tt.id(subscriberIdentity(n * 7919 % million))
				ids[n] = &id
			}
			const together = 16
			rounds := 0
			for b.Loop() {
				next := ids[rounds*together%len(ids):][:together]
				rounds++
				t.Ahead(next)
				for _, id := range next {
					if s, err := t.Find(b.Context(), *id); err != nil || len(s) != 1 {
						b.Fatal(s, err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rounds*together), "ns/op")
		})
	}
}

// BenchmarkTableFindAmong looks for sessions of a user who has ten thousand.
func BenchmarkTableFindAmong(b *testing.B) {
	t := new(session.Table[*subscriber])
	const crowd = 10_000
	for n := range crowd {
		id := subscriberIdentity(n)
		id.UserName = "crowd"
		if err := t.Put(id, &subscriber{n}); err != nil {
			b.Fatal(err)
		}
	}
	port := uint32(777)
	for _, tt := range []struct {
		name string
		id   attrs.Identity
		want int
	}{
		{"User-Name and NAS-Port", attrs.Identity{UserName: "crowd", NASPort: &port}, 1},
		{"User-Name", attrs.Identity{UserName: "crowd"}, crowd},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := t.Find(b.Context(), tt.id)
				if err != nil || len(s) != tt.want {
					b.Fatal(len(s), err)
				}
			}
		})
	}
}

// BenchmarkTableParallel has all cores work at once on a table of a million sessions: run it with
// -cpu 1,2,4. An op of mixed is four look-ups, a Put and a Delete.
func BenchmarkTableParallel(b *testing.B) {
	t := fullTable()
	find := func(b *testing.B, n int) {
		id := attrs.Identity{AcctSessionID: fmt.Sprintf("%08x", n*7919%million)}
		if s, err := t.Find(b.Context(), id); err != nil || len(s) != 1 {
			b.Error(s, err)
		}
	}
	b.Run("find", func(b *testing.B) {
		b.ReportAllocs()
		var seed atomic.Int64
		b.RunParallel(func(p *testing.PB) {
			for n := int(seed.Add(1)) << 20; p.Next(); n++ {
				find(b, n)
			}
		})
	})
	b.Run("mixed", func(b *testing.B) {
		b.ReportAllocs()
		var seed atomic.Int64
		b.RunParallel(func(p *testing.PB) {
			own := int(seed.Add(1))
			id := subscriberIdentity(million + own)
			for n := own << 20; p.Next(); n++ {
				for k := range 4 {
					find(b, n+k*1000)
				}
				id.AcctSessionID = fmt.Sprintf("%d-%x", own, n%64)
				if err := t.Put(id, nil); err != nil {
					b.Error(err)
				}
				t.Delete("", id.AcctSessionID)
			}
		})
	})
}

// BenchmarkTableAll walks a million sessions. An op is one of them.
func BenchmarkTableAll(b *testing.B) {
	t := fullTable()
	b.ReportAllocs()
	rounds := 0
	for b.Loop() {
		rounds++
		n := 0
		for range t.All() {
			n++
		}
		if n < million {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/million/float64(rounds), "ns/op")
}
