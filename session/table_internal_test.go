// SPDX-License-Identifier: Apache-2.0

package session

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/stretchr/testify/require"
)

func crowded(t *testing.T, n int) *Table[int] {
	t.Helper()
	table := new(Table[int])
	for i := range n {
		port := uint32(i)
		require.NoError(t, table.Put(attrs.Identity{
			AcctSessionID:    fmt.Sprint(i),
			UserName:         "crowd",
			CalledStationID:  "bng",
			NASPortID:        fmt.Sprint("slot-", i%2),
			CallingStationID: []string{"a", "b", "c"}[i%3],
			NASPort:          &port,
		}, i))
	}
	return table
}

// A User-Name of very many sessions beside a selective attribute does not walk them all.
func TestFindWalksTheFewest(t *testing.T) {
	const n = 20_000
	table := crowded(t, n)
	st := table.store.Load()
	port := uint32(77)
	for _, tt := range []struct {
		id         attrs.Identity
		want, walk int
	}{
		{attrs.Identity{UserName: "crowd", NASPort: &port}, 1, 8},
		{attrs.Identity{UserName: "crowd", CalledStationID: "bng", NASPort: &port, NASPortID: "slot-1"}, 1, 8},
		{attrs.Identity{UserName: "crowd", CallingStationID: "nobody"}, 0, 8},
		{attrs.Identity{UserName: "nobody"}, 0, 8},
		{attrs.Identity{UserName: "crowd"}, n, 2 * n},
		{attrs.Identity{UserName: "crowd", NASPortID: "slot-1"}, n / 2, n * 3 / 4},
		// Neither is selective, both together are.
		{attrs.Identity{NASPortID: "slot-1", CallingStationID: "a"}, n / 6, n / 2},
	} {
		got := st.candidates(nil, st.keys(nil, &tt.id))
		require.InDelta(t, tt.want, len(got), 1, "%+v", tt.id)
		require.LessOrEqual(t, cap(got), tt.walk, "%+v", tt.id)
		found, err := table.Find(t.Context(), tt.id)
		require.NoError(t, err)
		require.InDelta(t, tt.want, len(found), 1)
		require.True(t, slices.IsSorted(found))
	}
	requireSound(t, table)
}

// Sessions that share all their values come and go at no more cost than others: each step moves a
// run at most.
func TestTableHoldsACrowd(t *testing.T) {
	const n = 5_000
	table := crowded(t, n)
	for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(n) {
		_, ok := table.Delete("", fmt.Sprint(i))
		require.True(t, ok)
		if i%997 == 0 {
			requireSound(t, table)
			found, err := table.Find(t.Context(), attrs.Identity{UserName: "crowd"})
			require.NoError(t, err)
			require.Len(t, found, table.Len())
		}
	}
	requireSound(t, table)
}

// Two values may have one hash. What an index gives is looked at before it is believed.
func TestFindBelievesNoHash(t *testing.T) {
	var table Table[int]
	bob, eve := attrs.Identity{AcctSessionID: "1", UserName: "bob"}, attrs.Identity{AcctSessionID: "2", UserName: "eve"}
	require.NoError(t, table.Put(bob, 1))
	require.NoError(t, table.Put(eve, 2))
	st := table.store.Load()
	k := st.name("", "2")
	st.index(candidate{ref: st.shard(k).find(k.tag(), "", "2").ref}, st.keys(nil, &attrs.Identity{UserName: "bob"}), nil)
	require.Len(t, st.candidates(nil, st.keys(nil, &attrs.Identity{UserName: "bob"})), 2)

	found, err := table.Find(t.Context(), attrs.Identity{UserName: "bob"})
	require.NoError(t, err)
	require.Equal(t, []int{1}, found)
}

// Nor does a look-up by Acct-Session-Id, whether the name stands in the record or is too long for
// it.
func TestShardTellsNamesOfOneHashApart(t *testing.T) {
	var sh shard[int]
	names := []string{"1", "2", "long-" + strings.Repeat("1", 40), "long-" + strings.Repeat("2", 40)}
	for n := len(name{}) - 6; n <= len(name{})+1; n++ {
		names = append(names, strings.Repeat("3", n))
	}
	for i, name := range names {
		id := attrs.Identity{AcctSessionID: name}
		sh.insert(7, nameOf("", name), appendIdentity(nil, &id), i)
		red := attrs.Identity{Context: "red", AcctSessionID: name}
		sh.insert(7, nameOf("red", name), appendIdentity(nil, &red), 100+i)
	}
	valueOf := func(r *record) int { return *sh.blocks.value(r.ref) }
	for i, name := range names {
		require.Equal(t, i, valueOf(sh.find(7, "", name)))
		require.Equal(t, 100+i, valueOf(sh.find(7, "red", name)))
		require.Nil(t, sh.find(7, "blue", name))
		require.Nil(t, sh.find(8, "", name))
	}
	require.Nil(t, sh.find(7, "", "red1"), "a Context and an id do not run together")
	require.Nil(t, sh.find(7, "re", "d1"))
	require.Nil(t, sh.find(7, "", "long-"))
}

