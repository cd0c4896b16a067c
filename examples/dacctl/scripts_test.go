// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

// Scripts that were written for radclient run with its name replaced; what else had to change, one
// line at most, stands at their head.
func TestScriptsOfRadclientRun(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "dacctl"), []byte("#!/bin/sh\nDACCTL_TEST_PROCESS=1 exec '"+self+"' \"$@\"\n"), 0o700))
	for _, c := range []struct {
		script, list string // list: what LIST has, with NAS for its address
		args         []string
		says         string
		status       int
		asked        [][]string // in any order
	}{
		{script: "mikrotik-quota.sh", list: "bob ADDR\n\neve ADDR\n", says: "kicked bob\n", status: 1, asked: [][]string{{`User-Name = "bob"`}, {`User-Name = "eve"`}}},
		{script: "mikrotik-rate.sh", args: []string{"bob", "198.51.100.7", "10M/2M"}, asked: [][]string{{`User-Name = "bob"`, `Framed-IP-Address = 198.51.100.7`, `Mikrotik-Rate-Limit = "10M/2M"`}}},
		{script: "captive-logout.sh", args: []string{"00-10-A4-23-19-C0", "4f2a"}, says: "1 ACK", asked: [][]string{{`Calling-Station-Id = "00-10-A4-23-19-C0"`, `Acct-Session-Id = "4f2a"`}}},
		{script: "mx-session.sh", args: []string{"4f2a"}, says: "ended\n", asked: [][]string{{`Acct-Session-Id = "4f2a"`}}},
		{script: "mx-session.sh", args: []string{"gone"}, says: "was gone\n", asked: [][]string{{`Acct-Session-Id = "gone"`}}},
		{script: "isg-logon.sh", args: []string{"198.51.100.7", "bob"}, says: "Received CoA-ACK", asked: [][]string{{`Cisco-Account-Info = "S198.51.100.7"`, `Cisco-AVPair = "subscriber:command=account-logon"`, `User-Name = "CORP\\bob"`}}},
		{script: "isg-service.sh", args: []string{"4f2a", "GOLD"}, says: "1 ACK", asked: [][]string{{`Acct-Session-Id = "4f2a"`, `Cisco-Command-Code = "\013GOLD"`}}},
		{script: "wispr-rates.sh", list: "bob,512000,2048000\nalice,1,2\n", says: "2 ACK", asked: [][]string{
			{`User-Name = "bob"`, `WISPr-Bandwidth-Max-Up = 512000`, `WISPr-Bandwidth-Max-Down = 2048000`}, {`User-Name = "alice"`, `WISPr-Bandwidth-Max-Up = 1`, `WISPr-Bandwidth-Max-Down = 2`}}},
		{script: "many-routers.sh", list: "Packet-Dst-IP-Address = 127.0.0.1, Packet-Dst-Port = PORT\nUser-Name = bob\n\nPacket-Dst-IP-Address = 127.0.0.1, Packet-Dst-Port = PORT\nUser-Name = alice\n", says: "2 ACK",
			asked: [][]string{{`User-Name = "bob"`}, {`User-Name = "alice"`}}},
		{script: "billing-suspend.sh", args: []string{"bob", "x"}, says: "suspended bob\n", asked: [][]string{{`User-Name = "bob"`, `Calling-Station-Id = "x"`, `Filter-Id = "suspended"`}}},
		{script: "billing-suspend.sh", args: []string{"nofilter", "x"}, says: "suspended nofilter\n", asked: [][]string{{`User-Name = "nofilter"`, `Calling-Station-Id = "x"`, `Filter-Id = "suspended"`}, {`User-Name = "nofilter"`, `Calling-Station-Id = "x"`}}},
		{script: "freeradius-coa.sh", list: "freeradius-coa.txt", says: "2 ACK, 0 NAK, 0 no answer", asked: [][]string{{`User-Name = "bob"`, `Acct-Session-Id = "0000002a"`, `NAS-IP-Address = 127.0.0.1`, `Session-Timeout = 3600`},
			{`User-Name = "alice"`, `Acct-Session-Id = "0000002b"`}}},
	} {
		t.Run(c.script+" "+strings.Join(c.args, " "), func(t *testing.T) {
			l := &listener{}
			addr := startNAS(t, func(_ context.Context, r *dac.Request) error {
				l.mu.Lock()
				defer l.mu.Unlock()
				list := slices.Collect(attrs.Format(attrs.Filter(r.Attributes(), func(id attrs.ID) bool { return id.Role() != attrs.RoleProtocol })))
				l.got = append(l.got, list)
				switch {
				case slices.Contains(list, `User-Name = "eve"`), slices.Contains(list, `Acct-Session-Id = "gone"`):
					return errcause.SessionContextNotFound
				case slices.Contains(list, `User-Name = "nofilter"`) && !r.Disconnect():
					return errcause.UnsupportedAttribute
				}
				return nil
			})
			_, port, _ := strings.Cut(addr, ":")
			list := write(t, strings.NewReplacer("ADDR", addr, "PORT", port).Replace(c.list))
			if strings.HasSuffix(c.list, ".txt") {
				list = filepath.Join("testdata", "scripts", c.list)
			}
			cmd := exec.CommandContext(t.Context(), "bash", append([]string{filepath.Join("testdata", "scripts", c.script)}, c.args...)...)
			cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "NAS="+addr, "SECRET="+testSecret, "LIST="+list)
			out, err := cmd.CombinedOutput()
			require.Contains(t, string(out), c.says)
			require.Equal(t, c.status, cmd.ProcessState.ExitCode(), "%v: %s", err, out)
			require.ElementsMatch(t, c.asked, l.asked())
		})
	}
}
