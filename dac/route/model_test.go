// SPDX-License-Identifier: Apache-2.0

package route_test

import (
	"errors"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

// said is what a packet says, as text: the values of each attribute.
type said map[string][]string

// The attributes of the model in the order in which a session is looked up, and how each value
// becomes an attribute.
var modelled = []struct {
	name   string
	values []string
	attr   func(v string) attrs.Attr
}{
	{"Acct-Session-Id", []string{"1", "2", "3"}, session},
	{"Acct-Multi-Session-Id", []string{"m", "n"}, attrs.AcctMultiSessionID.Of},
	{"Framed-IP-Address", []string{"198.51.100.1", "198.51.100.2", "198.51.100.3"}, framedIP},
	{"Framed-IPv6-Prefix", []string{"2001:db8:1::/64", "2001:db8:2::/64", "2001:db8:3::/56"}, func(v string) attrs.Attr { return attrs.FramedIPv6Prefix.Of(netip.MustParsePrefix(v)) }},
	{"Calling-Station-Id", []string{"00-10-A4-23-19-C0", "00-10-A4-23-19-C1"}, attrs.CallingStationID.Of},
	{"Chargeable-User-Identity", []string{"c", "d"}, func(v string) attrs.Attr { return attrs.ChargeableUserIdentity.Of([]byte(v)) }},
	{"User-Name", []string{"bob", "eve"}, user},
	{"NAS-Port-Id", []string{"ge-0/0/1", "ge-0/0/2"}, attrs.NASPortID.Of},
	{"Framed-Interface-Id", []string{"11111111", "22222222"}, func(v string) attrs.Attr { return attrs.FramedInterfaceID.Of([8]byte([]byte(v))) }},
	{"NAS-Port", []string{"a", "b"}, func(v string) attrs.Attr { return attrs.NASPort.Of(uint32(v[0])) }},
	{"Called-Station-Id", []string{"x", "y"}, attrs.CalledStationID.Of},
	{"Framed-IPv6-Address", []string{"2001:db8::1", "2001:db8::2"}, func(v string) attrs.Attr { return attrs.FramedIPv6Address.Of(netip.MustParseAddr(v)) }},
	{"NAS-Port-Type", []string{"a", "b"}, func(v string) attrs.Attr { return attrs.NASPortType.Of(uint32(v[0])) }},
	{"NAS-IP-Address", []string{"10.0.0.1", "10.0.0.2"}, nasIP},
	{"NAS-Identifier", []string{"=n", "=o"}, func(v string) attrs.Attr { return attrs.NASIdentifier.Of(v[1:]) }},
}

func isNASAttr(name string) bool { return name == "NAS-IP-Address" || name == "NAS-Identifier" }

func (a said) attr() attrs.Attr {
	var made []attrs.Attr
	for _, m := range modelled {
		for _, v := range a[m.name] {
			made = append(made, m.attr(v))
		}
	}
	return attrs.Join(made...)
}

// nas is the one name of the NAS.
func (a said) nas(from string) string {
	return slices.Concat(a["NAS-IP-Address"], a["NAS-Identifier"], []string{from})[0]
}

// agrees reports whether in all that both have they are the same.
func (a said) agrees(asked said) bool {
	for name, values := range asked {
		if len(a[name]) == 0 {
			continue
		}
		for _, v := range values {
			if !slices.Contains(a[name], v) {
				return false
			}
		}
	}
	return true
}

// A modelSession is one that the model knows.
type modelSession struct {
	from string
	said said
}

// A model is what a Learned is to know, as lists that are looked through.
type model struct {
	sessions map[string]modelSession // by NAS and Acct-Session-Id
	nases    map[modelNAS][]string   // its names
}

// A modelNAS is who reports of a NAS, and the first of its names.
type modelNAS struct{ from, name string }

func newModel() *model { return &model{map[string]modelSession{}, map[modelNAS][]string{}} }

func (m *model) note(from string, a said) {
	n := modelNAS{from, a.nas(from)}
	names := slices.Concat(a["NAS-IP-Address"], a["NAS-Identifier"])
	for _, had := range m.nases[n] {
		// A packet that leaves the identifier out takes it from no session.
		if had[0] == '=' && len(a["NAS-Identifier"]) == 0 {
			names = append(names, had)
		}
	}
	m.nases[n] = names
}

// learn is Learn; it reports whether another peer has the session.
func (m *model) learn(status uint32, from string, a said) (others bool) {
	if len(a["NAS-IP-Address"])+len(a["NAS-Identifier"]) == 0 { // who names no NAS is it
		a = maps.Clone(a)
		a["NAS-IP-Address"] = []string{from}
	}
	key := a.nas(from) + "|" + a["Acct-Session-Id"][0]
	have, known := m.sessions[key]
	if status == 7 || status == 8 {
		for k, s := range m.sessions {
			name := s.said.nas(s.from)
			if s.from == from && (slices.Contains(a["NAS-IP-Address"], name) || slices.Contains(a["NAS-Identifier"], name)) {
				delete(m.sessions, k)
			}
		}
		if status == 7 {
			m.note(from, a)
			return false
		}
		delete(m.nases, modelNAS{from, a.nas(from)})
		return false
	}
	if known && have.from != from {
		return true
	}
	switch {
	case status == 2:
		delete(m.sessions, key)
	case known && (status == 3 || have.said.agrees(a)):
		merged := maps.Clone(have.said)
		for name, values := range a {
			if name == "Framed-IPv6-Prefix" || name == "Framed-IPv6-Address" {
				values = slices.Concat(merged[name], values)
			}
			merged[name] = values
		}
		m.sessions[key] = modelSession{from, merged}
	default:
		m.sessions[key] = modelSession{from, a}
	}
	m.note(from, a)
	return false
}

// answer is where a request leads: an address, or one of the errors.
func (m *model) answer(asked said) (string, error) {
	if len(asked["Acct-Session-Id"]) > 0 && len(asked["NAS-IP-Address"])+len(asked["NAS-Identifier"]) > 0 {
		if s, ok := m.sessions[asked.nas("")+"|"+asked["Acct-Session-Id"][0]]; ok {
			if s.said.agrees(asked) {
				return s.from, nil
			}
			return "", errcause.SessionContextNotFound
		}
	}
	for _, by := range modelled {
		if len(asked[by.name]) == 0 || isNASAttr(by.name) {
			continue
		}
		places := map[string]bool{}
		for _, s := range m.sessions {
			if slices.Contains(s.said[by.name], asked[by.name][0]) && s.said.agrees(asked) {
				places[s.from] = true
			}
		}
		if len(places) > 1 {
			return "", errcause.MultipleSessionSelectionUnsupported
		}
		for from := range places {
			return from, nil
		}
	}
	return m.answerNAS(asked)
}

func (m *model) answerNAS(asked said) (string, error) {
	to, several := "", false
	for _, name := range slices.Concat(asked["NAS-IP-Address"], asked["NAS-Identifier"]) {
		places := map[string]bool{}
		for n, names := range m.nases {
			if slices.Contains(names, name) {
				places[n.from] = true
			}
		}
		switch {
		case len(places) > 1:
			several = true
		case len(places) == 1:
			for from := range places {
				if to != "" && to != from {
					return "", errcause.NASIdentificationMismatch
				}
				to = from
			}
		}
	}
	if to == "" || several {
		return "", dac.ErrNoRoute
	}
	return to, nil
}

var modelPeers = []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}

