// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/require"
)

// dumpOf builds a packet with a right Length around attributes and dumps it.
func dumpOf(t *testing.T, code byte, attributes ...byte) string {
	t.Helper()
	b := append([]byte{code, 7, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, attributes...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	var text strings.Builder
	require.NoError(t, Dump(&text, b))
	return text.String()
}

func TestDump(t *testing.T) {
	cases := []struct {
		name string
		code byte
		attr []byte
		want string
	}{
		{"no attributes", 41, nil, "Disconnect-ACK Id 7 length 20\n"},
		{"text and address", 40, []byte("\x01\x05bob\x08\x06\x0a\x00\x02\x03"),
			"Disconnect-Request Id 7 length 31\n\tUser-Name = \"bob\"\n\tFramed-IP-Address = 10.0.2.3\n"},
		{"cause", 42, []byte{101, 6, 0, 0, 1, 247}, "Disconnect-NAK Id 7 length 26\n\tError-Cause = Session-Context-Not-Found\n"},
		{"time", 43, []byte{55, 6, 0x65, 0x53, 0xf1, 0}, "CoA-Request Id 7 length 26\n\tEvent-Timestamp = \"Nov 14 2023 22:13:20 UTC\"\n"},
		{"unknown attribute", 44, []byte{250, 4, 0xca, 0xfe}, "CoA-ACK Id 7 length 24\n\tAttr-250 = 0xcafe\n"},
		{"unknown vendor", 43, []byte{26, 10, 0, 0, 0x7f, 0xff, 3, 4, 0, 1}, "CoA-Request Id 7 length 30\n\tAttr-26.32767.3 = 0x0001\n"},
		{"protocol error", 52, nil, "Protocol-Error Id 7 length 20\n"},
		{"unknown code", 99, nil, "Code(99) Id 7 length 20\n"},
		{"escapes", 40, []byte("\x01\x0ba\"\n\x00\x1b[2J\xff"), "Disconnect-Request Id 7 length 31\n\tUser-Name = \"a\\\"\\n\\000\\033[2J\\377\"\n"},
		{"empty attribute", 40, []byte{1, 2}, "Disconnect-Request Id 7 length 22\n\tAttr-1 = 0x\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, dumpOf(t, c.code, c.attr...))
		})
	}
}

func TestDumpShowsNoSecrets(t *testing.T) {
	text := dumpOf(t, 43, []byte("\x02\x12sixteen octets!!"+ // User-Password
		"\x45\x17\x01\x80\x01sixteen octets!!!!"+ // Tunnel-Password
		"\x03\x13\x01sixteen octets!!")...) // CHAP-Password
	require.NotContains(t, text, "octets!")
	require.NotContains(t, text, hex.EncodeToString([]byte("octets")))
	require.Equal(t, 3, strings.Count(text, "[hidden]"), text)
}

func TestDumpSaysWhatIsMalformed(t *testing.T) {
	header := []byte{40, 7, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	with := func(length byte, attributes string) []byte {
		b := append(bytes.Clone(header), attributes...)
		b[3] = length
		return b
	}
	cases := []struct {
		name string
		b    []byte
		want string
	}{
		{"nothing", nil, "no octets\n"},
		{"one octet", header[:1], "Disconnect-Request\n\t# malformed: 1 octet is no header\n"},
		{"three octets", header[:3], "Disconnect-Request Id 7\n\t# malformed: 3 octets are no header\n"},
		{"half a header", header[:19], "Disconnect-Request Id 7 length 20\n\t# malformed: 19 octets are no header\n"},
		{"Length beyond the datagram", with(99, "\x01\x05bob"),
			"Disconnect-Request Id 7 length 99\n\tUser-Name = \"bob\"\n\t# malformed: Length 99 in a datagram of 25 octets\n"},
		{"Length below 20", with(19, "\x01\x05bob"),
			"Disconnect-Request Id 7 length 19\n\tUser-Name = \"bob\"\n\t# malformed: Length 19 in a datagram of 25 octets\n"},
		{"attribute beyond Length", with(30, "\x01\x05bob\x01\x09eve"),
			"Disconnect-Request Id 7 length 30\n\tUser-Name = \"bob\"\n\t# malformed: attribute 1 does not fit at octet 25\n"},
		{"attribute of length 1", with(27, "\x01\x05bob\x01\x01"),
			"Disconnect-Request Id 7 length 27\n\tUser-Name = \"bob\"\n\t# malformed: attribute 1 does not fit at octet 25\n"},
		{"padding", with(25, "\x01\x05bob\x01\x05eve"),
			"Disconnect-Request Id 7 length 25\n\tUser-Name = \"bob\"\n\t# followed by 5 octets of padding\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var text strings.Builder
			require.NoError(t, Dump(&text, c.b))
			require.Equal(t, c.want, text.String())
		})
	}
}

func TestDumpReturnsTheWritersError(t *testing.T) {
	require.ErrorContains(t, Dump(&brokenWriter{}, nil), "disk full")
}

func TestDumpIsOneWrite(t *testing.T) {
	w := &brokenWriter{left: 1}
	require.NoError(t, Dump(w, []byte{40, 7, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 5, 'b', 'o', 'b'}), "lines of two packets do not mix")
}

func FuzzDump(f *testing.F) {
	table, err := os.ReadFile("testdata/vectors.tsv")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		fields := strings.Split(line, "\t")
		if b, err := hex.DecodeString(fields[2]); err == nil {
			f.Add(b)
		}
	}
	f.Add([]byte{40})
	f.Add([]byte("\x2b\x07\x00\x30\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x1a\x09\x00\x00\x00\x09\x01\x03\xff\xf5\xff\x01\x80"))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		var w bytes.Buffer
		if err := Dump(&w, b); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before, b) {
			t.Fatal("the packet was changed")
		}
		text := w.String()
		if !utf8.ValidString(text) || !strings.HasSuffix(text, "\n") {
			t.Fatalf("no text: %q", text)
		}
		for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
			body, indented := strings.CutPrefix(line, "\t")
			if indented != (i > 0) || body == "" {
				t.Fatalf("line %d of %q", i, text)
			}
			for _, r := range body {
				if !unicode.IsPrint(r) {
					t.Fatalf("%q in %q", r, text)
				}
			}
		}
		_, err := packet.Cut(b)
		if malformed := strings.Contains(text, "\n\t# malformed: ") || text == "no octets\n"; malformed != errors.Is(err, ErrMalformed) {
			t.Fatalf("%v: %q", err, text)
		}
	})
}
