// SPDX-License-Identifier: Apache-2.0

package dictionary_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/dictionary"
	_ "github.com/radius-dynauth/dynauth/attrs/vendors"
	"github.com/stretchr/testify/require"
)

func files(text map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, s := range text {
		fsys[name] = &fstest.MapFile{Data: []byte(s)}
	}
	return fsys
}

const acme = `# what Acme says
VENDOR		Acme	55801
$INCLUDE sub/values
BEGIN-VENDOR	Acme
ATTRIBUTE	Acme-Line-Id	1	string
ATTRIBUTE	Acme-Profile	0x02	integer
ATTRIBUTE	Acme-Pool	3	string	has_tag
ATTRIBUTE	Acme-Login-Key	4	octets	encrypt=2
ATTRIBUTE	Acme-Old-Key	5	string	encrypt=1
ATTRIBUTE	Acme-Hash	6	octets[4]
ATTRIBUTE	Acme-Net	7	ipv4prefix
ATTRIBUTE	Acme-Where	8	combo-ip
ATTRIBUTE	Acme-Offset	9	signed
ATTRIBUTE	Acme-Rate	10	integer	has_tag
ATTRIBUTE	Acme-Tree	11	tlv
ATTRIBUTE	Acme-Tree-Leaf	11.1	integer
BEGIN-TLV	Acme-Tree
ATTRIBUTE	Acme-Tree-Twig	2	string
END-TLV	Acme-Tree
ATTRIBUTE	Acme-Hint	12	string	secret
ATTRIBUTE	Acme-Octets	13	uint64
END-VENDOR	Acme
VENDOR	Wide-Acme	55802	format=2,1
BEGIN-VENDOR	Wide-Acme
ATTRIBUTE	Wide-Acme-Name	0x0102	string
END-VENDOR	Wide-Acme
VENDOR	Long-Acme	55803	format=1,1,c
BEGIN-VENDOR	Long-Acme
ATTRIBUTE	Long-Acme-Name	1	string
END-VENDOR	Long-Acme
BEGIN-VENDOR	Acme	format=Extended-Vendor-Specific-1
ATTRIBUTE	Acme-Extended	7	string
END-VENDOR	Acme
ATTRIBUTE	Acme-Internal	3000	string
VALUE	Service-Type	Acme-Service	4711
$INCLUDE- missing
`

func TestAttributesOfAFileAreKnown(t *testing.T) {
	d, err := dictionary.Load(files(map[string]string{"etc/acme": acme, "etc/sub/values": "VALUE Acme-Profile gold 1\nVALUE Acme-Profile silver 0x2\n"}), "etc/acme")
	require.NoError(t, err)
	for _, c := range []struct {
		name, value, text string
		octets            string
	}{
		{"Acme-Line-Id", "7", `Acme-Line-Id = "7"`, "1a090000d9f9 01 03 37"},
		{"acme-profile", "GOLD", `Acme-Profile = gold`, "1a0c0000d9f9 02 06 00000001"},
		{"Acme-Profile", "silver", `Acme-Profile = silver`, "1a0c0000d9f9 02 06 00000002"},
		{"Acme-Pool:3", "p", `Acme-Pool:3 = "p"`, "1a0a0000d9f9 03 04 03 70"},
		{"Acme-Login-Key", "topsecret", `Acme-Login-Key = [hidden]`, ""},
		{"Acme-Old-Key", "topsecret", `Acme-Old-Key = [hidden]`, ""},
		{"Acme-Hint", "topsecret", `Acme-Hint = [hidden]`, ""},
		{"Acme-Hash", "0x01020304", `Acme-Hash = 0x01020304`, "1a0c0000d9f9 06 06 01020304"},
		{"Acme-Net", "192.0.2.0/24", `Acme-Net = 192.0.2.0/24`, "1a0e0000d9f9 07 08 0018c0000200"},
		{"Acme-Where", "2001:db8::1", `Acme-Where = 2001:db8::1`, ""},
		{"Acme-Where", "192.0.2.1", `Acme-Where = 192.0.2.1`, "1a0c0000d9f9 08 06 c0000201"},
		{"Acme-Offset", "-2", `Acme-Offset = "-2"`, "1a0c0000d9f9 09 06 fffffffe"},
		{"Acme-Rate:1", "7", `Acme-Rate:1 = 7`, "1a0c0000d9f9 0a 06 01000007"},
		{"Acme-Octets", "1", `Acme-Octets = 1`, "1a100000d9f9 0d 0a 0000000000000001"},
		{"Wide-Acme-Name", "x", `Wide-Acme-Name = "x"`, "1a0a0000d9fa 0102 04 78"},
		{"Acme-Extended", "x", `Acme-Extended = "x"`, "f1091a0000d9f90778"},
		{"Service-Type", "Acme-Service", `Service-Type = Acme-Service`, "0606 00001267"},
	} {
		a, err := attrs.Parse(c.name, c.value)
		require.NoError(t, err, c.name)
		require.Equal(t, c.text, a.String())
		if c.octets != "" {
			set, err := a.AppendTo(nil)
			require.NoError(t, err)
			require.Equal(t, clean(c.octets), wire(set[0].Attribute, byte(set[0].Type)), c.name)
		}
	}
	key, ok := d.Key("acme-line-id")
	require.True(t, ok)
	require.Equal(t, attrs.VendorID(55801, 1), key.ID())
	set, err := attrs.Join(attrs.Vendor(55801, 1, []byte("7")), attrs.UserName.Of("bob")).AppendTo(nil)
	require.NoError(t, err)
	_, id, err := attrs.SelectionOf(set, key)
	require.NoError(t, err)
	line, found, err := key.(attrs.Key[string]).In(id)
	require.True(t, found && err == nil && line == "7")
	require.Equal(t, attrs.SaltHidden, attrs.HidingOf(attrs.VendorID(55801, 4)))
	require.Equal(t, attrs.PasswordHidden, attrs.HidingOf(attrs.VendorID(55801, 5)))

	why := map[string]string{}
	for s := range d.Skipped() {
		why[s.Name] = s.Why
		require.Equal(t, "etc/acme", s.File)
		require.Positive(t, s.Line)
	}
	require.Equal(t, map[string]string{"Acme-Tree-Leaf": "it is within a TLV", "Acme-Tree-Twig": "it is within a TLV",
		"Long-Acme-Name": "its vendor has a continuation octet", "Acme-Internal": "a number above 255 is internal to FreeRADIUS"}, why)
	_, ok = d.Key("User-Name")
	require.False(t, ok, "the file does not have it")
	// Once more is the same.
	_, err = dictionary.Load(files(map[string]string{"etc/acme": acme, "etc/sub/values": ""}), "etc/acme")
	require.NoError(t, err)
}

