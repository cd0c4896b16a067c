// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
)

func put[S any](t *testing.T, table *session.Table[S], id attrs.Identity, s S) {
	t.Helper()
	require.NoError(t, table.Put(id, s))
}

func find[S any](t *testing.T, table *session.Table[S], id attrs.Identity) []S {
	t.Helper()
	found, err := table.Find(t.Context(), id)
	require.NoError(t, err)
	return found
}

func TestZeroTableIsReady(t *testing.T) {
	var table session.Table[string]
	require.Zero(t, table.Len())
	require.Empty(t, find(t, &table, attrs.Identity{UserName: "bob"}))
	_, ok := table.Get("", "1")
	require.False(t, ok)
	_, ok = table.Delete("", "1")
	require.False(t, ok)
	require.False(t, table.DeleteFunc("", "1", func(string) bool { return true }))
	for range table.All() {
		t.Fatal("a session in an empty table")
	}
	_, err := table.Find(t.Context(), attrs.Identity{})
	require.ErrorIs(t, err, errcause.MissingAttribute)

	put(t, &table, attrs.Identity{AcctSessionID: "1"}, "one")
	got, ok := table.Get("", "1")
	require.True(t, ok)
	require.Equal(t, "one", got)
	require.Equal(t, 1, table.Len())
}

// No identification never means all sessions, nor does a Context.
func TestTableFindsNothingWithoutIdentification(t *testing.T) {
	var table session.Table[int]
	put(t, &table, attrs.Identity{Context: "red", AcctSessionID: "1"}, 1)
	for _, id := range []attrs.Identity{
		{},
		{Context: "red"},
		{Context: "red", FramedIPv6Prefix: []netip.Prefix{}, Other: map[attrs.ID][]string{}},
	} {
		found, err := table.Find(t.Context(), id)
		require.ErrorIs(t, err, errcause.MissingAttribute)
		require.Empty(t, found)
	}
}

// fullIdentity has every identification attribute, with the station ids and prefixes of n.
func fullIdentity(n int) attrs.Identity {
	id := subscriberIdentity(n)
	id.Context = "red"
	id.FramedIPv6Prefix = append(id.FramedIPv6Prefix, netip.MustParsePrefix(fmt.Sprintf("2001:db8:ffff:%x::/64", n)))
	id.Other[attrs.ID{Type: 61}] = []string{fmt.Sprint("\x00\x00\x00", n)}
	return id
}

// single returns the identities that have one attribute of id each.
func single(id attrs.Identity) map[string]attrs.Identity {
	all := map[string]attrs.Identity{
		"User-Name":                {UserName: id.UserName},
		"NAS-Port":                 {NASPort: id.NASPort},
		"Framed-IP-Address":        {FramedIPAddress: id.FramedIPAddress},
		"Called-Station-Id":        {CalledStationID: id.CalledStationID},
		"Calling-Station-Id":       {CallingStationID: id.CallingStationID},
		"Acct-Session-Id":          {AcctSessionID: id.AcctSessionID},
		"Acct-Multi-Session-Id":    {AcctMultiSessionID: id.AcctMultiSessionID},
		"NAS-Port-Id":              {NASPortID: id.NASPortID},
		"Chargeable-User-Identity": {ChargeableUserIdentity: id.ChargeableUserIdentity},
		"Framed-Interface-Id":      {FramedInterfaceID: id.FramedInterfaceID},
		"a Framed-IPv6-Prefix":     {FramedIPv6Prefix: id.FramedIPv6Prefix[:1]},
		"another one":              {FramedIPv6Prefix: id.FramedIPv6Prefix[1:]},
	}
	for k, v := range id.Other {
		all[k.String()] = attrs.Identity{Other: map[attrs.ID][]string{k: v}}
	}
	for name, one := range all {
		one.Context = id.Context
		all[name] = one
	}
	return all
}

func TestTableFindsByEachAttribute(t *testing.T) {
	var table session.Table[int]
	for n := range 100 {
		put(t, &table, fullIdentity(n), n)
	}
	for n := range 100 {
		for name, id := range single(fullIdentity(n)) {
			require.Equal(t, []int{n}, find(t, &table, id), name)
			id.Context = "blue"
			require.Empty(t, find(t, &table, id), "%s in another context", name)
		}
	}
}

