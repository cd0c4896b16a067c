// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

// runWith is dacctl with something on standard input.
func runWith(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, err bytes.Buffer
	status := run(t.Context(), args, strings.NewReader(stdin), &out, &err)
	require.NotContains(t, out.String()+err.String(), testSecret)
	return result{status, out.String(), err.String()}
}

// What is wrong with a file is told by file and line, with what may be meant, and nothing is sent.
func TestMistakesAreToldBeforeAnythingIsSent(t *testing.T) {
	nas := startListener(t)
	at := []string{"disconnect", "-nas", nas.addr.String(), "-secret", testSecret}
	got := runWith(t, "User-Name=\"a\"\n\nUser-Nam=\"b\"\n", at...)
	require.Equal(t, 3, got.status)
	require.Contains(t, got.err, "standard input:3: unknown attribute \"User-Nam\", did you mean User-Name?\n")
	require.Contains(t, got.err, "nothing was sent: 1 of 2 packets")
	require.Empty(t, nas.asked())

	file := write(t, "User-Name = bob\n\n# eve\nUser-Name = eve\nSession-Timeout = soon\nCaling_Station-Id = x\n\nUser-Name = \"open\nAcct-Session-Id = 1\n\nUser-Name = a b\n\nUser-Name = \"\"\n")
	got = dacctl(t, t.Context(), append(at, "-f", file)...)
	require.Equal(t, 3, got.status)
	for _, line := range []string{":5: Session-Timeout", ":6: unknown attribute \"Caling_Station-Id\", did you mean Calling-Station-Id?",
		":8: User-Name: the closing quote \" is missing on this line", ":11: User-Name = a is followed by \"b\"", ":13: User-Name: the value is empty"} {
		require.Contains(t, got.err, file+line)
	}
	require.Empty(t, nas.asked())

	got = dacctl(t, t.Context(), append(at, "-f", file, "-skip-invalid")...)
	require.Equal(t, 3, got.status)
	require.Equal(t, "1 ACK, 0 NAK, 0 no answer, 4 invalid", got.last())
	require.Equal(t, [][]string{{`User-Name = "bob"`}}, nas.asked())
}

// Each refusal and each silence is told with its packet, its line, whose session it is and what to
// look at: the first ten, or all.
func TestRefusalsAreTold(t *testing.T) {
	nas := startNAS(t, byUser)
	var file strings.Builder
	for i := range 14 {
		fmt.Fprintf(&file, "User-Name = bob\n\nUser-Name = eve, Acct-Session-Id = %d\n\n", i)
	}
	file.WriteString("User-Name = silent\n")
	args := []string{"disconnect", "-nas", nas, "-secret", testSecret, "-f", write(t, file.String()), "-t", "0.3", "-r", "1"}
	got := dacctl(t, t.Context(), args...)
	require.Equal(t, "14 ACK, 14 NAK, 1 no answer", got.last())
	require.Regexp(t, `packets:3: User-Name "eve", Acct-Session-Id "0": Disconnect-NAK from `+nas+`: Session-Context-Not-Found \(503\); the session has ended`, got.err)
	require.Equal(t, 10, strings.Count(got.err, "packets:"))
	require.Contains(t, got.err, "dacctl: 5 more were refused, not answered or not sent; -v tells of all")
	got = dacctl(t, t.Context(), append(args, "-v")...)
	require.Equal(t, 15, strings.Count(got.err, "packets:"))
	require.Regexp(t, `packets:57: User-Name "silent": no answer from `, got.err)
	got = dacctl(t, t.Context(), append(args, "-q")...)
	require.Equal(t, 2, got.status)
	require.Empty(t, got.out+got.err)
}