func clean(s string) string {
	var out strings.Builder
	for _, r := range s {
		if r != ' ' {
			out.WriteString(string(r))
		}
	}
	return out.String()
}

func wire(b []byte, typ byte) string { return fmt.Sprintf("%02x%02x%x", typ, len(b)+2, b) }

func TestErrorsNameFileAndLine(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string
		line       int
	}{
		"keyword":            {"\n\nATRIBUTE a 1 string", "unknown keyword", 3},
		"FreeRADIUS 4":       {"BEGIN-PROTOCOL RADIUS", "unknown keyword", 1},
		"type":               {"VENDOR V 55810\nBEGIN-VENDOR V\nATTRIBUTE a 1 sting\nEND-VENDOR V", `unknown type "sting"`, 3},
		"length":             {"ATTRIBUTE a 1 octets[0]", "length", 1},
		"number":             {"ATTRIBUTE a x string", "not the number", 1},
		"fields":             {"ATTRIBUTE a 1", "2 fields", 1},
		"flag":               {"ATTRIBUTE a 1 string colour", "unknown flag", 1},
		"encrypt":            {"ATTRIBUTE a 1 string encrypt=9", "encrypt=", 1},
		"tag":                {"ATTRIBUTE a 1 ipaddr has_tag", "has no tag", 1},
		"tag and encrypt":    {"ATTRIBUTE a 1 string has_tag,encrypt=1", "has_tag", 1},
		"vendor":             {"BEGIN-VENDOR Nobody", "unknown vendor", 1},
		"vendor number":      {"VENDOR V 0", "not a number", 1},
		"vendor twice":       {"VENDOR V 55811\nVENDOR V 55812", "main:1", 2},
		"format":             {"VENDOR V 55811 format=3,1", "format=", 1},
		"type does not fit":  {"VENDOR V 55811\nBEGIN-VENDOR V\nATTRIBUTE a 256 string\nEND-VENDOR V", "does not fit", 3},
		"no END-VENDOR":      {"VENDOR V 55811\nBEGIN-VENDOR V\n", "no END-VENDOR", 2},
		"END-VENDOR alone":   {"END-VENDOR V", "does not end", 1},
		"nested":             {"VENDOR V 55811\nBEGIN-VENDOR V\nBEGIN-VENDOR V\n", "within", 3},
		"END-TLV alone":      {"END-TLV V", "without BEGIN-TLV", 1},
		"extended":           {"VENDOR V 55811\nBEGIN-VENDOR V format=Extended-Vendor-Specific-9", "-1 to -6", 2},
		"value":              {"VALUE Service-Type a b", "not a number", 1},
		"value of what":      {"\nVALUE No-Such-Attribute a 1", "unknown attribute", 2},
		"include":            {"$INCLUDE none", "none", 0},
		"includes itself":    {"$INCLUDE main", "include one another", 0},
		"name of another":    {"VENDOR V 55811\nBEGIN-VENDOR V\nATTRIBUTE User-Name 1 string\nEND-VENDOR V", "another attribute", 3},
		"two of one name":    {"VENDOR V 55811\nBEGIN-VENDOR V\nATTRIBUTE a 1 string\nATTRIBUTE a 2 string\nEND-VENDOR V", "another number", 4},
		"include leaves out": {"$INCLUDE ../../etc/passwd", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			before := registered()
			_, err := dictionary.Load(files(map[string]string{"main": c.text}), "main")
			var at *dictionary.Error
			require.ErrorAs(t, err, &at)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, c.line, at.Line)
			require.Equal(t, before, registered(), "nothing was registered")
		})
	}
	_, err := dictionary.LoadFile(filepath.Join(t.TempDir(), "none"))
	require.True(t, errors.Is(err, os.ErrNotExist))
}

