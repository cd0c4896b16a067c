// SPDX-License-Identifier: Apache-2.0

package vendors_test

import (
	"encoding/hex"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	_ "github.com/radius-dynauth/dynauth/attrs/vendors"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A row is an attribute by name and value, and its octets as they follow from number, type and
// format without any of our code.
type row struct{ name, value, octets string }

func rows(t testing.TB) []row {
	text, err := os.ReadFile("testdata/keys.tsv")
	require.NoError(t, err)
	var all []row
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		f := strings.Split(line, "\t")
		require.Len(t, f, 3, line)
		all = append(all, row{f[0], f[1], f[2]})
	}
	return all
}

// attributesOf splits encoded attributes.
func attributesOf(t testing.TB, octets string) radius.Attributes {
	b, err := hex.DecodeString(octets)
	require.NoError(t, err)
	set, err := radius.ParseAttributes(b)
	require.NoError(t, err)
	return set
}

func encoded(set radius.Attributes) string {
	var b []byte
	for _, avp := range set {
		b = append(append(b, byte(avp.Type), byte(2+len(avp.Attribute))), avp.Attribute...)
	}
	return hex.EncodeToString(b)
}

func TestEveryNameMakesItsOctets(t *testing.T) {
	for _, r := range rows(t) {
		a, err := attrs.Parse(r.name, r.value)
		if !assert.NoError(t, err, r.name) {
			continue
		}
		set, err := a.AppendTo(nil)
		require.NoError(t, err, r.name)
		assert.Equal(t, r.octets, encoded(set), r.name)
	}
}

func TestOctetsPrintAsTheLineThatMakesThem(t *testing.T) {
	for _, r := range rows(t) {
		for line := range attrs.Format(attributesOf(t, r.octets)) {
			name, value, ok := strings.Cut(line, " = ")
			require.True(t, ok, line)
			assert.Equal(t, r.name, name)
			if value == "[hidden]" {
				continue
			}
			a, err := attrs.ParseLine(line)
			if !assert.NoError(t, err, line) {
				continue
			}
			set, err := a.AppendTo(nil)
			require.NoError(t, err)
			assert.Equal(t, r.octets, encoded(set), line)
		}
	}
}

func TestEveryVendorKeyHasARow(t *testing.T) {
	named := make(map[string]bool)
	for _, r := range rows(t) {
		name, _, _ := strings.Cut(r.name, ":")
		named[name] = true
	}
	for d := range attrs.Registered() {
		if d.ID.Vendor != 0 && d.ID.Name == "" {
			assert.True(t, named[d.Name], "%v has no row", d.Name)
		}
	}
}

// What must not be read over a shoulder: lawful intercept, passwords and keys.
func TestSecretsAreHidden(t *testing.T) {
	secret := regexp.MustCompile(`(?i)password|passphrase|secret|dpsk|mpsk|credential|calea|intercept|port-mirror|(^|-)(li|med|key|token|keyid|triplets)(-|$)`)
	found := 0
	for d := range attrs.Registered() {
		if d.ID.Vendor != 0 && secret.MatchString(d.Name) && !harmless[d.Name] {
			found++
			assert.True(t, d.Sensitive, "%s is shown", d.Name)
		}
	}
	assert.Greater(t, found, 40)
}

// harmless are names that look like those of secrets.
var harmless = map[string]bool{
	"3GPP2-Ike-Preshared-Secret-Request": true, // whether there is one
	"Fortinet-FAC-Token-ID":              true, // the name of a token
	"Ascend-Token-Idle":                  true, // times of a token
	"Ascend-Token-Expiry":                true,
	"Ascend-Token-Immediate":             true,
}

func TestHiddenValuesArePartOfTheSigner(t *testing.T) {
	for _, name := range []string{"ERX-LI-Action", "ERX-Med-Dev-Handle", "ERX-Med-Ip-Address", "ERX-Med-Port-Number", "Alc-LI-Action", "Alc-LI-Destination",
		"Alc-LI-FC", "Alc-LI-Direction", "Alc-LI-Intercept-Id", "Alc-LI-Session-Id", "Alc-APN-Password", "Aruba-MPSK-Passphrase", "3GPP2-MN-HA-Shared-Key",
		"Cisco-Lawful-Intercept"} {
		found := false
		for d := range attrs.Registered() {
			if d.Name == name {
				found = true
				assert.True(t, attrs.IsHidden(d.ID), name)
			}
		}
		assert.True(t, found, name)
	}
}

func attrsOf(name, value string) (radius.Attributes, error) {
	a, err := attrs.Parse(name, value)
	if err != nil {
		return nil, err
	}
	return a.AppendTo(nil)
}
