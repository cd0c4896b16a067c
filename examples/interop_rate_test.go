// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dacctl sends a hundred thousand requests at more than half the rate of a client by hand, and at
// several times that of radclient at its best, which is ten thousand. The three take turns, and the
// best of each counts: whatever else the machine does only slows them down. The bounds leave room
// for two cores of which others want their share too.
func TestInteropDacctlRate(t *testing.T) {
	const many, few = 100_000, 10_000
	addr := startResponder(t)
	manyFile, fewFile := requestFile(t, many), requestFile(t, few)
	secret := tempFile(t, "secret")
	require.NoError(t, os.WriteFile(secret, []byte(interopSecret), 0o600))

	var bare, ours, theirs float64 // requests a second
	rate := func(n int, send func()) float64 {
		began := time.Now()
		send()
		return float64(n) / time.Since(began).Seconds()
	}
	for range 3 {
		bare = max(bare, rate(many, func() { sendByHand(t, addr, many) }))
		ours = max(ours, rate(many, func() {
			out, _ := dacctl(t, "disconnect", "-nas", addr, "-secret", interopSecret, "-f", manyFile)
			require.Equal(t, fmt.Sprintf("%d ACK, 0 NAK, 0 no answer", many), lastLine(out))
		}))
		theirs = max(theirs, rate(few, func() {
			out, err := exec.CommandContext(t.Context(), "radclient", "-q", "-p", "256", "-S", secret, "-f", fewFile, addr, "disconnect").CombinedOutput()
			require.NoError(t, err, string(out))
		}))
	}
	t.Logf("requests a second: by hand %.0f, dacctl %.0f (%.2f of it), radclient %.0f (dacctl has %.1f of it)", bare, ours, ours/bare, theirs, ours/theirs)
	assert.GreaterOrEqual(t, ours, 0.5*bare)
	assert.GreaterOrEqual(t, ours, 3*theirs)
}

// The memory of dacctl is the same for ten thousand requests and for a million.
func TestInteropDacctlMemory(t *testing.T) {
	addr := startResponder(t)
	peak := func(n int) int {
		results := tempFile(t, "results")
		cmd := exec.CommandContext(t.Context(), filepath.Join(programs, "dacctl"), "disconnect", "-nas", addr, "-secret", interopSecret, "-f", requestFile(t, n), "-results", results, "-s")
		var out bytes.Buffer
		cmd.Stdout = &out
		require.NoError(t, cmd.Start())
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for most := 0; ; {
			most = max(most, peakOf(cmd.Process.Pid))
			select {
			case err := <-ended:
				require.NoError(t, err)
				require.Equal(t, fmt.Sprintf("%d ACK, 0 NAK, 0 no answer", n), lastLine(out.String()))
				return most
			case <-time.After(5 * time.Millisecond):
			}
		}
	}
	few, many := peak(10_000), peak(1_000_000)
	t.Logf("%d KiB for 10,000 requests, %d KiB for 1,000,000", few, many)
	require.NotZero(t, few)
	assert.Less(t, many, few+32<<10)
}

// peakOf is the most memory that a process has had, in KiB, and 0 for one that has ended. What wait
// tells of a process counts its parent's, too.
func peakOf(pid int) int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		var size int
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &size); n == 1 {
			return size
		}
	}
	return 0
}

// requestFile is a file of n packets.
func requestFile(t *testing.T, n int) string {
	f, err := os.Create(tempFile(t, "packets"))
	require.NoError(t, err)
	w := bufio.NewWriter(f)
	for i := range n {
		fmt.Fprintf(w, "Acct-Session-Id = \"%08x\"\nUser-Name = \"user%07d@example.net\"\n\n", i, i)
	}
	require.NoError(t, w.Flush())
	require.NoError(t, f.Close())
	return f.Name()
}

// startResponder answers a Disconnect-ACK to whatever comes, until the test ends.
func startResponder(t *testing.T) (addr string) {
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	c.SetReadBuffer(1 << 20)
	go func() {
		var in, out [4096]byte
		for {
			n, from, err := c.ReadFromUDPAddrPort(in[:])
			if err != nil {
				return
			}
			if n < 20 {
				continue
			}
			ack := append(out[:0], 41, in[1], 0, 20)
			ack = append(ack, in[4:20]...) // to be hashed, and overwritten
			sum := md5.Sum(append(ack, interopSecret...))
			copy(ack[4:], sum[:])
			c.WriteToUDPAddrPort(ack, from)
		}
	}()
	return c.LocalAddr().String()
}

// sendByHand is what one writes for speed: one socket, 256 requests in flight, each with an
// Event-Timestamp and a Message-Authenticator, every answer verified.
func sendByHand(t *testing.T, addr string, n int) {
	c, err := net.Dial("udp", addr)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(peerTime)))
	c.(*net.UDPConn).SetReadBuffer(1 << 20)
	mac := hmac.New(md5.New, []byte(interopSecret))
	var wires [256][]byte
	sent := 0
	send := func(id byte) {
		b := append(wires[id][:0], 40, id, 0, 0)
		b = append(b, make([]byte, 16)...)
		b = append(b, 80, 18)
		b = append(b, make([]byte, 16)...)
		b = fmt.Appendf(append(b, 44, 10), "%08x", sent)
		b = fmt.Appendf(append(b, 1, 25), "user%07d@example.net", sent)
		b = binary.BigEndian.AppendUint32(append(b, 55, 6), uint32(time.Now().Unix()))
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
		mac.Reset()
		mac.Write(b)
		mac.Sum(b[:22])
		sum := md5.Sum(append(b, interopSecret...))
		copy(b[4:], sum[:])
		wires[id] = b
		_, err := c.Write(b)
		require.NoError(t, err)
		sent++
	}
	for id := range min(n, len(wires)) {
		send(byte(id))
	}
	var in, hashed [4096]byte
	for range n {
		size, err := c.Read(in[:])
		require.NoError(t, err)
		id := in[1]
		b := append(hashed[:0], in[:4]...)
		b = append(b, wires[id][4:20]...)
		b = append(b, in[20:size]...)
		require.Equal(t, md5.Sum(append(b, interopSecret...)), [16]byte(in[4:20]))
		if sent < n {
			send(id)
		}
	}
}
