// SPDX-License-Identifier: Apache-2.0

// Command bench measures a NAS, or a client, on real loopback sockets, for so long that the
// duplicate detection cache has grown and expires what it holds, and that garbage is collected:
//
//	minimal host          the server of this module with everything on, a session.Table of pointers,
//	                      and a handler that does nothing
//	examples/nas -keep    the program, built from this module
//	bare recvmmsg         does nothing but what every server has to do, with recvmmsg and sendmmsg
//	bare read and write   the same with a standard library read and write for each datagram
//	layeh.com/radius      its server, with a handler that makes the same checks
//
//	go run ./examples/bench                     # an hour: requests a second, CPU, latency, memory
//	go run ./examples/bench -svg speed.svg      # and a plot
//	go run ./examples/bench -quick              # two minutes, before anything is steady
//	go run ./examples/bench -default-window -memory 134217728
//	go run ./examples/bench -growth -quick      # with sessions, cores, handlers that wait
//	go run ./examples/bench -clients            # clients instead of servers
//	go run ./examples/bench -files              # dacctl -f beside a client by hand, start and all
//	go run ./examples/bench -soak 15m           # memory of the minimal host, at 50,000 requests/s
//	go run ./examples/bench -soak 90s -quick -soak-rate 140000  # p99 while its cache grows, and after
//	go run ./examples/bench -tls                # over TLS: servers, clients, connections
//	go run ./examples/bench -ab ../before,.     # two checkouts, or two builds of this program
//	go run ./examples/bench -servers minimal,batched -rounds 1 -ma off -quick -profile cpu.prof
//
// A rate round lasts 90 s: a Window of 30 s, in which the cache grows, and a minute after it. The
// run fails where a server of this module had no room for a request, or dropped one, or took one
// for a duplicate that was not sent again. After its rate round a server is asked evenly, at a
// tenth and at half of the rate that it just had, and at -rate, and the latency is measured from
// the time at which each request was due.
//
// Each server is a process of its own, on one core where there are two, started for its turn and
// ended after it; the generator is another process, on the other core. It keeps so many requests
// in flight, signs each with the time of the moment, and sends the next when an answer has come.
// A generator that is busy all the time is what limits the rate: see its column. Servers take
// turns, round after round; what is printed is the median of the rounds.
//
// All servers check the Request Authenticator, Message-Authenticator where there is one,
// Event-Timestamp, and whether the request came before, within the same window; they find one of a
// million sessions by its Acct-Session-Id, and sign a Disconnect-ACK, or a Disconnect-NAK where
// there is no such session. The session stays, so that it can be asked for again. What this
// module's server does beside: peers by prefix, counters, a bounded cache by two keys, a bounded
// number of handlers, roles of attributes, NAS identification, all identification compared, one
// request at a time for each session.
//
// With -clients it is the Client of this module, Do and Each, beside clients by hand: one that
// sends and receives in batches, one with a standard library write and read for each datagram, one
// for goroutines that wait, and Exchange of layeh.com/radius. All of them sign and verify, for as
// long as a server is asked, and the NAS, on the other core, answers what comes.
//
// With -files it is dacctl, started anew for each round, that sends a file of 100,000 and one of
// 300,000 Disconnect-Requests to one NAS, beside the client by hand with batches, which sends as
// many and reads nothing. The NAS has a core of its own, both clients are where the system puts
// them.
//
// With -tls it is the minimal host and the Client over TLS 1.3 beside crypto/tls by hand, with the
// same checks, one packet a record and one system call for all records that are ready; then how
// long 1,000 connections from 100 peers, begun at once, take until each has had an answer, and the
// memory of 10,000 that do nothing.
package main

