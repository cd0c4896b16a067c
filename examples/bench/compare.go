// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// A measure is what one server or client did in one way, the median of the rounds.
type measure struct {
	name        string
	perSecond   float64
	cpu         float64 // seconds for a million requests
	mallocs     float64 // for a request
	allocated   float64 // octets for a request
	resident    float64 // octets at the end
	collections float64 // of garbage, in a round
	busy        float64 // part of the time for which the generator used its core
	resent      int
	paced       []latency
}

// A latency is what one server did when it was asked evenly.
type latency struct {
	rate           float64
	p50, p99, p999 float64 // seconds
}

// A suite is one comparison under way.
type suite struct {
	options
	gen    *generator
	stdout io.Writer
	stderr io.Writer
}

// compare is the whole program, but for the processes that it starts.
func compare(o options, stdout, stderr io.Writer) (err error) {
	s := &suite{options: o, stdout: stdout, stderr: stderr}
	fmt.Fprintf(stdout, "%s %s/%s, %d cores; %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), placement())
	if o.quick && o.soak == 0 {
		fmt.Fprintln(stdout, "quick: the rounds are too short for a cache that has grown and for garbage collection")
	}
	if o.clients {
		return s.compareClients()
	}
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if o.files {
		return s.compareFiles(folder)
	}
	if s.gen, err = startGenerator(stderr); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.gen.stop()) }()
	switch {
	case o.soak > 0:
		return s.soakMinimal()
	case len(o.ab) > 0:
		return s.compareBuilds(folder)
	case o.tls:
		return s.compareTLS()
	}
	if slices.Contains(o.servers, "nas") && o.nas == "" {
		if s.nas, err = buildNAS(folder); err != nil {
			return err
		}
	}
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
	length := fmt.Sprintf("rounds of %v", s.length)
	if s.quick {
		length = "quick " + length
	}
	return fmt.Sprintf("%s, %s/%s, one core for the server; %d sessions, %d requests in flight, Window %v, median of %d %s",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, s.sessions, s.inFlight, s.window(), s.rounds, length)
}

// headline compares all servers with and without Message-Authenticator, and their latency.
func (s *suite) headline(by map[bool][]measure) error {
	for i, ma := range s.ma {
		setup := s.setup()
		if i > 0 {
			setup.profile = ""
		}
		ms, err := s.measure(setup, s.task(ma), s.pacedRates)
		if err != nil {
			return err
		}
		by[ma] = ms
		s.table(title(ma), ms)
		s.latencies(title(ma), ms)
	}
	return nil
}

func (s *suite) setup() serverSetup {
	return serverSetup{
		sessions: s.sessions, cores: 1, inFlight: s.inFlight, profile: s.profile,
		window: s.window(), memory: s.memory, nas: s.nas, tls: s.tls,
	}
}

func (s *suite) task(ma bool) task {
	return task{
		MA: ma, TLS: s.tls, For: s.length, InFlight: s.inFlight, Ports: s.ports,
		Sessions: s.sessions, Unknown: s.unknown, Window: int64(s.window() / time.Second),
	}
}

// pacedRates are the requests a second at which latency is measured: a tenth and half of the most,
// and what -rate says.
func (s *suite) pacedRates(most float64) []float64 {
	if s.rate == 0 {
		return []float64{most / 10, most / 2}
	}
	return []float64{most / 10, most / 2, float64(s.rate)}
}

func title(ma bool) string {
	if ma {
		return "with Message-Authenticator"
	}
	return "without Message-Authenticator"
}

// measure asks each server in turn, round after round. Each turn has a server of its own, so that
// none has what an earlier round left behind. rates may be nil.
func (s *suite) measure(setup serverSetup, t task, rates func(most float64) []float64) ([]measure, error) {
	rounds := make([][]measure, len(s.servers))
	for range s.rounds {
		for i, kind := range s.servers {
			one := setup
			one.kind = kind
			if i > 0 {
				one.profile = ""
			}
			m, err := s.turn(one, t, rates)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", serverKinds[kind].title, err)
			}
			rounds[i] = append(rounds[i], m)
		}
	}
	ms := make([]measure, len(s.servers))
	for i := range ms {
		ms[i] = medians(rounds[i])
	}
	return ms, nil
}

// turn is a server from its start to its end.
func (s *suite) turn(setup serverSetup, t task, rates func(most float64) []float64) (m measure, err error) {
	one, err := setup.start(s.stderr)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, one.stop()) }()
	t.Addr = one.addr
	if m, err = s.rateRound(one, t); err != nil || rates == nil {
		return m, err
	}
	t.For = s.paced
	for _, t.Rate = range rates(m.perSecond) {
		r, err := s.gen.do(t)
		one.sentAgain(r.Resent)
		if err != nil {
			return m, fmt.Errorf("at %.0f requests/s: %w", t.Rate, err)
		}
		m.paced = append(m.paced, latency{t.Rate, r.P50, r.P99, r.P999})
	}
	return m, nil
}

// rateRound asks a server for as much as it gives.
func (s *suite) rateRound(one *server, t task) (m measure, err error) {
	before, err := one.report()
	if err != nil {
		return m, err
	}
	r, err := s.gen.do(t)
	one.sentAgain(r.Resent)
	if err != nil {
		return m, err
	}
	after, err := one.report()
	if err != nil {
		return m, err
	}
	m = measureOf(after.since(before.used), r.Requests, r.Seconds)
	m.name, m.resent, m.busy = serverKinds[one.kind].title, r.Resent, r.CPU/r.Seconds
	return m, nil
}

