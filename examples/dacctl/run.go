// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
)

// statusUsage is the exit status for what the caller has to mend.
const statusUsage = 3

// run is the program, from arguments to exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) != 0 && (args[0] == "actions" || args[0] == "profiles") {
		return list(args[0], args[1:], stdout, stderr)
	}
	o, err := parseOptions(ctx, args, stderr)
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return statusUsage
	}
	s, err := newSender(o, stdin, stdout, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "dacctl:", err)
		return statusUsage
	}
	err = s.send(ctx)
	err = errors.Join(err, s.close())
	return s.finish(err, ctx.Err() != nil)
}

// A sender is one run of the program.
type sender struct {
	*options
	client  *dac.Client
	tally   *tally
	in      *source // the file; nil: the one packet of the command line
	out     *output
	err     io.Writer
	closers []func() error
	results *results
	last    record

	failed error // why the file was not read to its end; written by jobs, read when all outcomes are out
}

func newSender(o *options, stdin io.Reader, stdout, stderr io.Writer) (*sender, error) {
	s := &sender{options: o, tally: newTally(), out: newOutput(stdout), err: stderr}
	var trace []func(dac.Event)
	if o.packets {
		trace = append(trace, printPackets(s.out))
	}
	if o.pcap != "" {
		var capture command.Capture
		captured, err := capture.Open(o.pcap)
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, capture.Close)
		trace = append(trace, captured)
	}
	if err := s.open(stdin); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.client = &dac.Client{
		Peers:    dac.PeersFunc(func(context.Context, netip.AddrPort) (dac.Peer, error) { return o.peer, nil }),
		Retry:    dac.Retry{Initial: o.wait, Max: max(16*time.Second, o.wait), Duration: max(30*time.Second, 2*o.wait), Transmissions: o.tries},
		PerNAS:   dac.Limit{Rate: o.rate, InFlight: o.parallel},
		InFlight: o.parallel,
	}
	if trace != nil {
		s.client.Trace = dac.Tee(trace...)
	}
	return s, nil
}

func (s *sender) open(stdin io.Reader) error {
	switch s.file {
	case "":
		return nil
	case "-":
		s.in = &source{Reader: stdin}
	default:
		f, err := os.Open(s.file)
		if err != nil {
			return err
		}
		s.closers = append(s.closers, f.Close)
		s.in = &source{Reader: f}
		if st, err := f.Stat(); err == nil && st.Mode().IsRegular() {
			s.in.size = st.Size()
		}
	}
	if s.options.results == "" {
		return nil
	}
	var err error
	s.results, err = openResults(s.options.results, s.tally.skip)
	return err
}

// close ends the client first, so that nothing is traced into a closed file.
func (s *sender) close() error {
	var errs []error
	if s.client != nil {
		errs = append(errs, s.client.Close())
	}
	for _, c := range append(s.closers, s.results.close) {
		errs = append(errs, c())
	}
	s.closers, s.results = nil, nil
	return errors.Join(errs...)
}

// jobs makes the requests, one at a time as they are asked for.
func (s *sender) jobs() iter.Seq[dac.Job] {
	if s.in == nil {
		return func(yield func(dac.Job) bool) { yield(s.job(packet{row: 1})) }
	}
	return func(yield func(dac.Job) bool) {
		for p := range packetsOf(s.in) {
			skip, err := s.results.answered(s.seed, &p)
			if err != nil {
				s.failed = err
				return
			}
			if !skip && !yield(s.job(p)) {
				return
			}
		}
	}
}

// send sends all there is and writes the outcomes as they come. Once ctx is done it stops and is content.
func (s *sender) send(ctx context.Context) error {
	stop := s.watch()
	err := s.outcomes(ctx)
	stop()
	return errors.Join(err, s.failed)
}

func (s *sender) outcomes(ctx context.Context) error {
	for out := range s.client.Each(ctx, s.jobs()) {
		r := newRecord(out)
		s.tally.add(&r)
		if s.in == nil {
			s.last = r
		}
		if !s.json && s.results == nil {
			continue
		}
		r.Time = time.Now().UTC()
		text, err := json.Marshal(&r)
		if err != nil {
			return err
		}
		text = append(text, '\n')
		if err := s.results.add(text); err != nil {
			return err
		}
		if !s.json {
			continue
		}
		if _, err := s.out.Write(text); err != nil {
			return err
		}
	}
	return nil
}

// watch shows the progress where somebody looks, and hands outcomes to the system as long as more come, until it is stopped.
func (s *sender) watch() (stop func()) {
	if s.in == nil {
		return func() {}
	}
	began, done := time.Now(), make(chan struct{})
	var wg sync.WaitGroup
	if terminal(s.err) {
		wg.Go(func() {
			showProgress(s.err, done, func() string {
				total := s.client.Stats().Total
				return s.tally.progressLine(total.Disconnect.Requests+total.CoA.Requests, s.in, time.Since(began))
			})
		})
	}
	wg.Go(func() {
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C: // what fails here fails again at the end
				s.results.flush()
				s.out.flush()
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}

// finish prints the summary and the verdict, and says the exit status. err is what kept some from being sent.
func (s *sender) finish(err error, interrupted bool) int {
	status, line := s.tally.status(), s.tally.String()
	if s.in == nil && s.last.Verdict != "" {
		line = s.last.String()
	}
	if interrupted {
		status, line = max(status, silent.status()), "interrupted: "+line
	}
	to := io.Writer(s.out)
	if s.json { // whose objects are not to be mixed with words
		to = s.err
	}
	if naming := s.last.naming(); naming != "" && !s.json {
		fmt.Fprintln(to, naming)
	}
	if s.in == nil && s.last.Verdict == refused && !s.json {
		fmt.Fprintln(to, s.last.Error)
	}
	if s.summary || interrupted && s.in != nil {
		err = errors.Join(err, s.tally.print(to))
	}
	fmt.Fprintln(to, line)
	if err = errors.Join(err, s.out.flush()); err != nil {
		fmt.Fprintln(s.err, "dacctl:", err)
		return statusUsage
	}
	return status
}
