// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	_ "github.com/radius-dynauth/dynauth/attrs/vendors" // their names
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
	"github.com/radius-dynauth/dynauth/examples/internal/strictjson"
)

func main() { os.Exit(run(command.Context(), os.Args[1:], os.Stdout, os.Stderr)) }

// Options are what the command line asks for.
type options struct {
	what, database, file, nases, http string
	rate                              float64
	inFlight, sessions                int
	retry                             dac.Retry
	untilDone                         bool
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return command.Run(ctx, "campaign", args, stdout, stderr, parse, serve)
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	o.what = "demo"
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		o.what, args = args[0], args[1:]
	}
	flags := flag.NewFlagSet("campaign", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.database, "database", "", "keep jobs in `FILE` (SQLite), or in PostgreSQL at postgres://... (demo without it: a file that is removed)")
	flags.StringVar(&o.file, "file", "", "enqueue the orders in `FILE`; see the package doc")
	flags.StringVar(&o.nases, "nases", "", "work: the secrets of the NASes are in `FILE.json`")
	flags.StringVar(&o.http, "http", "", "work: show the report as a page at `ADDRESS:PORT`")
	flags.Float64Var(&o.rate, "rate", 0, "requests `per second` to each NAS, over all workers together (0: no bound)")
	flags.IntVar(&o.inFlight, "in-flight", 32, "requests to each NAS that wait for an answer")
	flags.BoolVar(&o.untilDone, "until-done", false, "work: end when nothing is left to do")
	flags.IntVar(&o.sessions, "n", 2000, "demo: `sessions`")
	flags.DurationVar(&o.retry.Initial, "t", 2*time.Second, "first `wait` for an answer")
	flags.IntVar(&o.retry.Transmissions, "r", 4, "transmissions of one attempt at most")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if err := o.check(flags.Args()); err != nil {
		fmt.Fprintf(stderr, "campaign: %v\n", err)
		return o, err
	}
	return o, nil
}

func (o *options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q is no flag", rest[0])
	case o.what != "demo" && o.what != "enqueue" && o.what != "work" && o.what != "report":
		return fmt.Errorf("%q: enqueue, work or report, or nothing for a demonstration", o.what)
	case o.what != "demo" && o.database == "":
		return errors.New("where are the jobs? give -database")
	case o.what == "enqueue" && o.file == "":
		return errors.New("what is to be done? give -file")
	case o.what == "work" && o.nases == "":
		return errors.New("which secrets do the NASes have? give -nases")
	case o.inFlight < 1 || o.rate < 0 || o.sessions < 1:
		return errors.New("-in-flight and -n are 1 at least, and -rate 0")
	}
	return nil
}

func serve(ctx context.Context, o options, stdout io.Writer) error {
	if o.what == "demo" {
		return demo(ctx, o, stdout)
	}
	d, err := openDatabase(ctx, o.database)
	if err != nil {
		return err
	}
	defer d.close()
	switch o.what {
	case "enqueue":
		return enqueueFile(ctx, d, o.file, stdout)
	case "report":
		all, err := d.report(ctx)
		if err != nil {
			return err
		}
		return printReport(stdout, all)
	}
	return workAt(ctx, d, o, stdout)
}

func enqueueFile(ctx context.Context, d *database, name string, stdout io.Writer) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	orders, err := readOrders(f)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := d.enqueue(ctx, orders, func(func(context.Context, string, ...any) error) error { return nil }); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d orders enqueued\n", len(orders))
	return nil
}

func workAt(ctx context.Context, d *database, o options, stdout io.Writer) error {
	peers, err := readNASes(o.nases)
	if err != nil {
		return err
	}
	stop, err := showPage(d, o.http, stdout)
	if err != nil {
		return err
	}
	defer stop()
	c := config{peers: peers, rate: o.rate, inFlight: o.inFlight, retry: o.retry, log: slog.New(slog.NewTextHandler(stdout, nil))}
	return d.work(ctx, c, o.untilDone)
}

// showPage shows the report where addr says.
func showPage(d *database, addr string, stdout io.Writer) (stop func(), err error) {
	if addr == "" {
		return func() {}, nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	if host, ok := l.Addr().(*net.TCPAddr); !ok || !host.IP.IsLoopback() {
		l.Close()
		return nil, errors.New("-http is an address of loopback: the page has no password")
	}
	s := &http.Server{Handler: d, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second}
	go s.Serve(l)
	fmt.Fprintf(stdout, "report on http://%v/\n", l.Addr())
	return func() { s.Close() }, nil
}

// readNASes reads who the NASes are.
func readNASes(name string) (dac.PeerMap, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var all []struct {
		Prefix     string `json:"prefix"`
		Name       string `json:"name"`
		Secret     string `json:"secret"`
		SecretFile string `json:"secret_file"`
		SecretEnv  string `json:"secret_env"`
	}
	at, err := strictjson.Read(b, &all)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", name, err)
	}
	m := dac.PeerMap{}
	for i, one := range all {
		prefix, err := command.ParsePrefix(one.Prefix)
		secret, fault := command.Secret(dac.Secret(one.Secret), one.SecretFile, one.SecretEnv)
		if err = errors.Join(err, fault); err == nil && (secret == "" || m[prefix].Secret != "") {
			err = errors.New("there is one entry for it, with a secret")
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%v: %w", name, at.At(fmt.Sprintf("[%d]", i)), err)
		}
		m[prefix] = dac.Peer{Name: one.Name, Secret: secret}
	}
	if len(m) == 0 {
		return nil, fmt.Errorf("%s: there is no NAS in it", name)
	}
	return m, nil
}