// Reply-Message and a vendor's reason are told, in the object and in the table too.
func TestWhatTheNASSaysIsTold(t *testing.T) {
	nas := startNAS(t, func(_ context.Context, r *dac.Request) error {
		nak, err := r.NAK(errcause.ResourcesUnavailable, attrs.ReplyMessage.Of("come back later"), juniper.ActionReason.Of("busy"))
		if err != nil {
			return err
		}
		return &dac.NAKError{Cause: errcause.ResourcesUnavailable, Response: nak}
	})
	got := dacctl(t, t.Context(), "disconnect", "-nas", nas, "-secret", testSecret, "User-Name=bob")
	require.Contains(t, got.out, `it says "come back later"`)
	require.Contains(t, got.out, `ERX-Action-Reason = "busy"`)
	table := filepath.Join(t.TempDir(), "table")
	got = runWith(t, "User-Name = bob, Acct-Session-Id = 1\n", "disconnect", "-nas", nas, "-secret", testSecret, "-json", "-csv", table)
	require.Contains(t, got.out, `"who":{"User-Name":"bob","Acct-Session-Id":"1"}`)
	require.Contains(t, got.out, `"reply_message":"come back later"`)
	rows := readTable(t, table)
	require.Equal(t, "bob", rows[0]["user_name"])
	require.Equal(t, "come back later", rows[0]["reply_message"])
	require.Equal(t, "506", rows[0]["error_cause"])
	require.Equal(t, "nak", rows[0]["verdict"])
}

