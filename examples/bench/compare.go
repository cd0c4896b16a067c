// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

// A measure is what one server or client did in one way, the median of the rounds.
type measure struct {
	name      string
	perSecond float64
	cpu       float64 // seconds for a million requests
	p50, p99  float64 // seconds
	resident  int64
	resent    int
}

// A suite is one comparison under way.
type suite struct {
	options
	gen    *generator
	stdout io.Writer
	stderr io.Writer
	first  int // number of the next request
}

// compare is the whole program, but for the processes that it starts.
func compare(o options, stdout, stderr io.Writer) (err error) {
	s := &suite{options: o, stdout: stdout, stderr: stderr}
	fmt.Fprintf(stdout, "%s %s/%s, %d cores; %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), placement())
	if o.clients {
		return s.compareClients()
	}
	if s.gen, err = startGenerator(stderr); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.gen.stop()) }()
	if o.growth {
		return s.growth()
	}
	bySigning := make(map[bool][]measure)
	if err := s.headline(bySigning); err != nil || o.svg == "" {
		return err
	}
	return os.WriteFile(o.svg, plot(bySigning, s.caption()), 0o666)
}

func placement() string {
	if serverCore() < 0 {
		return "all run where the system puts them"
	}
	return fmt.Sprintf("servers on core %d, generator and clients on core %d", serverCore(), generatorCore())
}

func (s *suite) caption() string {
	return fmt.Sprintf("%s, %s/%s, one core for the server; %d sessions, %d requests in flight, median of %d rounds",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, s.sessions, s.inFlight, s.rounds)
}

// headline compares all servers with and without Message-Authenticator, and their latency.
func (s *suite) headline(by map[bool][]measure) error {
	setup := serverSetup{sessions: s.sessions, cores: 1, inFlight: s.inFlight, profile: s.profile}
	return s.with(setup, func(all []*server) error {
		for _, ma := range s.ma {
			ms, err := s.measure(all, task{MA: ma, Requests: s.requests, InFlight: s.inFlight, Ports: s.ports, Sessions: s.sessions})
			if err != nil {
				return err
			}
			by[ma] = ms
			s.table(title(ma), ms)
		}
		if s.rate == 0 {
			return nil
		}
		t := task{Requests: int(float64(s.rate) * s.paced.Seconds()), InFlight: 1, Ports: 1, Sessions: s.sessions, Rate: s.rate}
		ms, err := s.measure(all, t)
		if err != nil {
			return err
		}
		s.latencies(ms)
		return nil
	})
}

func title(ma bool) string {
	if ma {
		return "with Message-Authenticator"
	}
	return "without Message-Authenticator"
}

// with starts the servers, calls f, and ends them.
func (s *suite) with(setup serverSetup, f func([]*server) error) (err error) {
	var all []*server
	defer func() {
		for _, one := range all {
			err = errors.Join(err, one.stop())
		}
	}()
	for i, name := range s.servers {
		setup.name = name
		if i > 0 {
			setup.profile = ""
		}
		one, err := setup.start(s.stderr)
		if err != nil {
			return err
		}
		all = append(all, one)
	}
	return f(all)
}

// measure asks each server in turn, round after round.
func (s *suite) measure(all []*server, t task) ([]measure, error) {
	rounds := make([][]measure, len(all))
	for range s.rounds {
		for i, one := range all {
			t.Addr, t.First = one.addr, s.first
			before, err := one.report()
			if err != nil {
				return nil, err
			}
			r, err := s.gen.do(t)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", one.name, err)
			}
			after, err := one.report()
			if err != nil {
				return nil, err
			}
			rounds[i] = append(rounds[i], measure{
				name: one.name, perSecond: float64(t.Requests) / r.Seconds, cpu: (after.CPU - before.CPU) / float64(t.Requests) * 1e6,
				p50: r.P50, p99: r.P99, resident: after.Resident, resent: r.Resent,
			})
		}
		s.first += t.Requests
	}
	ms := make([]measure, len(all))
	for i := range ms {
		ms[i] = medians(rounds[i])
	}
	return ms, nil
}

