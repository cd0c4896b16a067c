// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// planOf reads a file as a run does.
func planOf(t testing.TB, r io.Reader) (*plan, error) {
	o := &options{standard: new(nas), target: target{kind: radius.CodeDisconnectRequest, nas: testNAS}, json: true}
	return o.readPlan(r, nil)
}

func TestPacketsAreSeparatedByEmptyLines(t *testing.T) {
	file := "\ufeff\n# two sessions of Bob\r\n\nUser-Name = bob\r\nAcct-Session-Id = 1\n  \n\n\n# the other\nUser-Name = bob, Acct-Session-Id = 2"
	p, err := planOf(t, strings.NewReader(file))
	require.NoError(t, err)
	require.Empty(t, p.wrong)
	var got []string
	for one := range p.all(nil) {
		got = append(got, fmt.Sprintf("%d %d %v", one.row, one.line, attrs.Join(one.attributes()...)))
	}
	require.Equal(t, []string{`1 4 User-Name = "bob", Acct-Session-Id = "1"`, `2 10 User-Name = "bob", Acct-Session-Id = "2"`}, got)

	var streamed []packet
	require.NoError(t, packetsOf(iotest.OneByteReader(strings.NewReader(strings.TrimPrefix(file, "\ufeff"))), func(p packet) bool { streamed = append(streamed, p); return true }))
	require.Len(t, streamed, 2)
	require.Equal(t, [2]int{4, 10}, [2]int{streamed[0].line, streamed[1].line})
}

func TestEmptyFileHasNoPacket(t *testing.T) {
	for _, file := range []string{"", "\n\n", "# nothing\n"} {
		p, err := planOf(t, strings.NewReader(file))
		require.NoError(t, err)
		require.Zero(t, p.packets)
	}
}

func TestBrokenFileEndsWithItsError(t *testing.T) {
	broken := errors.New("disk on fire")
	_, err := planOf(t, io.MultiReader(strings.NewReader("User-Name = a\n\n"), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)
	require.ErrorIs(t, packetsOf(iotest.ErrReader(broken), func(packet) bool { return true }), broken)
	_, err = planOf(t, strings.NewReader("User-Name = "+strings.Repeat("x", 2*maxPacket)))
	require.ErrorContains(t, err, "are there no empty lines between packets?")
}

// A file of several blocks is the same packets, rows and lines as a small one, mistakes included,
// however it is cut.
func TestAPlanIsTheFile(t *testing.T) {
	var file strings.Builder
	const packets = 50_000
	for i := range packets {
		fmt.Fprintf(&file, "# packet %d\nUser-Name = \"user %d\"\nPacket-Dst-Port = %d\nFramed-IPv6-Prefix = 2001:db8:%x::/48\nCisco-AVPair = \"a=%s\"\n", i, i, 1+i%3, i, strings.Repeat("b", i%200))
		if i%10_000 == 9_999 {
			file.WriteString("Rainbow = 1\n")
		}
		file.WriteString("\n")
	}
	p, err := planOf(t, strings.NewReader(file.String()))
	require.NoError(t, err)
	require.Greater(t, len(p.chunks), 3)
	require.Equal(t, packets, p.packets)
	require.Len(t, p.wrong, packets/10_000)
	lines := strings.Split(file.String(), "\n")
	for _, w := range p.wrong {
		var m *mistakes
		require.ErrorAs(t, w.err, &m)
		require.Equal(t, "Rainbow = 1", lines[m.all[0].line-1])
	}
	last, n := 0, 0
	for one := range p.all(nil) {
		n++
		require.Greater(t, one.row, last)
		last = one.row
		if one.row%997 == 0 {
			require.Equal(t, fmt.Sprintf(`User-Name = "user %d"`, one.row-1), one.attributes()[0].String())
			require.Equal(t, fmt.Sprintf(`User-Name = "user %d"`, one.row-1), lines[one.line-1])
			require.EqualValues(t, 1+(one.row-1)%3, one.target.nas.Port())
			require.Len(t, one.attributes(), 3)
		}
	}
	require.Equal(t, packets-len(p.wrong), n)
}

// A request that leaves as the plan keeps it is the one that is made of its attributes, however
// many they are.
func TestAKeptPacketIsItsAttributes(t *testing.T) {
	var file strings.Builder
	for i := range 40 {
		fmt.Fprintf(&file, "User-Name = u%d", i)
		for k := range i {
			fmt.Fprintf(&file, ", Class = 0x%02x%02x", i, k)
		}
		if i%3 == 0 {
			fmt.Fprint(&file, ", Service-Type = Authorize-Only, State = 0x01, EAP-Message = 0x"+strings.Repeat("ab", 10*i+1))
		}
		fmt.Fprint(&file, "\nTunnel-Password:1 = hush\nCisco-AVPair = \"a=b\"\n\n")
	}
	o := &options{standard: new(nas), target: target{kind: radius.CodeCoARequest, nas: testNAS}}
	p, err := o.readPlan(strings.NewReader(file.String()), nil)
	require.NoError(t, err)
	require.Empty(t, p.wrong)
	require.True(t, o.asKept())
	rows := 0
	for one := range p.all(nil) {
		rows++
		kept := o.job(one)
		list := o.job(parsed{row: one.row, line: one.line, target: one.target, list: one.attributes()})
		require.NoError(t, list.Err)
		require.NoError(t, kept.Err)
		require.Equal(t, list.NAS, kept.NAS)
		require.Equal(t, list.Request.Packet, kept.Request.Packet)
		require.Equal(t, list.Tag.(*tag).attributes(), kept.Tag.(*tag).attributes())
		require.Equal(t, list.Tag.(*tag).authorizeOnly, kept.Tag.(*tag).authorizeOnly)
		require.Equal(t, one.row%3 == 1, kept.Tag.(*tag).authorizeOnly)
	}
	require.Equal(t, 40, rows)
}

// What a plan keeps does not make the heap grow by several times as much.
func TestAPlanThatIsKeptMakesRoomForItselfAlone(t *testing.T) {
	for kept, want := range map[int]int{1 << 20: 400, 8 << 20: 200, 16 << 20: 100, 1 << 30: 50} {
		require.Equal(t, want, (&plan{kept: kept, chunks: []chunk{{}}}).gcPercent(400))
	}
	require.Equal(t, 400, (&plan{kept: 1 << 30}).gcPercent(400), "one that is read again")
	require.Equal(t, -1, (&plan{kept: 16 << 20, chunks: []chunk{{}}}).gcPercent(-1))
	require.Equal(t, 400, (*plan)(nil).gcPercent(400))
}

// A file of 300,000 packets that name a session twice is read once.
func TestThreeHundredThousandPacketsAreKept(t *testing.T) {
	const some = 5000
	var file strings.Builder
	for i := range some {
		fmt.Fprintf(&file, "Acct-Session-Id = \"%08x\"\nUser-Name = \"user%07d@example.net\"\n\n", i, i)
	}
	p, err := planOf(t, strings.NewReader(file.String()))
	require.NoError(t, err)
	require.LessOrEqual(t, p.kept*(300_000/some), mostKept)
	for _, c := range p.chunks {
		require.Less(t, cap(c.octets)-len(c.octets), len(c.octets)/8+1024, "room that nothing fills")
	}
}

// A large file is not kept, and is the same packets when it is read again; one that changes
// meanwhile is told.
func TestALargeFileIsReadTwice(t *testing.T) {
	var file strings.Builder
	const packets = 80_000
	for i := range packets {
		fmt.Fprintf(&file, "User-Name = \"user %d\"\nReply-Message = %0230d\n\n", i, i)
	}
	text := file.String()
	o := &options{standard: new(nas), target: target{kind: radius.CodeDisconnectRequest, nas: testNAS}}
	p, err := o.readPlan(strings.NewReader(text), func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil })
	require.NoError(t, err)
	require.Nil(t, p.chunks)
	row := 0
	for one := range p.all(func(err error) { t.Error(err) }) {
		if row++; one.row != row || one.line != 3*row-2 {
			t.Fatalf("packet %d is row %d on line %d", row, one.row, one.line)
		}
	}
	require.Equal(t, packets, row)
	for _, changed := range []string{text[:len(text)/2], text + "User-Name = another\n"} {
		p.reopen = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(changed)), nil }
		var failed error
		for range p.all(func(err error) { failed = err }) {
		}
		require.ErrorIs(t, failed, errChanged)
	}
	for range p.all(func(err error) { t.Error(err) }) { // one that stops early leaves nothing behind
		break
	}
}