// readTable reads a CSV, by the names of its columns.
func readTable(t *testing.T, name string) (rows []map[string]string) {
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, cell := range cells {
			row[all[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

// Somebody who knows radclient ends a session at the first try.
func TestRadclientsOrder(t *testing.T) {
	nas := startListener(t)
	at := nas.addr.String()
	for i, c := range []struct {
		stdin string
		args  []string
	}{
		{"User-Name = \"bob\"\n", []string{at, "disconnect", testSecret}},
		{"User-Name = \"bob\"\n", []string{"-x", at, "40", testSecret}},
		{"User-Name=bob", []string{"-r", "1", "-t", "2", at, "disconnect", testSecret}},
		{"Packet-Type = Disconnect-Request\nUser-Name=bob", []string{at, "auto", testSecret}},
		{"Packet-Dst-IP-Address = 127.0.0.1, Packet-Dst-Port = " + at[len("127.0.0.1:"):] + "\nUser-Name=bob", []string{"192.0.2.1", "disconnect", testSecret}},
		{"User-Name=bob", []string{"-S", write(t, testSecret+"\n"), at, "disconnect"}},
		{"User-Name=bob", []string{"-f", "-", at, "disconnect", testSecret}},
		{"a loop's next line", []string{at, "disconnect", testSecret, "User-Name=bob"}},
	} {
		user := fmt.Sprint("bob", i) // another one each time, so that none is taken for a duplicate
		for at := range c.args {
			c.args[at] = strings.ReplaceAll(c.args[at], "bob", user)
		}
		got := runWith(t, strings.ReplaceAll(c.stdin, "bob", user), c.args...)
		require.Equal(t, 0, got.status, "%v: %s", c.args, got.err)
		require.Len(t, nas.asked(), i+1)
		require.Equal(t, []string{fmt.Sprintf("User-Name = %q", user)}, nas.asked()[i])
	}
	for says, args := range map[string][]string{
		"no shared secret": {at, "disconnect", "User-Name=bob"}, "dacctl sends disconnect and coa; auth is for radclient": {at, "auth", testSecret},
		"given twice": {at, "disconnect", testSecret, "-nas", at}, "nothing to send: standard input has no packet": {at, "disconnect", testSecret},
		"Packet-Type says it": {at, "auto", testSecret, "User-Name=bob"},
	} {
		got := runWith(t, "", args...)
		require.Equal(t, 3, got.status, says)
		require.Contains(t, got.err, says)
	}
	require.Equal(t, 0, dacctl(t, t.Context(), at, "disconnect", testSecret, "User-Name=thrice", "-c", "3").status)
	require.Len(t, nas.asked(), 11)
}

// An answer is judged by what the packet expects.
func TestTheAnswerThatIsExpected(t *testing.T) {
	nas := startNAS(t, byUser)
	at := []string{"disconnect", "-nas", nas, "-secret", testSecret}
	require.Equal(t, 0, runWith(t, "User-Name = eve\nResponse-Packet-Type = Disconnect-NAK\n", at...).status)
	got := runWith(t, "User-Name = bob\nResponse-Packet-Type = Disconnect-NAK\n", at...)
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "Disconnect-ACK, and Response-Packet-Type expects Disconnect-NAK")
}

func TestGoneIsFineWhereItIsAskedFor(t *testing.T) {
	nas := startNAS(t, byUser)
	at := []string{"-nas", nas, "-secret", testSecret, "-gone-ok"}
	require.Equal(t, 0, dacctl(t, t.Context(), append(at, "disconnect", "User-Name=eve")...).status)
	require.Equal(t, 1, dacctl(t, t.Context(), append(at, "coa", "User-Name=eve", "Filter-Id=x")...).status)
}

// A password leaves only where it is asked for, and then hidden.
func TestUserPasswordIsAskedFor(t *testing.T) {
	nas := startNAS(t, byUser)
	args := []string{"coa", "-nas", nas, "-secret", testSecret, "User-Name=bob", "User-Password=pass-w0rd", "-x"}
	got := dacctl(t, t.Context(), args...)
	require.NotZero(t, got.status)
	require.NotContains(t, got.out+got.err, "Received")
	require.Contains(t, got.out+got.err, "User-Password")
	got = dacctl(t, t.Context(), append(args, "-user-password")...)
	require.Contains(t, got.out, "Received CoA-ACK")
	require.NotContains(t, got.out+got.err, "pass-w0rd")
}

// A dry run shows each packet and where it would go.
func TestDryRunSendsNothing(t *testing.T) {
	nas := startListener(t)
	got := runWith(t, "User-Name = bob\n\nUser-Name = eve, Packet-Type = CoA-Request, Filter-Id = gold\n", "disconnect", "-nas", nas.addr.String(), "-secret", testSecret, "-dry-run")
	require.Equal(t, 0, got.status, got.err)
	require.Regexp(t, `^Would send Disconnect-Request to `+nas.addr.String()+`, standard input:1\n(\t.*\n)*\tUser-Name = "bob"\n`, got.out)
	require.Regexp(t, `Would send CoA-Request to .*, standard input:3\n(\t.*\n)*\tFilter-Id = "gold"\n`, got.out)
	require.Empty(t, nas.asked())
}

// Many NASes in one run, with the secret, the profile and the limits of each, named in each of the
// ways.
func TestManyNASesInOneRun(t *testing.T) {
	mikrotik, junos := startListener(t), startListener(t)
	port := func(l *listener) string { return l.addr.String()[len("127.0.0.1:"):] }
	t.Setenv("DACCTL_TEST_SECRET", testSecret)
	nases := filepath.Join(t.TempDir(), "nases.csv")
	require.NoError(t, os.WriteFile(nases, fmt.Appendf(nil, "name,host,port,secret_file,secret_env,profile,rate,in_flight,nas_ip_address\n"+
		"# two of them\nhotspot,127.0.0.1,%s,%s,,mikrotik-routeros,1000,4,198.51.100.1\nmx,127.0.0.1,%s,,DACCTL_TEST_SECRET,juniper-junos,,,198.51.100.2 2001:db8::2\n",
		port(mikrotik), write(t, testSecret+"\n"), port(junos)), 0o600))
	file := write(t, "NAS = hotspot\nUser-Name = a\n\nNAS-IP-Address = 198.51.100.2, User-Name = b\n\nNAS-Identifier = mx\nUser-Name = c, Acct-Session-Id = 1, NAS-Port = 7\n\n"+
		"Packet-Dst-IP-Address = 127.0.0.1, Packet-Dst-Port = "+port(mikrotik)+", User-Name = d\n\nNAS-IPv6-Address = 2001:db8::2, User-Name = e\n")
	table := filepath.Join(t.TempDir(), "table")
	got := dacctl(t, t.Context(), "disconnect", "-nases", nases, "-f", file, "-csv", table)
	require.Equal(t, "5 ACK, 0 NAK, 0 no answer", got.last(), got.err)
	require.ElementsMatch(t, [][]string{{`User-Name = "a"`}, {`User-Name = "d"`}}, mikrotik.asked())
	require.Len(t, junos.asked(), 3)
	require.Contains(t, junos.asked(), []string{`Acct-Session-Id = "1"`, `User-Name = "c"`, `NAS-Identifier = "mx"`}, "NAS-Port is left out, as the profile says")
	for _, row := range readTable(t, table) {
		require.Equal(t, map[string]string{"a": "hotspot", "b": "mx", "c": "mx", "d": "hotspot", "e": "mx"}[row["user_name"]], row["nas_name"])
	}
	for says, packet := range map[string]string{
		"has no NAS \"hotspt\", did you mean hotspot?": "NAS = hotspt\nUser-Name = a\n", "no NAS of": "User-Name = a\n",
		"names both": "NAS-Identifier = mx, NAS-IP-Address = 198.51.100.1, User-Name = a\n", "has hotspot and mx at 127.0.0.1": "Packet-Dst-IP-Address = 127.0.0.1, User-Name = a\n",
		"has no NAS at 192.0.2.9": "Packet-Dst-IP-Address = 192.0.2.9, User-Name = a\n",
	} {
		got := runWith(t, packet, "disconnect", "-nases", nases)
		require.Equal(t, 3, got.status, packet)
		require.Contains(t, got.err, says)
	}
	for says, text := range map[string]string{
		"is no column": "name,colour\n", "no host": "name\nx\n", "is there already": "name,host,secret\nx,192.0.2.1,s\nx,192.0.2.2,s\n", "have one address": "name,host,secret\nx,192.0.2.1,s\ny,192.0.2.1,s\n",
		"no shared secret": "host\n192.0.2.1\n", "more than once": "host,secret,secret_env\n192.0.2.1,s,e\n", "rate": "host,secret,rate\n192.0.2.1,s,fast\n", "no profile": "host,secret,profile\n192.0.2.1,s,none\n",
	} {
		require.NoError(t, os.WriteFile(nases, []byte(text), 0o600))
		got := runWith(t, "User-Name = a\n", "disconnect", "-nases", nases)
		require.Equal(t, 3, got.status, text)
		require.Contains(t, got.err, says)
	}
}

// An answer that came from elsewhere is named as the cause of what seems to be silence.
func TestAnswerFromAnotherAddressIsNamed(t *testing.T) {
	if mostStrays == 0 {
		t.Skip("not on this system")
	}
	in, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer in.Close()
	out, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	require.NoError(t, err)
	defer out.Close()
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := in.ReadFrom(buf)
			if err != nil {
				return
			}
			buf[0]++
			out.WriteTo(buf[:n], from)
		}
	}()
	args := []string{"disconnect", "-nas", in.LocalAddr().String(), "-secret", testSecret, "-t", "0.2", "-r", "2"}
	got := dacctl(t, t.Context(), append(args, "User-Name=bob")...)
	require.Equal(t, 2, got.status)
	require.Contains(t, got.last(), "an answer came from "+out.LocalAddr().String()+", another address than the one that was asked")
	require.Contains(t, runWith(t, "User-Name=bob", args...).err, out.LocalAddr().String())
}

// TestMain is dacctl itself where a test asks for a process of it.
func TestMain(m *testing.M) {
	if os.Getenv("DACCTL_TEST_PROCESS") != "" {
		main()
	}
	os.Exit(m.Run())
}

// process is dacctl in a process of its own.
func process(t *testing.T, args ...string) *exec.Cmd {
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "DACCTL_TEST_PROCESS=1")
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	return cmd
}