// medians takes the median of each figure by itself.
func medians(rounds []measure) measure {
	m := rounds[len(rounds)-1]
	for _, figure := range []func(m *measure) *float64{
		func(m *measure) *float64 { return &m.perSecond },
		func(m *measure) *float64 { return &m.cpu },
		func(m *measure) *float64 { return &m.p50 },
		func(m *measure) *float64 { return &m.p99 },
	} {
		var all []float64
		for i := range rounds {
			all = append(all, *figure(&rounds[i]))
		}
		slices.Sort(all)
		n := len(all)
		*figure(&m) = (all[(n-1)/2] + all[n/2]) / 2
	}
	m.resent = 0
	for i := range rounds {
		m.resent += rounds[i].resent
	}
	return m
}

// table shows requests and CPU, and what they are beside those of the first server.
func (s *suite) table(title string, ms []measure) {
	fmt.Fprintf(s.stdout, "\n%s\n", title)
	w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "server\trequests/s\tCPU s/million\t%[1]s is\tits CPU is\tMiB\tsent again\t\n", ms[0].name)
	for _, m := range ms {
		fmt.Fprintf(w, "%s\t%.0f\t%.2f\t%.2f x\t%.2f x\t%d\t%d\t\n", m.name, m.perSecond, m.cpu, ms[0].perSecond/m.perSecond,
			ms[0].cpu/m.cpu, m.resident>>20, m.resent)
	}
	w.Flush()
}

func (s *suite) latencies(ms []measure) {
	fmt.Fprintf(s.stdout, "\nlatency at %d requests/s\n", s.rate)
	w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "server\tp50 µs\tp99 µs\tCPU s/million\t\n")
	for _, m := range ms {
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.2f\t\n", m.name, m.p50*1e6, m.p99*1e6, m.cpu)
	}
	w.Flush()
}

// growth compares with more and more sessions, with more cores, and with handlers that wait.
func (s *suite) growth() error {
	t := task{Requests: s.requests, InFlight: s.inFlight, Ports: s.ports, Sessions: s.sessions}
	for n := 1000; n <= s.sessions; n *= 10 {
		t.Sessions = n
		if err := s.one(fmt.Sprintf("%d sessions", n), serverSetup{sessions: n, cores: 1, inFlight: s.inFlight}, t); err != nil {
			return err
		}
	}
	t.Sessions = min(s.sessions, 100_000)
	for cores := 1; cores <= 2; cores++ {
		name := fmt.Sprintf("GOMAXPROCS=%d of the server, %d sessions", cores, t.Sessions)
		if cores > 1 && runtime.NumCPU() <= cores {
			name += " (the generator shares its cores)"
		}
		if err := s.one(name, serverSetup{sessions: t.Sessions, cores: cores, inFlight: s.inFlight}, t); err != nil {
			return err
		}
	}
	var waiting []string
	for _, name := range s.servers {
		if serverKinds[name].blocks {
			waiting = append(waiting, name)
		}
	}
	s.servers = waiting
	const block = 10 * time.Millisecond
	for _, n := range []int{256, 1024, 4096} {
		t.InFlight, t.Ports, t.Requests = n, (n+identifiers-1)/identifiers, min(s.requests, 100*n)
		name := fmt.Sprintf("handlers wait %v, %d in flight: at most %.0f requests/s", block, n, float64(n)/block.Seconds())
		if err := s.one(name, serverSetup{sessions: t.Sessions, cores: 1, inFlight: n, block: block}, t); err != nil {
			return err
		}
	}
	return nil
}

// one compares under one title, with servers of their own.
func (s *suite) one(title string, setup serverSetup, t task) error {
	if len(s.servers) == 0 {
		return nil
	}
	return s.with(setup, func(all []*server) error {
		ms, err := s.measure(all, t)
		if err != nil {
			return err
		}
		s.table(title, ms)
		return nil
	})
}
