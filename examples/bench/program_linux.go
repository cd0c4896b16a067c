// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

func init() { serverKinds["nas"] = serverKind{title: "examples/nas -keep"} }

// A nasProgram is a running examples/nas. It says nothing of itself while it runs, so what it uses
// is read from the system, and from the line that its runtime prints for each collection.
type nasProgram struct {
	cmd         *exec.Cmd
	out         *bufio.Reader
	collections atomic.Uint64
	read        chan error // what it printed on stderr has been read
	resent      int
}

// buildNAS builds examples/nas into a folder.
func buildNAS(folder string) (string, error) { return buildExample(folder, "nas") }

// startNAS starts examples/nas and waits until it has made its sessions.
func (s serverSetup) startNAS(stderr io.Writer) (*server, error) {
	p := &nasProgram{read: make(chan error, 1)}
	p.cmd = exec.Command(s.nas, "-listen", "127.0.0.1:0", "-secret", secret, "-n", strconv.Itoa(s.sessions), "-keep",
		"-window", s.window.String(), "-memory", strconv.Itoa(s.memory))
	p.cmd.Env = append(environ("gctrace=1"), "GOMAXPROCS="+strconv.Itoa(s.cores))
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	trace, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := onCore(s.core(), p.cmd.Start); err != nil {
		return nil, err
	}
	go func() { p.read <- p.countCollections(trace, stderr) }()
	line, err := p.out.ReadString('\n')
	addr, _, found := strings.Cut(strings.TrimPrefix(line, "listening on "), ",")
	if err != nil || !found {
		return nil, errors.Join(fmt.Errorf("examples/nas did not start: %q: %w", line, cmp.Or(err, io.EOF)), p.stop())
	}
	return &server{kind: s.kind, addr: addr, subject: p}, nil
}

// countCollections reads stderr, and passes on what is no line of the runtime's.
func (p *nasProgram) countCollections(trace io.Reader, stderr io.Writer) error {
	lines := bufio.NewScanner(trace)
	for lines.Scan() {
		if bytes.HasPrefix(lines.Bytes(), []byte("gc ")) {
			p.collections.Add(1)
		} else {
			fmt.Fprintf(stderr, "%s\n", lines.Bytes())
		}
	}
	return lines.Err()
}

func (p *nasProgram) report() (r serverReport, err error) {
	r.used, err = usedBy(p.cmd.Process.Pid)
	r.Collections = p.collections.Load()
	return r, err
}

// sentAgain notes that so many requests may be duplicates.
func (p *nasProgram) sentAgain(n int) { p.resent += n }

// stop ends the program, and is an error where its counters say that the run was not what it should
// be.
func (p *nasProgram) stop() error {
	err := p.cmd.Process.Signal(syscall.SIGTERM)
	table, readErr := io.ReadAll(p.out)
	err = errors.Join(err, readErr, <-p.read, p.cmd.Wait())
	if err != nil {
		return err
	}
	c, err := parseCounters(string(table))
	return errors.Join(err, c.err(p.resent))
}

// parseCounters reads the table that examples/nas prints at its end.
func parseCounters(table string) (c counted, err error) {
	found := 0
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		to := map[string]*uint64{"Duplicates": &c.Duplicates, "Dropped": &c.Dropped, "Overload": &c.Overload}
		if len(fields) != 3 || to[fields[0]] == nil {
			continue
		}
		if *to[fields[0]], err = strconv.ParseUint(fields[1], 10, 64); err != nil {
			return c, err
		}
		found++
	}
	if found != 3 {
		return c, fmt.Errorf("examples/nas printed no counters: %q", table)
	}
	return c, nil
}

// usedBy is what a process has used so far, as the system says.
func usedBy(pid int) (u used, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u, err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u, err
	}
	return parseUsed(string(stat), string(status))
}

const (
	clockTicks = 100 // a second, in /proc, on every Linux that Go runs on
	statUser   = 11  // fields of /proc/PID/stat behind the name: user time,
	statSystem = 12  // and system time
)

func parseUsed(stat, status string) (u used, err error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) <= statSystem {
		return u, fmt.Errorf("no times in %q", stat)
	}
	for _, i := range []int{statUser, statSystem} {
		ticks, err := strconv.ParseUint(fields[i], 10, 64)
		if err != nil {
			return u, err
		}
		u.CPU += float64(ticks) / clockTicks
	}
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		if name != "VmHWM" && name != "VmRSS" {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return u, err
		}
		if name == "VmHWM" {
			u.Most = kib << 10
		} else {
			u.Resident = kib << 10
		}
	}
	return u, nil
}

// resident is what this process has resident now.
func resident() int64 {
	u, err := usedBy(os.Getpid())
	if err != nil {
		return 0
	}
	return u.Resident
}