// Killed at any moment and run again: what was answered is not sent again, what may have been
// executed is sent again as a Disconnect-Request and told as a CoA-Request, and nobody is missing
// from the table.
func TestKilledAtAnyMomentAndRunAgain(t *testing.T) {
	const subscribers = 600
	for _, kind := range []string{"disconnect", "coa"} {
		for kill := 1; kill <= 3; kill++ {
			t.Run(fmt.Sprint(kind, kill), func(t *testing.T) {
				t.Parallel()
				var mu sync.Mutex
				executed, arrived := map[string]int{}, make(chan struct{}, 100_000)
				nas := startNAS(t, func(_ context.Context, r *dac.Request) error {
					user, _ := attrs.UserName.Get(r.Attributes())
					defer func() { arrived <- struct{}{} }()
					mu.Lock()
					defer mu.Unlock()
					executed[user]++
					if executed[user] > 1 && r.Disconnect() {
						return errcause.SessionContextNotFound
					}
					return nil
				})
				var packets strings.Builder
				for i := range subscribers {
					fmt.Fprintf(&packets, "User-Name = %d, Filter-Id = x\n\n", i)
				}
				if kind == "disconnect" {
					text := strings.ReplaceAll(packets.String(), ", Filter-Id = x", "")
					packets.Reset()
					packets.WriteString(text)
				}
				folder := t.TempDir()
				file, results, table := filepath.Join(folder, "f"), filepath.Join(folder, "results"), filepath.Join(folder, "table")
				require.NoError(t, os.WriteFile(file, []byte(packets.String()), 0o600))
				args := []string{kind, "-nas", nas, "-secret", testSecret, "-f", file, "-results", results, "-csv", table, "-p", "4"}
				for round := range kill {
					first := process(t, append(args, "-n", "5000")...)
					require.NoError(t, first.Start())
					ended := make(chan struct{})
					go func() { first.Wait(); close(ended) }()
					for enough := false; !enough; {
						select {
						case <-arrived:
							mu.Lock()
							enough = len(executed) >= 50*(round+1)
							mu.Unlock()
						case <-ended: // it had no more that it might send
							enough = true
						}
					}
					first.Process.Kill()
					<-ended
				}
				before, err := os.ReadFile(results)
				require.NoError(t, err)
				answered := strings.Count(string(before), `"verdict":"ack"`)
				mu.Lock()
				ran := len(executed)
				mu.Unlock()
				got := dacctl(t, t.Context(), args...)
				require.Contains(t, got.last(), fmt.Sprintf("%d ", answered))
				seen := map[string]string{}
				for _, row := range readTable(t, table) {
					require.NotContains(t, seen, row["user_name"], "twice in the table")
					seen[row["user_name"]] = row["verdict"]
				}
				require.Len(t, seen, subscribers)
				unknown := 0
				for _, verdict := range seen {
					if verdict == "unknown" {
						unknown++
					}
				}
				require.LessOrEqual(t, unknown, kill*(2*4+2), "more than what was in flight, or was answered and not written down yet")
				mu.Lock()
				times := maps.Clone(executed)
				mu.Unlock()
				require.GreaterOrEqual(t, ran, answered)
				for user, verdict := range seen {
					if kind == "disconnect" {
						require.Equal(t, "ack", verdict)
						require.Positive(t, times[user])
					} else {
						require.LessOrEqual(t, times[user], 1, "a change was made twice")
						require.Equal(t, verdict == "unknown" && times[user] <= 1 || verdict == "ack" && times[user] == 1, true, "%s: %s, executed %d times", user, verdict, times[user])
					}
				}
				if kind == "coa" {
					last := dacctl(t, t.Context(), append(args, "-resend-changes")...)
					require.Equal(t, 0, last.status, last.err)
					require.NotContains(t, last.last(), "possibly")
				}
			})
		}
	}
}