// someSaid is a packet's worth of attributes; each is there with a chance of one in odds.
func someSaid(random *rand.Rand, odds int) said {
	a := said{}
	for _, m := range modelled {
		if random.IntN(odds) > 0 {
			continue
		}
		a[m.name] = []string{m.values[random.IntN(len(m.values))]}
		if other := m.values[random.IntN(len(m.values))]; m.name == "Framed-IPv6-Prefix" && other != a[m.name][0] {
			a[m.name] = append(a[m.name], other)
		}
	}
	return a
}

// routesAgainstModel tells both the same, and asks both the same.
func routesAgainstModel(t *testing.T, seed uint64, steps int) {
	random := rand.New(rand.NewPCG(seed, 1))
	stores := []route.Store{nil, &plain{}}
	all := &route.Routes{Learned: route.Learned{Store: stores[seed%2]}}
	m := newModel()
	for range steps {
		from := modelPeers[random.IntN(len(modelPeers))]
		status := []uint32{1, 1, 3, 3, 3, 2, 7, 8}[random.IntN(8)]
		if status > 3 && random.IntN(4) > 0 {
			status = 1
		}
		told := someSaid(random, 2)
		if len(told["Acct-Session-Id"]) == 0 {
			told["Acct-Session-Id"] = []string{"1"}
		}
		err := all.Learn(t.Context(), accounting(t, status, told.attr()), netip.AddrPortFrom(netip.MustParseAddr(from), 1))
		if m.learn(status, from, told) {
			require.ErrorIs(t, err, route.ErrOtherPeer)
		} else {
			require.NoError(t, err)
		}
		for range 4 {
			asked := someSaid(random, 4)
			modelAgrees(t, all, m, asked)
		}
		for _, s := range m.sessions { // everything that was reported finds it, alone and together
			modelAgrees(t, all, m, s.said)
			for name, values := range s.said {
				for _, v := range values {
					one := said{name: []string{v}}
					modelAgrees(t, all, m, one)
					if _, err := m.answer(one); !isNASAttr(name) {
						require.NotErrorIs(t, err, dac.ErrNoRoute, "%v of a session that is known", one)
					}
				}
			}
			break
		}
	}
}

func modelAgrees(t *testing.T, all *route.Routes, m *model, asked said) {
	t.Helper()
	want, wantErr := m.answer(asked)
	to, err := all.Route(t.Context(), coa(t, asked.attr()))
	if wantErr != nil {
		require.ErrorIs(t, err, wantErr, "%v: %v leads to %v", asked, m.nases, to)
		for _, other := range []error{dac.ErrNoRoute, errcause.SessionContextNotFound, errcause.MultipleSessionSelectionUnsupported, errcause.NASIdentificationMismatch} {
			require.Equal(t, errors.Is(wantErr, other), errors.Is(err, other), "%v: %v", asked, err)
		}
		return
	}
	require.NoError(t, err, "%v", asked)
	require.Equal(t, want, to.Addr.Addr().String(), "%v", asked)
}

// Routes lead where a plain list of all that was reported leads: whatever was told in whatever
// order, and whatever is asked.
func TestRoutesAgainstAModel(t *testing.T) {
	for seed := range uint64(60) {
		routesAgainstModel(t, seed, 60)
	}
}

func FuzzRoutesAgainstAModel(f *testing.F) {
	f.Add(uint64(1), uint8(40))
	f.Fuzz(func(t *testing.T, seed uint64, steps uint8) { routesAgainstModel(t, seed, int(steps)) })
}
