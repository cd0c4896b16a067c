// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	_ "github.com/radius-dynauth/dynauth/attrs/vendors"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// otherwise are files that radclient and dacctl send differently, or that one of them refuses, each
// with the reason.
var otherwise = map[string]string{
	`User-Name = ""`:                               "an attribute without a value cannot be sent, and the request would name more without it; radclient leaves it out",
	`User-Name =* bob`:                             "an operator that compares gives no value; radclient leaves the attribute out",
	`User-Name !* ANY`:                             "an operator that compares gives no value; radclient leaves the attribute out",
	"User-Name = `id`":                             "backquotes look like something that is executed; radclient sends the text",
	`NAS-Port = -1`:                                "a number below 0 is none of 32 bits; radclient sends 4294967295",
	`Idle-Timeout = 9999999999`:                    "a number above 32 bits; radclient sends what is left of it",
	`NAS-IP-Address = localhost`:                   "names of hosts are not looked up in attributes",
	`User-Password = x`:                            "hidden by the authenticator; these packets have no User-Password (RFC 5176, section 2.3)",
	`CHAP-Password = "hello"`:                      "radclient makes a digest of the password; these packets have none",
	`Tunnel-Password:1 = "x"`:                      "hidden with a salt, which is another one each time",
	`Event-Timestamp = "Nov 21 2026 23:00:00 CET"`: "radclient reads over the zone",
	`Attr-26.9.1 = "text"`:                         "radclient takes octets alone for a number",
	`Vendor-9-Attr-1 = "text"`:                     "radclient takes octets alone for a number",
	`Acct-Terminate-Cause = 0`:                     "0 is no cause (RFC 2866, section 5.10)",
}

// asTheyAre are files whose attributes have the same octets, one for each habit.
var asTheyAre = []string{
	`User-Name = "DOMAIN\bob"`, `User-Name = 'DOMAIN\bob'`, `User-Name = DOMAIN\bob`, "User-Name = bob,\nAcct-Session-Id = 1", `Attr-26.9.1 = 0x6162`, `Vendor-9-Attr-1 = 0x6162`,
	`Framed-Address = 192.0.2.1`, `Event-Timestamp = "Nov 21 2026 23:00:00 UTC"`, `Event-Timestamp = 1700000000`, `Framed-IPv6-Prefix = 2001:db8:1::/64`,
	`Delegated-IPv6-Prefix = 2001:db8:ff00::/56`, `Framed-IPv6-Prefix = 2001:db8::1/128`, "Message-Authenticator = 0x00\nUser-Name=a", `User-Name="a\nb\tc\101\x41"`,
	`User-Name="a\"b"`, `User-Name := bob`, `User-Name == bob`, `User-Name += bob`, "User-Name=bob # comment", "# c\nUser-Name=bob", `User-Name="bob # x"`, `Class = 0x0102`,
	`Class = abc`, `Class = "abc"`, `NAS-Port = 0x10`, `Service-Type = Authorize-Only`, `Service-Type = 17`, `Tunnel-Type:1 = VLAN`, `Tunnel-Private-Group-Id:1 = "10"`,
	`Tunnel-Private-Group-Id = "10"`, `Tunnel-Type = VLAN`, `Filter-Id="a",Filter-Id="b"`, `user-name = bob`, `Framed-IP-Address = 10.0.0.1/32`, `Framed-Interface-Id = 0:0:0:1`,
	`Framed-Interface-Id = 0000:0000:0000:0001`, `User-Name = "%{User}"`, `Acct-Session-Id = 0x4f2a`, "User-Name = bob\r\nAcct-Session-Id = 2\r", "  User-Name = bob",
	"Packet-Src-IP-Address = 127.0.0.1\nUser-Name=a", "Response-Packet-Type = Disconnect-ACK\nUser-Name=a", `Chargeable-User-Identity = abc`, "\tUser-Name\t=\tbob", `Attr-200 = 0x01`,
	`Calling-Station-Id = "aa,bb"`, `Reply-Message = "it's"`, `Reply-Message = 'say "x"'`, `Reply-Message = 'it\'s'`, "User-Name=bob,Acct-Session-Id=4", `Error-Cause = 503`,
	`Acct-Terminate-Cause = Admin-Reset`, `WISPr-Bandwidth-Max-Up = 5`, `Mikrotik-Rate-Limit = "1M/1M"`, `Cisco-AVPair = "subscriber:command=account-logoff"`, `Proxy-State = 0x01`,
	`NAS-IPv6-Address = ::1`, `Cisco-Account-Info = "S10.0.0.1"`, "User-Name = bob\n\n", `Attr-26 = 0x00000009010361`, `Client-Id = 192.0.2.1`, `Caller-Id = 123`,
}

