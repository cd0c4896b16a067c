// SPDX-License-Identifier: Apache-2.0

package profile_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/attrs/profile"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A feature is one attribute of a session in a property test, with one value for the session that
// is meant and one for another.
type feature struct {
	id    attrs.ID
	key   attrs.AnyKey // nil: one of the RFC, which IdentityOf reads anyway
	mine  string
	other string
	avps  [2]radius.Attributes // of mine and other
}

// rfcFeatures are the identification attributes of RFC 5176 and of RFC 4372.
func rfcFeatures(t testing.TB) []feature {
	all := []feature{
		{id: attrs.UserName.ID(), mine: "bob", other: "eve"},
		{id: attrs.NASPort.ID(), mine: "1", other: "2"},
		{id: attrs.FramedIPAddress.ID(), mine: "192.0.2.1", other: "192.0.2.2"},
		{id: attrs.CalledStationID.ID(), mine: "00-10-A4-00-00-01:one", other: "00-10-A4-00-00-01:two"},
		{id: attrs.CallingStationID.ID(), mine: "0010.a423.19c0", other: "00-10-a4-23-19-c1"},
		{id: attrs.AcctSessionID.ID(), mine: "4f2a", other: "4f2b"},
		{id: attrs.AcctMultiSessionID.ID(), mine: "m1", other: "m2"},
		{id: attrs.NASPortID.ID(), mine: "lag-1:1", other: "lag-1:2"},
		{id: attrs.ChargeableUserIdentity.ID(), mine: "cui1", other: "cui2"},
		{id: attrs.FramedInterfaceID.ID(), mine: "0:0:0:1", other: "0:0:0:2"},
		{id: attrs.FramedIPv6Prefix.ID(), mine: "2001:db8:1::/64", other: "2001:db8:2::/64"},
		{id: attrs.NASIdentifier.ID(), mine: "b4:fb:e4:00:00:01", other: "b4:fb:e4:00:00:02"},
		{id: attrs.NASIPAddress.ID(), mine: "198.51.100.1", other: "198.51.100.2"},
	}
	for i := range all {
		all[i].encode(t)
	}
	return all
}

func (f *feature) encode(t testing.TB) {
	for i, v := range []string{f.mine, f.other} {
		a, err := attrs.Parse(f.id.String(), v)
		require.NoError(t, err, "%v", f.id)
		f.avps[i] = attrtest.Attributes(t, a)
	}
}

// also are the features that IdentityOf reads only where it is told to.
func also(all []feature) (keys []attrs.AnyKey) {
	for _, f := range all {
		if f.key != nil {
			keys = append(keys, f.key)
		}
	}
	return keys
}

// features are those that the profile names, and of the rest of the RFC's as many as leave the
// number of subsets small.
func features(t testing.TB, p profile.Profile) []feature {
	named := slices.Concat(slices.Concat(p.CoAKeys...), slices.Concat(p.DisconnectKeys...), slices.Concat(p.OneSession...), p.With, p.Takes, p.Refuses)
	all := rfcFeatures(t)
	for _, id := range named {
		if slices.ContainsFunc(all, func(f feature) bool { return f.id == id }) {
			continue
		}
		f := feature{id: id}
		for d := range attrs.Registered() {
			if d.ID == id {
				f.key = d.Key
			}
		}
		require.NotNil(t, f.key, "%s: %v", p.Name, id)
		for _, pair := range [][2]string{{"2001:db8:3::/64", "2001:db8:4::/64"}, {"2001:db8::3", "2001:db8::4"}, {"262011234567890", "262011234567891"}, {"5", "6"}} {
			if a, err := attrs.Parse(id.String(), pair[0]); err == nil && a.Err() == nil {
				f.mine, f.other = pair[0], pair[1]
				break
			}
		}
		require.NotEmpty(t, f.mine, "%s: no value for %v", p.Name, id)
		f.encode(t)
		all = append(all, f)
	}
	for _, id := range []attrs.ID{attrs.CalledStationID.ID(), attrs.ChargeableUserIdentity.ID(), attrs.FramedInterfaceID.ID(), attrs.AcctMultiSessionID.ID(), attrs.NASPort.ID()} {
		if len(all) > 15 && !slices.Contains(named, id) {
			all = slices.DeleteFunc(all, func(f feature) bool { return f.id == id })
		}
	}
	return all
}

