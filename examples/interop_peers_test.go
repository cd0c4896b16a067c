// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// peerTime is more than any peer needs to start, to answer or to end.
const peerTime = 30 * time.Second

var programs string // folder of what TestMain built

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "interop")
	if err == nil {
		var out []byte
		if out, err = exec.Command("go", "build", "-o", folder, "./nas", "./dacctl", "./proxy", "./aaa").CombinedOutput(); err != nil {
			err = fmt.Errorf("%w\n%s", err, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	programs = folder
	status := m.Run()
	os.RemoveAll(folder)
	os.Exit(status)
}

func tempFile(t *testing.T, name string) string { return filepath.Join(t.TempDir(), name) }

func lastLine(out string) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return lines[len(lines)-1]
}

func portOf(addr string) string {
	_, port, _ := strings.Cut(addr, ":")
	return port
}

func now() string { return strconv.FormatInt(time.Now().Unix(), 10) }

// A nasProcess is examples/nas on a port of its own.
type nasProcess struct {
	addr    string
	addrs   []string // where it listens, the first one included
	overTLS string   // where it listens over TLS beside, with a page
	cmd     *exec.Cmd
	out     *bufio.Reader
	rest    string // of what it printed, once it has ended
}

func startNAS(t *testing.T, args ...string) *nasProcess {
	return startProgram(t, "nas", append(args, "-listen", "127.0.0.1:0")...)
}

// startProgram starts a program of ours that says first where it listens.
func startProgram(t *testing.T, program string, args ...string) *nasProcess {
	n := &nasProcess{cmd: exec.Command(filepath.Join(programs, program), args...)}
	n.cmd.Stderr = os.Stderr
	out, err := n.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, n.cmd.Start())
	t.Cleanup(func() { n.cmd.Process.Kill(); n.cmd.Wait() })
	n.out = bufio.NewReader(out)
	line, err := n.out.ReadString('\n')
	require.NoError(t, err)
	n.addrs = regexp.MustCompile(`127\.0\.0\.1:\d+`).FindAllString(line, -1)
	require.NotEmpty(t, n.addrs, line)
	n.addr = n.addrs[0]
	return n
}

func (n *nasProcess) port() string { return portOf(n.addr) }

// stop ends the NAS as an operator does and keeps its counters.
func (n *nasProcess) stop(t *testing.T) {
	require.NoError(t, n.cmd.Process.Signal(syscall.SIGTERM))
	var rest bytes.Buffer
	_, err := n.out.WriteTo(&rest)
	require.NoError(t, err)
	require.NoError(t, n.cmd.Wait())
	n.rest = rest.String()
}

// Counted is what of a kind was counted, without what was not.
type counted map[string]int

func (n *nasProcess) disconnect(t *testing.T) counted { return n.column(t, 1) }
func (n *nasProcess) coa(t *testing.T) counted        { return n.column(t, 2) }

func (n *nasProcess) column(t *testing.T, column int) counted {
	c := counted{}
	section := "" // the counters of one peer, or of all in total
	for line := range strings.Lines(n.rest) {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[1] == "Disconnect" {
			section = fields[0]
			continue
		}
		if len(fields) != 3 || section != "total" {
			continue
		}
		value, err := strconv.Atoi(fields[column])
		require.NoError(t, err, line)
		if value != 0 {
			c[fields[0]] = value
		}
	}
	return c
}

func radclient(t *testing.T, addr, kind, secret, attributes string) string {
	ctx, cancel := context.WithTimeout(t.Context(), peerTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "radclient", "-x", "-r", "2", "-t", "5", addr, kind, secret)
	cmd.Stdin = strings.NewReader(attributes + "\n")
	out, err := cmd.CombinedOutput()
	// It takes a NAK for a failure.
	if _, exited := err.(*exec.ExitError); !exited {
		require.NoError(t, err)
	}
	return string(out)
}

func dacctl(t *testing.T, args ...string) (out string, status int) {
	return output(t, filepath.Join(programs, "dacctl"), args...)
}

