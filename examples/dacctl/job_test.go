// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// test is the Job of a packet.
func (o *options) test(p packet) dac.Job { return o.job(o.parse(p)) }

var testNAS = netip.MustParseAddrPort("192.0.2.1:3799")

func TestPacketBecomesARequest(t *testing.T) {
	o := &options{standard: new(nas), target: target{kind: radius.CodeDisconnectRequest, nas: testNAS}, attrs: []attrs.Attr{attrs.NASIdentifier.Of("bng")}}
	j := o.test(packet{row: 7, line: 40, text: "User-Name = \"bob, the builder\"\nAcct-Session-Id = 4f2a # his"})
	require.NoError(t, j.Err)
	require.Equal(t, testNAS, j.NAS)
	require.True(t, j.Request.Disconnect())
	require.Equal(t, []string{`User-Name = "bob, the builder"`, `Acct-Session-Id = "4f2a"`, `NAS-Identifier = "bng"`},
		slices.Collect(attrs.Format(j.Request.Attributes())))
	tag := j.Tag.(*tag)
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
			j := (&options{standard: new(nas), target: target{kind: radius.CodeDisconnectRequest, nas: testNAS}}).test(packet{row: 1, line: 1, text: c.text})
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
	o := &options{standard: new(nas), target: target{kind: radius.CodeDisconnectRequest, nas: testNAS}}
	for text, says := range map[string]string{
		"nonsense":                             `"nonsense" is not Attribute = value`,
		"Rainbow = 1":                          `unknown attribute "Rainbow"`,
		"Packet-Type = Access-Request":         "Packet-Type",
		"Packet-Dst-Port = 0, User-Name = bob": "Packet-Dst-Port",
		"Packet-Dst-IP-Address = here":         "here",
	} {
		j := o.test(packet{row: 7, line: 40, text: text})
		require.ErrorContains(t, j.Err, says, text)
		var wrong *mistakes
		require.ErrorAs(t, j.Err, &wrong, text)
		require.Equal(t, 40, wrong.all[0].line, text)
		require.Nil(t, j.Request)
	}
	o.nas = netip.AddrPort{}
	require.ErrorContains(t, o.test(packet{text: "User-Name = bob"}).Err, "give -nas")
	require.NoError(t, o.test(packet{text: "User-Name = bob, Packet-Dst-Port = 1700, Packet-Dst-IP-Address = 192.0.2.1"}).Err)
}

func TestArgumentIsOneAttribute(t *testing.T) {
	for word, want := range map[string]attrs.Attr{
		`User-Name=bob`:                    attrs.UserName.Of("bob"),
		`Reply-Message=well, then # 1`:     attrs.ReplyMessage.Of("well, then # 1"),
		`Reply-Message="well,\tthen"`:      attrs.ReplyMessage.Of("well,\tthen"),
		`Filter-Id += a=b`:                 attrs.FilterID.Of("a=b"),
		`Class=0x0102`:                     attrs.Class.Of([]byte{1, 2}),
		`Packet-Dst-IP-Address=192.0.2.77`: {},

		`Unisphere-Service-Activate:3=block`:    juniper.ActivateService.Of(attrs.Tag(3, "block")),
		`unisphere-service-deactivate := block`: juniper.DeactivateService.Of("block"),
	} {
		var to target
		got, err := to.argument(new(vocabulary), word)
		require.NoError(t, err, word)
		require.Equal(t, want, got, word)
		require.Equal(t, strings.HasPrefix(word, "Packet"), to.nas.IsValid(), word)
	}
	for _, word := range []string{"User-Name", "=bob", "User-Name=", `User-Name="bob" eve`, `User-Name="bob`} {
		_, err := new(target).argument(new(vocabulary), word)
		require.Error(t, err, word)
	}
}

// Whatever a packet is made of, it is read without a panic, and what is read can be sent; an
// attribute that attrs.ParseLine reads by itself is read alike.
func FuzzPacket(f *testing.F) {
	f.Add("User-Name = \"bob\", Acct-Session-Id = 4f2a # comment, 'quoted\nFilter-Id = 'a\\'b'")
	f.Add("Reply-Message = \"Packet-Type = 43, \\\" # \", packet-dst-port = 1700\n, , Class = 0x01")
	f.Add("=,\"")
	f.Add("Attr-26.9.1 = \"text\"\nVendor-9-Attr-1 = 0x61\nFramed-Address = 192.0.2.1/32\nEvent-Timestamp = \"Nov 21 2026 23:00:00 CET\"")
	f.Add("Framed-IPv6-Prefix = 2001:db8::/32\nDelegated-IPv6-Prefix := 2001:db8:ff00::/56")
	f.Fuzz(func(t *testing.T, text string) {
		o := &options{standard: new(nas), target: target{kind: radius.CodeCoARequest, nas: testNAS}}
		j := o.test(packet{row: 1, line: 1, text: text})
		if j.Err != nil {
			return
		}
		_, err := j.Request.AppendSigned(nil, 1, dac.Secret("s"))
		require.NoError(t, err)
		if strings.Contains(text, `\`) || strings.ContainsAny(text, "\n,") || strings.Contains(strings.ToLower(text), "prefix") {
			return // where it reads otherwise than attrs does
		}
		if a, err := attrs.ParseLine(text); err == nil {
			if want, err := a.AppendTo(nil); err == nil && j.Request.Disconnect() == false && len(want) == len(j.Request.Attributes()) {
				require.Equal(t, want[0].Attribute, j.Request.Attributes()[0].Attribute)
			}
		}
	})
}
