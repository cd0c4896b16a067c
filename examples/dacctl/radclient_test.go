// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Flags stand together as radclient takes them, and those that are radclient's alone are explained.
func TestRadclientsFlagsAreTakenApart(t *testing.T) {
	for word, want := range map[string][]string{
		"-t1": {"-t", "1"}, "-t1.5": {"-t", "1.5"}, "-xx": {"-x", "-x"}, "-xs": {"-x", "-s"}, "-xr3": {"-x", "-r", "3"}, "-qf": {"-q", "-f"}, "-4x": {"-4", "-x"},
		"-dryrun": nil, "-reslts": nil, "-Profile": nil, "-t1s": nil, "-z": nil, "-": nil, "": nil,
	} {
		got, err := letters(word)
		require.NoError(t, err, word)
		require.Equal(t, want, got, word)
	}
	nas := startListener(t)
	at := nas.addr.String()
	for i, args := range [][]string{{"-xx", "-t1", "-r2", at, "disconnect", testSecret}, {"-sxf", "-", at, "disconnect", testSecret}, {"-4", "localhost" + at[len("127.0.0.1"):], "disconnect", testSecret}} {
		got := runWith(t, fmt.Sprintf("User-Name = bob%d\n", i), args...)
		require.Equal(t, 0, got.status, got.err)
		require.Len(t, nas.asked(), i+1)
	}
	for says, args := range map[string][]string{
		"-F is radclient's": {"-F", at, "disconnect", testSecret}, "-P is radclient's": {"-P", "udp", at, "disconnect", testSecret}, "-4 and -6 exclude": {"-4", "-6", at, "disconnect", testSecret},
		"not defined: -dryrun": {"-dryrun", at, "disconnect", testSecret}, "Response-Packet-Type": {"-f", write(t, "User-Name = a\n") + ":filter", at, "disconnect", testSecret},
	} {
		got := runWith(t, "User-Name = x\n", args...)
		require.Equal(t, 3, got.status, says)
		require.Contains(t, got.err, says)
	}
	require.Len(t, nas.asked(), 3)
}

// Scripts look for radclient's lines in what it prints, with -x and without.
func TestRadclientsOrderPrintsItsLines(t *testing.T) {
	nas := startListener(t)
	at := nas.addr.String()
	lines := `^Sent Disconnect-Request Id \d+ from \S+ to ` + at + ` length \d+\n(\t.*\n)*Received Disconnect-ACK Id \d+ from ` + at + ` to \S+ length \d+\n(\t.*\n)*1 ACK, 0 NAK, 0 no answer\n$`
	got := runWith(t, "User-Name = a\n", at, "disconnect", testSecret)
	require.Regexp(t, lines, got.out)
	require.NotContains(t, got.out, "\t")
	got = runWith(t, "User-Name = b\n", "-x", at, "disconnect", testSecret)
	require.Regexp(t, lines, got.out)
	require.Contains(t, got.out, "\tUser-Name = \"b\"\n")
	require.Empty(t, runWith(t, "User-Name = c\n", "-q", at, "disconnect", testSecret).out)
	require.NotContains(t, runWith(t, "User-Name = d\n", "-json", at, "disconnect", testSecret).out, "Received")
	require.Equal(t, "1 ACK, 0 NAK, 0 no answer\n", runWith(t, "User-Name = e\n", "disconnect", "-nas", at, "-secret", testSecret).out)
}

// What radclient leaves out, or makes something else of, is told before anything is sent.
func TestWhatIsNotSentIsTold(t *testing.T) {
	nas := startListener(t)
	at := nas.addr.String()
	for text, says := range map[string]string{
		`Cleartext-Password = "x"`: "Cleartext-Password is not sent: it is internal to FreeRADIUS; leave it out", `Tmp-String-0 = x`: "Tmp-String-0 is not sent",
		`User-Password = "hello"`: "give -user-password", `CHAP-Password = "hello"`: "as the password itself",
		`user-password = "hello"`: "give -user-password", `chap-password = "hello"`: "as the password itself", `Attr-3 = "hello"`: "as the password itself", `Attr-2 = "hello"`: "give -user-password",
	} {
		got := runWith(t, "User-Name = bob\n"+text+"\n", at, "coa", testSecret)
		require.Equal(t, 3, got.status, text)
		require.Contains(t, got.err, "standard input:2: ")
		require.Contains(t, got.err, says)
		require.NotContains(t, got.err+got.out, "hello")
	}
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "dictionary"), []byte("ATTRIBUTE Operators-Internal 1234 string\n"), 0o600))
	got := runWith(t, "Operators-Internal = x\n", "-D", folder, at, "coa", testSecret)
	require.Contains(t, got.err, "Operators-Internal is not sent: a number above 255 is internal to FreeRADIUS; leave it out")
	require.Empty(t, nas.asked())
	require.Equal(t, 0, runWith(t, "User-Name = bob\nMessage-Authenticator = \"\"\n", at, "coa", testSecret).status)
	require.Equal(t, [][]string{{`User-Name = "bob"`}}, nas.asked())
}

