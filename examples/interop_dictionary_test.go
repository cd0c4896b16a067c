// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const dictionaries = "/usr/share/freeradius"

// An entry is an attribute of a vendor in FreeRADIUS's dictionaries.
type entry struct {
	name, typ string
	flags     []string
}

// A dictionary is what FreeRADIUS loads.
type dictionary struct {
	attributes map[attrs.ID][]entry
	values     map[string]map[string]uint32 // by attribute and name
	vendors    map[string]uint32
}

// load reads a file and what it includes.
func (d *dictionary) load(t *testing.T, name string) {
	vendor := uint32(0)
	for line := range strings.Lines(readFile(t, filepath.Join(dictionaries, name))) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		switch {
		case len(f) < 2:
		case f[0] == "$INCLUDE":
			d.load(t, f[1])
		case f[0] == "VENDOR":
			d.vendors[f[1]] = number(t, f[2])
		case f[0] == "BEGIN-VENDOR":
			vendor = d.vendors[f[1]]
		case f[0] == "END-VENDOR":
			vendor = 0
		case f[0] == "ATTRIBUTE" && vendor != 0 && !strings.Contains(f[2], "."):
			id := attrs.VendorID(vendor, number(t, f[2]))
			typ, _, _ := strings.Cut(strings.ToLower(f[3]), "[")
			d.attributes[id] = append(d.attributes[id], entry{f[1], typ, strings.Split(strings.Join(f[4:], ","), ",")})
		case f[0] == "VALUE":
			if d.values[f[1]] == nil {
				d.values[f[1]] = make(map[string]uint32)
			}
			d.values[f[1]][f[2]] = number(t, f[3])
		}
	}
}

func number(t *testing.T, s string) uint32 {
	n, err := strconv.ParseUint(s, 0, 32)
	require.NoError(t, err)
	return uint32(n)
}

// notOurs are names of a number that another attribute has with us.
var notOurs = []string{"Ruckus-WSG-User", "H3C-Acct-IPv6-Input-Gigawords", "H3C-Acct-IPv6-Output-Gigawords"}

// beyondValues are values that are younger than the dictionaries.
var beyondValues = []string{"clear-dest-service", "Dynamic-Authorization", "Registration-Revocation", "Both"}

// Every vendor attribute of ours has FreeRADIUS's name, number, type and names of values; and every
// name that FreeRADIUS has for such a number leads to it.
func TestInteropVendorKeysAreFreeRADIUSs(t *testing.T) {
	d := &dictionary{map[attrs.ID][]entry{}, map[string]map[string]uint32{}, map[string]uint32{}}
	d.load(t, "dictionary")
	checked := 0
	for def := range attrs.Registered() {
		entries := d.attributes[def.ID]
		if def.ID.Vendor == 0 || def.ID.Name != "" || len(entries) == 0 && slices.Contains(beyond, def.Name) {
			continue
		}
		i := slices.IndexFunc(entries, func(e entry) bool { return e.name == def.Name })
		if !assert.True(t, i >= 0, "%s is not among %v", def.Name, entries) {
			continue
		}
		e := entries[i]
		if e.typ == "abinary" { // a form of octets that radclient also takes as text
			e.typ = "octets"
		}
		assert.Equal(t, e.typ, def.Type, def.Name)
		assert.Equal(t, slices.Contains(e.flags, "has_tag"), def.Tagged, def.Name)
		assert.Equal(t, slices.Contains(e.flags, "encrypt=2"), def.Hidden, def.Name)
		for _, v := range def.Values {
			if !slices.Contains(beyondValues, v.Name) {
				n, ok := d.values[def.Name][v.Name]
				assert.True(t, ok && n == v.Number, "%s: %s is %d", def.Name, v.Name, v.Number)
			}
		}
		for _, e := range entries {
			if !slices.Contains(notOurs, e.name) {
				assert.Equal(t, def.ID, idByName(t, e.name), e.name)
			}
		}
		checked++
	}
	assert.Greater(t, checked, 1100)
}

// idByName is the ID that attrs.Parse takes a name for.
func idByName(t *testing.T, name string) attrs.ID {
	key, ok := attrs.KeyByName(name)
	if !ok {
		return attrs.ID{}
	}
	return key.ID().Base()
}
