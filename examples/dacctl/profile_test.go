// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"io"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/attrs/profile"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

// A listener is a NAS that says yes to everything and remembers what it was asked.
type listener struct {
	addr netip.AddrPort
	mu   sync.Mutex // guards what follows
	got  [][]string // attributes, but for those of the protocol
}

func startListener(t *testing.T) *listener {
	l := &listener{}
	l.addr = netip.MustParseAddrPort(startNAS(t, func(_ context.Context, r *dac.Request) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.got = append(l.got, slices.Collect(attrs.Format(attrs.Filter(r.Attributes(), func(id attrs.ID) bool { return id.Role() != attrs.RoleProtocol }))))
		return nil
	}))
	return l
}

// asked is what it was asked so far.
func (l *listener) asked() [][]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.got)
}

// profiles writes a row for a kind of NAS that listens where coa and disconnect listen.
func profiles(t *testing.T, coa, disconnect *listener) string {
	return write(t, strings.NewReplacer("COA", coa.addr.String()[len("127.0.0.1:"):], "DM", disconnect.addr.String()[len("127.0.0.1:"):]).Replace(
		"name\tcoa_port\tdisconnect_port\tcoa_keys\tdisconnect_keys\twith\ttakes\tmac\tevent_timestamp\tmessage_authenticator\tactions\n"+
			"our-bng\tCOA\tDM\tCisco-AVPair(audit-session-id); User-Name+Calling-Station-Id; Attr-26.32473.1\tAcct-Session-Id\tNAS-Identifier\tFramed-IP-Address\t00-10-A4-23-19-C0\trefused\trefused\tcisco-reauthenticate; cisco-activate-service\n"))
}

// Of all that is known of a session goes on the wire what names it to this kind of NAS, on the port
// of the request; what does not identify goes along.
func TestProfileAsksAsTheNASWants(t *testing.T) {
	coa, disconnect := startListener(t), startListener(t)
	known := []string{"-nas", "127.0.0.1", "-secret", testSecret, "-profile", "our-bng", "-profiles", profiles(t, coa, disconnect),
		"User-Name=bob", "Calling-Station-Id=0010.a423.19c0", "NAS-Identifier=bng", "Framed-IP-Address=198.51.100.7", "NAS-IP-Address=192.0.2.1"}

	got := dacctl(t, t.Context(), append([]string{"coa", "-action", "cisco-activate-service", "GOLD", "Filter-Id=gold"}, known...)...)
	require.Equal(t, 0, got.status, got.err)
	require.Equal(t, "named by User-Name+Calling-Station-Id, with NAS-Identifier, Framed-IP-Address, NAS-IP-Address; better with Cisco-AVPair(audit-session-id)\nCoA-ACK\n", got.out)
	require.Equal(t, [][]string{{`User-Name = "bob"`, `Calling-Station-Id = "00-10-A4-23-19-C0"`, `NAS-Identifier = "bng"`, `Framed-IP-Address = 198.51.100.7`, `NAS-IP-Address = 192.0.2.1`,
		`Cisco-AVPair = "subscriber:command=activate-service"`, `Cisco-AVPair = "subscriber:service-name=GOLD"`, `Filter-Id = "gold"`}}, coa.asked())

	got = dacctl(t, t.Context(), append([]string{"coa", "-x", "Cisco-AVPair=audit-session-id=0A01", "Cisco-AVPair=subscriber:command=x"}, known...)...)
	require.Equal(t, []string{`Cisco-AVPair = "audit-session-id=0A01"`, `NAS-Identifier = "bng"`, `User-Name = "bob"`, `Framed-IP-Address = 198.51.100.7`,
		`Calling-Station-Id = "00-10-A4-23-19-C0"`, `NAS-IP-Address = 192.0.2.1`, `Cisco-AVPair = "subscriber:command=x"`}, coa.asked()[1])
	require.NotContains(t, got.out, "Event-Timestamp")
	require.NotContains(t, got.out, "Message-Authenticator")

	got = dacctl(t, t.Context(), append([]string{"disconnect", "Acct-Session-Id=4f2a"}, known...)...)
	require.Equal(t, "named by Acct-Session-Id, with NAS-Identifier, Framed-IP-Address, NAS-IP-Address; left out, since the NAS does not take it: User-Name, Calling-Station-Id\nDisconnect-ACK\n", got.out)
	require.Equal(t, [][]string{{`Acct-Session-Id = "4f2a"`, `NAS-Identifier = "bng"`, `Framed-IP-Address = 198.51.100.7`, `NAS-IP-Address = 192.0.2.1`}}, disconnect.asked())

	got = dacctl(t, t.Context(), append([]string{"disconnect"}, known...)...)
	require.Equal(t, 3, got.status)
	require.Equal(t, "not sent: profile: our-bng: Disconnect-Request needs Acct-Session-Id", got.last())
	require.Len(t, disconnect.asked(), 1)

	got = dacctl(t, t.Context(), append([]string{"coa", "Attr-26.32473.1=0x0a", "-json"}, slices.DeleteFunc(known, func(s string) bool { return s == "User-Name=bob" })...)...)
	require.Equal(t, 0, got.status)
	require.Equal(t, []string{`Attr-26.32473.1 = 0x0a`, `NAS-Identifier = "bng"`, `Framed-IP-Address = 198.51.100.7`, `Calling-Station-Id = "00-10-A4-23-19-C0"`,
		`NAS-IP-Address = 192.0.2.1`}, coa.asked()[2])
}

