// SPDX-License-Identifier: Apache-2.0

package termcause

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ours = `# reasons of one host

family	name	default	description	mapped
pppoe	padt	User-Request	The client sent PADT
pppoe	keepalive	2	No answer to echoes	8
pppoe	relay	unknown	The relay closed it	
policy	parent	inherit	The parent session ended
	power	23		4294967295
`

func TestTableText(t *testing.T) {
	want := []Entry{
		{Reason{"", "power"}, 4294967295, LostPower, false, ""},
		{Reason{"policy", "parent"}, 0, 0, true, "The parent session ended"},
		{Reason{"pppoe", "keepalive"}, PortError, LostCarrier, false, "No answer to echoes"},
		{Reason{"pppoe", "padt"}, UserRequest, UserRequest, false, "The client sent PADT"},
		{Reason{"pppoe", "relay"}, 0, 0, false, "The relay closed it"},
	}
	for name, text := range map[string]string{
		"LF":                 ours,
		"CR LF":              strings.ReplaceAll(ours, "\n", "\r\n"),
		"no LF at the end":   strings.TrimSuffix(ours, "\n"),
		"header without map": strings.Replace(ours, "\tmapped", "", 1),
	} {
		t.Run(name, func(t *testing.T) {
			table := Junos()
			require.NoError(t, table.UnmarshalText([]byte(text)))
			assert.Equal(t, want, slices.Collect(table.All()))
		})
	}

	var table Table
	require.NoError(t, table.UnmarshalText([]byte(ours)))
	b, err := table.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, "family\tname\tdefault\tdescription\tmapped\n"+
		"\tpower\t23\t\t4294967295\n"+
		"policy\tparent\tinherit\tThe parent session ended\n"+
		"pppoe\tkeepalive\t2\tNo answer to echoes\t8\n"+
		"pppoe\tpadt\t1\tThe client sent PADT\n"+
		"pppoe\trelay\tunknown\tThe relay closed it\n", string(b))
}

func TestTableTextRoundTrip(t *testing.T) {
	table := Junos()
	for _, r := range []Reason{idle, logout, iccn} {
		require.NoError(t, table.Remap(r, 4711))
	}
	b, err := table.MarshalText()
	require.NoError(t, err)
	var got Table
	require.NoError(t, got.UnmarshalText(b))
	assert.Equal(t, slices.Collect(table.All()), slices.Collect(got.All()))
	require.NoError(t, got.Reset(idle), "its default came along")
	assert.Equal(t, IdleTimeout, entryOf(t, &got, idle).Cause)
}

func TestTableTextRefuses(t *testing.T) {
	const header = textHeader + "\n"
	for text, want := range map[string]string{
		"":                                "no header",
		"# nothing\n\n":                   "no header",
		"aaa\tidle\t4\t\n":                "line 1 is not the header",
		"\n#\nfamily name default\n":      "line 3 is not the header",
		header + "aaa\tidle\n":            "4 or 5 columns, not 2 (line 2)",
		header + "a\tb\t1\t\t2\t\n":       "4 or 5 columns, not 6 (line 2)",
		header + "a\tb\t0\t\n":            "0 is no cause",
		header + "a\tb\t\t\n":             `"" is neither a name nor a number`,
		header + "a\tb\tsoon\t\n":         `"soon" is neither`,
		header + "a\tb\t4294967296\t\n":   "neither",
		header + "a\tb\t1\t\tsoon\n":      `"soon" is neither`,
		header + "a\tb\t1\t\t0\n":         "0 is no cause",
		header + "a\tb\t1\t\t1\n":         "this is the default",
		header + "a\t\t1\t\n":             "has no name (line 2)",
		header + "a\tb\r\t1\t\n":          "do not print",
		header + "a\tb\t1\t\na\tb\t2\t\n": "given twice",
		header + "a\t#\t1\t\n" + header:   `"default" is neither`,
	} {
		table := Junos()
		before := slices.Collect(table.All())
		err := table.UnmarshalText([]byte(text))
		assert.ErrorContains(t, err, want, "%q", text)
		assert.Equal(t, 1, strings.Count(err.Error(), "termcause: "), "%v", err)
		assert.Equal(t, before, slices.Collect(table.All()), "all or nothing")
	}
}

func TestBigTables(t *testing.T) {
	const n = 20_000
	var table Table
	require.NoError(t, table.UnmarshalText(big(n)))
	assert.Len(t, slices.Collect(table.All()), n)
}

