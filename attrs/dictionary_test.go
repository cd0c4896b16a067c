// SPDX-License-Identifier: Apache-2.0

package attrs_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	_ "github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

const dictionaries = "/usr/share/freeradius"

// A dictionary is what FreeRADIUS knows of attributes.
type dictionary struct {
	attributes map[attrs.ID][]attribute
	values     map[string]map[string]uint32 // by attribute and name, in lower case
}

type attribute struct{ name, typ, flags string }

// readDictionary reads all files, some of which describe the same numbers in several ways.
func readDictionary(t *testing.T) *dictionary {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dictionaries, "dictionary.*"))
	if len(files) == 0 {
		t.Skip("FreeRADIUS's dictionaries are not installed here (freeradius-common)")
	}
	d := &dictionary{map[attrs.ID][]attribute{}, map[string]map[string]uint32{}}
	vendors := map[string]uint32{}
	for _, pass := range []func([]string, *uint32){
		func(f []string, _ *uint32) {
			if f[0] == "VENDOR" {
				n, _ := strconv.ParseUint(f[2], 0, 32)
				vendors[f[1]] = uint32(n)
			}
		},
		func(f []string, vendor *uint32) { d.line(f, vendor, vendors) },
	} {
		for _, name := range files {
			f, err := os.Open(name)
			require.NoError(t, err)
			var vendor uint32
			for s := bufio.NewScanner(f); s.Scan(); {
				line, _, _ := strings.Cut(s.Text(), "#")
				if fields := strings.Fields(line); len(fields) > 1 {
					pass(append(fields, "", ""), &vendor)
				}
			}
			require.NoError(t, f.Close())
		}
	}
	return d
}

func (d *dictionary) line(f []string, vendor *uint32, vendors map[string]uint32) {
	switch f[0] {
	case "BEGIN-VENDOR":
		*vendor = vendors[f[1]]
	case "END-VENDOR":
		*vendor = 0
	case "ATTRIBUTE":
		typ, sub, dotted := strings.Cut(f[2], ".")
		t, err := strconv.ParseUint(typ, 0, 32)
		s, err2 := strconv.ParseUint(sub, 0, 32)
		if err != nil || dotted && (err2 != nil || *vendor != 0) {
			return
		}
		id := attrs.ID{Type: radius.Type(t), Sub: uint32(s)}
		if *vendor != 0 {
			id = attrs.VendorID(*vendor, uint32(t))
		}
		d.attributes[id] = append(d.attributes[id], attribute{f[1], f[3], f[4]})
	case "VALUE":
		name := strings.ToLower(f[1])
		if d.values[name] == nil {
			d.values[name] = map[string]uint32{}
		}
		n, _ := strconv.ParseUint(f[3], 0, 32)
		d.values[name][strings.ToLower(f[2])] = uint32(n)
	}
}

// What FreeRADIUS's dictionaries call differently, or do not have.
var notInDictionaries = map[string]string{
	"Originating-Line-Info":    "RFC 7155 gives it, not all releases do",
	"Softwire46-Configuration": "RFC 8658",
	"Softwire46-Priority":      "RFC 8658",
	"Softwire46-Multicast":     "RFC 8658",
	"DHCPv6-Options":           "RFC 9445",
	"DHCPv4-Options":           "RFC 9445",
}

func TestFreeRADIUSHasTheSameNamesNumbersAndTypes(t *testing.T) {
	d := readDictionary(t)
	checked := 0
	for def := range attrs.Registered() {
		if v := def.ID.Vendor; v != 0 && v != 14988 || def.ID.Name != "" || strings.HasPrefix(def.Name, "X-") {
			continue // of other tests
		}
		known := d.attributes[def.ID]
		if _, ok := notInDictionaries[def.Name]; ok && len(known) == 0 {
			continue
		}
		names := map[string]attribute{}
		for _, a := range known {
			names[a.name] = a
		}
		a, ok := names[def.Name]
		require.True(t, ok, "%v: %s is not among %v", def.ID, def.Name, known)
		typ, _, _ := strings.Cut(a.typ, "[")
		require.Equal(t, typ, def.Type, "%s", def.Name)
		require.Equal(t, strings.Contains(a.flags, "has_tag"), def.Tagged, "%s", def.Name)
		require.Equal(t, strings.Contains(a.flags, "encrypt=2"), def.Hidden, "%s", def.Name)
		for _, v := range def.Values {
			n, ok := d.values[strings.ToLower(def.Name)][strings.ToLower(v.Name)]
			if ok {
				require.Equal(t, n, v.Number, "%s %s", def.Name, v.Name)
			}
		}
		checked++
	}
	require.Greater(t, checked, 150)
}