// All attributes of a request fit the session, or it is not meant.
func TestR5176_3_1_TableWantsEveryAttributeToFit(t *testing.T) {
	var table session.Table[int]
	put(t, &table, fullIdentity(1), 1)
	put(t, &table, fullIdentity(2), 2)
	require.Equal(t, []int{1}, find(t, &table, fullIdentity(1)))
	for name, other := range single(fullIdentity(2)) {
		mixed := fullIdentity(1)
		switch {
		case other.AcctSessionID != "":
			mixed.AcctSessionID = other.AcctSessionID
		case other.UserName != "":
			mixed.UserName = other.UserName
		case other.NASPort != nil:
			mixed.NASPort = other.NASPort
		case other.FramedIPAddress.IsValid():
			mixed.FramedIPAddress = other.FramedIPAddress
		case other.CalledStationID != "":
			mixed.CalledStationID = other.CalledStationID
		case other.CallingStationID != "":
			mixed.CallingStationID = other.CallingStationID
		case other.AcctMultiSessionID != "":
			mixed.AcctMultiSessionID = other.AcctMultiSessionID
		case other.NASPortID != "":
			mixed.NASPortID = other.NASPortID
		case other.ChargeableUserIdentity != "":
			mixed.ChargeableUserIdentity = other.ChargeableUserIdentity
		case other.FramedInterfaceID != nil:
			mixed.FramedInterfaceID = other.FramedInterfaceID
		case other.FramedIPv6Prefix != nil:
			mixed.FramedIPv6Prefix = append(mixed.FramedIPv6Prefix, other.FramedIPv6Prefix...)
		default:
			maps.Copy(mixed.Other, other.Other)
		}
		require.Empty(t, find(t, &table, mixed), "%s of the other session", name)
		if mixed.AcctSessionID = ""; other.AcctSessionID == "" {
			require.Empty(t, find(t, &table, mixed), "%s of the other session", name)
		}
	}
}

// The sessions come in the order in which they were put: Junos' User-Name means the first that
// logged in.
func TestR5176_3_2_TableFindsAllInOrder(t *testing.T) {
	var table session.Table[int]
	var want []int
	for n := range 1000 {
		put(t, &table, attrs.Identity{AcctSessionID: fmt.Sprint(n), UserName: "bob"}, n)
		want = append(want, n)
	}
	require.Equal(t, want, find(t, &table, attrs.Identity{UserName: "bob"}))

	put(t, &table, attrs.Identity{AcctSessionID: "7", UserName: "bob", NASPortID: "xe-0"}, 1007)
	want[7] = 1007
	require.Equal(t, want, find(t, &table, attrs.Identity{UserName: "bob"}), "one that is replaced keeps its place")

	table.Delete("", "7")
	put(t, &table, attrs.Identity{AcctSessionID: "7", UserName: "bob"}, 7)
	want = append(slices.Delete(want, 7, 8), 7)
	require.Equal(t, want, find(t, &table, attrs.Identity{UserName: "bob"}), "one that is deleted and put is new")
}

func TestTableReturnsANewSlice(t *testing.T) {
	var table session.Table[int]
	for n := range 20 {
		put(t, &table, attrs.Identity{AcctSessionID: fmt.Sprint(n), UserName: "bob"}, n)
	}
	a := find(t, &table, attrs.Identity{UserName: "bob"})
	b := find(t, &table, attrs.Identity{UserName: "bob"})
	clear(a)
	require.Equal(t, 19, b[19])
	require.Equal(t, b, find(t, &table, attrs.Identity{UserName: "bob"}))
}

// RFC 3580, section 3.21, has one form of a MAC address, and NASes have others.
func TestTableComparesStationIDsAsMACAddresses(t *testing.T) {
	var table session.Table[int]
	put(t, &table, attrs.Identity{AcctSessionID: "1", CallingStationID: "0010.a423.19c0", CalledStationID: "00-10-A4-23-19-C1:cafe"}, 1)
	for _, form := range []string{"0010.a423.19c0", "00-10-A4-23-19-C0", "00:10:a4:23:19:c0", "0010A42319C0"} {
		require.Equal(t, []int{1}, find(t, &table, attrs.Identity{CallingStationID: form}), form)
		require.Equal(t, []int{1}, find(t, &table, attrs.Identity{CallingStationID: form, AcctSessionID: "1"}), form)
	}
	require.Equal(t, []int{1}, find(t, &table, attrs.Identity{CalledStationID: "00:10:a4:23:19:c1:cafe"}))
	require.Empty(t, find(t, &table, attrs.Identity{CalledStationID: "00:10:a4:23:19:c1:CAFE"}), "an SSID has its case")

	put(t, &table, attrs.Identity{AcctSessionID: "2", CallingStationID: "+49 30 1234"}, 2)
	require.Empty(t, find(t, &table, attrs.Identity{CallingStationID: "49301234"}), "a telephone number is no MAC address")
}

