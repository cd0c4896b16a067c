// SPDX-License-Identifier: Apache-2.0

package attrs_test

import (
	"encoding/hex"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A secretRow is an attribute that its RFC or vendor calls a key or a password.
type secretRow struct {
	name string
	id   attrs.ID
}

// secretRows are those of the table, which is made of FreeRADIUS's dictionaries and of what is
// younger.
func secretRows(t *testing.T) (rows []secretRow) {
	text, err := os.ReadFile("testdata/secrets.tsv")
	require.NoError(t, err)
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		f := strings.Split(line, "\t")
		require.Len(t, f, 3, line)
		vendor, err := strconv.ParseUint(f[1], 10, 32)
		require.NoError(t, err)
		number, err := strconv.ParseUint(f[2], 10, 32)
		require.NoError(t, err)
		r := secretRow{f[0], attrs.VendorID(uint32(vendor), uint32(number))}
		if vendor == 0 {
			r.id = attrs.ID{Type: radius.Type(number)}
		}
		rows = append(rows, r)
	}
	return rows
}

// Nothing that a dictionary calls a key or a password is shown, by any name or number.
func TestEverythingThatIsAKeyOrAPasswordIsHidden(t *testing.T) {
	rows := secretRows(t)
	require.Greater(t, len(rows), 90)
	for _, row := range rows {
		require.True(t, attrs.IsSensitive(row.id), row.name)
		clear := []byte("topsecret")
		a := attrs.Raw(row.id.Type, clear)
		if row.id.Vendor != 0 {
			if row.id.Sub > 255 {
				continue // four octets of type
			}
			a = attrs.Vendor(row.id.Vendor, byte(row.id.Sub), clear)
		}
		require.NoError(t, a.Err(), row.name)
		require.Contains(t, a.String(), "[hidden]", row.name)
		require.NotContains(t, a.String(), hex.EncodeToString(clear), row.name)
	}
}

// looksSecret is what names of secrets look like, and notSecret what only looks so.
var (
	looksSecret = regexp.MustCompile(`(?i)passw|passphrase|secret|[-_]psk$|pre-?shared|[-_]key$|mppe-keys|encryption-key|-ha1$|chap-(response|lm|nt|cpw|challenge)|chap2-(response|cpw)`)
	notSecret   = regexp.MustCompile(`(?i)prompt|retry|length|allow|expiry|warn|storage-key|save-password|secret-request|on-rekey|policy|vector-key|location-key|opaque-key|-rk-key$|public-key|map-key|session-key-|password-parameter-`)
)

func TestTheDictionariesHaveNoSecretThatIsShown(t *testing.T) {
	d := readDictionary(t)
	checked := 0
	for id, all := range d.attributes {
		for _, a := range all {
			if id.Type > 255 || id.Type == 26 && id.Vendor == 0 || !looksSecret.MatchString(a.name) || notSecret.MatchString(a.name) || dhcpOrInternal(id) {
				continue
			}
			checked++
			if !attrs.IsSensitive(id) {
				t.Errorf("%v %s is shown", id, a.name)
			}
		}
	}
	require.Greater(t, checked, 80)
}

// dhcpOrInternal are numbers of dictionaries whose attributes are on no RADIUS wire.
func dhcpOrInternal(id attrs.ID) bool {
	if id == (attrs.ID{Type: 141}) {
		return true // PKM-SAID today, which is no secret
	}
	return id.Vendor == 54 || id.Vendor == 11344
}

func TestPairsWhoseNameSaysSecretAreHidden(t *testing.T) {
	pair := func(vendor uint32, t byte, s string) string { return attrs.Vendor(vendor, t, []byte(s)).String() }
	for _, name := range []string{"ipsec:tunnel-password", "leap:session-key", "vpdn:l2tp-tunnel-password", "psk", "subscriber:password", "ipsec:ikev2-password-local",
		"outbound:send-secret", "wlan-psk", "ip:ssl-key", "aaa:cts-pac-opaque-passphrase", "mobileip:spi#0", "intercept-id", "li-action", "md-ip-addr", "User_Password", "preshared-key"} {
		for _, sep := range []string{"=", "*"} {
			for _, at := range [][2]uint32{{9, 1}, {674, 1}, {6027, 1}, {2011, 188}, {35098, 1}} {
				text := pair(at[0], byte(at[1]), name+sep+"topsecret")
				require.Contains(t, text, "[hidden]", "%s of %v", name, at)
				require.NotContains(t, text, hex.EncodeToString([]byte("topsecret")))
			}
		}
	}
	for _, s := range []string{"subscriber:command=reauthenticate", "audit-session-id=0a", "ip:inacl#1=permit ip any any", "monkey=7", "shell:priv-lvl=15", "no pair"} {
		require.NotContains(t, pair(9, 1, s), "[hidden]", s)
	}
	secret := attrs.VendorID(9, 1)
	secret.Name = "ipsec:tunnel-password"
	require.True(t, attrs.IsSensitive(secret))
	require.False(t, attrs.IsSensitive(attrs.VendorID(9, 1)))
}