func TestPortOfTheCommandLineWins(t *testing.T) {
	coa, other := startListener(t), startListener(t)
	got := dacctl(t, t.Context(), "coa", "-nas", coa.addr.String(), "-secret", testSecret, "-profile", "our-bng", "-profiles", profiles(t, other, other), "User-Name=bob", "Calling-Station-Id=x")
	require.Equal(t, 0, got.status)
	require.Len(t, coa.asked(), 1)
	require.Empty(t, other.asked())
}

// Each packet of a file goes where its kind of request goes, and an object says what named the
// session and what was missing.
func TestProfileOfAFile(t *testing.T) {
	coa, disconnect := startListener(t), startListener(t)
	file := write(t, "Acct-Session-Id = 1, User-Name = bob\n\nPacket-Type = CoA-Request\nCisco-AVPair = \"audit-session-id=0A01\", Filter-Id = gold\n\nUser-Name = eve\n")
	got := dacctl(t, t.Context(), "disconnect", "-nas", "127.0.0.1", "-secret", testSecret, "-profile", "our-bng", "-profiles", profiles(t, coa, disconnect), "-f", file, "-json", "-skip-invalid")
	require.Equal(t, 3, got.status)
	require.Equal(t, [][]string{{`Acct-Session-Id = "1"`}}, disconnect.asked())
	require.Equal(t, [][]string{{`Cisco-AVPair = "audit-session-id=0A01"`, `Filter-Id = "gold"`}}, coa.asked())
	byRow := map[int]record{}
	for line := range strings.Lines(got.out) {
		var r record
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		byRow[r.Row] = r
	}
	require.Equal(t, []string{"Acct-Session-Id"}, byRow[1].NamedBy)
	require.Equal(t, disconnect.addr, byRow[1].NAS)
	require.Equal(t, []string{"Cisco-AVPair(audit-session-id)"}, byRow[2].NamedBy)
	require.Equal(t, coa.addr, byRow[2].NAS)
	require.Nil(t, byRow[3].NamedBy)
	require.Equal(t, [][]string{{"Acct-Session-Id"}}, byRow[3].Missing)
	require.Equal(t, invalid, byRow[3].Verdict)
}

// Without a profile an action goes with the identification as it was given.
func TestActionWithoutProfile(t *testing.T) {
	nas := startListener(t)
	base := []string{"-nas", nas.addr.String(), "-secret", testSecret, "User-Name=bob"}
	for i, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"coa", "-action", "cisco-reauthenticate"}, []string{`User-Name = "bob"`, `Cisco-AVPair = "subscriber:command=reauthenticate"`}},
		{[]string{"coa", "-action", "cisco-reauthenticate", "last"}, []string{`User-Name = "bob"`, `Cisco-AVPair = "subscriber:command=reauthenticate"`, `Cisco-AVPair = "subscriber:reauthenticate-type=last"`}},
		{[]string{"coa", "Acct-Session-Id=1", "-action", "juniper-activate", "-r", "1", "gold(a=b)"}, []string{`Acct-Session-Id = "1"`, `User-Name = "bob"`, `ERX-Service-Activate:1 = "gold(a=b)"`}},
		{[]string{"disconnect", "-action", "aruba-bounce-port", "12"}, []string{`User-Name = "bob"`, `Aruba-Port-Bounce-Host = 12`}},
		{[]string{"disconnect", "-action=disconnect"}, []string{`User-Name = "bob"`}},
	} {
		got := dacctl(t, t.Context(), append(c.args, base...)...)
		require.Equal(t, 0, got.status, got.err+got.out)
		require.Equal(t, c.want, nas.asked()[i])
	}
}

