// SPDX-License-Identifier: Apache-2.0

package session

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

// A naiveTable is a Table that walks everything: what a Table has to agree with.
type naiveTable struct {
	all []naiveSession
}

type naiveSession struct {
	id attrs.Identity
	s  int
}

func (t *naiveTable) index(context, acctSessionID string) int {
	return slices.IndexFunc(t.all, func(o naiveSession) bool {
		return o.id.Context == context && o.id.AcctSessionID == acctSessionID
	})
}

func (t *naiveTable) put(id attrs.Identity, s int) {
	if i := t.index(id.Context, id.AcctSessionID); i >= 0 {
		t.all[i] = naiveSession{id, s}
		return
	}
	t.all = append(t.all, naiveSession{id, s})
}

func (t *naiveTable) delete(context, acctSessionID string) (int, bool) {
	i := t.index(context, acctSessionID)
	if i < 0 {
		return 0, false
	}
	s := t.all[i].s
	t.all = slices.Delete(t.all, i, i+1)
	return s, true
}

func (t *naiveTable) find(id attrs.Identity) (found []int) {
	for _, o := range t.all {
		if id.Selects(o.id) {
			found = append(found, o.s)
		}
	}
	return found
}

// A source of small numbers: random, or the octets that a fuzzer chose.
type source interface{ below(n int) int }

type randomSource struct{ *rand.Rand }

func (r randomSource) below(n int) int { return r.IntN(n) }

type octetSource struct{ *bytes.Reader }

func (o octetSource) below(n int) int {
	b, _ := o.ReadByte()
	return int(b) % n
}

func pick[T any](src source, of ...T) T { return of[src.below(len(of))] }

// identity returns one of few values for each attribute, so that sessions share them, in several
// forms where forms differ. Half of the attributes are set, or where it is sparse an eighth.
func identity(src source, sparse bool) attrs.Identity {
	var id attrs.Identity
	set := src.below(256) | src.below(256)<<8
	if sparse {
		set &= src.below(256) | src.below(256)<<8
		set &= src.below(256) | src.below(256)<<8
	}
	maybe := func() bool { set >>= 1; return set&1 != 0 }
	if maybe() {
		id.Context = pick(src, "red", "blue", strings.Repeat("vrf", 20))
	}
	if maybe() {
		id.UserName = pick(src, "bob", "eve", "red", "\x00", strings.Repeat("u", 253))
	}
	if maybe() {
		id.AcctMultiSessionID = pick(src, "m1", "m2", "bob")
	}
	if maybe() {
		id.CallingStationID = pick(src, "00-10-A4-23-19-C0", "0010.a423.19c0", "0010A42319C0", "00-10-A4-23-19-C1", "+49 30 1234", "493012 34")
	}
	if maybe() {
		id.CalledStationID = pick(src, "00-10-A4-23-19-C0:ssid", "00:10:a4:23:19:c0:ssid", "00-10-A4-23-19-C0:SSID", "bng", "BNG")
	}
	if maybe() {
		id.NASPortID = pick(src, "xe-0/0/1", "xe-0/0/2")
	}
	if maybe() {
		id.ChargeableUserIdentity = pick(src, "cui", "\x00cui", "\xff\xfe")
	}
	if maybe() {
		id.NASPort = pick(src, ptr(uint32(0)), ptr(uint32(7)))
	}
	if maybe() {
		id.FramedIPAddress = netip.MustParseAddr(pick(src, "192.0.2.1", "192.0.2.2", "::ffff:192.0.2.1"))
	}
	if maybe() {
		for range 1 + src.below(6) {
			id.FramedIPv6Prefix = append(id.FramedIPv6Prefix, netip.MustParsePrefix(
				pick(src, "2001:db8::/64", "2001:db8::1/64", "2001:db8:1::/64", "2001:db8::/56", "2001:db8::9/128")))
		}
	}
	if maybe() {
		id.FramedInterfaceID = pick(src, ptr([8]byte{}), ptr([8]byte{1, 2, 3, 4, 5, 6, 7, 8}))
	}
	if maybe() {
		id.Other = map[attrs.ID][]string{}
		for range 1 + src.below(3) {
			id.Other[pick(src, attrs.ID{Type: 61}, attrs.ID{Type: 26, Vendor: 9, Sub: 1, Name: "a"}, attrs.ID{Type: 26, Vendor: 9, Sub: 1, Name: "b"},
				attrs.ID{Type: 26, Vendor: 10415, Sub: 1})] = pick(src, []string{"x"}, []string{"y"}, []string{"x", "y"}, []string{strings.Repeat("long", 200)})
		}
	}
	return id
}

func sessionID(src source) string {
	return pick(src, "", "", "long-"+strings.Repeat("0", 60)) + fmt.Sprint(src.below(40))
}

