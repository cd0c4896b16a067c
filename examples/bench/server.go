// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"
)

// A serverKind serves requests on a socket until it is closed.
type serverKind struct {
	blocks bool                                                // its handler can wait
	serve  func(c *net.UDPConn, o options, ready func()) error // ready is called once it has its sessions
}

// serverKinds are the servers by name. Those that only some platforms have add themselves.
var serverKinds = map[string]serverKind{
	"dynauth": {true, serveDynauth},
	"layeh":   {true, serveLayeh},
	"plain":   {false, servePlain},
}

// allServers are the names of the servers of this platform, in the order in which they are shown.
func allServers() []string {
	names := slices.Collect(maps.Keys(serverKinds))
	order := []string{"dynauth", "batched", "plain", "layeh"}
	slices.SortFunc(names, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	return names
}

// receiveBuffer is what every server asks for: a system's default loses the burst that a closed loop is.
const receiveBuffer = 4 << 20

// A serverReport is what a server process says when it listens, and each time it is asked.
type serverReport struct {
	Addr     string
	CPU      float64 // seconds of the process, user and system; 0: the platform does not say
	Resident int64   // octets at most so far; 0: the platform does not say
}

// serveRole is the life of a server process: it serves, reports at each line of stdin, and ends with it.
func serveRole(o options, stdin *bufio.Reader, stdout io.Writer) error {
	runtime.GOMAXPROCS(o.cores)
	pc, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	if err := pc.SetReadBuffer(receiveBuffer); err != nil {
		return err
	}
	profile := func() {}
	if o.profile != "" {
		f, err := os.Create(o.profile)
		if err != nil {
			return err
		}
		defer f.Close()
		defer pprof.StopCPUProfile()
		profile = func() { pprof.StartCPUProfile(f) }
	}
	failed, ready := make(chan error, 1), make(chan bool)
	go func() { failed <- serverKinds[o.servers[0]].serve(pc, o, func() { close(ready) }) }()
	select {
	case err := <-failed:
		return fmt.Errorf("%s: %w", o.servers[0], err)
	case <-ready:
	}
	profile()
	enc := json.NewEncoder(stdout)
	for {
		cpu, resident := usage()
		if err := enc.Encode(serverReport{pc.LocalAddr().String(), cpu, resident}); err != nil {
			return err
		}
		if _, err := stdin.ReadString('\n'); err != nil {
			return nil // who asked is gone
		}
		select {
		case err := <-failed:
			return fmt.Errorf("%s: %w", o.servers[0], err)
		default:
		}
	}
}

// servePlain is a bare loop: one read and one write of the standard library for each datagram.
func servePlain(c *net.UDPConn, o options, ready func()) error {
	check := newChecker(o.sessions)
	ready()
	return answerPlain(c, check.answer, maxDatagram)
}

// An answerFunc appends the answer to the datagram b to dst, or nothing.
type answerFunc func(dst, b []byte, now time.Time) []byte

// answerAll answers what comes to c until it is closed, datagrams of so many octets at most, in the quickest way that this platform has.
var answerAll = answerPlain

func answerPlain(c *net.UDPConn, answer answerFunc, longest int) error {
	in, out := make([]byte, longest), make([]byte, 0, longest)
	for {
		n, from, err := c.ReadFromUDPAddrPort(in)
		if err != nil {
			return err
		}
		if out = answer(out[:0], in[:n], time.Now()); len(out) > 0 {
			if _, err := c.WriteToUDPAddrPort(out, from); err != nil {
				return err
			}
		}
	}
}