func TestProfileAndActionAreExplained(t *testing.T) {
	base := []string{"-nas", "192.0.2.1", "-secret", "s3cret", "User-Name=bob"}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no such profile":     {[]string{"coa", "-profile", "cisco"}, `there is no profile "cisco"; dacctl profiles lists them`},
		"no such action":      {[]string{"coa", "-action", "dance"}, `there is no action "dance"; dacctl actions lists them`},
		"two actions":         {[]string{"coa", "-action", "disconnect", "-action", "disconnect"}, "one action a request"},
		"another's action":    {[]string{"coa", "-profile", "cisco-ios", "-action", "juniper-activate", "gold"}, "a cisco-ios is not known to take juniper-activate"},
		"no argument":         {[]string{"coa", "-action", "juniper-activate"}, "User-Name=bob"},
		"bad argument":        {[]string{"coa", "-action", "hp-bounce-port", "soon"}, `"soon" is not a number of seconds`},
		"wrong request":       {[]string{"disconnect", "-action", "cisco-bounce-host-port"}, "cisco-bounce-host-port goes into a CoA-Request"},
		"rows without a name": {[]string{"coa", "-profiles", "f"}, "go with -profile"},
		"rows are missing":    {[]string{"coa", "-profile", "x", "-profiles", "/nowhere/none"}, "/nowhere/none"},
		"rows are wrong":      {[]string{"coa", "-profile", "x", "-profiles", write(t, "name\tcolour\n")}, `"colour" is no column`},
		"rows are there":      {[]string{"coa", "-profile", "x", "-profiles", write(t, "name\ncisco-ios\n")}, "cisco-ios is there already"},
		"needs a timestamp":   {[]string{"coa", "-profile", "cisco-staros", "-no-event-timestamp"}, "needs Event-Timestamp"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append(c.args, base...)
			if name == "no argument" {
				args = c.args
				c.says = "juniper-activate takes 1 to 1 arguments: SERVICE"
			}
			got := dacctl(t, t.Context(), args...)
			require.Equal(t, 3, got.status)
			require.Contains(t, got.err, c.says)
			require.NotContains(t, got.err, "s3cret")
			require.Empty(t, got.out)
		})
	}
}

// An action of another request in a file is that packet's mistake.
func TestActionInAFile(t *testing.T) {
	nas := startListener(t)
	file := write(t, "User-Name = bob\n\nPacket-Type = Disconnect-Request\nUser-Name = eve\n")
	got := dacctl(t, t.Context(), "coa", "-nas", nas.addr.String(), "-secret", testSecret, "-f", file, "-action", "cisco-session-query", "-skip-invalid")
	require.Equal(t, "1 ACK, 0 NAK, 0 no answer, 1 invalid", got.last())
	require.Equal(t, [][]string{{`User-Name = "bob"`, `Cisco-AVPair = "subscriber:command=session-query"`}}, nas.asked())
}

// What was told from memory is used when it is asked for.
func TestTrustTakesWhatWasRecalled(t *testing.T) {
	args := []string{"coa", "-nas", "192.0.2.1", "-secret", "s3cret", "-profile", "aruba-aos-cx", "-action", "disconnect"}
	require.Contains(t, dacctl(t, t.Context(), append(args, "-action", "x")...).err, "one action")
	o, err := parseOptions(t.Context(), []string{"disconnect", "-trust", "-nas", "192.0.2.1", "-secret", "s", "-profile", "aruba-aos-cx", "-action", "aruba-bounce-port", "12", "User-Name=bob"}, false, io.Discard, io.Discard)
	require.NoError(t, err)
	require.Equal(t, `Aruba-Port-Bounce-Host = 12`, o.standard.way.made.String())
	_, err = parseOptions(t.Context(), []string{"disconnect", "-nas", "192.0.2.1", "-secret", "s", "-profile", "aruba-aos-cx", "-action", "aruba-bounce-port", "12", "User-Name=bob"}, false, io.Discard, io.Discard)
	require.ErrorContains(t, err, "not known to take")
}

func TestPortsOfBuiltInProfiles(t *testing.T) {
	for _, c := range []struct{ kind, profile, want string }{
		{"coa", "cisco-wlc", "192.0.2.1:1700"}, {"disconnect", "cisco-wlc", "192.0.2.1:3799"}, {"disconnect", "cisco-ios", "192.0.2.1:1700"}, {"coa", "rfc5176", "192.0.2.1:3799"},
	} {
		o, err := parseOptions(t.Context(), []string{c.kind, "-nas", "192.0.2.1", "-secret", "s", "-profile", c.profile, "Calling-Station-Id=00-10-A4-23-19-C0"}, false, io.Discard, io.Discard)
		require.NoError(t, err)
		j := o.job(parsed{row: 1, target: o.target})
		require.NoError(t, j.Err)
		require.Equal(t, c.want, j.NAS.String(), c.profile)
	}
}

