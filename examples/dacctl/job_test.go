// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

var testNAS = netip.MustParseAddrPort("192.0.2.1:3799")

func TestPacketBecomesARequest(t *testing.T) {
	o := &options{target: target{disconnect: true, nas: testNAS}, attrs: []attrs.Attr{attrs.NASIdentifier.Of("bng")}}
	j := o.job(packet{row: 7, line: 40, text: "User-Name = \"bob, the builder\"\nAcct-Session-Id = 4f2a # his"})
	require.NoError(t, j.Err)
	require.Equal(t, testNAS, j.NAS)
	require.True(t, j.Request.Disconnect())
	require.Equal(t, []string{`User-Name = "bob, the builder"`, `Acct-Session-Id = "4f2a"`, `NAS-Identifier = "bng"`},
		slices.Collect(attrs.Format(j.Request.Attributes())))
	tag := j.Tag.(tag)
	require.Equal(t, 7, tag.row)
	require.Equal(t, 40, tag.line)
}

func TestPacketSaysWhatItIsAndWhereItGoes(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		kind bool
		nas  string
	}{
		"nothing":        {"User-Name = bob", true, "192.0.2.1:3799"},
		"kind":           {"Packet-Type = CoA-Request, User-Name = bob", false, "192.0.2.1:3799"},
		"address":        {"User-Name = bob\nPacket-Dst-IP-Address = 192.0.2.9", true, "192.0.2.9:3799"},
		"port":           {"User-Name = bob\npacket-dst-port=1700", true, "192.0.2.1:1700"},
		"IPv6":           {`Packet-Dst-IPv6-Address := "2001:db8::1", Packet-Dst-Port = 1700, User-Name = bob`, true, "[2001:db8::1]:1700"},
		"in a value":     {`User-Name = bob, Reply-Message = "Packet-Type = CoA-Request, Packet-Dst-Port = 1"`, true, "192.0.2.1:3799"},
		"in a comment":   {"User-Name = bob # Packet-Type = CoA-Request, Packet-Dst-Port = 1", true, "192.0.2.1:3799"},
		"with a comment": {"User-Name = bob # \"quoted\nPacket-Dst-Port = 1700", true, "192.0.2.1:1700"},
	} {
		t.Run(name, func(t *testing.T) {
			j := (&options{target: target{disconnect: true, nas: testNAS}}).job(packet{row: 1, line: 1, text: c.text})
			require.NoError(t, j.Err)
			require.Equal(t, c.kind, j.Request.Disconnect())
			require.Equal(t, c.nas, j.NAS.String())
			user, err := attrs.UserName.Get(j.Request.Attributes())
			require.NoError(t, err)
			require.Equal(t, "bob", user)
		})
	}
}

func TestBadPacketIsToldByRowAndLine(t *testing.T) {
	o := &options{target: target{disconnect: true, nas: testNAS}}
	for text, says := range map[string]string{
		"nonsense":                             "packet 7, line 40: ",
		"Rainbow = 1":                          `unknown attribute "Rainbow"`,
		"Packet-Type = Access-Request":         "Packet-Type",
		"Packet-Dst-Port = 0, User-Name = bob": "Packet-Dst-Port",
		"Packet-Dst-IP-Address = here":         "here",
	} {
		j := o.job(packet{row: 7, line: 40, text: text})
		require.ErrorContains(t, j.Err, says, text)
		require.ErrorContains(t, j.Err, "packet 7, line 40: ", text)
		require.Nil(t, j.Request)
	}
	o.nas = netip.AddrPort{}
	require.ErrorContains(t, o.job(packet{text: "User-Name = bob"}).Err, "give -nas")
	require.NoError(t, o.job(packet{text: "User-Name = bob, Packet-Dst-Port = 1700, Packet-Dst-IP-Address = 192.0.2.1"}).Err)
}

func TestArgumentIsOneAttribute(t *testing.T) {
	for word, want := range map[string]attrs.Attr{
		`User-Name=bob`:                    attrs.UserName.Of("bob"),
		`Reply-Message=well, then # 1`:     attrs.ReplyMessage.Of("well, then # 1"),
		`Reply-Message="well,\tthen"`:      attrs.ReplyMessage.Of("well,\tthen"),
		`Filter-Id += a=b`:                 attrs.FilterID.Of("a=b"),
		`Class=0x0102`:                     attrs.Class.Of([]byte{1, 2}),
		`Packet-Dst-IP-Address=192.0.2.77`: {},
	} {
		var to target
		got, err := to.argument(word)
		require.NoError(t, err, word)
		require.Equal(t, want, got, word)
		require.Equal(t, strings.HasPrefix(word, "Packet"), to.nas.IsValid(), word)
	}
	for _, word := range []string{"User-Name", "=bob", "User-Name=", `User-Name="bob" eve`, `User-Name="bob`} {
		_, err := new(target).argument(word)
		require.Error(t, err, word)
	}
}

// Without pseudo attributes a packet is what attrs.ParseList makes of it, however it is cut.
func FuzzPacket(f *testing.F) {
	f.Add("User-Name = \"bob\", Acct-Session-Id = 4f2a # comment, 'quoted\nFilter-Id = 'a\\'b'")
	f.Add("Reply-Message = \"Packet-Type = 43, \\\" # \", packet-dst-port = 1700\n, , Class = 0x01")
	f.Add("=,\"")
	f.Fuzz(func(t *testing.T, text string) {
		whole := strings.Join(slices.Collect(items(text)), "\n")
		want, wantErr := attrs.ParseList(text)
		got, gotErr := attrs.ParseList(whole)
		if wantErr == nil {
			require.NoError(t, gotErr)
			require.Equal(t, want, got)
		}
		o := &options{target: target{nas: testNAS}}
		if j := o.job(packet{row: 1, line: 1, text: text}); j.Err == nil {
			_, err := j.Request.AppendSigned(nil, 1, dac.Secret("s"))
			require.NoError(t, err)
		}
	})
}
