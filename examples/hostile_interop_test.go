// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestInteropHostile sends the set of TestHostile to examples/nas, over UDP: a process for each
// case, but for those that wait for minutes.
func TestInteropHostile(t *testing.T) {
	sent := 0
	for _, c := range hostileCases(t) {
		if c.virtual() {
			continue
		}
		sent++
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			args := []string{
				"-sessions", "testdata/hostile_sessions.json", "-nas-id", "nas1", "-nas-ip", "127.0.0.1",
				"-client", "127.0.0.1=" + hostileSecrets["aaa"], "-client", "127.0.0.2=" + hostileSecrets["peer2"],
			}
			nas := &processNAS{process: startNAS(t, append(args, strings.Fields(c.setup)...)...), sockets: map[string]*net.UDPConn{}}
			nas.at = netip.MustParseAddrPort(nas.process.addr)
			if packets := strings.Join(c.packets, " "); strings.Contains(packets, "now-30") || strings.Contains(packets, "now+30") {
				earlyInASecond()
			}
			c.run(t, nas)
		})
	}
	t.Logf("%d cases", sent)
}

// virtual reports whether the case waits for longer than a test over real sockets can.
func (c *hostileCase) virtual() bool { return strings.Contains(strings.Join(c.packets, " "), "wait:") }

// earlyInASecond returns when the second has just begun: a packet that is stamped to the second is
// to arrive within it.
func earlyInASecond() {
	now := time.Now()
	if next := now.Truncate(time.Second).Add(time.Second); next.Sub(now) < 700*time.Millisecond {
		<-time.After(next.Sub(now))
	}
}

// A processNAS is examples/nas in a process of its own.
type processNAS struct {
	process *nasProcess
	at      netip.AddrPort
	sockets map[string]*net.UDPConn
}

func (n *processNAS) socket(t *testing.T, from string) *net.UDPConn {
	if s := n.sockets[from]; s != nil {
		return s
	}
	s, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(hostileSource(from), 0)))
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	n.sockets[from] = s
	return s
}

func (n *processNAS) exchange(t *testing.T, from string, b []byte, wait bool) []byte {
	s := n.socket(t, from)
	_, err := s.WriteToUDPAddrPort(b, n.at)
	require.NoError(t, err)
	if !wait {
		return nil
	}
	return n.read(t, s, peerTime)
}

// read returns the next answer, nil for none in that time.
func (n *processNAS) read(t *testing.T, s *net.UDPConn, d time.Duration) []byte {
	require.NoError(t, s.SetReadDeadline(time.Now().Add(d)))
	b := make([]byte, 1<<16)
	size, addr, err := s.ReadFromUDPAddrPort(b)
	if err != nil {
		return nil
	}
	require.NoError(t, checkSource(addr, n.at))
	return b[:size]
}

func (n *processNAS) pass(time.Duration) {}

// end ends the NAS, which finishes what it has begun: whatever it has sent is there then.
func (n *processNAS) end(t *testing.T) (counts, [][]byte) {
	n.process.stop(t)
	var stray [][]byte
	for _, s := range n.sockets {
		for b := n.read(t, s, time.Millisecond); b != nil; b = n.read(t, s, time.Millisecond) {
			stray = append(stray, b)
		}
	}
	return printedCounters(t, n.process.rest), stray
}

// printedCounters reads the counters of all peers together.
func printedCounters(t *testing.T, text string) counts {
	c := make(counts)
	_, total, found := strings.Cut(text, "total")
	require.True(t, found, text)
	add := func(name, value string) {
		n, err := strconv.ParseUint(value, 10, 64)
		require.NoError(t, err, text)
		if n != 0 {
			c[name] = n
		}
	}
	for line := range strings.Lines(total) {
		var disconnect, coa string
		fields := strings.Fields(line)
		switch {
		case len(fields) == 3 && fields[0] != "total":
			add("Disconnect."+fields[0], fields[1])
			add("CoA."+fields[0], fields[2])
		case len(fields) > 1 && fields[0] == "UnknownType:":
			add("UnknownType", fields[1])
		default:
			if n, _ := fmt.Sscanf(line, "unknown peers: %s Disconnect, %s CoA", &disconnect, &coa); n == 2 {
				add("Disconnect.Unknown", disconnect)
				add("CoA.Unknown", coa)
			}
		}
	}
	return c
}