// Of many NASes, too, the results say of what leaves that it may be executed, before it leaves, and
// of nothing else: a run that is killed leaves no change in doubt that only waited for its turn.
func TestOnlyWhatLeavesIsWrittenDownAsSent(t *testing.T) {
	results := filepath.Join(t.TempDir(), "results")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var missing atomic.Int64
	nas := func() string {
		return startNAS(t, func(_ context.Context, r *dac.Request) error {
			user, _ := attrs.UserName.Get(r.Attributes())
			if said, err := os.ReadFile(results); err != nil || !strings.Contains(string(said), `"row":`+user+`,`) {
				missing.Add(1)
			}
			time.AfterFunc(50*time.Millisecond, stop)
			return dac.ErrSilent
		})
	}
	var list strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&list, "NAS = n%d, User-Name = %d, Filter-Id = x\n\n", i%2, i+1)
	}
	nases := write(t, fmt.Sprintf("name,host,secret\nn0,%s,%s\nn1,%s,%[2]s\n", nas(), testSecret, nas()))
	got := dacctl(t, ctx, "coa", "-nases", nases, "-f", write(t, list.String()), "-results", results, "-p", "4")
	require.Equal(t, 2, got.status, got.err)
	said, err := os.ReadFile(results)
	require.NoError(t, err)
	require.LessOrEqual(t, strings.Count(string(said), `"verdict":"sending"`), 4)
	require.Zero(t, missing.Load(), "sent before the results said so")
}