func TestR3162_1_TableComparesPrefixesByValue(t *testing.T) {
	var table session.Table[int]
	put(t, &table, attrs.Identity{AcctSessionID: "1", FramedIPv6Prefix: []netip.Prefix{netip.MustParsePrefix("2001:db8::1/64")}}, 1)
	for _, p := range []string{"2001:db8::/64", "2001:db8::2/64"} {
		require.Equal(t, []int{1}, find(t, &table, attrs.Identity{FramedIPv6Prefix: []netip.Prefix{netip.MustParsePrefix(p)}}))
	}
	require.Empty(t, find(t, &table, attrs.Identity{FramedIPv6Prefix: []netip.Prefix{netip.MustParsePrefix("2001:db8::/56")}}))
	require.Empty(t, find(t, &table, attrs.Identity{FramedIPv6Prefix: []netip.Prefix{{}}}), "the zero Prefix")
}

// A dual-stack socket knows an IPv4 address in its IPv6 form.
func TestTableFindsAMappedAddress(t *testing.T) {
	var table session.Table[int]
	put(t, &table, attrs.Identity{AcctSessionID: "1", FramedIPAddress: netip.MustParseAddr("::ffff:192.0.2.1")}, 1)
	require.Equal(t, []int{1}, find(t, &table, attrs.Identity{FramedIPAddress: netip.MustParseAddr("192.0.2.1")}))
	require.Empty(t, find(t, &table, attrs.Identity{FramedIPAddress: netip.MustParseAddr("0.0.0.0")}))
}

func TestPutRefusesWhatNoRequestSelects(t *testing.T) {
	long := strings.Repeat("x", 254)
	manyPrefixes := slices.Repeat([]netip.Prefix{netip.MustParsePrefix("2001:db8::/64")}, 4000)
	for _, tt := range []struct {
		name string
		id   attrs.Identity
		want errcause.Cause
	}{
		{"no Acct-Session-Id", attrs.Identity{UserName: "bob"}, errcause.MissingAttribute},
		{"the zero Identity", attrs.Identity{}, errcause.MissingAttribute},
		{"a long Acct-Session-Id", attrs.Identity{AcctSessionID: long}, errcause.InvalidAttributeValue},
		{"a long User-Name", attrs.Identity{AcctSessionID: "1", UserName: long}, errcause.InvalidAttributeValue},
		{"a long Calling-Station-Id", attrs.Identity{AcctSessionID: "1", CallingStationID: long}, errcause.InvalidAttributeValue},
		{"a CUI of a single NUL", attrs.Identity{AcctSessionID: "1", ChargeableUserIdentity: "\x00"}, errcause.InvalidAttributeValue},
		{"0.0.0.0", attrs.Identity{AcctSessionID: "1", FramedIPAddress: netip.IPv4Unspecified()}, errcause.InvalidAttributeValue},
		{"::", attrs.Identity{AcctSessionID: "1", FramedIPAddress: netip.IPv6Unspecified()}, errcause.InvalidAttributeValue},
		{"::ffff:0.0.0.0", attrs.Identity{AcctSessionID: "1", FramedIPAddress: netip.MustParseAddr("::ffff:0.0.0.0")}, errcause.InvalidAttributeValue},
		{"an IPv6 Framed-IP-Address", attrs.Identity{AcctSessionID: "1", FramedIPAddress: netip.MustParseAddr("2001:db8::1")}, errcause.InvalidAttributeValue},
		{"the user's choice", attrs.Identity{AcctSessionID: "1", FramedIPAddress: netip.MustParseAddr("255.255.255.255")}, errcause.InvalidAttributeValue},
		{"the NAS's choice", attrs.Identity{AcctSessionID: "1", FramedIPAddress: netip.MustParseAddr("255.255.255.254")}, errcause.InvalidAttributeValue},
		{"the zero Prefix", attrs.Identity{AcctSessionID: "1", FramedIPv6Prefix: []netip.Prefix{{}}}, errcause.InvalidAttributeValue},
		{"an IPv4 prefix", attrs.Identity{AcctSessionID: "1", FramedIPv6Prefix: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}, errcause.InvalidAttributeValue},
		{"the whole of IPv6", attrs.Identity{AcctSessionID: "1", FramedIPv6Prefix: []netip.Prefix{netip.MustParsePrefix("::/0")}}, errcause.InvalidAttributeValue},
		{"an empty value", attrs.Identity{AcctSessionID: "1", Other: map[attrs.ID][]string{{Type: 61}: {""}}}, errcause.InvalidAttributeValue},
		{"more than a packet holds", attrs.Identity{AcctSessionID: "1", Other: map[attrs.ID][]string{{Type: 61}: {strings.Repeat("x", 5000)}}}, errcause.InvalidAttributeValue},
		{"more than a table holds", attrs.Identity{AcctSessionID: "1", FramedIPv6Prefix: manyPrefixes}, errcause.InvalidAttributeValue},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var table session.Table[int]
			put(t, &table, attrs.Identity{AcctSessionID: "1", UserName: "bob"}, 1)
			err := table.Put(tt.id, 2)
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, "session: ")
			require.NotContains(t, err.Error(), "%!")
			require.Equal(t, []int{1}, find(t, &table, attrs.Identity{UserName: "bob"}), "a refused Put changes nothing")
			require.Equal(t, 1, table.Len())
		})
	}
}

