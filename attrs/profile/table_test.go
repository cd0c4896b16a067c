// SPDX-License-Identifier: Apache-2.0

package profile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBuiltInRowsAreWhole(t *testing.T) {
	table := profile.BuiltIn()
	assert.Equal(t, 31, table.Len())
	for p := range table.All() {
		assert.NotEmpty(t, p.Vendor, p.Name)
		assert.NotEmpty(t, p.Platform, p.Name)
		assert.NotEmpty(t, p.Source, p.Name)
		assert.True(t, len(p.CoAKeys)+len(p.Recalled.CoAKeys) > 0, p.Name)
		for _, name := range slices.Concat(p.Actions, p.Recalled.Actions) {
			_, ok := profile.ActionByName(name)
			assert.True(t, ok, "%s: %s", p.Name, name)
		}
	}
	assert.Equal(t, profile.Required, get(t, "cisco-staros").EventTimestamp) // SO3
	assert.Equal(t, profile.Optional, get(t, "cisco-ios").EventTimestamp)
}

func TestUsersAddRows(t *testing.T) {
	table := profile.BuiltIn()
	require.NoError(t, table.UnmarshalText([]byte("name\tcoa_port\tcoa_keys\twith\nour-bng\t3800\tAcct-Session-Id+Attr-26.32473.7; user-name?\tNAS-IP-Address\n\n")))
	p, ok := table.Get("our-bng")
	require.True(t, ok)
	assert.Equal(t, profile.Profile{Name: "our-bng", CoAPort: 3800, CoAKeys: [][]attrs.ID{{attrs.AcctSessionID.ID(), attrs.VendorID(32473, 7)}},
		With: []attrs.ID{attrs.NASIPAddress.ID()}, Recalled: profile.Recalled{CoAKeys: [][]attrs.ID{{attrs.UserName.ID()}}}}, p)

	require.NoError(t, table.Add(profile.Profile{Name: "their-bng"}))
	_, ok = profile.BuiltIn().Get("their-bng")
	assert.False(t, ok, "one table changed another")
	p.CoAKeys[0][0] = attrs.UserName.ID()
	again, _ := table.Get("our-bng")
	assert.Equal(t, attrs.AcctSessionID.ID(), again.CoAKeys[0][0], "a profile is shared with the table")
	_, ok = table.Get("nobody")
	assert.False(t, ok)
}

func TestRowsThatAreRefused(t *testing.T) {
	id := func(k attrs.AnyKey) []attrs.ID { return []attrs.ID{k.ID()} }
	table := profile.BuiltIn()
	before := table.Len()
	for name, p := range map[string]profile.Profile{
		"there already":      {Name: "cisco-ios"},
		"no name":            {},
		"name with a space":  {Name: "our bng"},
		"name in upper case": {Name: "BNG"},
		"empty set":          {Name: "x", CoAKeys: [][]attrs.ID{{}}},
		"no session":         {Name: "x", DisconnectKeys: [][]attrs.ID{id(attrs.NASIPAddress)}},
		"refused key":        {Name: "x", CoAKeys: [][]attrs.ID{id(attrs.UserName)}, Refuses: id(attrs.UserName)},
		"apart from nothing": {Name: "x", Apart: [][]attrs.ID{id(attrs.FilterID)}},
		"one session of NAS": {Name: "x", OneSession: [][]attrs.ID{id(attrs.NASIPAddress)}},
		"taken and refused":  {Name: "x", Takes: id(attrs.UserName), Refuses: id(attrs.UserName)},
		"recalled nothing":   {Name: "x", Recalled: profile.Recalled{CoAKeys: [][]attrs.ID{{}}}},
		"form of no MAC":     {Name: "x", MAC: "00-11"},
		"form of NAS":        {Name: "x", NASMAC: "upper"},
		"need":               {Name: "x", EventTimestamp: "maybe"},
		"other need":         {Name: "x", MessageAuthenticator: "no"},
		"line end":           {Name: "x", Quirks: "a\nb"},
		"action with space":  {Name: "x", Actions: []string{"a b"}},
	} {
		assert.Error(t, table.Add(profile.Profile{Name: "fine-" + strings.ReplaceAll(name, " ", "-")}, p), name)
		assert.Equal(t, before, table.Len(), "%s: some rows were added", name)
		_, err := profile.NewTable(p, p)
		assert.Error(t, err, name)
	}
}

func TestTextThatIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no header":         "",
		"unknown column":    "name\tcolour\nx\tred\n",
		"column twice":      "name\tname\nx\tx\n",
		"no name column":    "vendor\nx\n",
		"too few columns":   "name\tvendor\nx\n",
		"port 0":            "name\tcoa_port\nx\t0\n",
		"port 65536":        "name\tcoa_port\nx\t65536?\n",
		"unknown attribute": "name\tcoa_keys\nx\tColour\n",
		"bad number":        "name\tcoa_keys\nx\tAttr-999\n",
		"empty member":      "name\tcoa_keys\nx\tUser-Name+\n",
		"nothing recalled":  "name\tcoa_keys\nx\t?\n",
		"empty between":     "name\tcoa_keys\nx\tUser-Name;;NAS-Port\n",
		"not UTF-8":         "name\n\xff\n",
		"one recalled":      "name\tone_session\nx\tUser-Name?\n",
		"row twice":         "name\nx\nx\n",
	} {
		var table profile.Table
		assert.Error(t, table.UnmarshalText([]byte(text)), name)
		assert.Zero(t, table.Len(), name)
	}
}

func TestTextIsReadBack(t *testing.T) {
	text, err := profile.BuiltIn().MarshalText()
	require.NoError(t, err)
	var table profile.Table
	require.NoError(t, table.UnmarshalText(text))
	assert.Equal(t, slices.Collect(profile.BuiltIn().All()), slices.Collect(table.All()))
	crlf := strings.ReplaceAll(string(text), "\n", "\r\n")
	var windows profile.Table
	require.NoError(t, windows.UnmarshalText([]byte(crlf)))
	assert.Equal(t, slices.Collect(table.All()), slices.Collect(windows.All()))
}

func FuzzTableText(f *testing.F) {
	built, err := profile.BuiltIn().MarshalText()
	require.NoError(f, err)
	lines := strings.SplitAfter(string(built), "\n")
	f.Add(lines[0] + lines[2] + lines[3])
	f.Add("name\tcoa_keys\tdisconnect_keys\nx\tUser-Name+NAS-Port; Attr-26.1.2?\t=\n")
	f.Add("name\ttakes\tone_session\trefuses\tapart\nx\tUser-Name; NAS-Port\t-\tClass\tFilter-Id+SN-Rulebase\ny\t\tUser-Name+NAS-Port\t\t\n")
	f.Add("name\tmac\tactions\nx\tplain\ta; b?\n")
	f.Fuzz(func(t *testing.T, text string) {
		var table profile.Table
		if table.UnmarshalText([]byte(text)) != nil {
			return
		}
		again, err := table.MarshalText()
		require.NoError(t, err)
		var second profile.Table
		require.NoError(t, second.UnmarshalText(again))
		third, err := second.MarshalText()
		require.NoError(t, err)
		require.Equal(t, string(again), string(third))
	})
}
