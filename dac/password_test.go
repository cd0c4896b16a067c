// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/internal/compose"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// appendRequest signs r for peer.
func appendRequest(b []byte, r *Request, id byte, peer Peer, now time.Time) ([]byte, error) {
	return r.appendSigned(b, id, signingFor(&peer, now))
}

var passwordPeer = Peer{Secret: "s3cret", HideUserPassword: true}

func TestR5176_2_3_UserPasswordIsRefusedUnlessThePeerAsksForIt(t *testing.T) {
	for _, build := range []func(...attrs.Attr) (*Request, error){NewCoA, NewDisconnect} {
		r, err := build(attrs.UserName.Of("bob"), attrs.UserPassword.Of([]byte("Passw0rd")))
		require.NoError(t, err)
		_, err = r.AppendSigned(nil, 1, "s3cret")
		require.ErrorContains(t, err, "RFC 5176, section 2.3")
		require.ErrorContains(t, err, "Peer.HideUserPassword")
		require.NotContains(t, err.Error(), "Passw0rd")
		wire, err := appendRequest(nil, r, 1, passwordPeer, time.Unix(1, 0))
		require.NoError(t, err)
		require.NotContains(t, string(wire), "Passw0rd")

		received, err := ParseRequest(wire, "s3cret")
		require.NoError(t, err)
		got, err := attrs.UserPassword.Get(received)
		require.NoError(t, err)
		require.Equal(t, "Passw0rd", string(got))
		require.NotContains(t, received.Packet.Attributes, "Passw0rd")

		// What goes on to another peer is hidden with that one's secret, or refused.
		on := &Request{Packet: received.Packet, reveal: received.reveal}
		_, err = appendRequest(nil, on, 2, Peer{Secret: "0ther"}, time.Unix(1, 0))
		require.ErrorContains(t, err, "Peer.HideUserPassword")
		wire, err = appendRequest(nil, on, 2, Peer{Secret: "0ther", HideUserPassword: true}, time.Unix(1, 0))
		require.NoError(t, err)
		received, err = ParseRequest(wire, "0ther")
		require.NoError(t, err)
		got, err = attrs.UserPassword.Get(received)
		require.NoError(t, err)
		require.Equal(t, "Passw0rd", string(got))
	}
	r, err := NewCoA(attrs.UserPassword.Of([]byte("x")))
	require.NoError(t, err)
	_, err = attrs.UserPassword.Get(r)
	require.Error(t, err, "a request that was not received has no secret to reveal with")
}

func TestAClientSendsNoUserPasswordUnasked(t *testing.T) {
	r, err := NewCoA(attrs.UserName.Of("bob"), attrs.UserPassword.Of([]byte("Passw0rd")))
	require.NoError(t, err)
	c := &Client{Peers: SharedSecret("s3cret")}
	defer c.Close()
	_, err = c.Do(t.Context(), netip.MustParseAddrPort("127.0.0.1:9"), r)
	require.ErrorContains(t, err, "nothing sent")
	require.ErrorContains(t, err, "Peer.HideUserPassword")
}

// A row is an attribute that FreeRADIUS's dictionaries mark as encrypted.
type encryptedRow struct {
	name    string
	id      attrs.ID
	encrypt int
	tag     bool
}

// encryptedRows reads them from the table, and compares it with the dictionaries where they are
// installed.
func encryptedRows(t *testing.T) (rows []encryptedRow) {
	text, err := os.ReadFile("testdata/encrypted.tsv")
	require.NoError(t, err)
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		f := strings.Split(line, "\t")
		require.Len(t, f, 5, line)
		n := func(i int) uint32 {
			v, err := strconv.ParseUint(f[i], 10, 32)
			require.NoError(t, err)
			return uint32(v)
		}
		r := encryptedRow{name: f[0], id: attrs.VendorID(n(1), n(2)), encrypt: int(n(3)), tag: f[4] == "1"}
		if n(1) == 0 {
			r.id = attrs.ID{Type: radius.Type(n(2))}
		}
		rows = append(rows, r)
	}
	for _, d := range dictionaryRows(t) {
		require.True(t, slices.ContainsFunc(rows, func(r encryptedRow) bool { return r.id == d.id && r.encrypt == d.encrypt && r.tag == d.tag }),
			"%s is not in testdata/encrypted.tsv", d.name)
	}
	return rows
}