// What Put takes, a request can say; what a request cannot say, Put refuses.
func TestPutRefusesWhatARequestCannotSay(t *testing.T) {
	for _, id := range []attrs.Identity{
		{AcctSessionID: "1", FramedIPAddress: netip.IPv4Unspecified()},
		{AcctSessionID: "1", FramedIPAddress: netip.MustParseAddr("255.255.255.254")},
		{AcctSessionID: "1", FramedIPv6Prefix: []netip.Prefix{netip.MustParsePrefix("::/64")}},
		{AcctSessionID: "1", UserName: strings.Repeat("x", 254)},
		{AcctSessionID: strings.Repeat("x", 253), UserName: strings.Repeat("x", 253)},
		subscriberIdentity(7),
	} {
		var table session.Table[int]
		require.Equal(t, id.Attr().Err() == nil, table.Put(id, 1) == nil, "%+v", id)
	}
}

func TestPutKeepsNothingThatTheCallerChanges(t *testing.T) {
	var table session.Table[int]
	id := fullIdentity(1)
	put(t, &table, id, 1)
	*id.NASPort = 99
	id.FramedInterfaceID[0] = 99
	id.FramedIPv6Prefix[0] = netip.MustParsePrefix("2001:db8:99::/64")
	clear(id.Other)
	require.Equal(t, []int{1}, find(t, &table, fullIdentity(1)))

	for got := range table.All() {
		require.Equal(t, fullIdentity(1), got)
		*got.NASPort = 99
		got.FramedInterfaceID[0] = 99
		got.FramedIPv6Prefix[0] = netip.MustParsePrefix("2001:db8:99::/64")
		clear(got.Other)
	}
	require.Equal(t, []int{1}, find(t, &table, fullIdentity(1)))
}

func TestPutReplacesWhatASessionIsFoundBy(t *testing.T) {
	var table session.Table[int]
	put(t, &table, fullIdentity(1), 1)
	id := fullIdentity(2)
	id.AcctSessionID = fullIdentity(1).AcctSessionID
	put(t, &table, id, 2)
	require.Equal(t, 1, table.Len())
	for name, old := range single(fullIdentity(1)) {
		if old.AcctSessionID == "" {
			require.Empty(t, find(t, &table, old), name)
		}
	}
	for name, now := range single(id) {
		require.Equal(t, []int{2}, find(t, &table, now), name)
	}

	small := attrs.Identity{Context: "red", AcctSessionID: id.AcctSessionID, UserName: "bob"}
	put(t, &table, small, 3)
	for name, old := range single(fullIdentity(2)) {
		require.Empty(t, find(t, &table, old), name)
	}
	require.Equal(t, []int{3}, find(t, &table, small))

	other := small
	other.Context = "blue"
	put(t, &table, other, 4)
	require.Equal(t, 2, table.Len(), "the same id in another context is another session")
	require.Equal(t, []int{3}, find(t, &table, small))
	require.Equal(t, []int{4}, find(t, &table, other))
}