// measureOf is what a process used for so many requests.
func measureOf(u used, requests int, seconds float64) measure {
	n := float64(max(requests, 1))
	resident := u.Resident
	if resident == 0 {
		resident = u.Most
	}
	return measure{
		perSecond: float64(requests) / seconds, cpu: u.CPU / n * 1e6, mallocs: float64(u.Mallocs) / n,
		allocated: float64(u.Allocated) / n, resident: float64(resident), collections: float64(u.Collections),
	}
}

// figures are what a median is taken of.
func (m *measure) figures() []*float64 {
	all := []*float64{&m.perSecond, &m.cpu, &m.mallocs, &m.allocated, &m.resident, &m.collections, &m.busy}
	for i := range m.paced {
		l := &m.paced[i]
		all = append(all, &l.rate, &l.p50, &l.p99, &l.p999)
	}
	return all
}

// medians takes the median of each figure by itself.
func medians(rounds []measure) measure {
	m := rounds[len(rounds)-1]
	m.paced = slices.Clone(m.paced)
	for i, to := range m.figures() {
		var all []float64
		for k := range rounds {
			all = append(all, *rounds[k].figures()[i])
		}
		*to = median(all)
	}
	m.resent = 0
	for i := range rounds {
		m.resent += rounds[i].resent
	}
	return m
}

func median(all []float64) float64 {
	slices.Sort(all)
	n := len(all)
	return (all[(n-1)/2] + all[n/2]) / 2
}

// limited is how busy a generator is that may be what limits a server.
const limited = 0.95

// table shows requests and CPU, and what those of each server are beside those of the first.
func (s *suite) table(title string, ms []measure) {
	fmt.Fprintf(s.stdout, "\n%s\n", title)
	w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "server\trequests/s\tCPU µs\t%[1]s is\tits CPU is\tMiB\tcollections\tgenerator\tsent again\t\n", ms[0].name)
	bound := false
	for _, m := range ms {
		fmt.Fprintf(w, "%s\t%.0f\t%.2f\t%.2f x\t%.2f x\t%.0f\t%.0f\t%.0f %%\t%d\t\n", m.name, m.perSecond, m.cpu, ms[0].perSecond/m.perSecond,
			ms[0].cpu/m.cpu, m.resident/(1<<20), m.collections, m.busy*100, m.resent)
		bound = bound || m.busy > limited
	}
	w.Flush()
	if bound {
		fmt.Fprintln(s.stdout, "A generator that is busy all the time limits the rate: compare CPU there.")
	}
}

// latencies shows what was measured when the servers were asked evenly.
func (s *suite) latencies(title string, ms []measure) {
	headings := []string{"a tenth", "half", strconv.Itoa(s.rate)}
	for i := range ms[0].paced {
		of := " of its maximum"
		if i == 2 {
			of = " requests/s"
		}
		fmt.Fprintf(s.stdout, "\nlatency at %s%s, %s\n", headings[i], of, title)
		w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprint(w, "server\trequests/s\tp50 µs\tp99 µs\tp99.9 µs\t\n")
		for _, m := range ms {
			l := m.paced[i]
			fmt.Fprintf(w, "%s\t%.0f\t%.1f\t%.1f\t%.1f\t\n", m.name, l.rate, l.p50*1e6, l.p99*1e6, l.p999*1e6)
		}
		w.Flush()
	}
}

// growth compares with more and more sessions, with more cores, and with handlers that wait.
func (s *suite) growth() error {
	setup, t := s.setup(), s.task(false)
	for n := 1000; n <= s.sessions; n *= 10 {
		t.Sessions, setup.sessions = n, n
		if err := s.one(fmt.Sprintf("%d sessions", n), setup, t); err != nil {
			return err
		}
	}
	t.Sessions = min(s.sessions, 100_000)
	setup.sessions = t.Sessions
	for setup.cores = 1; setup.cores <= 2; setup.cores++ {
		name := fmt.Sprintf("GOMAXPROCS=%d of the server, %d sessions", setup.cores, t.Sessions)
		if setup.cores > 1 && runtime.NumCPU() <= setup.cores {
			name += " (the generator shares its cores)"
		}
		if err := s.one(name, setup, t); err != nil {
			return err
		}
	}
	s.servers = slices.DeleteFunc(slices.Clone(s.servers), func(name string) bool { return !serverKinds[name].blocks })
	setup.cores, setup.block = 1, 10*time.Millisecond
	for _, n := range []int{256, 1024, 4096} {
		t.InFlight, t.Ports, setup.inFlight = n, portsFor(n), n
		name := fmt.Sprintf("handlers wait %v, %d in flight: at most %.0f requests/s", setup.block, n, float64(n)/setup.block.Seconds())
		if err := s.one(name, setup, t); err != nil {
			return err
		}
	}
	return nil
}

// one compares under one title.
func (s *suite) one(title string, setup serverSetup, t task) error {
	if len(s.servers) == 0 {
		return nil
	}
	ms, err := s.measure(setup, t, nil)
	if err != nil {
		return err
	}
	s.table(title, ms)
	return nil
}