// A session is what the AAA server or the NAS knows of one.
type session struct {
	nas attrs.NAS
	id  attrs.Identity
}

// read reads back what a set of attributes says, with those of also.
func read(t testing.TB, also []attrs.AnyKey, set radius.Attributes) session {
	nas, id, err := attrs.IdentityOf(set, also...)
	if err != nil {
		t.Fatal(err)
	}
	return session{nas, id}
}

// values makes the attributes of those features whose bit is in use, with the values of the other
// session where it is in differ.
func values(all []feature, use, differ uint) radius.Attributes {
	set := make(radius.Attributes, 0, len(all))
	for i, f := range all {
		if use>>i&1 == 1 {
			set = append(set, f.avps[differ>>i&1]...)
		}
	}
	return set
}

// fits reports whether a NAS that compares all that a request has finds s (RFC 5176, section 3).
func fits(request, s session) bool {
	if request.nas.Identifier != "" && request.nas.Identifier != s.nas.Identifier {
		return false
	}
	for _, a := range request.nas.Addrs {
		if !slices.Contains(s.nas.Addrs, a) {
			return false
		}
	}
	return request.id.Selects(s.id)
}

// What is sent for a session never selects another one that differs in a given attribute and agrees
// in no set that names one session; what the NAS takes is never left out. Over every profile,
// either request and every subset of what may be known.
func TestIdentifyIsNeverWiderThanWhatIsGiven(t *testing.T) {
	for p := range profile.BuiltIn().All() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			neverWider(t, p, dm)
			if p.DisconnectKeys != nil {
				neverWider(t, p, coa)
			}
			if p.Recalled.Any() {
				neverWider(t, p.Trust(), dm)
			}
		})
	}
}

func neverWider(t *testing.T, p profile.Profile, code radius.Code) {
	all := features(t, p)
	whole := uint(1)<<len(all) - 1
	bits := make(map[attrs.ID]uint)
	for i, f := range all {
		bits[f.id] = 1 << i
	}
	bit := func(set []attrs.ID) (b uint) {
		for _, id := range set {
			b |= bits[id] // one that is no feature is in no session here
		}
		return b
	}
	takes, sets := taken(p, code, bit)
	var one []uint
	for _, set := range p.OneSession {
		one = append(one, bit(set))
	}
	if p.OneSession == nil {
		one = []uint{bit([]attrs.ID{attrs.AcctSessionID.ID()})}
	}
	keys := also(all)
	for given := uint(1); given <= whole; given++ {
		mine := read(t, keys, values(all, given, 0))
		got, err := p.Identify(code, mine.nas, mine.id)
		complete := slices.ContainsFunc(sets, func(set uint) bool { return set&^given == 0 })
		decided := given&^takes == 0 || slices.ContainsFunc(one, func(set uint) bool { return set&^(given&takes) == 0 })
		if err != nil {
			if none := (*profile.MissingError)(nil); !errors.As(err, &none) || complete && decided || complete != (none.NotTaken != nil) {
				t.Fatalf("%s %v: %b: %v", p.Name, code, given, err)
			}
			continue
		}
		if !complete || !decided {
			t.Fatalf("%s %v: sends %v for %b", p.Name, code, got.Attr, given)
		}
		if sent := bit(slices.Concat(got.Keys, got.Also)); sent != given&takes || bit(got.LeftOut) != given&^takes {
			t.Fatalf("%s %v: %b: what the NAS takes was left out: %v", p.Name, code, given, got.Attr)
		}
		// The session that is hardest to tell differs in all that the NAS is not told.
		differ := whole &^ (given & takes)
		if given&differ == 0 || slices.ContainsFunc(one, func(set uint) bool { return set&differ == 0 }) {
			continue // not in what is given, or there is no such session
		}
		if fits(read(t, keys, attrtest.Attributes(t, got.Attr)), read(t, keys, values(all, whole, differ))) {
			t.Fatalf("%s %v: %v names another session too", p.Name, code, got.Attr)
		}
	}
	t.Logf("%d subsets", whole)
}