// play does random things to a Table and to a naive one and wants the same of both. mostly says of
// how many in ten steps sessions are put rather than deleted. It returns how many look-ups found
// something.
func play(t *testing.T, src source, steps, mostly int) (hits int) {
	var table Table[int]
	var naive naiveTable
	for n := range steps {
		switch look := src.below(2) == 0; {
		case look:
			id := identity(src, true)
			if src.below(4) == 0 {
				id.AcctSessionID = sessionID(src)
			}
			found, err := table.Find(t.Context(), id)
			if id.IsZero() {
				require.ErrorIs(t, err, errcause.MissingAttribute)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, naive.find(id), found, "%+v", id)
			hits += min(len(found), 1)
		case src.below(10) < mostly:
			id := identity(src, false)
			id.AcctSessionID = sessionID(src)
			require.NoError(t, table.Put(id, n))
			naive.put(id, n)
		default:
			context, name := identity(src, false).Context, sessionID(src)
			s, ok := naive.delete(context, name)
			if src.below(2) == 0 {
				require.False(t, table.DeleteFunc(context, name, func(int) bool { return false }))
				require.Equal(t, ok, table.DeleteFunc(context, name, func(got int) bool { return got == s }))
				continue
			}
			got, gone := table.Delete(context, name)
			require.Equal(t, s, got)
			require.Equal(t, ok, gone)
		}
	}
	requireSame(t, &table, &naive)
	requireSound(t, &table)
	for _, o := range naive.all {
		_, ok := table.Delete(o.id.Context, o.id.AcctSessionID)
		require.True(t, ok)
	}
	require.Zero(t, table.Len())
	requireSound(t, &table)
	return hits
}

// requireSame wants that the table holds exactly what the naive one holds.
func requireSame(t *testing.T, table *Table[int], naive *naiveTable) {
	t.Helper()
	require.Equal(t, len(naive.all), table.Len())
	seen := map[string]attrs.Identity{}
	for id, s := range table.All() {
		key := id.Context + "\x00" + id.AcctSessionID
		require.NotContains(t, seen, key)
		seen[key] = id
		got, ok := table.Get(id.Context, id.AcctSessionID)
		require.True(t, ok)
		require.Equal(t, s, got)
	}
	for _, o := range naive.all {
		require.Equal(t, o.id, seen[o.id.Context+"\x00"+o.id.AcctSessionID])
	}
	require.Len(t, seen, len(naive.all))
}

// requireSound wants that each session stands under each of its keys once, and nothing else does.
func requireSound[S comparable](t *testing.T, table *Table[S]) {
	t.Helper()
	st := table.store.Load()
	if st == nil {
		return
	}
	want := map[key][]ref{}
	for i := range st.shards {
		sh := &st.shards[i]
		used := 0
		for j := range sh.records {
			r := &sh.records[j]
			if r.ref == 0 {
				be(t, *r == record{}, "an empty place holds nothing back")
				continue
			}
			used++
			_, body := sh.blocks.identity(r.ref)
			be(t, body != nil, "a record without identity")
			id := parseIdentity(string(body))
			be(t, r == sh.find(r.tag, id.Context, id.AcctSessionID), "a record that is not found")
			for _, k := range st.keys(nil, &id) {
				want[k] = append(want[k], r.ref)
			}
		}
		be(t, sh.used == used, "shard.used")
		requireSoundBlocks(t, &sh.blocks, used)
	}
	for i := range st.indexes {
		requireSoundIndex(t, &st.indexes[i].index, key(i)<<(64-indexBits), want)
	}
	require.Empty(t, want, "sessions that are in no index")
}

// be is require.True, at no cost while it holds.
func be(t *testing.T, ok bool, what string) {
	if !ok {
		t.Helper()
		t.Fatal(what)
	}
}

func requireSoundIndex(t *testing.T, x *index, shard key, want map[key][]ref) {
	t.Helper()
	used, lists := 0, 0
	for _, e := range x.places() {
		if e.ref == 0 {
			continue
		}
		used++
		k := shard | key(e.tag)
		if e.ref >= listRef {
			l := &x.lists[e.ref-listRef]
			lists++
			var got []ref
			for _, c := range l.appendTo(nil) {
				got = append(got, c.ref)
			}
			be(t, len(got) == l.n, "refList.n")
			be(t, l.n > minEntries, "a list that should be entries")
			slices.Sort(want[k])
			be(t, slices.Equal(want[k], got), "a list of others")
			delete(want, k)
			continue
		}
		at := slices.Index(want[k], e.ref)
		be(t, at >= 0, "an entry of no session")
		if want[k] = slices.Delete(want[k], at, at+1); len(want[k]) == 0 {
			delete(want, k)
		}
	}
	be(t, x.used == used, "index.used")
	be(t, len(x.lists) == lists+len(x.spare), "a list that is lost")
}