// Of two sessions of one user a profile never reaches the one that the command does not name, nor
// any where none is named.
func TestNoProfileReachesASessionThatWasNotNamed(t *testing.T) {
	type known struct{ user, port, session, mac, address string }
	sessions := []known{{"bob", "1", "s1", "00-10-A4-23-19-C1", "198.51.100.1"}, {"bob", "2", "s2", "00-10-A4-23-19-C2", "198.51.100.2"}}
	var mu sync.Mutex
	var reached []string
	nas := startNAS(t, func(_ context.Context, r *dac.Request) error {
		_, asked, err := attrs.IdentityOf(r.Attributes())
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		for _, s := range sessions {
			list, err := attrs.ParseList("User-Name=" + s.user + ",NAS-Port=" + s.port + ",Acct-Session-Id=" + s.session + ",Calling-Station-Id=" + s.mac + ",Framed-IP-Address=" + s.address)
			if err != nil {
				return err
			}
			set, _ := attrs.Join(list...).AppendTo(nil)
			if _, have, err := attrs.IdentityOf(set); err == nil && asked.Selects(have) {
				reached = append(reached, s.session)
			}
		}
		return nil
	})
	for p := range profile.BuiltIn().All() {
		for _, words := range []string{"User-Name=bob NAS-Port=99", "User-Name=bob Calling-Station-Id=00-10-A4-23-19-C9", "User-Name=bob Framed-IP-Address=198.51.100.9",
			"Framed-IP-Address=198.51.100.1 NAS-Port=2", "User-Name=bob Called-Station-Id=x", "User-Name=bob Acct-Session-Id=s9"} {
			for _, trust := range []bool{false, true} {
				args := append([]string{"disconnect", "-nas", nas, "-secret", testSecret, "-profile", p.Name}, strings.Fields(words)...)
				if trust {
					args = append(args, "-trust")
				}
				got := dacctl(t, t.Context(), args...)
				mu.Lock()
				require.Empty(t, reached, "%s: %s\n%s", p.Name, words, got.out)
				mu.Unlock()
			}
		}
	}
}

// What names no session by its value is not left out with a profile: the rest would name more.
func TestProfileRefusesWhatNamesNoSession(t *testing.T) {
	nas := startListener(t)
	got := dacctl(t, t.Context(), "disconnect", "-nas", nas.addr.String(), "-secret", testSecret, "-profile", "rfc5176", "User-Name=bob", "Framed-IP-Address=255.255.255.254")
	require.Equal(t, 3, got.status)
	require.Contains(t, got.out, "Framed-IP-Address")
	require.Empty(t, nas.asked())
}

func TestSO12_RulebaseBesideAnAccessListIsTwoRequests(t *testing.T) {
	nas := startListener(t)
	base := []string{"coa", "-nas", nas.addr.String(), "-secret", testSecret, "-profile", "cisco-staros", "User-Name=bob", "Filter-Id=acl"}
	got := dacctl(t, t.Context(), append(base, "SN-Rulebase=gold")...)
	require.Equal(t, 3, got.status)
	require.Contains(t, got.last(), "Filter-Id and SN-Rulebase and not both: send a request for each")
	require.Empty(t, nas.asked())
	require.Equal(t, 0, dacctl(t, t.Context(), base...).status)
}

// The mirroring that the action asks for arrives hidden, and is printed nowhere.
func TestMirrorAction(t *testing.T) {
	var got juniper.Mirroring
	nas := startNAS(t, func(_ context.Context, r *dac.Request) (err error) {
		got, _, err = juniper.MirrorOf(r)
		return err
	})
	out := dacctl(t, t.Context(), "coa", "-nas", nas, "-secret", testSecret, "-x", "-profile", "juniper-junose", "-action", "juniper-mirror", "on", "198.51.100.9:6000", "00000a01",
		"Acct-Session-Id=1", "User-Name=bob")
	require.Equal(t, 0, out.status, out.out+out.err)
	require.Equal(t, juniper.MirrorOn, got.Action)
	require.Equal(t, []byte{0, 0, 10, 1}, got.Handle)
	require.Equal(t, "198.51.100.9:6000", got.Device.String())
	require.NotContains(t, out.out+out.err, "198.51.100.9")
}