// A file of five thousand subscribers, forty NASes of four vendors of which six are dead, killed
// twice: the table says for each what became of it.
func TestFiveThousandSubscribersOverFortyNASes(t *testing.T) {
	const subscribers, nases, dead = 5000, 40, 6
	vendors := []string{"mikrotik-routeros", "juniper-junos", "cisco-ios", "nokia-sros"}
	var mu sync.Mutex
	executed, arrived := map[string]int{}, make(chan struct{}, 10*subscribers)
	list := strings.Builder{}
	list.WriteString("name,host,port,profile\n")
	for i := range nases {
		addr := ""
		if i < dead {
			pc, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			require.NoError(t, err)
			t.Cleanup(func() { pc.Close() })
			addr = pc.LocalAddr().String()
		} else {
			addr = startNAS(t, func(_ context.Context, r *dac.Request) error {
				defer func() { arrived <- struct{}{} }()
				session, err := attrs.AcctSessionID.Get(r.Attributes())
				if err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				if executed[session]++; executed[session] > 1 {
					return errcause.SessionContextNotFound
				}
				return nil
			})
		}
		fmt.Fprintf(&list, "bng%d,127.0.0.1,%s,%s\n", i, addr[len("127.0.0.1:"):], vendors[i%len(vendors)])
	}
	folder := t.TempDir()
	file, results, table, nasFile, secret := filepath.Join(folder, "subscribers.csv"), filepath.Join(folder, "results"), filepath.Join(folder, "became.csv"), filepath.Join(folder, "nases.csv"), filepath.Join(folder, "secret")
	var rows strings.Builder
	rows.WriteString("NAS,User-Name,Acct-Session-Id,Calling-Station-Id\n")
	for i := range subscribers {
		fmt.Fprintf(&rows, "bng%d,user%d,%08x,00-10-A4-00-%02X-%02X\n", i%nases, i, i, i>>8, i&255)
	}
	for name, text := range map[string]string{file: rows.String(), nasFile: list.String(), secret: testSecret + "\n"} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	args := []string{"disconnect", "-nases", nasFile, "-S", secret, "-f", file, "-results", results, "-csv", table, "-t", "0.5", "-r", "2"}
	for round := range 2 {
		run := process(t, args...)
		require.NoError(t, run.Start())
		for range 700 * (round + 1) {
			<-arrived
		}
		run.Process.Kill()
		run.Wait()
	}
	before, err := os.ReadFile(results)
	require.NoError(t, err)
	answered := map[string]bool{}
	for line := range bytes.Lines(before) {
		var r record
		if json.Unmarshal(line, &r) == nil && r.Verdict == acknowledged {
			answered[r.Who.get("Acct-Session-Id")] = true
		}
	}
	require.Greater(t, len(answered), 500)
	mu.Lock()
	earlier := maps.Clone(executed)
	mu.Unlock()
	got := dacctl(t, t.Context(), args...)
	require.Equal(t, 2, got.status, got.err)
	became := map[string]map[string]string{}
	for _, row := range readTable(t, table) {
		became[row["acct_session_id"]] = row
	}
	require.Len(t, readTable(t, table), subscribers, "nobody is there twice")
	require.Len(t, became, subscribers)
	mu.Lock()
	defer mu.Unlock()
	for i := range subscribers {
		session := fmt.Sprintf("%08x", i)
		row := became[session]
		require.Equal(t, fmt.Sprintf("bng%d", i%nases), row["nas_name"])
		require.Equal(t, fmt.Sprintf("user%d", i), row["user_name"])
		if i%nases < dead {
			require.Contains(t, []string{"silent", "unsent"}, row["verdict"])
			continue
		}
		require.Equal(t, "ack", row["verdict"], "%v", row)
		require.Positive(t, executed[session])
		if answered[session] {
			require.Equal(t, earlier[session], executed[session], "%s was answered and sent again", session)
		}
	}
}