// A record is a cache line, and holds nothing that a garbage collection would follow.
func TestRecordsAreOneCacheLineWithoutPointers(t *testing.T) {
	require.EqualValues(t, 64, reflect.TypeFor[record]().Size())
	for _, f := range reflect.VisibleFields(reflect.TypeFor[record]()) {
		of := f.Type
		if of.Kind() == reflect.Array {
			of = of.Elem()
		}
		require.Contains(t, []reflect.Kind{reflect.Uint8, reflect.Uint32, reflect.Uint64}, of.Kind(), f.Name)
	}
}

// A ref that an index gave may be of a session that is gone by the time it is asked.
func TestFindAsksWhoStandsThereNow(t *testing.T) {
	m := blocks[int]{shard: 5}
	small := m.put(blockWhole, 1, []byte("small"))
	large := make([]ref, 6)
	for i := range large {
		large[i] = m.put(blockWhole, 2, make([]byte, 300))
	}
	_, body := m.identity(small)
	require.Equal(t, "small", string(body))
	m.free(small)
	_, body = m.identity(small)
	require.Nil(t, body, "given up")

	for _, r := range large {
		m.remove(r)
	}
	for _, r := range large {
		_, body := m.identity(r)
		require.Nil(t, body)
	}
	require.NotEmpty(t, m.spare, "an empty page is given back")
	page := m.spare[0]
	// Blocks of another size, in which every octet looks like the head of a block.
	another := bytes.Repeat([]byte{blockWhole}, 180)
	for range 100 {
		p, _ := split(m.put(blockWhole, 3, another))
		if p != page {
			continue
		}
		for _, stale := range large {
			if _, body := m.identity(stale); body != nil {
				require.Equal(t, another, body, "the middle of a block is no block")
			}
		}
		if m.pages[page].full() {
			return
		}
	}
	t.Fatal("the page was not used again")
}

// What sessions leave behind is used again, for any sizes, and pages that are empty are
// given back.
func TestTableUsesMemoryAgain(t *testing.T) {
	var table Table[int]
	pages := func() (n, octets int) {
		for i := range table.store.Load().shards {
			for _, pg := range table.store.Load().shards[i].blocks.pages {
				if pg.b != nil {
					n++
					octets += len(pg.b)
				}
			}
		}
		return n, octets
	}
	const n = 8_000
	fill := func(octets int) {
		for i := range n {
			id := attrs.Identity{AcctSessionID: fmt.Sprint(i), UserName: strings.Repeat("u", octets)}
			require.NoError(t, table.Put(id, i))
		}
	}
	fill(20)
	_, first := pages()
	for round := range 10 {
		for i := range n {
			if (i+round)%3 > 0 {
				table.Delete("", fmt.Sprint(i))
			}
		}
		fill(20)
	}
	_, again := pages()
	require.LessOrEqual(t, again, first+first/20)

	for _, octets := range []int{250, 3, 100} { // larger, smaller, and in between
		for i := range n {
			table.Delete("", fmt.Sprint(i))
		}
		empty, _ := pages()
		require.LessOrEqual(t, empty, len(table.store.Load().shards)*3)
		fill(octets)
	}
	for i := range n {
		table.Delete("", fmt.Sprint(i))
	}
	places, records := 0, 0
	for i := range table.store.Load().indexes {
		places += len(table.store.Load().indexes[i].places())
	}
	for i := range table.store.Load().shards {
		records += len(table.store.Load().shards[i].records)
	}
	require.LessOrEqual(t, places, len(table.store.Load().indexes)*4*minPlaces)
	require.LessOrEqual(t, records, len(table.store.Load().shards)*4*minPlaces)
	requireSound(t, &table)
}

// The host's value of a session that is gone is let go, so that it can be collected.
func TestTableLetsTheHostsValuesGo(t *testing.T) {
	// With a pointer, so that the allocator gives each a place of its own.
	type value struct{ _ *int }
	var table Table[*value]
	gone := make(chan int, 300)
	for i := range 300 {
		s := new(value)
		runtime.AddCleanup(s, func(i int) { gone <- i }, i)
		require.NoError(t, table.Put(attrs.Identity{AcctSessionID: fmt.Sprint(i), UserName: "bob"}, s))
	}
	for i := range 200 {
		table.Delete("", fmt.Sprint(i))
	}
	for i := 200; i < 300; i++ {
		require.NoError(t, table.Put(attrs.Identity{AcctSessionID: fmt.Sprint(i), UserName: "bob"}, nil))
	}
	for let, rounds := 0, 0; let < 300; rounds++ {
		require.Less(t, rounds, 1000, "%d of 300 values were let go", let)
		runtime.GC()
		for more := true; more; {
			select {
			case <-gone:
				let++
			default:
				more = false
			}
		}
	}
	runtime.KeepAlive(&table)
}

