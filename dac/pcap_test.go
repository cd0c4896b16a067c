// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	pcapDAS4, pcapDAC4 = netip.MustParseAddrPort("192.0.2.1:3799"), netip.MustParseAddrPort("198.51.100.2:40000")
	pcapDAS6, pcapDAC6 = netip.MustParseAddrPort("[2001:db8::1]:3799"), netip.MustParseAddrPort("[2001:db8::2]:40000")
)

// A capture of one Disconnect-Request without attributes, octet by octet.
func TestPcapIPv4Octets(t *testing.T) {
	var file bytes.Buffer
	trace := PcapTo(&file)
	wire := []byte{40, 7, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	trace(Event{Time: time.Unix(0x01020304, 123456789), Op: Received, Local: pcapDAS4, Peer: pcapDAC4, Wire: wire})
	require.Equal(t, octets(
		[]byte{0xa1, 0xb2, 0xc3, 0xd4}, // magic number
		[]byte{0, 2, 0, 4},             // version 2.4
		[]byte{0, 0, 0, 0},             // zone
		[]byte{0, 0, 0, 0},             // accuracy
		[]byte{0, 0, 0xff, 0xff},       // longest record
		[]byte{0, 0, 0, 101},           // LINKTYPE_RAW
		//
		[]byte{1, 2, 3, 4},          // seconds
		[]byte{0, 0x01, 0xe2, 0x40}, // 123456 microseconds
		[]byte{0, 0, 0, 48},         // octets in the file
		[]byte{0, 0, 0, 48},         // octets on the wire
		//
		[]byte{0x45, 0, 0, 48},     // IPv4, header of 5 words, total length
		[]byte{0, 0, 0x40, 0},      // not fragmented
		[]byte{64, 17, 0x4e, 0x86}, // TTL, UDP, checksum
		[]byte{198, 51, 100, 2},    // from the client
		[]byte{192, 0, 2, 1},       // to the server
		[]byte{0x9c, 0x40},         // port 40000
		[]byte{0x0e, 0xd7},         // port 3799
		[]byte{0, 28, 0, 4},        // length, checksum
		wire,
	), file.Bytes())
}

func octets(rows ...[]byte) []byte { return bytes.Join(rows, nil) }

// A packet of a capture, with its lengths and checksums verified.
type captured struct {
	at       time.Time
	from, to netip.AddrPort
	wire     []byte
}

// readPcap reads what PcapTo wrote, by the formats' documents and not by the code that wrote it.
func readPcap(t *testing.T, file []byte) (all []captured) {
	t.Helper()
	require.GreaterOrEqual(t, len(file), 24)
	for file = file[24:]; len(file) > 0; {
		require.GreaterOrEqual(t, len(file), 16)
		at := time.Unix(int64(binary.BigEndian.Uint32(file)), int64(binary.BigEndian.Uint32(file[4:]))*1000)
		kept, n := binary.BigEndian.Uint32(file[8:]), binary.BigEndian.Uint32(file[12:])
		require.Equal(t, n, kept)
		require.LessOrEqual(t, int(n), len(file)-16)
		c := dissectIP(t, file[16:16+n])
		c.at = at
		all = append(all, c)
		file = file[16+n:]
	}
	return all
}

func dissectIP(t *testing.T, ip []byte) captured {
	t.Helper()
	var src, dst []byte
	var udp []byte
	switch ip[0] >> 4 {
	case 4:
		require.EqualValues(t, 5, ip[0]&0xf)
		require.EqualValues(t, len(ip), binary.BigEndian.Uint16(ip[2:]))
		require.EqualValues(t, 17, ip[9])
		require.EqualValues(t, 0xffff, onesComplement(ip[:20]), "header checksum")
		src, dst, udp = ip[12:16], ip[16:20], ip[20:]
	case 6:
		require.EqualValues(t, len(ip)-40, binary.BigEndian.Uint16(ip[4:]))
		require.EqualValues(t, 17, ip[6])
		src, dst, udp = ip[8:24], ip[24:40], ip[40:]
	default:
		require.Fail(t, "no IP packet", "% x", ip)
	}
	require.EqualValues(t, len(udp), binary.BigEndian.Uint16(udp[4:]))
	require.NotZero(t, binary.BigEndian.Uint16(udp[6:]), "a checksum of zero says that there is none")
	pseudo := octets(src, dst, []byte{0, 0, udp[4], udp[5]}, []byte{0, 0, 0, 17}, udp)
	require.EqualValues(t, 0xffff, onesComplement(pseudo), "UDP checksum")
	from, _ := netip.AddrFromSlice(src)
	to, _ := netip.AddrFromSlice(dst)
	return captured{
		from: netip.AddrPortFrom(from, binary.BigEndian.Uint16(udp)),
		to:   netip.AddrPortFrom(to, binary.BigEndian.Uint16(udp[2:])),
		wire: udp[8:],
	}
}

// onesComplement is the sum of RFC 1071 in its plainest form.
func onesComplement(b []byte) uint16 {
	var s uint16
	for i := 0; i < len(b); i += 2 {
		w := uint16(b[i]) << 8
		if i+1 < len(b) {
			w |= uint16(b[i+1])
		}
		if s += w; s < w {
			s++
		}
	}
	return s
}

func TestPcapWritesEachCrossingOnce(t *testing.T) {
	want := map[EventOp]string{
		Received: "in", Dropped: "in", Repeated: "in", Sent: "out", Resent: "out", GaveUp: "", 0: "", 99: "",
	}
	for op, way := range want {
		t.Run(op.String(), func(t *testing.T) {
			var file bytes.Buffer
			PcapTo(&file)(Event{Op: op, Local: pcapDAS4, Peer: pcapDAC4, Wire: make([]byte, 20)})
			all := readPcap(t, file.Bytes())
			switch way {
			case "":
				require.Empty(t, all)
			case "in":
				require.Len(t, all, 1)
				require.Equal(t, pcapDAC4, all[0].from)
				require.Equal(t, pcapDAS4, all[0].to)
			case "out":
				require.Len(t, all, 1)
				require.Equal(t, pcapDAS4, all[0].from)
				require.Equal(t, pcapDAC4, all[0].to)
			}
		})
	}
}

func TestPcapAddresses(t *testing.T) {
	mapped := netip.MustParseAddrPort("[::ffff:198.51.100.2]:40000")
	cases := []struct {
		name             string
		local, peer      netip.AddrPort
		wantTo, wantFrom string
	}{
		{"IPv4", pcapDAS4, pcapDAC4, "192.0.2.1:3799", "198.51.100.2:40000"},
		{"IPv6", pcapDAS6, pcapDAC6, "[2001:db8::1]:3799", "[2001:db8::2]:40000"},
		{"IPv4-mapped", pcapDAS4, mapped, "192.0.2.1:3799", "198.51.100.2:40000"},
		{"zone", pcapDAS6, netip.MustParseAddrPort("[fe80::1%eth0]:9"), "[2001:db8::1]:3799", "[fe80::1]:9"},
		{"listener on all addresses, IPv4", netip.MustParseAddrPort("[::]:3799"), mapped, "0.0.0.0:3799", "198.51.100.2:40000"},
		{"listener on all addresses, IPv6", netip.MustParseAddrPort("0.0.0.0:3799"), pcapDAC6, "[::]:3799", "[2001:db8::2]:40000"},
		{"no local address", netip.AddrPort{}, pcapDAC6, "[::]:0", "[2001:db8::2]:40000"},
		{"no peer", pcapDAS6, netip.AddrPort{}, "[2001:db8::1]:3799", "[::]:0"},
		{"nothing", netip.AddrPort{}, netip.AddrPort{}, "0.0.0.0:0", "0.0.0.0:0"},
		{"two families", pcapDAS4, pcapDAC6, "[::ffff:192.0.2.1]:3799", "[2001:db8::2]:40000"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var file bytes.Buffer
			wire := []byte("odd") // an odd number of octets is summed as if one more came
			PcapTo(&file)(Event{Op: Received, Local: c.local, Peer: c.peer, Wire: wire})
			all := readPcap(t, file.Bytes())
			require.Len(t, all, 1)
			require.Equal(t, c.wantFrom, all[0].from.String())
			require.Equal(t, c.wantTo, all[0].to.String())
			require.Equal(t, wire, all[0].wire)
		})
	}
}