// A packet says from which address it leaves.
func TestAPacketLeavesFromItsAddress(t *testing.T) {
	var from sync.Map
	nas := startNAS(t, func(_ context.Context, r *dac.Request) error {
		user, err := attrs.UserName.Get(r.Attributes())
		from.Store(user, r.Source.Addr().Unmap().String())
		return err
	})
	got := runWith(t, "User-Name = a\nPacket-Src-IP-Address = 127.0.0.2\n\nUser-Name = b\n\nUser-Name = c\nPacket-Src-IP-Address = 127.0.0.3\n", "disconnect", "-nas", nas, "-secret", testSecret, "-source", "127.0.0.4")
	if got.status != 0 && strings.Contains(got.err, "assign") {
		t.Skip("this system has one loopback address")
	}
	require.Equal(t, "3 ACK, 0 NAK, 0 no answer", got.last(), got.err)
	for user, want := range map[string]string{"a": "127.0.0.2", "b": "127.0.0.4", "c": "127.0.0.3"} {
		have, _ := from.Load(user)
		require.Equal(t, want, have)
	}
}

// A dictionary, or the folder that it is in, makes its attributes known.
func TestDictionariesAreRead(t *testing.T) {
	nas := startListener(t)
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "dictionary"), []byte("VENDOR Example-Acme 32473\nBEGIN-VENDOR Example-Acme\nATTRIBUTE Example-Acme-Plan 7 string\nEND-VENDOR Example-Acme\n"), 0o600))
	args := []string{"coa", "-nas", nas.addr.String(), "-secret", testSecret, "User-Name=bob", "Example-Acme-Plan=gold"}
	require.Contains(t, dacctl(t, t.Context(), args...).err, "unknown attribute \"Example-Acme-Plan\"")
	got := dacctl(t, t.Context(), append(args, "-d", folder)...)
	require.Equal(t, 0, got.status, got.err)
	require.Equal(t, [][]string{{`User-Name = "bob"`, `Example-Acme-Plan = "gold"`}}, nas.asked())
	require.Equal(t, 3, dacctl(t, t.Context(), append(args, "-D", filepath.Join(folder, "none"))...).status)
}