func TestTableTakesFewOctetsASession(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for _, tt := range []struct {
		name  string
		most  uint64
		reuse func(id *attrs.Identity)
	}{
		{"all attributes", 1024, func(id *attrs.Identity) {}},
		{"five attributes", 512, func(id *attrs.Identity) {
			*id = attrs.Identity{AcctSessionID: id.AcctSessionID, UserName: id.UserName, CallingStationID: id.CallingStationID,
				NASPort: id.NASPort, FramedIPAddress: id.FramedIPAddress}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const n = 50_000
			before := heap()
			var table Table[struct{}]
			for i := range n {
				port := uint32(i)
				a, b := byte(i>>8), byte(i)
				id := attrs.Identity{
					UserName:               fmt.Sprintf("user%07d@example.net", i),
					AcctSessionID:          fmt.Sprintf("%08x", i),
					AcctMultiSessionID:     fmt.Sprintf("multi-%08x", i),
					CallingStationID:       fmt.Sprintf("02-00-00-00-%02X-%02X", a, b),
					CalledStationID:        fmt.Sprintf("02-01-00-00-%02X-%02X:example", a, b),
					NASPortID:              fmt.Sprintf("xe-0/0/%d:%d", a, b),
					ChargeableUserIdentity: fmt.Sprintf("cui-%012x", i),
					NASPort:                &port,
					FramedIPAddress:        netip.AddrFrom4([4]byte{10, 0, a, b}),
					FramedIPv6Prefix:       []netip.Prefix{netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 0, a, b}), 64)},
					FramedInterfaceID:      &[8]byte{2, 0, 0, 0, 0, 0, a, b},
					Other:                  map[attrs.ID][]string{{Type: 26, Vendor: 10415, Sub: 1}: {fmt.Sprintf("26201%010d", i)}},
				}
				tt.reuse(&id)
				require.NoError(t, table.Put(id, struct{}{}))
			}
			each := (heap() - before) / n
			t.Logf("%d octets a session", each)
			require.LessOrEqual(t, each, tt.most)
			runtime.KeepAlive(&table)
		})
	}
}

func TestFindAllocatesTheSliceAlone(t *testing.T) {
	var table Table[*int]
	id := attrs.Identity{AcctSessionID: "1", UserName: "bob", NASPort: ptr(uint32(7)), CallingStationID: "00-10-A4-23-19-C0",
		FramedIPv6Prefix: []netip.Prefix{netip.MustParsePrefix("2001:db8::/64")}, FramedInterfaceID: ptr([8]byte{1}),
		FramedIPAddress: netip.MustParseAddr("192.0.2.1"), Other: map[attrs.ID][]string{{Type: 61}: {"x"}}}
	require.NoError(t, table.Put(id, ptr(1)))
	noID := id
	noID.AcctSessionID = ""
	for _, id := range []attrs.Identity{{AcctSessionID: "1"}, {UserName: "bob"}, {NASPort: id.NASPort}, {FramedIPAddress: id.FramedIPAddress}, id, noID} {
		require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
			if found, err := table.Find(t.Context(), id); err != nil || len(found) != 1 {
				t.Fatal(found, err)
			}
		}), 1.0, "%+v", id)
	}
	require.Zero(t, testing.AllocsPerRun(100, func() { table.Get("", "1") }))
}

func TestIndexAgreesWithASet(t *testing.T) {
	src := rand.New(rand.NewPCG(5, 5))
	var x index
	type member struct {
		tag tag
		ref ref
	}
	want := map[member]bool{}
	for step := range 60_000 {
		// Few tags, all at the end of the table, so that runs go round; many refs, so that there
		// are lists.
		e := member{0xffffffff - src.Uint32N(12), 1 + src.Uint32N(3000)}
		grow := step/10_000%2 == 0
		if has := want[e]; !has && (grow || src.IntN(8) == 0) {
			x.add(e.tag, candidate{e.ref, 0})
			want[e] = true
		} else if has && (!grow || src.IntN(8) == 0) {
			x.remove(e.tag, e.ref)
			delete(want, e)
		}
		if step%1000 != 0 {
			continue
		}
		for n := range uint32(12) {
			tg := 0xffffffff - n
			var all []candidate
			for e := range want {
				if e.tag == tg {
					all = append(all, candidate{e.ref, 0})
				}
			}
			slices.SortFunc(all, byRef)
			got := x.appendTo(nil, tg)
			slices.SortFunc(got, byRef)
			require.Equal(t, all, got)
			require.Equal(t, len(all), x.count(tg))
			some := []candidate{{ref: 1}, {ref: 2}, {ref: 3}, {ref: 50}, {ref: 70}, {ref: 2999}}
			require.Equal(t, slices.DeleteFunc(slices.Clone(some), func(c candidate) bool { return !slices.Contains(all, c) }), x.retain(some, tg))
		}
	}
}

func byRef(a, b candidate) int { return cmp.Compare(a.ref, b.ref) }