func TestATableIsAFileOfPackets(t *testing.T) {
	o := &options{standard: new(nas), target: target{kind: radius.CodeDisconnectRequest, nas: testNAS}}
	p, err := o.readTable(strings.NewReader("User-Name,Acct-Session-Id,Packet-Dst-Port\n\"bob, \"\"the\"\" builder\",4f2a,1700\neve,-,3799\nmallory,,3799\n"))
	require.NoError(t, err)
	var got []string
	for one := range p.all(nil) {
		got = append(got, fmt.Sprintf("%d %d %d %v", one.row, one.line, one.target.nas.Port(), attrs.Join(one.attributes()...)))
	}
	require.Equal(t, []string{`1 2 1700 User-Name = "bob, \"the\" builder", Acct-Session-Id = "4f2a"`, `2 3 3799 User-Name = "eve"`}, got)
	require.Len(t, p.wrong, 1)
	require.EqualError(t, p.wrong[0].err, "Acct-Session-Id is empty; - leaves it out")
	require.Equal(t, 4, p.wrong[0].line)
}

// BenchmarkPlan is what a packet of a file costs until the file has been looked at, and
// BenchmarkJobs from there to its Job.
func BenchmarkPlan(b *testing.B) {
	text := strings.Repeat("Acct-Session-Id = \"0000002a\"\nUser-Name = \"user0000042@example.net\"\n\n", 1000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := planOf(b, strings.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJobs(b *testing.B) {
	text := strings.Repeat("Acct-Session-Id = \"0000002a\"\nUser-Name = \"user0000042@example.net\"\n\n", 1000)
	p, err := planOf(b, strings.NewReader(text))
	if err != nil {
		b.Fatal(err)
	}
	o := &options{standard: new(nas), target: target{nas: testNAS}}
	b.ReportAllocs()
	for b.Loop() {
		for one := range p.all(nil) {
			j := o.job(one)
			if j.Err != nil {
				b.Fatal(j.Err)
			}
			j.Tag.(*tag).recycle()
		}
	}
}