// neither are files that both refuse.
var neither = []string{"User-Name = \"bob\nAcct-Session-Id = 1", `User-Name = bob smith`, `User-Name = bob Acct-Session-Id = 1`, `User-Name =`, `User-Name=bob;Acct-Session-Id=4`, `Unknown-X = 1`}

// madeUp are files with every attribute that is registered, in the ways in which people write them.
// Always the same ones.
func madeUp(n int) (files []string) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	var known []attrs.Definition
	for d := range attrs.Registered() {
		_, text := attrs.Parse(d.Name, "bob")
		_, octets := attrs.Parse(d.Name, "0x0102030405")
		if d.Name == "Acct-Terminate-Cause" || d.Type == "string" && text != nil || d.Type == "octets" && octets != nil {
			continue // its values have a form, which dacctl checks and radclient does not
		}
		if attrs.HidingOf(d.ID) == attrs.NotHidden && d.ID.Name == "" && d.Role != attrs.RoleProtocol && !strings.Contains(d.Name, "Password") {
			known = append(known, d)
		}
	}
	for len(files) < n {
		var b strings.Builder
		for i := range 1 + r.IntN(4) {
			d := known[(len(files)*7+i*131)%len(known)]
			value := ""
			switch d.Type {
			case "string":
				text := pick("bob", "gold", "user@example.net", "lag-1/1:10.300", "00-10-A4-23-19-C0", "10M/2M")
				value = pick(`"`+text+`"`, text, `'`+text+`'`, `"`+text+` \"x\" é\\ # ,"`)
			case "integer":
				value = pick(fmt.Sprint(r.Uint32()%100_000), "0", fmt.Sprintf("0x%x", r.Uint32()%100_000)) // what their RFCs and vendors allow
				if len(d.Values) > 0 {
					value = d.Values[r.IntN(len(d.Values))].Name
				}
			case "ipaddr":
				value = fmt.Sprintf("198.51.100.%d", r.IntN(256))
			case "ipv6addr":
				value = fmt.Sprintf("2001:db8::%x", 1+r.IntN(1<<16-1))
			case "ipv6prefix":
				value = fmt.Sprintf("2001:db8:%x::/%d", r.IntN(1<<16), 48+r.IntN(17))
			case "ifid":
				value = fmt.Sprintf("%x:%x:%x:%x", r.IntN(1<<16), r.IntN(1<<16), r.IntN(1<<16), r.IntN(1<<16))
			case "octets":
				value = fmt.Sprintf("0x%02x%08x", r.IntN(256), r.Uint32())
			case "date":
				value = pick(fmt.Sprint(r.Uint32()), `"Nov 21 2026 23:00:00 UTC"`)
			default:
				continue
			}
			name := d.Name
			if d.Tagged && r.IntN(2) == 0 {
				name += fmt.Sprintf(":%d", 1+r.IntN(31))
			}
			b.WriteString(name + pick(" = ", "=", " := ", "\t=\t", " += ") + value + pick("\n", ",\n", "\r\n", " # a comment\n"))
		}
		if b.Len() > 0 {
			files = append(files, b.String())
		}
	}
	return files
}