func registered() (n int) {
	for range attrs.Registered() {
		n++
	}
	return n
}

// All that FreeRADIUS ships is read, and stays what it is where a package has it.
func TestFreeRADIUSsOwnDictionariesAreRead(t *testing.T) {
	const all = "/usr/share/freeradius/dictionary"
	if _, err := os.Stat(all); err != nil {
		t.Skip("FreeRADIUS's dictionaries are not installed here (freeradius-common)")
	}
	before, _ := attrs.KeyByName("Session-Timeout")
	d, err := dictionary.LoadFile(all)
	require.NoError(t, err)
	after, _ := attrs.KeyByName("Session-Timeout")
	require.Equal(t, before, after)
	n := 0
	for range d.Keys() {
		n++
	}
	require.Greater(t, n, 6000)
	a, err := attrs.Parse("WISPr-Bandwidth-Max-Down", "1000")
	require.NoError(t, err)
	require.Equal(t, "WISPr-Bandwidth-Max-Down = 1000", a.String())
	a, err = attrs.Parse("Framed-IP-Address", "192.0.2.1")
	require.NoError(t, err)
	require.Equal(t, attrs.FramedIPAddress.Of(netip.MustParseAddr("192.0.2.1")), a)
	skipped := 0
	for range d.Skipped() {
		skipped++
	}
	t.Log(n, "attributes,", skipped, "passed over")
}

// Of two names of one number with values of different kinds one is known: octets of the other kind
// are never sent under a name that means something else.
func TestANumberHasValuesOfOneKind(t *testing.T) {
	d, err := dictionary.Load(files(map[string]string{"main": "VENDOR Kinds 55899\nATTRIBUTE Old-Bridge 168 string\nBEGIN-VENDOR Kinds\n" +
		"ATTRIBUTE Old-Minutes 225 integer\nATTRIBUTE New-Digest 225 octets\nATTRIBUTE New-Text 225 string\n" +
		"ATTRIBUTE Old-Hidden 226 string encrypt=2\nATTRIBUTE New-Plain 226 string\nEND-VENDOR Kinds\n"}), "main")
	require.NoError(t, err)
	why := map[string]string{}
	for s := range d.Skipped() {
		why[s.Name] = s.Why
	}
	require.Equal(t, map[string]string{"Old-Minutes": "its number is that of New-Text, whose values are others",
		"Old-Bridge": "its number is that of Framed-IPv6-Address, whose values are others", "Old-Hidden": "its number is that of New-Plain, whose values are others"}, why)
	for name := range why {
		_, err := attrs.Parse(name, "5")
		require.ErrorContains(t, err, "unknown attribute")
	}
	a, err := attrs.Parse("New-Digest", "0x0a0b")
	require.NoError(t, err)
	set, err := a.AppendTo(nil)
	require.NoError(t, err)
	require.Equal(t, []byte{0x0a, 0x0b}, []byte(set[0].Attribute)[6:])
}

// Whatever a file holds, it is read or refused with its place; nothing panics or runs on.
func FuzzRead(f *testing.F) {
	f.Add(acme)
	f.Add("$INCLUDE main\n$INCLUDE main")
	f.Add("VENDOR V 1 format=4,0\nBEGIN-VENDOR V\nATTRIBUTE a 0xffffffff integer has_tag\nVALUE a b 1\nEND-VENDOR V")
	f.Fuzz(func(t *testing.T, text string) {
		err := dictionary.Check(files(map[string]string{"main": text}), "main")
		var at *dictionary.Error
		if err != nil && !errors.As(err, &at) {
			t.Fatal(err)
		}
	})
}
