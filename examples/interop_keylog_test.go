// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A tap passes TCP connections on and keeps what goes over them as a capture file, which takes no
// privilege: the octets are those of the connection, the headers of TCP and IP are made up. In the
// capture each server has the port of RADIUS over TLS.
type tap struct {
	ln     net.Listener
	to     string
	copies sync.WaitGroup

	mu    sync.Mutex // guards what follows
	file  bytes.Buffer
	conns uint16
}

func newTap(t *testing.T, to string) *tap {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &tap{ln: ln, to: to}
	// The classic header: microseconds, version 2.4, records of 65,535 octets at most, and of IP.
	p.file.Write([]byte{0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 101})
	t.Cleanup(func() { ln.Close() })
	go p.accept()
	return p
}

func (p *tap) addr() string { return p.ln.Addr().String() }

func (p *tap) accept() {
	for {
		from, err := p.ln.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", p.to)
		if err != nil {
			from.Close()
			continue
		}
		p.mu.Lock()
		p.conns++
		c := &tapped{tap: p, port: 40000 + p.conns}
		c.segment(0, 0x02, nil) // SYN
		c.segment(1, 0x12, nil)
		c.segment(0, 0x10, nil)
		p.mu.Unlock()
		p.copies.Go(func() { c.pass(0, to, from) })
		p.copies.Go(func() { c.pass(1, from, to) })
	}
}

// A tapped is one connection. Way 0 is to the server, 1 from it.
type tapped struct {
	*tap
	port uint16 // of the client
	seq  [2]uint32
}

// pass passes one way on, and says its end too.
func (c *tapped) pass(way int, to, from net.Conn) {
	defer to.(*net.TCPConn).CloseWrite()
	b := make([]byte, 1400)
	for {
		n, err := from.Read(b)
		if n > 0 {
			c.mu.Lock()
			c.segment(way, 0x18, b[:n])
			c.mu.Unlock()
			to.Write(b[:n])
		}
		if err != nil {
			return
		}
	}
}

// segment writes a record with a segment of TCP: those of both ways follow one another as they
// were read. It is called with mu held.
func (c *tapped) segment(way int, flags byte, data []byte) {
	b := []byte{0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1} // IPv4 without a checksum
	binary.BigEndian.PutUint16(b[2:], uint16(40+len(data)))
	ports := [2]uint16{c.port, 2083}
	b = binary.BigEndian.AppendUint16(b, ports[way])
	b = binary.BigEndian.AppendUint16(b, ports[1-way])
	b = binary.BigEndian.AppendUint32(b, c.seq[way])
	b = binary.BigEndian.AppendUint32(b, c.seq[1-way])
	b = append(b, 5<<4, flags, 0xff, 0xff, 0, 0, 0, 0) // five words of header, the window, no checksum
	b = append(b, data...)
	c.seq[way] += uint32(len(data))
	if flags&0x02 != 0 {
		c.seq[way]++
	}
	now := time.Now()
	for _, n := range []int{int(now.Unix()), now.Nanosecond() / 1000, len(b), len(b)} {
		c.file.Write(binary.BigEndian.AppendUint32(nil, uint32(n)))
	}
	c.file.Write(b)
}

// capture ends the tap, whose connections have ended, and returns the file.
func (p *tap) capture() []byte {
	p.ln.Close()
	p.copies.Wait()
	return p.file.Bytes()
}

// radiusInTLS is the line of Lua that tells Wireshark what is in TLS on this port: its own table of
// what can be there has no RADIUS (4.0).
const radiusInTLS = `DissectorTable.get("tls.port"):add(2083, Dissector.get("radius"))`

// What goes over TLS 1.3 is read by tshark with the keys that examples/nas logs: the packets, and
// that their authenticators are right.
func TestInteropTsharkReadsTLSByTheKeyLog(t *testing.T) {
	asks := map[string]func(t *testing.T, l *tlsLab, addr string){
		"FreeRADIUS": func(t *testing.T, l *tlsLab, addr string) {
			port := freePort(t)
			defer l.freeRADIUS(t, "coa", addr, "1.3", "", fmt.Sprintf(coaOverTLS, port))()
			assert.Contains(t, radclient(t, fmt.Sprint("127.0.0.1:", port), "disconnect", interopSecret, "Acct-Session-Id=00000001"), "Received Disconnect-ACK")
			assert.Contains(t, radclient(t, fmt.Sprint("127.0.0.1:", port), "coa", interopSecret, "User-Name=nobody"), "Received CoA-NAK")
		},
		"dacctl": func(t *testing.T, l *tlsLab, addr string) {
			l.issue(t, l.ca, "aaa", []string{"aaa.example.net"})
			certs := []string{"-tls", "-cert", l.file("aaa.pem"), "-key", l.file("aaa.key"), "-ca", l.file("ca.pem"), "-server-name", "nas.example.net", "-radius", "1.0"}
			_, status := dacctl(t, append(certs, addr, "disconnect", "Acct-Session-Id=00000001")...)
			assert.Zero(t, status)
			_, status = dacctl(t, append(certs, addr, "coa", "User-Name=nobody")...)
			assert.NotZero(t, status)
		},
	}
	for name, ask := range asks {
		t.Run(name, func(t *testing.T) {
			l := newTLSLab(t)
			nas := l.startNAS(t, "-tls-version", "1.3", "-tls-peer", "aaa.example.net", "-keylog", l.file("keys"))
			p := newTap(t, nas.addr)
			ask(t, l, p.addr())
			nas.stop(t)
			file := l.write(t, "tls.pcap", p.capture())

			var stderr strings.Builder
			script := l.write(t, "radsec.lua", []byte(radiusInTLS))
			cmd := exec.Command("tshark", "-r", file, "-X", "lua_script:"+script, "-o", "tls.keylog_file:"+l.file("keys"), "-d", "tcp.port==2083,tls",
				"-o", "radius.shared_secret:radsec", "-o", "radius.validate_authenticator:TRUE", "-Y", "radius", "-T", "fields", "-E", "separator=/t",
				"-e", "radius.code", "-e", "radius.authenticator.valid", "-e", "radius.authenticator.invalid", "-e", "radius.User_Name", "-e", "_ws.malformed")
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			require.NoError(t, err, stderr.String())
			var codes, right, wrong, users, malformed []string
			for line := range strings.Lines(string(out)) { // of a segment, which may have several packets
				for i, column := range []*[]string{&codes, &right, &wrong, &users, &malformed} {
					*column = append(*column, strings.FieldsFunc(strings.Split(line, "\t")[i], func(r rune) bool { return r == ',' || r == '\n' })...)
				}
			}
			// Beside them are the Status-Server of dacctl and its answer.
			codes = slices.DeleteFunc(codes, func(code string) bool { return code == "12" || code == "2" })
			assert.Equal(t, []string{"40", "41", "43", "45"}, codes, "%s", out)
			assert.Equal(t, []string{"1", "1"}, right, "%s", out)
			assert.Equal(t, []string{"0", "0"}, wrong, "%s", out)
			assert.Equal(t, []string{"nobody"}, users, "%s", out)
			assert.Empty(t, malformed)
		})
	}
}