// output is what a program prints, and its exit status.
func output(t *testing.T, program string, args ...string) (out string, status int) {
	ctx, cancel := context.WithTimeout(t.Context(), peerTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if _, exited := err.(*exec.ExitError); !exited {
		require.NoError(t, err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// sessions is a file of requests for the first n sessions that nas -n makes.
func sessions(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "Acct-Session-Id = %08x\nUser-Name = user%07d@example.net\nNAS-IP-Address = 127.0.0.1\n\n", i, i)
	}
	return b.Bytes()
}

const freeRADIUSConfig = `
prefix = /usr
libdir = /usr/lib/freeradius
logdir = %[1]s
run_dir = %[1]s
raddbdir = %[1]s
modules {
	always ok {
		rcode = ok
	}
	always reject {
		rcode = reject
	}
}
client dac {
	ipaddr = 127.0.0.1
	secret = "%[3]s"
	require_message_authenticator = yes
}
server dac {
	listen {
		type = coa
		ipaddr = 127.0.0.1
		port = %[2]d
	}
	recv-coa {
		if (&User-Name == "nobody") {
			update reply {
				&Error-Cause := Session-Context-Not-Found
			}
			reject
		}
		ok
	}
	send-coa {
		ok
	}
}
`

// startFreeRADIUS runs FreeRADIUS as a NAS that knows everybody but nobody, until the test ends.
func startFreeRADIUS(t *testing.T) (addr string) {
	port := freePort(t)
	folder := t.TempDir()
	config := fmt.Sprintf(freeRADIUSConfig, folder, port, interopSecret)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "radiusd.conf"), []byte(config), 0o600))
	cmd := exec.Command("freeradius", "-f", "-X", "-l", "stdout", "-d", folder)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	awaitLine(t, out, "Ready to process requests")
	return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port).String()
}

// awaitLine reads out until a line says that the program is ready, and the rest so that it never
// waits for us.
func awaitLine(t *testing.T, out io.Reader, line string) {
	var said strings.Builder
	ready := make(chan bool, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.Contains(lines.Text(), line) {
				ready <- true
				io.Copy(io.Discard, out)
				return
			}
			said.WriteString(lines.Text() + "\n")
		}
		ready <- false
	}()
	select {
	case ok := <-ready:
		require.True(t, ok, said.String())
	case <-time.After(peerTime):
		require.Fail(t, "the peer does not start")
	}
}

func freePort(t *testing.T) uint16 {
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

// judge has tshark read a capture: so many requests, as many answers, every answer's authenticator
// right, nothing malformed.
func judge(t *testing.T, pcap, port string, exchanges int) {
	t.Helper()
	judgeSecret(t, pcap, port, interopSecret, exchanges)
}

// traceroute is what tshark remarks of UDP at the ports 33435 to 33463, which kernels hand out to
// any socket.
var traceroute = regexp.MustCompile(`Possible traceroute: hop #\d+, attempt #\d+`)

// judgeSecret is judge for another secret than that of most tests.
func judgeSecret(t *testing.T, pcap, port, secret string, exchanges int) {
	t.Helper()
	fields := []string{"radius.code", "radius.authenticator.valid", "radius.authenticator.invalid", "_ws.malformed", "_ws.expert.message"}
	args := []string{"-r", pcap, "-d", "udp.port==" + port + ",radius", "-o", "radius.shared_secret:" + secret, "-o", "radius.validate_authenticator:TRUE", "-T", "fields"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	cmd := exec.CommandContext(t.Context(), "tshark", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	requests, answers := 0, 0
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		require.Len(t, f, len(fields), line)
		switch code, valid := f[0], f[1]; code {
		case "40", "43":
			requests++
		case "41", "42", "44", "45":
			answers++
			assert.Contains(t, []string{"1", "True"}, valid, line)
		default:
			assert.Fail(t, "not RADIUS", line)
		}
		assert.NotContains(t, []string{"1", "True"}, f[2], line)
		assert.Empty(t, traceroute.ReplaceAllString(strings.Join(f[3:], ""), ""), line)
	}
	assert.Equal(t, exchanges, requests, "requests")
	assert.Equal(t, exchanges, answers, "answers")
}