// A session grows and shrinks, far beyond what it was put with.
func TestPutReplacesIdentitiesOfAnySize(t *testing.T) {
	var table session.Table[int]
	id := func(n, size int) attrs.Identity {
		id := attrs.Identity{AcctSessionID: fmt.Sprint(n), UserName: fmt.Sprint("user", n)}
		for k := range size {
			id.FramedIPv6Prefix = append(id.FramedIPv6Prefix, netip.MustParsePrefix(fmt.Sprintf("2001:db8:%x:%x::/64", n+1, k)))
		}
		return id
	}
	for _, size := range []int{1, 3000, 0, 40, 4, 3000, 3001, 1} {
		for n := range 10 {
			put(t, &table, id(n, size), n)
		}
		for n := range 10 {
			require.Equal(t, []int{n}, find(t, &table, id(n, min(size, 10))))
			require.Equal(t, []int{n}, find(t, &table, attrs.Identity{UserName: fmt.Sprint("user", n)}))
			if size > 0 {
				require.Equal(t, []int{n}, find(t, &table, attrs.Identity{FramedIPv6Prefix: id(n, size).FramedIPv6Prefix[size-1:]}))
			}
		}
	}
}

// A late Delete must not end a session that has got the id since.
func TestDeleteFuncAsksWhetherItIsTheSame(t *testing.T) {
	type sub struct{ n int }
	var table session.Table[*sub]
	old, now := &sub{1}, &sub{2}
	id := attrs.Identity{AcctSessionID: "1", UserName: "bob"}
	put(t, &table, id, old)
	put(t, &table, id, now)
	require.False(t, table.DeleteFunc("", "1", func(s *sub) bool { return s == old }))
	require.Equal(t, []*sub{now}, find(t, &table, id))
	require.True(t, table.DeleteFunc("", "1", func(s *sub) bool { return s == now }))
	require.Empty(t, find(t, &table, id))
	require.False(t, table.DeleteFunc("", "1", func(s *sub) bool { t.Fatal("asked of no session"); return true }))
}

func TestDeleteFuncAsksAgainWhenTheSessionIsReplacedMeanwhile(t *testing.T) {
	var table session.Table[int]
	id := attrs.Identity{AcctSessionID: "1", UserName: "bob"}
	put(t, &table, id, 1)
	var asked []int
	require.False(t, table.DeleteFunc("", "1", func(s int) bool {
		asked = append(asked, s)
		if s == 1 { // the Table is not locked
			put(t, &table, id, 2)
		}
		return s == 1
	}))
	require.Equal(t, []int{1, 2}, asked)
	require.Equal(t, []int{2}, find(t, &table, id))

	require.False(t, table.DeleteFunc("", "1", func(s int) bool {
		table.Delete("", "1")
		return true
	}), "somebody else deleted it")
}

func TestTableCanBeUsedWithinAll(t *testing.T) {
	const n = 5000
	var table session.Table[int]
	for i := range n {
		put(t, &table, attrs.Identity{AcctSessionID: fmt.Sprint(i), UserName: "bob"}, i)
	}
	seen := map[int]bool{}
	for id, s := range table.All() {
		require.False(t, seen[s], "seen twice")
		seen[s] = true
		id.UserName = strings.Repeat("eve", 60) // it no longer fits where it stands
		put(t, &table, id, s)
	}
	require.Len(t, seen, n)
	require.Len(t, find(t, &table, attrs.Identity{UserName: strings.Repeat("eve", 60)}), n)

	for range table.All() {
		break
	}
	for id, s := range table.All() {
		_, ok := table.Delete("", id.AcctSessionID)
		require.True(t, ok)
		delete(seen, s)
	}
	require.Empty(t, seen)
	require.Zero(t, table.Len())
}

func TestFindEndsWithItsContext(t *testing.T) {
	var table session.Table[int]
	for i := range 5000 {
		put(t, &table, attrs.Identity{AcctSessionID: fmt.Sprint(i), UserName: "bob"}, i)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, id := range []attrs.Identity{{UserName: "bob"}, {AcctSessionID: "7"}} {
		found, err := table.Find(ctx, id)
		require.ErrorIs(t, err, context.Canceled)
		require.Empty(t, found)
	}
}