func requireSoundBlocks[S comparable](t *testing.T, m *blocks[S], sessions int) {
	t.Helper()
	kinds := map[byte]int{}
	for r := range m.from(0) {
		kind, _, _ := m.at(r)
		kinds[kind]++
		var none S
		be(t, kind == blockWhole || kind == blockMoved || *m.value(r) == none, "a block of no session holds a value back")
	}
	be(t, sessions == kinds[blockWhole]+kinds[blockMoved], "blocks of no session")
	be(t, kinds[blockMoved] == kinds[blockApart], "blocks that moved nowhere")
	var pages, withRoom [classes]uint32
	for p := range m.pages {
		pg := &m.pages[p]
		if pg.b == nil {
			continue
		}
		pages[pg.class]++
		used := int32(0)
		for off := int32(0); off < pg.fresh; off += pg.size {
			if pg.b[off+7] != blockFree {
				used += pg.size
			}
		}
		be(t, pg.used == used, "page.used")
		if !pg.full() {
			withRoom[pg.class]++
		}
	}
	be(t, pages == m.count, "blocks.count")
	for class, first := range m.room {
		for p := first; p != 0; p = m.pages[p].next {
			withRoom[class]--
		}
	}
	be(t, withRoom == [classes]uint32{}, "pages with room")
}

func TestTableAgreesWithANaiveOne(t *testing.T) {
	hits := 0
	for seed := range uint64(40) {
		hits += play(t, randomSource{rand.New(rand.NewPCG(seed, 1))}, 600, 3+int(seed)%7)
	}
	require.Greater(t, hits, 2000)
}

func FuzzTable(f *testing.F) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 2))
		b := make([]byte, 400)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		src := octetSource{bytes.NewReader(b)}
		play(t, src, len(b)/6, 7)
	})
}

// A host with a map for each attribute finds by FindBy what a Table finds, and refuses what it has
// no map for.
func TestFindByAgreesWithATable(t *testing.T) {
	src := randomSource{rand.New(rand.NewPCG(5176, 3))}
	for range 50 {
		var (
			table Table[int]
			all   []attrs.Identity
		)
		for range 12 {
			id := identity(src, false)
			id.Context, id.AcctSessionID = "", fmt.Sprint(len(all))
			require.NoError(t, table.Put(id, len(all)))
			all = append(all, id)
		}
		indexes := indexesOf(all)
		for range 200 {
			id := identity(src, true)
			id.Context = ""
			if src.below(4) == 0 {
				id.AcctSessionID = fmt.Sprint(src.below(14))
			}
			got, err := FindBy(t.Context(), id, indexes...)
			switch {
			case id.IsZero():
				require.ErrorIs(t, err, errcause.MissingAttribute)
				continue
			case len(id.Other) > 0:
				require.ErrorIs(t, err, errcause.UnsupportedAttribute)
				continue
			}
			require.NoError(t, err)
			want, err := table.Find(t.Context(), id)
			require.NoError(t, err)
			require.ElementsMatch(t, want, got, "%+v", id)
		}
	}
}

// indexesOf has an index for each attribute of RFC 5176 over all, by place.
func indexesOf(all []attrs.Identity) []Index[int] {
	same := func(v string) string { return v }
	return []Index[int]{
		indexOf(all, attrs.AcctSessionID, same), indexOf(all, attrs.UserName, same), indexOf(all, attrs.AcctMultiSessionID, same),
		indexOf(all, attrs.NASPortID, same), indexOf(all, attrs.CallingStationID, attrs.StationID), indexOf(all, attrs.CalledStationID, attrs.StationID),
		indexOf(all, attrs.ChargeableUserIdentity, func(v []byte) string { return string(v) }),
		indexOf(all, attrs.NASPort, func(v uint32) uint32 { return v }), indexOf(all, attrs.FramedIPAddress, netip.Addr.Unmap),
		indexOf(all, attrs.FramedIPv6Prefix, netip.Prefix.Masked), indexOf(all, attrs.FramedInterfaceID, func(v [8]byte) [8]byte { return v }),
	}
}

func indexOf[T any, K comparable](all []attrs.Identity, key attrs.Key[T], of func(T) K) Index[int] {
	index := map[K][]int{}
	for n, id := range all {
		for v := range key.AllIn(id) {
			index[of(v)] = append(index[of(v)], n)
		}
	}
	return By(key, func(_ context.Context, v T) ([]int, error) { return index[of(v)], nil })
}

// Whatever Selects takes for the same has the same key, or a Table would miss it.
func TestTableKeysAreTheSameWhereSelectsSaysSo(t *testing.T) {
	src := randomSource{rand.New(rand.NewPCG(7, 7))}
	h := newStore[int]().hasher
	same := 0
	for range 50_000 {
		id, s := identity(src, true), identity(src, false)
		if !id.Selects(s) {
			continue
		}
		same++
		have := h.keys(nil, &s)
		for _, k := range h.keys(nil, &id) {
			require.Contains(t, have, k, "%+v selects %+v", id, s)
		}
	}
	require.Greater(t, same, 1000)
}

func TestIdentityIsReadAsItWasWritten(t *testing.T) {
	src := randomSource{rand.New(rand.NewPCG(3, 3))}
	for range 5_000 {
		id := identity(src, false)
		require.Equal(t, id, parseIdentity(string(appendIdentity(nil, &id))))
	}
}