// A catcher answers every request with an ACK and keeps its attributes.
type catcher struct {
	socket *net.UDPConn
	got    chan string
}

func startCatcher(t *testing.T, secret string) *catcher {
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { socket.Close() })
	c := &catcher{socket, make(chan string, 100)}
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := socket.ReadFromUDP(buf)
			if err != nil {
				return
			}
			answer := append([]byte{buf[0] + 1, buf[1], 0, 20}, buf[4:20]...)
			sum := md5.Sum(append(bytes.Clone(answer), secret...))
			socket.WriteToUDP(append(answer[:4], sum[:]...), from)
			c.got <- compared(buf[20:n])
		}
	}()
	return c
}

// compared are the attributes that the file gives, in hexadecimal: without what dacctl adds to
// every packet.
func compared(b []byte) string {
	var s []string
	for len(b) >= 2 && int(b[1]) <= len(b) && b[1] >= 2 {
		if b[0] != 80 && b[0] != 55 {
			s = append(s, hex.EncodeToString(b[:b[1]]))
		}
		b = b[b[1]:]
	}
	return strings.Join(s, " ")
}

// next is what arrived, "" where nothing did.
func (c *catcher) next(wait time.Duration) string {
	select {
	case s := <-c.got:
		return s
	case <-time.After(wait):
		return "nothing"
	}
}

// send has a program send a file, and returns what arrives and what it says.
func (c *catcher) send(t *testing.T, program string, args ...string) (attributes, said string) {
	ctx, cancel := context.WithTimeout(t.Context(), peerTime)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, append(args, c.socket.LocalAddr().String(), "disconnect", interopSecret)...).CombinedOutput()
	wait := time.Duration(0)
	if err == nil {
		wait = peerTime
	}
	return c.next(wait), string(out)
}

// stamped is the Event-Timestamp of a file, which is left out of what is compared: it is compared
// by itself.
var stamped = regexp.MustCompile(`Event-Timestamp`)

// Files as people give them to radclient: dacctl sends the same attributes, or there is a reason.
func TestInteropRadclientsFilesStayAsTheyAre(t *testing.T) {
	c := startCatcher(t, interopSecret)
	name := filepath.Join(t.TempDir(), "file")
	files := append(madeUp(300), asTheyAre...)
	compared, skipped := 0, 0
	for _, file := range files {
		require.NoError(t, os.WriteFile(name, []byte(file+"\n"), 0o600))
		want, said := c.send(t, "radclient", "-r", "1", "-t", "3", "-f", name)
		got, says := c.send(t, filepath.Join(programs, "dacctl"), "-f", name)
		if want == "nothing" {
			require.Regexp(t, `Unknown name|Unknown value|unknown attribute|Unknown attribute|must be|Invalid|invalid`, said, "%s", file)
			skipped++ // the dictionaries of the two know other names
			continue
		}
		compared++
		assert.Equal(t, want, got, "%s\nradclient: %s\ndacctl: %s", file, said, says)
	}
	require.GreaterOrEqual(t, compared, 300, "%d were not compared", skipped)
	for file, reason := range otherwise {
		require.NoError(t, os.WriteFile(name, []byte(file+"\n"), 0o600))
		want, _ := c.send(t, "radclient", "-r", "1", "-t", "3", "-f", name)
		got, _ := c.send(t, filepath.Join(programs, "dacctl"), "-f", name)
		if !stamped.MatchString(file) {
			require.NotEqual(t, want, got, "%s: they agree, and the reason is none: %s", file, reason)
		}
	}
	for _, file := range neither {
		require.NoError(t, os.WriteFile(name, []byte(file+"\n"), 0o600))
		for _, program := range []string{"radclient", filepath.Join(programs, "dacctl")} {
			got, _ := c.send(t, program, "-f", name)
			require.Equal(t, "nothing", got, "%s: %s", program, file)
		}
	}
}
