// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"text/tabwriter"
)

// allClients are the names of the clients of this platform, in the order in which they are shown:
// the others are seen beside the first.
func allClients() []string {
	names := slices.Collect(maps.Keys(clientKinds))
	names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(tlsClients, name) })
	order := []string{"batched", "plain", "blocking", "do", "each", "layeh"}
	slices.SortFunc(names, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	return names
}

// mostNASes is how many NASes there are at most, each one port.
const mostNASes = 1000

// startNASes starts a process that is n NASes.
func startNASes(n int, stderr io.Writer, more ...string) (*process, error) {
	nas, err := start(serverCore(), stderr, append([]string{"-role", "nas", "-nases", strconv.Itoa(n)}, more...)...)
	if err != nil {
		return nil, err
	}
	if err := nas.out.Decode(&nas.addrs); err != nil {
		return nil, errors.Join(err, nas.stop())
	}
	return nas, nil
}

// compareClients compares all clients with one NAS, and those that can with more and more.
func (s *suite) compareClients() (err error) {
	nas, err := startNASes(mostNASes, s.stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, nas.stop()) }()
	var turns []clientTurn
	for _, name := range allClients() {
		turns = append(turns, clientTurn{name, clientTask{NASes: nas.addrs[:1], For: s.length}})
	}
	if err := s.takeTurns("one NAS", turns, func(t clientTurn) string { return t.client }); err != nil {
		return err
	}
	for _, name := range byNASes() {
		turns = nil
		for n := 1; n <= mostNASes; n *= 10 {
			turns = append(turns, clientTurn{name, clientTask{NASes: nas.addrs[:n], For: s.length}})
		}
		byNumber := func(t clientTurn) string { return strconv.Itoa(len(t.task.NASes)) }
		if err := s.takeTurns(name+", by the number of NASes", turns, byNumber); err != nil {
			return err
		}
	}
	return nil
}

// byNASes are the clients that are asked for more than one NAS.
func byNASes() (names []string) {
	for _, name := range allClients() {
		if name == "each" || name == "do" || name == "batched" {
			names = append(names, name)
		}
	}
	return names
}

// A clientTurn is what a client does in each round.
type clientTurn struct {
	client string
	task   clientTask
}

// takeTurns has the clients take turns, round after round, and shows what each did beside the
// first.
func (s *suite) takeTurns(title string, turns []clientTurn, label func(clientTurn) string) error {
	rounds := make([][]measure, len(turns))
	for range s.rounds {
		for i, t := range turns {
			m, err := t.take("", s.stderr)
			if err == nil && !s.quick {
				err = t.judge(m)
			}
			if err != nil {
				return fmt.Errorf("%s, %s: %w", title, label(t), err)
			}
			m.name = label(t)
			rounds[i] = append(rounds[i], m)
		}
	}
	fmt.Fprintf(s.stdout, "\n%s\n", title)
	w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\trequests/s\tCPU µs\tof %[1]s\tof its CPU\tallocations\toctets\tMiB\tcollections\tsent again\t\n", label(turns[0]))
	first := medians(rounds[0])
	for i := range turns {
		m := medians(rounds[i])
		fmt.Fprintf(w, "%s\t%.0f\t%.2f\t%.2f x\t%.2f x\t%.1f\t%.0f\t%.0f\t%.0f\t%d\t\n", m.name, m.perSecond, m.cpu, m.perSecond/first.perSecond, m.cpu/first.cpu,
			m.mallocs, m.allocated, m.resident/(1<<20), m.collections, m.resent)
	}
	return w.Flush()
}

// judge is what is wrong with a round of a client of this module: where one has to send again, a
// datagram was dropped, and it waited for that.
func (t clientTurn) judge(m measure) error {
	if m.resent > 0 && (t.client == "do" || t.client == "each") {
		return fmt.Errorf("%d requests were sent again: datagrams were dropped; give -quick to have it so", m.resent)
	}
	return nil
}

// take is a client from its start to its end. program is another build of this program, or "".
func (t clientTurn) take(program string, stderr io.Writer) (measure, error) {
	return t.takeOn(generatorCore(), program, stderr)
}

// takeOn is take on a core; -1 is any.
func (t clientTurn) takeOn(core int, program string, stderr io.Writer) (m measure, err error) {
	args := []string{"-role", "client", "-client", t.client}
	var p *process
	if program == "" {
		p, err = start(core, stderr, args...)
	} else {
		p, err = startProgram(program, core, stderr, args...)
	}
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	var r clientResult
	if err := p.ask(t.task, &r); err != nil {
		return m, err
	}
	if r.Err != "" {
		return m, errors.New(r.Err)
	}
	m = measureOf(r.used, r.Requests, r.Seconds)
	m.resent = r.Resent
	return m, nil
}