// pcapRecord is the one record of a capture of wire.
func pcapRecord(local, peer netip.AddrPort, wire []byte) []byte {
	var file bytes.Buffer
	PcapTo(&file)(Event{Time: time.Unix(1, 0), Op: Received, Local: local, Peer: peer, Wire: wire})
	return file.Bytes()[24:]
}

func TestPcapChecksumIsNeverZero(t *testing.T) {
	for v := range 1 << 16 {
		b := pcapRecord(pcapDAC4, pcapDAS4, []byte{byte(v >> 8), byte(v)})
		if binary.BigEndian.Uint16(b[16+20+6:]) == 0xffff {
			dissectIP(t, b[16:])
			return
		}
	}
	require.Fail(t, "no datagram sums up to zero")
}

func TestPcapLongDatagrams(t *testing.T) {
	for _, ends := range [][2]netip.AddrPort{{pcapDAS4, pcapDAC4}, {pcapDAS6, pcapDAC6}} {
		for _, n := range []int{0, 4096, 65507, 1 << 17} {
			b := pcapRecord(ends[1], ends[0], make([]byte, n))
			require.LessOrEqual(t, len(b), 16+65535)
			require.EqualValues(t, len(b)-16, binary.BigEndian.Uint32(b[8:]))
		}
	}
}

