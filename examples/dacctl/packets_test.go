// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestPacketsAreSeparatedByEmptyLines(t *testing.T) {
	file := "\n# two sessions of Bob\r\n\nUser-Name = bob\r\nAcct-Session-Id = 1\n  \n\n\n# the other\nUser-Name = bob, Acct-Session-Id = 2"
	got := slices.Collect(packetsOf(strings.NewReader(file)))
	require.Equal(t, []packet{
		{row: 1, line: 4, text: "User-Name = bob\nAcct-Session-Id = 1"},
		{row: 2, line: 10, text: "User-Name = bob, Acct-Session-Id = 2"},
	}, got)
}

func TestEmptyFileHasNoPacket(t *testing.T) {
	for _, file := range []string{"", "\n\n", "# nothing\n"} {
		require.Empty(t, slices.Collect(packetsOf(strings.NewReader(file))))
	}
}

func TestBrokenFileEndsWithItsError(t *testing.T) {
	broken := errors.New("disk on fire")
	file := io.MultiReader(strings.NewReader("User-Name = a\n\n"), iotest.ErrReader(broken))
	got := slices.Collect(packetsOf(file))
	require.Len(t, got, 2)
	require.NoError(t, got[0].err)
	require.ErrorIs(t, got[1].err, broken)

	got = slices.Collect(packetsOf(strings.NewReader("User-Name = " + strings.Repeat("x", maxLine))))
	require.Len(t, got, 1)
	require.ErrorIs(t, got[0].err, bufio.ErrTooLong)
}

func TestPseudoAttributesAreSeenInAnySpelling(t *testing.T) {
	for text, want := range map[string]bool{
		"Packet-Type = Disconnect-Request":        true,
		"User-Name = bob\npacket-dst-port = 3799": true,
		"User-Name = a-b,PACKET-TYPE=40":          true,
		"packet":                                  false,
		"acket-Type = 1":                          false,
		"User-Name = bob":                         false,
		"-":                                       false,
		"":                                        false,
	} {
		require.Equal(t, want, mayControl(text), text)
	}
}

// BenchmarkJobs is what a thousand packets of a file cost until they are Jobs.
func BenchmarkJobs(b *testing.B) {
	o := &options{target: target{nas: netip.MustParseAddrPort("192.0.2.1:3799")}}
	text := strings.Repeat("Acct-Session-Id = \"0000002a\"\nUser-Name = \"user0000042@example.net\"\n\n", 1000)
	b.ReportAllocs()
	for b.Loop() {
		for p := range packetsOf(strings.NewReader(text)) {
			if j := o.job(p); j.Err != nil {
				b.Fatal(j.Err)
			}
		}
	}
}