import (
	"bufio"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is the program, from arguments to exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 2
	}
	switch o.role {
	case "server":
		err = serveRole(o, bufio.NewReader(stdin), stdout)
	case "generator":
		err = generateRole(bufio.NewReader(stdin), stdout)
	case "nas":
		err = nasRole(o, bufio.NewReader(stdin), stdout)
	case "connector":
		err = doTasks(bufio.NewReader(stdin), stdout, connect)
	case "client":
		err = clientRole(o, bufio.NewReader(stdin), stdout)
	default:
		err = compare(o, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

// options are what the flags say.
type options struct {
	servers       []string
	sessions      int
	unknown       int
	length        time.Duration // of a rate round
	paced         time.Duration
	rounds        int
	inFlight      int
	ports         int
	ma            []bool
	rate          int
	quick         bool
	defaultWindow bool
	memory        int
	growth        bool
	clients       bool
	files         bool
	dacctl        string
	tls           bool
	soak          time.Duration
	soakRate      int
	ab            []string
	parts         []string
	nas           string
	svg           string
	profile       string

	// Of a process that this program starts.
	role   string
	cores  int
	block  time.Duration
	nases  int
	client string
	next   string
}

const (
	shortWindow = 30 * time.Second  // the least that a dac.Server takes
	longWindow  = 300 * time.Second // its default
	steady      = time.Minute       // of a rate round, after the cache has grown for a window
)

// window is Server.Window of all servers, and what the others keep answers for.
func (o options) window() time.Duration {
	if o.defaultWindow {
		return longWindow
	}
	return shortWindow
}

func parseOptions(args []string, stderr io.Writer) (o options, err error) {
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	servers := fs.String("servers", strings.Join(allServers(), ","), "which servers")
	fs.IntVar(&o.sessions, "sessions", 1_000_000, "sessions of each server")
	fs.IntVar(&o.unknown, "unknown", 10, "`percent` of the requests that are for sessions that do not exist")
	fs.DurationVar(&o.length, "for", 0, "length of a rate round; 0: a window and a minute, 30 s with -ab, 2 s with -quick")
	fs.DurationVar(&o.paced, "paced", 0, "length of a paced round; 0: 15 s, 2 s with -quick")
	fs.IntVar(&o.rounds, "rounds", 0, "rounds; 0: 3, and 10 with -ab")
	fs.IntVar(&o.inFlight, "in-flight", 96, "requests without an answer yet, at a time")
	fs.IntVar(&o.ports, "ports", 4, "ports that they are sent from, of which each has room for 256")
	ma := fs.String("ma", "both", "Message-Authenticator: off, on or both")
	fs.IntVar(&o.rate, "rate", 10_000, "requests a second at which latency is measured, beside a tenth and half of the maximum; 0: none")
	fs.BoolVar(&o.quick, "quick", false, "short rounds, which end before the cache has grown and little garbage is collected")
	fs.BoolVar(&o.defaultWindow, "default-window", false, "the default Window of 300 s instead of 30 s, for all servers")
	fs.IntVar(&o.memory, "memory", 1<<25, "Server.Memory of this module's servers")
	fs.BoolVar(&o.growth, "growth", false, "measure with 1,000 to 1,000,000 sessions, with 1 and 2 cores, and with handlers that wait for 10 ms, instead")
	fs.BoolVar(&o.clients, "clients", false, "measure clients instead: with one NAS, and with 10 to 1,000")
	fs.BoolVar(&o.files, "files", false, "measure dacctl -f instead, from its start to its end")
	fs.StringVar(&o.dacctl, "dacctl", "", "`file` of examples/dacctl for -files; \"\": it is built")
	fs.BoolVar(&o.tls, "tls", false, "measure over TLS instead")
	fs.DurationVar(&o.soak, "soak", 0, "measure the memory of the minimal host, and its latency, for so long instead, with the default Window, or with -quick the short one")
	fs.IntVar(&o.soakRate, "soak-rate", 50_000, "requests a second of -soak")
	ab := fs.String("ab", "", "compare `BEFORE,AFTER` instead, each a checkout or a build of this program")
	parts := fs.String("parts", "", "what -ab compares, of server, client and proxy, or -tls, of server, client and connections; \"\": all of it")
	fs.StringVar(&o.nas, "nas", "", "`file` of examples/nas; \"\": it is built")
	fs.StringVar(&o.svg, "svg", "", "write a plot to this `file`")
	fs.StringVar(&o.profile, "profile", "", "write a CPU profile of the first server to this `file`")
	fs.StringVar(&o.role, "role", "", "what this process is; for the processes that bench starts itself")
	fs.IntVar(&o.cores, "cores", 1, "GOMAXPROCS of a server or client; for the processes that bench starts itself")
	fs.DurationVar(&o.block, "block", 0, "what a handler waits for; for the processes that bench starts itself")
	fs.IntVar(&o.nases, "nases", 1, "how many NASes a process is; for the processes that bench starts itself")
	fs.StringVar(&o.client, "client", "", "which client a process is; for the processes that bench starts itself")
	fs.StringVar(&o.next, "next", "", "where a proxy sends; for the processes that bench starts itself")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("nothing is expected after the flags: %q", fs.Args())
	}
	o.servers = strings.Split(*servers, ",")
	if *parts != "" {
		o.parts = strings.Split(*parts, ",")
	}
	if *ab != "" {
		o.ab = strings.Split(*ab, ",")
	}
	switch *ma {
	case "off":
		o.ma = []bool{false}
	case "on":
		o.ma = []bool{true}
	case "both":
		o.ma = []bool{false, true}
	default:
		return o, errors.New("-ma: off, on or both")
	}
	if o.parts == nil {
		o.parts = o.allParts()
	}
	o.setLengths()
	return o, o.check()
}

// allParts are what -parts may name.
func (o *options) allParts() []string {
	if o.tls {
		return []string{"server", "client", "connections"}
	}
	return []string{"server", "client", "proxy"}
}

// setLengths gives what was left open.
func (o *options) setLengths() {
	length, paced, rounds := o.window()+steady, 15*time.Second, 3
	if len(o.ab) > 0 {
		length, rounds = shortWindow, 10
	}
	if o.quick {
		length, paced = 2*time.Second, 2*time.Second
	}
	o.length, o.paced, o.rounds = cmp.Or(o.length, length), cmp.Or(o.paced, paced), cmp.Or(o.rounds, rounds)
}

// check says what is wrong with the flags.
func (o *options) check() error {
	for _, name := range o.servers {
		if kind, ok := serverKinds[name]; !ok || kind.hidden && o.role == "" {
			return fmt.Errorf("-servers: no %q here; there are %s", name, strings.Join(allServers(), ", "))
		}
	}
	for _, name := range o.parts {
		if all := o.allParts(); !slices.Contains(all, name) {
			return fmt.Errorf("-parts: no %q; there are %s", name, strings.Join(all, ", "))
		}
	}
	modes := 0
	for _, on := range []bool{o.growth, o.clients, o.files, o.tls, o.soak > 0, len(o.ab) > 0} {
		if on {
			modes++
		}
	}
	switch {
	case modes > 1:
		return errors.New("-growth, -clients, -files, -tls, -soak and -ab: one of them")
	case modes > 0 && (o.svg != "" || o.profile != ""):
		return errors.New("-svg and -profile go with none of -growth, -clients, -files, -tls, -soak and -ab")
	case len(o.ab) != 0 && len(o.ab) != 2:
		return errors.New("-ab BEFORE,AFTER: two checkouts, or two builds of this program")
	case min(o.sessions, o.rounds, o.inFlight, o.ports, o.cores, o.soakRate, o.memory) < 1 || o.inFlight > o.ports*identifiers:
		return fmt.Errorf("sessions, rounds, in-flight, ports, soak-rate and memory are 1 at least, and a port has %d in flight at most", identifiers)
	case o.sessions < o.ports && o.role == "":
		return errors.New("-sessions are as many as -ports at least, since no two ports ask for the same one")
	case o.sessions > mostSessions || o.unknown < 0 || o.unknown > 100 || o.rate < 0 || o.soak < 0:
		return fmt.Errorf("-sessions is %d at most, -unknown 0 to 100, -rate and -soak are not below 0", mostSessions)
	case o.role == "" && !o.quick && o.length < o.leastLength():
		return fmt.Errorf("-for %v: a round shorter than %v ends before the cache is steady; give -quick to have it so", o.length, o.leastLength())
	case min(o.length, o.paced) < 0:
		return errors.New("-for and -paced are not below 0")
	}
	return nil
}

// leastLength is that of a rate round that is not quick.
func (o *options) leastLength() time.Duration {
	if len(o.ab) > 0 {
		return shortWindow
	}
	return shortWindow + steady
}
