// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"text/tabwriter"
)

// allClients are the names of the clients of this platform, in the order in which they are shown: the others are seen beside the first.
func allClients() []string {
	names := slices.Collect(maps.Keys(clientKinds))
	order := []string{"batched", "plain", "blocking", "do", "each", "layeh"}
	slices.SortFunc(names, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	return names
}

// mostNASes is how many NASes there are at most, each one port.
const mostNASes = 1000

// compareClients compares all clients with one NAS, and those that can with more and more.
func (s *suite) compareClients() (err error) {
	nas, err := start(serverCore(), s.stderr, "-role", "nas", "-nases", strconv.Itoa(mostNASes))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, nas.stop()) }()
	var addrs []netip.AddrPort
	if err := nas.out.Decode(&addrs); err != nil {
		return err
	}
	clients := make(map[string]*process)
	defer func() {
		for _, c := range clients {
			err = errors.Join(err, c.stop())
		}
	}()
	for name := range clientKinds {
		c, err := start(generatorCore(), s.stderr, "-role", "client", "-client", name)
		if err != nil {
			return err
		}
		clients[name] = c
	}
	var turns []clientTurn
	for _, name := range allClients() {
		turns = append(turns, clientTurn{name, clients[name], clientTask{addrs[:1], s.requests}})
	}
	slow := &turns[len(turns)-1].task
	slow.Requests = max(1, slow.Requests/10)
	if err := s.takeTurns("one NAS", turns); err != nil {
		return err
	}
	for _, name := range byNASes() {
		turns = nil
		for n := 1; n <= mostNASes; n *= 10 {
			turns = append(turns, clientTurn{strconv.Itoa(n), clients[name], clientTask{addrs[:n], s.requests}})
		}
		if err := s.takeTurns(name+", by the number of NASes", turns); err != nil {
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
	name   string
	client *process
	task   clientTask
}

// takeTurns has the clients take turns, round after round, and shows what each did beside the first.
func (s *suite) takeTurns(title string, turns []clientTurn) error {
	rounds := make([][]measure, len(turns))
	for range s.rounds {
		for i, t := range turns {
			m, err := t.take()
			if err != nil {
				return fmt.Errorf("%s, %s: %w", title, t.name, err)
			}
			rounds[i] = append(rounds[i], m)
		}
	}
	fmt.Fprintf(s.stdout, "\n%s\n", title)
	w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\trequests/s\tCPU s/million\tof %[1]s\tof its CPU\tsent again\t\n", turns[0].name)
	first := medians(rounds[0])
	for i := range turns {
		m := medians(rounds[i])
		fmt.Fprintf(w, "%s\t%.0f\t%.2f\t%.2f x\t%.2f x\t%d\t\n", m.name, m.perSecond, m.cpu, m.perSecond/first.perSecond, m.cpu/first.cpu, m.resent)
	}
	return w.Flush()
}

func (t clientTurn) take() (m measure, err error) {
	var r clientResult
	if err := t.client.ask(t.task, &r); err != nil {
		return m, err
	}
	if r.Err != "" {
		return m, errors.New(r.Err)
	}
	n := float64(t.task.Requests)
	return measure{name: t.name, perSecond: n / r.Seconds, cpu: r.CPU / n * 1e6, resent: r.Resent}, nil
}