// No file is written over what another flag reads or writes.
func TestFilesAreNotWrittenOver(t *testing.T) {
	nas := startListener(t)
	folder := t.TempDir()
	list, link, other := filepath.Join(folder, "list.csv"), filepath.Join(folder, "link"), filepath.Join(folder, "new")
	text := "User-Name\nbob\n"
	require.NoError(t, os.WriteFile(list, []byte(text), 0o600))
	require.NoError(t, os.Symlink(list, link))
	words := filepath.Join(folder, "words")
	require.NoError(t, os.WriteFile(words, nil, 0o600))
	for says, more := range map[string][]string{
		"-f and -csv are one file": {"-csv", list}, "-f and -pcap are one file": {"-pcap", link}, "-f and -results are one file": {"-results", list},
		"-results and -csv are one file": {"-results", other, "-csv", folder + "/./new"}, "is no file that a rerun could read": {"-results", os.DevNull},
		"-key and -csv are one file": {"-key", other, "-csv", other}, "-csv and -keylog are one file": {"-csv", other, "-keylog", other}, "-D and -csv are one file": {"-D", words, "-csv", words},
	} {
		got := dacctl(t, t.Context(), append([]string{"disconnect", "-nas", nas.addr.String(), "-secret", testSecret, "-f", list}, more...)...)
		require.Equal(t, 3, got.status, says)
		require.Contains(t, got.err, says)
		now, err := os.ReadFile(list)
		require.NoError(t, err)
		require.Equal(t, text, string(now))
	}
	require.NoFileExists(t, other)
	require.Empty(t, nas.asked())
}

// Tables come with the separators that spreadsheets use, and what is written for them starts no
// formula.
func TestTablesAreThoseOfSpreadsheets(t *testing.T) {
	nas := startListener(t)
	for i, separator := range []string{",", ";", "\t"} {
		row := func(cells ...string) string { return strings.Join(cells, separator) + "\r\n" }
		nases := write(t, "\ufeff"+row("name", "host", "secret")+row("n1", nas.addr.String(), testSecret))
		list := filepath.Join(t.TempDir(), "list.csv")
		require.NoError(t, os.WriteFile(list, []byte("\ufeff"+row("NAS", "User-Name")+row("n1", fmt.Sprintf("=cmd|%d", i))), 0o600))
		table := filepath.Join(t.TempDir(), "table")
		got := dacctl(t, t.Context(), "disconnect", "-nases", nases, "-f", list, "-csv", table)
		require.Equal(t, 0, got.status, got.err)
		require.Equal(t, fmt.Sprintf("User-Name = \"=cmd|%d\"", i), nas.asked()[i][0])
		require.Equal(t, fmt.Sprintf("'=cmd|%d", i), readTable(t, table)[0]["user_name"])
	}
	for text, want := range map[string]string{"": "", "bob": "bob", "+49 170-1": "+49 170-1", "-5": "-5", "+x": "'+x", "-1+1": "'-1+1", "@sum": "'@sum", "\tx": "'\tx"} {
		require.Equal(t, want, noFormula(text))
	}
}

// Where a file cannot be written any more, the run says of how many packets nothing is known.
func TestPacketsWithoutOutcomeAreCounted(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full")
	}
	nas := startListener(t)
	got := dacctl(t, t.Context(), "disconnect", "-nas", nas.addr.String(), "-secret", testSecret, "-p", "4", "-f", write(t, strings.Repeat("User-Name = bob\n\n", 500)), "-csv", "/dev/full")
	require.Equal(t, 3, got.status)
	require.Regexp(t, `dacctl: \d+ of 500 packets have no outcome; those that were in flight may have been executed\n`, got.err)
	require.Contains(t, got.err, "no space left")
}

// Advice names flags, and not the fields of a program.
func TestAdviceIsOfTheCommandLine(t *testing.T) {
	got := dacctl(t, t.Context(), "disconnect", "-nas", "127.0.0.1:9", "-secret", testSecret, "-source", "203.0.113.9", "User-Name=bob")
	require.Equal(t, 2, got.status)
	require.Contains(t, got.last(), "-source")
	require.NotContains(t, got.last(), "Client.")
	require.Equal(t, "Acct-Session-Id", nearest("Session-Id"))
	require.Equal(t, "User-Name", nearest("Usr-Name"))
}