// taken is what the NAS takes, told from the row by other means than Identify, and the sets that
// name a session.
func taken(p profile.Profile, code radius.Code, bit func([]attrs.ID) uint) (takes uint, sets []uint) {
	rows := p.CoAKeys
	if code == dm && p.DisconnectKeys != nil {
		rows = p.DisconnectKeys
	}
	if rows == nil {
		generic, _ := profile.BuiltIn().Get("rfc5176")
		rows = generic.CoAKeys
	}
	for _, set := range rows {
		takes |= bit(set)
		sets = append(sets, bit(set))
	}
	takes |= bit(p.With) | bit(p.Takes) | bit([]attrs.ID{attrs.NASIdentifier.ID(), attrs.NASIPAddress.ID()})
	return takes &^ bit(p.Refuses), sets
}

// Identify over rows and sessions that are made up: the request that it makes fits the session, and
// what it leaves out stands beside a set that names one.
func FuzzIdentify(f *testing.F) {
	f.Add("Acct-Session-Id; User-Name", "NAS-Port", "-", uint(0b1011))
	f.Add("User-Name+NAS-Port", "", "User-Name+NAS-Port", uint(0b111111))
	f.Add("Attr-26.32473.1?; Calling-Station-Id", "Framed-IPv6-Prefix; NAS-IP-Address", "", uint(0x1fff))
	f.Fuzz(func(t *testing.T, keys, takes, one string, given uint) {
		var table profile.Table
		if table.UnmarshalText(fmt.Appendf(nil, "name\tcoa_keys\ttakes\tone_session\nx\t%s\t%s\t%s\n", keys, takes, one)) != nil {
			return
		}
		p, _ := table.Get("x")
		all := rfcFeatures(t)
		given &= 1<<len(all) - 1
		mine := read(t, nil, values(all, given, 0))
		got, err := p.Identify(coa, mine.nas, mine.id)
		if err != nil {
			return
		}
		require.True(t, fits(read(t, nil, attrtest.Attributes(t, got.Attr)), mine))
		sent := slices.Concat(got.Keys, got.Also)
		for i, f := range all {
			if given>>i&1 == 1 {
				require.True(t, slices.Contains(sent, f.id) != slices.Contains(got.LeftOut, f.id), "%v", f.id)
			}
		}
		sets := p.OneSession
		if sets == nil {
			sets = [][]attrs.ID{{attrs.AcctSessionID.ID()}}
		}
		require.True(t, len(got.LeftOut) == 0 || slices.ContainsFunc(sets, func(set []attrs.ID) bool {
			return !slices.ContainsFunc(set, func(id attrs.ID) bool { return !slices.Contains(sent, id) })
		}))
	})
}

// An address of either family of the NAS goes along, whatever the profile.
func TestNASOfTheSessionGoesAlong(t *testing.T) {
	nas := attrs.NAS{Identifier: "bng", Addrs: []netip.Addr{netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("2001:db8::1")}}
	got, err := get(t, "rfc5176").Identify(dm, nas, attrs.Identity{UserName: "bob"})
	require.NoError(t, err)
	require.Equal(t, `User-Name = "bob", NAS-Identifier = "bng", NAS-IP-Address = 198.51.100.1, NAS-IPv6-Address = 2001:db8::1`, got.Attr.String())
}
