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

// A serverKind is a way to serve requests.
type serverKind struct {
	title  string
	blocks bool // its handler can wait
	hidden bool // it is none of those that are compared

	// serve serves on a socket until that is closed, and calls ready once it has its sessions.
	// Where it is nil, the server is a program of its own, which only the parent process knows.
	serve func(c *net.UDPConn, o options, ready func(counts)) error
	// serveTLS is serve over TLS.
	serveTLS func(l net.Listener, o options, ready func(counts)) error
}

// serverKinds are the servers by name. Those that only some platforms have add themselves.
var serverKinds = map[string]serverKind{
	"minimal": {title: "minimal host", blocks: true, serve: serveMinimal, serveTLS: serveMinimalTLS},
	"proxy":   {title: "proxy", hidden: true, serve: serveProxy},
	"layeh":   {title: "layeh.com/radius", blocks: true, serve: serveLayeh},
	"plain":   {title: "bare read and write", serve: servePlain},
}

// allServers are the names of the servers of this platform, in the order in which they are shown.
func allServers() []string {
	order := []string{"minimal", "nas", "batched", "plain", "layeh"}
	names := slices.Collect(maps.Keys(serverKinds))
	names = slices.DeleteFunc(names, func(name string) bool { return serverKinds[name].hidden })
	slices.SortFunc(names, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	return names
}

// receiveBuffer is what every server asks for: a system's default loses the burst that a closed
// loop is.
const receiveBuffer = 4 << 20

// Counted is what a server of this module has counted of what a run must not have.
type counted struct {
	Duplicates uint64
	Dropped    uint64
	Overload   uint64
}

// counts says what a server has counted so far; nil: it counts nothing.
type counts func() counted

// err is what is wrong with a run in which so many requests were sent again.
func (c counted) err(resent int) error {
	if c.Dropped != 0 || c.Overload != 0 {
		return fmt.Errorf("the server dropped %d requests, %d of them for want of room: give -memory more, or fewer in flight", c.Dropped, c.Overload)
	}
	if c.Duplicates > uint64(resent) {
		return fmt.Errorf("the server took %d requests for duplicates, and %d were sent again: the run repeats itself; give -sessions more", c.Duplicates, resent)
	}
	return nil
}

// A serverReport is what a server process says when it listens, and each time it is asked.
type serverReport struct {
	Addr string
	used
	counted
}

// Used is what a process has used so far. What the platform does not say is 0.
type used struct {
	CPU         float64 // seconds, user and system
	Most        int64   // octets resident at most
	Resident    int64   // octets resident now
	Collections uint64  // of garbage
	Mallocs     uint64  // objects allocated
	Allocated   uint64  // octets allocated
}

// usedBySelf is what this process has used so far.
func usedBySelf() used {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := used{Collections: uint64(m.NumGC), Mallocs: m.Mallocs, Allocated: m.TotalAlloc, Resident: resident()}
	u.CPU, u.Most = usage()
	return u
}

// since is what was used since an earlier report; octets that are resident are those of now.
func (u used) since(before used) used {
	u.CPU -= before.CPU
	u.Collections -= before.Collections
	u.Mallocs -= before.Mallocs
	u.Allocated -= before.Allocated
	return u
}

// serveRole is the life of a server process: it serves, reports at each line of stdin, and ends
// with it.
func serveRole(o options, stdin *bufio.Reader, stdout io.Writer) error {
	runtime.GOMAXPROCS(o.cores)
	addr, serve, err := listen(o)
	if err != nil {
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
	failed, ready := make(chan error, 1), make(chan counts, 1)
	go func() { failed <- serve(func(c counts) { ready <- c }) }()
	var count counts
	select {
	case err := <-failed:
		return fmt.Errorf("%s: %w", o.servers[0], err)
	case count = <-ready:
	}
	profile()
	enc := json.NewEncoder(stdout)
	for {
		r := serverReport{Addr: addr.String(), used: usedBySelf()}
		if count != nil {
			r.counted = count()
		}
		if err := enc.Encode(r); err != nil {
			return err
		}
		if _, err := stdin.ReadString('\n'); err != nil {
			return nil // the parent process has ended
		}
		select {
		case err := <-failed:
			return fmt.Errorf("%s: %w", o.servers[0], err)
		default:
		}
	}
}

// listen opens the socket of a server, and returns what serves on it.
func listen(o options) (net.Addr, func(ready func(counts)) error, error) {
	kind := serverKinds[o.servers[0]]
	if o.tls {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, nil, err
		}
		return l.Addr(), func(ready func(counts)) error { return kind.serveTLS(l, o, ready) }, nil
	}
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, nil, err
	}
	return c.LocalAddr(), func(ready func(counts)) error { return kind.serve(c, o, ready) }, c.SetReadBuffer(receiveBuffer)
}

// servePlain is a bare loop: one read and one write of the standard library for each datagram.
func servePlain(c *net.UDPConn, o options, ready func(counts)) error {
	check := newChecker(o.sessions, o.window())
	ready(nil)
	return answerPlain(c, check.answer, maxDatagram)
}

// An answerFunc appends the answer to the datagram b to dst, or nothing.
type answerFunc func(dst, b []byte, now time.Time) []byte

// answerAll answers what comes to c until it is closed, datagrams of so many octets at most, in
// the quickest way that this platform has.
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
