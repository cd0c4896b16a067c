// SPDX-License-Identifier: Apache-2.0

// Command bench measures a NAS, or a client, on real loopback sockets: the server of this module with everything on, a server made of
// layeh.com/radius whose handler makes the same checks, and two bare ones that do nothing but what every server has to do, one with
// recvmmsg and sendmmsg of Linux and one with a standard library read and write for each datagram.
//
//	go run ./examples/bench                          # requests a second, CPU, latency; a minute or two
//	go run ./examples/bench -svg speed.svg           # and a plot
//	go run ./examples/bench -growth                  # with sessions, with cores, with handlers that wait
//	go run ./examples/bench -clients                 # clients instead of servers
//	go run ./examples/bench -servers dynauth,batched -rounds 1 -ma off -profile cpu.prof
//
// Each server is a process of its own, on one core where there are two; the generator is another, on the other core. It keeps so many
// requests in flight and sends the next when an answer has come. All servers of a comparison run at once and are asked in turn,
// round after round, so that whatever else the machine does hits all of them; what is printed is the median of the rounds.
//
// All servers check the Request Authenticator, Message-Authenticator where there is one, Event-Timestamp, and whether the request came
// before; they find one of a million sessions by its Acct-Session-Id, and sign a Disconnect-ACK. The session stays, so that it can be
// asked for again. What this module's server does beside: peers by prefix, counters, a bounded memory by two keys, a place among a bounded
// number of handlers, roles of attributes, NAS identification, all identification compared, one request at a time for each session.
//
// With -clients it is the Client of this module, Do and Each, beside clients by hand: one that sends and receives in batches, one with a standard
// library write and read for each datagram, one for goroutines that wait, and Exchange of layeh.com/radius. All of them sign and verify, and the NAS,
// on the other core, answers what comes.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
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
	servers  []string
	sessions int
	requests int
	rounds   int
	inFlight int
	ports    int
	ma       []bool
	rate     int
	paced    time.Duration
	growth   bool
	clients  bool
	svg      string
	profile  string

	// Of a process that this program starts.
	role   string
	cores  int
	block  time.Duration
	nases  int
	client string
}

func parseOptions(args []string, stderr io.Writer) (o options, err error) {
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	servers := fs.String("servers", strings.Join(allServers(), ","), "which servers")
	fs.IntVar(&o.sessions, "sessions", 1_000_000, "sessions of each server")
	fs.IntVar(&o.requests, "requests", 400_000, "requests of a round")
	fs.IntVar(&o.rounds, "rounds", 3, "rounds")
	fs.IntVar(&o.inFlight, "in-flight", 256, "requests without an answer yet, at a time")
	fs.IntVar(&o.ports, "ports", 2, "ports that they are sent from, of which each has room for 256")
	ma := fs.String("ma", "both", "Message-Authenticator: off, on or both")
	fs.IntVar(&o.rate, "rate", 10_000, "requests a second at which latency is measured; 0: it is not")
	fs.DurationVar(&o.paced, "paced", 2*time.Second, "for how long in each round")
	fs.BoolVar(&o.growth, "growth", false, "measure with 1,000 to 1,000,000 sessions, with 1 and 2 cores, and with handlers that wait for 10 ms, instead")
	fs.BoolVar(&o.clients, "clients", false, "measure clients instead: with one NAS, and with 10 to 1,000")
	fs.StringVar(&o.svg, "svg", "", "write a plot to this `file`")
	fs.StringVar(&o.profile, "profile", "", "write a CPU profile of the first server to this `file`")
	fs.StringVar(&o.role, "role", "", "what this process is; for the processes that bench starts itself")
	fs.IntVar(&o.cores, "cores", 1, "GOMAXPROCS of a server or client; for the processes that bench starts itself")
	fs.DurationVar(&o.block, "block", 0, "what a handler waits for; for the processes that bench starts itself")
	fs.IntVar(&o.nases, "nases", 1, "how many NASes a process is; for the processes that bench starts itself")
	fs.StringVar(&o.client, "client", "", "which client a process is; for the processes that bench starts itself")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	o.servers = strings.Split(*servers, ",")
	for _, name := range o.servers {
		if _, ok := serverKinds[name]; !ok {
			return o, fmt.Errorf("-servers: no %q here; there are %s", name, strings.Join(allServers(), ", "))
		}
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
	if o.clients && (o.growth || o.svg != "" || o.profile != "") {
		return o, errors.New("-clients goes with none of -growth, -svg and -profile, which are of servers")
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("nothing is expected after the flags: %q", fs.Args())
	}
	if min(o.sessions, o.requests, o.rounds, o.inFlight, o.ports, o.cores) < 1 || o.rate < 0 || o.inFlight > o.ports*identifiers {
		return o, fmt.Errorf("sessions, requests, rounds, in-flight and ports are 1 at least, and a port has %d in flight at most", identifiers)
	}
	return o, nil
}