func TestTableJSON(t *testing.T) {
	table := Junos()
	b, err := json.Marshal(table)
	require.NoError(t, err)
	assert.JSONEq(t, `[]`, string(b), "nothing is remapped")

	require.NoError(t, table.Remap(iccn, 4711))
	require.NoError(t, table.Remap(idle, NASRequest))
	b, err = json.Marshal(map[string]*Table{"reasons": table})
	require.NoError(t, err)
	assert.Equal(t, `{"reasons":[`+
		`{"family":"aaa","name":"shutdown-idle-timeout","cause":"NAS-Request"},`+
		`{"family":"l2tp","name":"session-receive-iccn-unexpected","cause":"Cause(4711)"}]}`, string(b))

	other := Junos()
	require.NoError(t, other.Remap(noOffers, UserError))
	var config struct{ Reasons *Table }
	config.Reasons = other
	require.NoError(t, json.Unmarshal(b, &config))
	assert.Equal(t, slices.Collect(table.All()), slices.Collect(other.All()), "what is not named is reset")

	require.NoError(t, other.UnmarshalJSON([]byte("null")))
	assert.Equal(t, slices.Collect(table.All()), slices.Collect(other.All()), "null changes nothing")
	require.NoError(t, other.UnmarshalJSON([]byte(` [ ] `)))
	assert.Equal(t, slices.Collect(Junos().All()), slices.Collect(other.All()))
}

func TestTableJSONTakesNamesAndNumbers(t *testing.T) {
	for _, cause := range []string{`10`, `"10"`, `"nas request"`, `"NAS-Request"`, ` "Cause(10)"`} {
		table := Junos()
		require.NoError(t, table.UnmarshalJSON([]byte(`[{"family": "aaa", "name": "shutdown-idle-timeout", "cause": `+cause+`}]`)), cause)
		assert.Equal(t, NASRequest, entryOf(t, table, idle).Cause, cause)
	}
}

func TestTableJSONRefuses(t *testing.T) {
	row := func(family, name, rest string) string {
		return `{"family":"` + family + `","name":"` + name + `"` + rest + `}`
	}
	for text, want := range map[string]string{
		``:                                 "EOF",
		`[`:                                "EOF",
		`{}`:                               "cannot unmarshal object",
		`[] []`:                            "something follows",
		`[],`:                              "something follows",
		`[` + row("dhcp", "nak", ``) + `]`: "0 is no cause",
		`[` + row("dhcp", "nak", `,"cause":0`) + `]`:                                                    "0 is no cause",
		`[` + row("dhcp", "nak", `,"cause":null`) + `]`:                                                 "0 is no cause",
		`[` + row("dhcp", "nak", `,"cause":true`) + `]`:                                                 `"true" is neither`,
		`[` + row("dhcp", "nak", `,"cause":1.5`) + `]`:                                                  `"1.5" is neither`,
		`[` + row("dhcp", "nak", `,"cause":-1`) + `]`:                                                   `"-1" is neither`,
		`[` + row("dhcp", "nak", `,"cause":15`) + `]`:                                                   "this is the default",
		`[` + row("dhcp", "nack", `,"cause":10`) + `]`:                                                  "no such reason",
		`[` + row("dhcp", "nak", `,"casue":10`) + `]`:                                                   "unknown field",
		`[` + row("dhcp", "nak", `,"cause":10`) + `,` + row("dhcp", "nak", `,"cause":11`) + `]`:         "mapped twice",
		`[` + row("dhcp", "lost-carrier", `,"cause":10`) + `,` + row("dhcp", "nak", `,"cause":0`) + `]`: "0 is no cause",
	} {
		table := Junos()
		require.NoError(t, table.Remap(idle, UserError))
		before := slices.Collect(table.All())
		err := table.UnmarshalJSON([]byte(text))
		assert.ErrorContains(t, err, want, text)
		assert.Equal(t, 1, strings.Count(err.Error(), "termcause: "), "%v", err)
		assert.Equal(t, before, slices.Collect(table.All()), "all or nothing")
	}
}

func FuzzTableText(f *testing.F) {
	f.Fuzz(func(t *testing.T, text []byte) {
		var table, again Table
		if err := table.UnmarshalText(text); err != nil {
			require.Empty(t, slices.Collect(table.All()))
			return
		}
		b, err := table.MarshalText()
		require.NoError(t, err)
		require.NoError(t, again.UnmarshalText(b))
		rows := slices.Collect(table.All())
		require.Equal(t, rows, slices.Collect(again.All()))
		for _, e := range rows {
			_, ok := table.Cause(e.Reason, 1)
			require.Equal(t, e.Inherited || e.Cause != 0, ok)
			require.NoError(t, table.Reset(e.Reason))
			require.ErrorIs(t, table.Remap(e.Reason, 0), ErrNoCause)
		}
	})
}

func FuzzTableJSON(f *testing.F) {
	f.Fuzz(func(t *testing.T, text []byte) {
		table, again := Junos(), Junos()
		if err := table.UnmarshalJSON(text); err != nil {
			require.Equal(t, slices.Collect(again.All()), slices.Collect(table.All()))
			return
		}
		b, err := table.MarshalJSON()
		require.NoError(t, err)
		require.NoError(t, again.UnmarshalJSON(b))
		require.Equal(t, slices.Collect(table.All()), slices.Collect(again.All()))
	})
}
