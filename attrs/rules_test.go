// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"maps"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A tableRow is a row of a table in testdata, by the names of its columns.
type tableRow map[string]string

func readTable(t *testing.T, name string) (rows []tableRow) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	columns := strings.Split(lines[0], "\t")
	for _, line := range lines[1:] {
		row := tableRow{}
		for i, cell := range strings.Split(line, "\t") {
			row[columns[i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

// ids are the attributes of a row, which may be a range.
func (r tableRow) ids(t *testing.T) (ids []ID) {
	t.Helper()
	number := r["attribute_number"]
	if typ, sub, ok := strings.Cut(number, "."); ok {
		return []ID{{Type: radius.Type(atoi(t, typ)), Sub: uint32(atoi(t, sub))}}
	}
	first, last, ok := strings.Cut(number, "-")
	if !ok {
		last = first
	}
	for n := atoi(t, first); n <= atoi(t, last); n++ {
		ids = append(ids, ID{Type: radius.Type(n)})
	}
	return ids
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	require.NoError(t, err)
	return n
}

var tableColumns = []struct {
	name string
	code radius.Code
}{
	{"CoA-Request", 43}, {"CoA-ACK", 44}, {"CoA-NAK", 45}, {"Disconnect-Request", 40}, {"Disconnect-ACK", 41}, {"Disconnect-NAK", 42},
}

// departures are the cells where In is not what the table prints, and why.
var departures = map[ID]map[radius.Code]Occurrence{
	// RFC 5176, section 3, lists it and trace 3 of section 7 uses it.
	{Type: 8}:   {40: ZeroOrOne},
	{Type: 96}:  {40: ZeroOrOne},
	{Type: 97}:  {40: ZeroOrMore},
	{Type: 92}:  {43: ZeroOrMore}, // RFC 4849, section 3
	{Type: 101}: {41: ZeroOrOne},  // 201 is defined for the Disconnect-ACK
}

func TestR5176_3_6_OccurrencesAreThoseOfTheTables(t *testing.T) {
	inTable := map[ID]bool{}
	rows := readTable(t, "attribute_table.tsv")
	require.Len(t, rows, 75)
	for _, row := range append(rows, readTable(t, "attribute_table_updates.tsv")...) {
		for _, id := range row.ids(t) {
			for _, c := range tableColumns {
				want := row[c.name]
				if inTable[id] && want == "-" {
					continue // a later document says nothing of a packet that RFC 5176 speaks of
				}
				if o, ok := departures[id][c.code]; ok {
					require.Equal(t, o, id.In(c.code), "%v in %s", id, c.name)
					continue
				}
				require.Equal(t, want, id.In(c.code).String(), "%v in %s", id, c.name)
			}
			inTable[id] = true
		}
	}
	for n, r := range plainRules {
		if r != (rule{}) {
			require.True(t, inTable[ID{Type: radius.Type(n)}], "attribute %d", n)
		}
	}
	for n := range extendedRules {
		require.True(t, inTable[ID{Type: radius.Type(n[0]), Sub: n[1]}], "attribute %d.%d", n[0], n[1])
	}
}

// unspecified rows are all zero, and so are those of attributes that no table has.
func TestAttributesWithoutColumnsAreUnspecified(t *testing.T) {
	for _, id := range []ID{FramedIPv6Address.ID(), {Type: 200}, {Type: 0}, {Type: -1}, {Type: 300}, {Type: 241, Sub: 200}, {Type: 241, Vendor: 6527, Sub: 88}} {
		require.Equal(t, Unspecified, id.In(radius.CodeCoARequest), "%v", id)
	}
	require.Equal(t, Unspecified, UserName.ID().In(radius.CodeAccessRequest))
	require.Equal(t, ZeroOrMore, VendorID(9, 1).In(radius.CodeDisconnectRequest), "as Vendor-Specific")
	require.Equal(t, None, VendorID(9, 1).In(radius.CodeDisconnectACK))
	require.Equal(t, "Occurrence(9)", Occurrence(9).String())
}

func TestR5176_3_RolesAreThoseOfTheTables(t *testing.T) {
	identifying := map[ID]Role{}
	for _, row := range readTable(t, "identification.tsv") {
		identifying[row.ids(t)[0]] = map[string]Role{"NAS": RoleNAS, "session": RoleSession}[row["kind"]]
	}
	require.Len(t, identifying, 15)
	identifying[ID{Type: 26}] = RoleVendor // the host decides

	byRole := map[string]Role{"authorization": RoleAuthorization, "action": RoleAuthorization, "routing": RoleProtocol,
		"transport": RoleProtocol, "-": RoleUnknown, "unspecified": RoleUnknown}
	want := map[ID]Role{
		{Type: 33}: RoleProtocol, {Type: 55}: RoleProtocol, {Type: 80}: RoleProtocol,
		{Type: 94}: RoleUnknown, {Type: 101}: RoleUnknown, // in no request
	}
	for _, row := range readTable(t, "attribute_table.tsv") {
		id := row.ids(t)[0]
		if _, ok := want[id]; !ok {
			want[id] = RoleAuthorization
		}
	}
	for _, row := range readTable(t, "attribute_table_updates.tsv") {
		for _, id := range row.ids(t) {
			want[id] = byRole[row["role"]]
		}
	}
	maps.Copy(want, identifying)
	// RFC 7930, section 4: in no request, so it has no part in one.
	want[OriginalPacketCode.ID()] = RoleUnknown
	for id, role := range want {
		require.Equal(t, role, id.Role(), "%v", id)
	}
	for n := range 256 {
		if id := (ID{Type: radius.Type(n)}); want[id] == RoleUnknown {
			require.Equal(t, RoleUnknown, id.Role(), "%v", id)
		}
	}
	require.Equal(t, RoleVendor, VendorID(9, 1).Role())
	require.Equal(t, RoleVendor, ID{Type: 241, Vendor: 6527, Sub: 88}.Role())
	require.Equal(t, RoleUnknown, ID{Type: 241, Sub: 200}.Role())
	require.Equal(t, "session", RoleSession.String())
	require.Equal(t, "Role(9)", Role(9).String())
}

// Every attribute of the tables has a Key, with the name of the table.
func TestEveryAttributeOfTheTablesHasAKey(t *testing.T) {
	names := map[string]string{ // FreeRADIUS's spelling where the RFCs' is another
		"Framed-Management-Protocol": "Framed-Management",
	}
	v := reg.load()
	for _, row := range append(readTable(t, "attribute_table.tsv"), readTable(t, "attribute_table_updates.tsv")...) {
		ids := row.ids(t)
		for _, id := range ids {
			r := v.record(id)
			require.NotNil(t, r, "%v", id)
			want := row["name"]
			if len(ids) > 1 {
				continue
			}
			if name, ok := names[want]; ok {
				require.NotNil(t, v.names[strings.ToLower(want)], "%s is known too", want)
				want = name
			}
			require.True(t, strings.EqualFold(want, r.name), "%v is %s", id, want)
		}
	}
}

// Of an attribute that may come once, by the tables of the RFCs, none of two different values is
// taken.
func TestGetTakesNoFirstOfWhatComesOnce(t *testing.T) {
	tried := 0
	for d := range Registered() {
		if d.ID.Vendor != 0 || !d.ID.plain() || lookupRule(d.ID).in[0] != ZeroOrOne {
			continue
		}
		key, ok := KeyOf(d.ID).(Key[uint32])
		if !ok {
			continue
		}
		tried++
		set := radius.Attributes{{Type: d.ID.Type, Attribute: []byte{0, 0, 0, 1}}, {Type: d.ID.Type, Attribute: []byte{0, 0, 0, 1}}}
		v, err := key.Get(set)
		require.NoError(t, err, "%v: the same value twice contradicts nothing", key)
		require.EqualValues(t, 1, v)
		set[1].Attribute = []byte{0, 0, 0, 2}
		_, err = key.Get(set)
		require.ErrorIs(t, err, errcause.InvalidRequest, "%v", key)
		_, _, err = key.Lookup(set)
		require.ErrorIs(t, err, errcause.InvalidRequest, "%v", key)
		_, err = Scan(set, key.Into(new(uint32)))
		require.ErrorIs(t, err, errcause.InvalidRequest, "%v", key)
	}
	require.Greater(t, tried, 5)
	_, err := AcctStatusType.Get(radius.Attributes{{Type: 40, Attribute: []byte{0, 0, 0, 1}}, {Type: 40, Attribute: []byte{0, 0, 0, 2}}})
	require.ErrorIs(t, err, errcause.InvalidRequest)
}