func TestPcapTimeOfAnEventWithoutOne(t *testing.T) {
	var file bytes.Buffer
	PcapTo(&file)(Event{Op: Sent, Local: pcapDAS4, Peer: pcapDAC4})
	require.WithinDuration(t, time.Now(), readPcap(t, file.Bytes())[0].at, time.Minute)
}

func TestPcapSerialisesItsWrites(t *testing.T) {
	var file bytes.Buffer // not safe for concurrent use
	trace := PcapTo(&file)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 100 {
				trace(Event{Op: Sent, Local: pcapDAS4, Peer: pcapDAC4, Wire: bytes.Repeat([]byte{byte(i)}, 20+i)})
			}
		})
	}
	wg.Wait()
	all := readPcap(t, file.Bytes())
	require.Len(t, all, 800)
	for _, c := range all {
		assert.Equal(t, bytes.Repeat(c.wire[:1], 20+int(c.wire[0])), c.wire)
	}
}

// A brokenWriter takes so many writes, then half of one.
type brokenWriter struct {
	bytes.Buffer
	left int
}

func (w *brokenWriter) Write(b []byte) (int, error) {
	if w.left--; w.left < 0 {
		n, _ := w.Buffer.Write(b[:len(b)/2])
		return n, errors.New("disk full")
	}
	return w.Buffer.Write(b)
}

func TestPcapStopsAfterAnError(t *testing.T) {
	w := &brokenWriter{left: 2}
	trace := PcapTo(w)
	for range 3 {
		trace(Event{Op: Sent, Local: pcapDAS4, Peer: pcapDAC4, Wire: make([]byte, 20)})
	}
	require.Equal(t, -1, w.left, "nothing follows half a record")
}

// tshark judges the capture where it is installed: it finds both authenticators of the answer
// right, and none malformed.
func TestPcapOpensInTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed")
	}
	for _, ends := range [][2]netip.AddrPort{{pcapDAS4, pcapDAC4}, {pcapDAS6, pcapDAC6}} {
		name := filepath.Join(t.TempDir(), "dynauth.pcap")
		file, err := os.Create(name)
		require.NoError(t, err)
		trace := PcapTo(file)
		for _, e := range pcapExchange(t, ends[0], ends[1]) {
			trace(e)
		}
		require.NoError(t, file.Close())

		var stderr bytes.Buffer
		cmd := exec.Command(tshark, "-r", name, "-o", "radius.shared_secret:xyzzy5461", "-o", "radius.validate_authenticator:TRUE",
			"-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-T", "fields", "-E", "separator=,",
			"-e", "radius.code", "-e", "udp.checksum.status", "-e", "ip.checksum.status", "-e", "radius.authenticator.valid",
			"-e", "radius.authenticator.invalid", "-e", "_ws.malformed", "-e", "_ws.expert.message")
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		require.NoError(t, err, stderr.String())
		ip := "" // IPv6 has no header checksum
		if ends[0].Addr().Is4() {
			ip = "1"
		}
		require.Equal(t, []string{"43,1," + ip + ",,,,", "44,1," + ip + ",1,0,,"}, strings.Fields(string(out)))
	}
}

// pcapExchange is a CoA-Request and its answer.
func pcapExchange(t *testing.T, das, dac netip.AddrPort) []Event {
	t.Helper()
	request := []byte{43, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 80, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 5, 'b', 'o', 'b'}
	binary.BigEndian.PutUint16(request[2:], uint16(len(request)))
	signRequest(request, "xyzzy5461")
	r, err := ParseRequest(request, "xyzzy5461")
	require.NoError(t, err)
	ack, err := r.ACK()
	require.NoError(t, err)
	answer, err := ack.AppendSigned(nil, r, "xyzzy5461")
	require.NoError(t, err)
	return []Event{
		{Time: time.Unix(1700000000, 0), Op: Received, Local: das, Peer: dac, Wire: request},
		{Time: time.Unix(1700000000, 1e6), Op: Sent, Local: das, Peer: dac, Wire: answer},
	}
}