// dictionaryRows reads FreeRADIUS's dictionaries, none where they are not installed. WiMAX has a
// format of its own.
func dictionaryRows(t *testing.T) (rows []encryptedRow) {
	files, err := filepath.Glob("/usr/share/freeradius/dictionary*")
	require.NoError(t, err)
	for _, name := range files {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		vendors, vendor := map[string]uint32{}, uint32(0)
		for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
			line, _, _ := strings.Cut(s.Text(), "#")
			f := strings.Fields(line)
			switch {
			case len(f) < 2:
			case f[0] == "VENDOR":
				n, _ := strconv.ParseUint(f[2], 0, 32)
				vendors[f[1]] = uint32(n)
			case f[0] == "BEGIN-VENDOR":
				vendor = vendors[f[1]]
			case f[0] == "END-VENDOR":
				vendor = 0
			case f[0] == "ATTRIBUTE" && vendor != 24757 && strings.Contains(line, "encrypt="):
				n, err := strconv.ParseUint(f[2], 0, 32)
				require.NoError(t, err, line)
				_, how, _ := strings.Cut(line, "encrypt=")
				r := encryptedRow{name: f[1], id: attrs.VendorID(vendor, uint32(n)), encrypt: int(how[0] - '0'), tag: strings.Contains(line, "has_tag")}
				if vendor == 0 {
					r.id = attrs.ID{Type: radius.Type(n)}
				}
				rows = append(rows, r)
			}
		}
	}
	return rows
}

// Every attribute that a dictionary marks as encrypted leaves hidden or not at all, whether the
// package of its vendor is linked in or not.
func TestNothingThatIsEncryptedLeavesInClear(t *testing.T) {
	const clear = "topsecret-123"
	rows := encryptedRows(t)
	require.GreaterOrEqual(t, len(rows), 32)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			value := []byte(clear)
			if row.tag {
				value = append([]byte{1}, value...)
			}
			a := attrs.Raw(row.id.Type, value)
			if row.id.Vendor != 0 {
				a = attrs.Vendor(row.id.Vendor, byte(row.id.Sub), value)
			}
			r, err := NewCoA(attrs.UserName.Of("bob"), a)
			require.NoError(t, err)
			wire, err := r.AppendSigned(nil, 1, "s3cret")
			if row.encrypt == 2 {
				require.NoError(t, err)
				require.NotContains(t, string(wire), clear)
			} else {
				require.ErrorIs(t, err, compose.ErrPassword)
			}
			wire, err = appendRequest(nil, r, 1, passwordPeer, time.Unix(1, 0))
			require.NoError(t, err)
			require.NotContains(t, string(wire), clear)

			received, err := ParseRequest(wire, "s3cret")
			require.NoError(t, err)
			var revealed []string
			_, err = attrs.MapEncrypted(received.Attributes(), func(how attrs.Hiding, hidden []byte) ([]byte, error) {
				require.Equal(t, map[int]attrs.Hiding{1: attrs.PasswordHidden, 2: attrs.SaltHidden, 3: attrs.AscendHidden}[row.encrypt], how)
				b, err := received.RevealPassword(how, hidden)
				revealed = append(revealed, strings.TrimRight(string(b), "\x00"))
				return b, err
			})
			require.NoError(t, err)
			require.Equal(t, []string{clear}, revealed)

			var text strings.Builder
			require.NoError(t, Dump(&text, wire))
			require.Contains(t, text.String(), "[hidden]")
			require.NotContains(t, text.String(), hex.EncodeToString(wire[len(wire)-8:]))
			require.NotContains(t, a.String(), clear)
			require.NotContains(t, a.String(), hex.EncodeToString([]byte(clear)))
		})
	}
}

// RFC 2868, section 3.5: the most significant bit of the salt is set.
func TestR2868_3_5_ASaltWithoutItsTopBitIs404(t *testing.T) {
	r, err := NewCoA(attrs.TunnelPassword.Of(attrs.Tag(1, []byte("pw"))))
	require.NoError(t, err)
	wire, err := r.AppendSigned(nil, 1, "s3cret")
	require.NoError(t, err)
	received, err := ParseRequest(wire, "s3cret")
	require.NoError(t, err)
	for _, avp := range received.Packet.Attributes {
		if avp.Type == 69 {
			avp.Attribute[1] &^= 0x80
		}
	}
	_, err = attrs.TunnelPassword.Get(received)
	require.ErrorIs(t, err, errcause.InvalidRequest)
	require.False(t, errors.Is(err, errcause.MissingAttribute))
}
