// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math/bits"
	"net/netip"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	o, err := parseOptions(ctx, args, hasInput(stdin), stdout, stderr)
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return statusUsage
	}
	s := newSender(o, stdout, stderr)
	err = s.open(ctx, stdin)
	if err == nil {
		err = s.send(ctx)
	}
	err = errors.Join(err, s.close())
	return s.finish(err, ctx.Err() != nil)
}

// hasInput reports whether r may have packets: it is no terminal.
func hasInput(r io.Reader) bool {
	f, isFile := r.(*os.File)
	return r != nil && !(isFile && isTerminal(f))
}

// errInvalid is that nothing was sent, since a file has packets that are none. It has been told.
var errInvalid = errors.New("invalid")

// A sender is one run of the program.
type sender struct {
	*options
	tally   *tally
	plan    *plan     // the file; nil: it is read as it is sent, or there is none
	stream  io.Reader // standard input that goes on while it is sent
	screen  *screen
	out     *output
	trace   func(dac.Event)
	stop    func() // ends the run
	strays  *strays
	closers []func() error

	mu      sync.Mutex // guards what follows, and the order in which outcomes are written
	results *results
	csv     *csvFile
	report  *report
	seen    []uint64 // a bit for each row of the plan that is in the CSV
	left    []uint64 // and for each that was sent, as far as anything is written down
	last    record
	failed  error // why the file was not read to its end
}

func newSender(o *options, stdout, stderr io.Writer) *sender {
	if o.quiet {
		stdout = io.Discard
	}
	return &sender{options: o, tally: newTally(), out: newOutput(stdout), screen: &screen{w: stderr}}
}

// open opens the files, and reads that of the packets to its end, so that nothing is sent while it
// has mistakes.
func (s *sender) open(ctx context.Context, stdin io.Reader) error {
	var trace []func(dac.Event)
	if (s.packets || s.heads && !s.json && !s.quiet) && !s.dryRun {
		trace = append(trace, printPackets(s.out, s.packets))
	}
	if s.pcap != "" {
		var capture command.Capture
		captured, err := capture.Open(s.pcap)
		if err != nil {
			return err
		}
		s.closers = append(s.closers, capture.Close)
		trace = append(trace, captured)
	}
	defer func() {
		if s.results != nil || s.csv != nil {
			trace = append(trace, s.intend)
		}
		if trace != nil {
			s.trace = dac.Tee(trace...)
		}
	}()
	if s.file == "" {
		return nil
	}
	if err := s.read(ctx, stdin); err != nil {
		return err
	}
	if !s.quiet {
		s.report = &report{screen: s.screen, place: s.place, all: s.verbose}
	}
	var err error
	if s.options.results != "" && !s.dryRun {
		if s.results, err = openResults(s.options.results); err != nil {
			return err
		}
		if err = s.known(); err != nil {
			return err
		}
	}
	if !s.dryRun {
		s.csv, err = createCSV(s.options.csv)
	}
	return err
}

// read reads the packets.
func (s *sender) read(ctx context.Context, stdin io.Reader) (err error) {
	percent := debug.SetGCPercent(100) // what it reads goes at once, and what it keeps stays
	defer func() { debug.SetGCPercent(s.plan.gcPercent(percent)) }()
	if s.file == "-" {
		var text []byte
		if text, s.stream, err = readAhead(ctx, stdin, len(s.nases.all) > 0); err != nil || s.stream != nil {
			return err
		}
		s.plan, err = s.readPlan(bytes.NewReader(text), nil)
	} else {
		var f *os.File
		if f, err = os.Open(s.file); err != nil {
			return s.withFilter(err)
		}
		defer f.Close()
		if strings.HasSuffix(strings.ToLower(s.file), ".csv") {
			s.plan, err = s.readTable(f)
		} else {
			var again func() (io.ReadCloser, error)
			if st, err := f.Stat(); err == nil && st.Mode().IsRegular() {
				again = func() (io.ReadCloser, error) { return os.Open(s.file) }
			}
			s.plan, err = s.readPlan(f, again)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.file, err)
	}
	if s.implicit && s.plan.packets == 0 {
		return errors.New("nothing to send: standard input has no packet; -h shows how it is used")
	}
	for i := range s.plan.wrong {
		s.tellWrong(&s.plan.wrong[i])
	}
	if n := len(s.plan.wrong); n > 0 && !s.skipInvalid {
		s.screen.line(fmt.Sprintf("dacctl: nothing was sent: %d of %d packets cannot be sent as they are; -skip-invalid sends the others", n, s.plan.packets))
		return errInvalid
	}
	return nil
}

// withFilter explains why FILE:FILTER, which radclient reads, does not exist.
func (s *sender) withFilter(err error) error {
	packets, _, ok := strings.Cut(s.file, ":")
	if _, bad := os.Stat(packets); ok && bad == nil && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; a file of filters behind %s is not read: Response-Packet-Type in a packet says which answer is the right one", err, packets)
	}
	return err
}

// tellWrong tells what is wrong with a packet, by file and line.
func (s *sender) tellWrong(p *parsed) {
	var m *mistakes
	if !errors.As(p.err, &m) {
		m = &mistakes{[]mistake{{p.line, p.err}}}
	}
	for _, one := range m.all {
		s.screen.line(fmt.Sprintf("%s: %s", s.place(one.line), strings.TrimPrefix(one.err.Error(), "attrs: ")))
	}
}

// known checks that the results are of this file, before anything is sent.
func (s *sender) known() error {
	if s.plan == nil || len(s.results.rows) == 0 {
		return nil
	}
	for p := range s.plan.all(s.fail) {
		if _, err := s.results.of(&p); err != nil {
			return err
		}
	}
	return s.failed
}

// close ends what is still open.
func (s *sender) close() error {
	s.strays.close()
	var errs []error
	for _, c := range append(s.closers, s.results.close, s.csv.close) {
		errs = append(errs, c())
	}
	s.closers, s.results, s.csv = nil, nil, nil
	return errors.Join(errs...)
}

// A share is what one Client sends: the NASes with one limit, from one address.
type share struct {
	limit  dac.Limit
	source netip.Addr
}

// shares are those that the packets need.
func (s *sender) shares() []share {
	all := []share{{s.standard.limit, s.source}}
	add := func(one share) {
		if slices.Contains(all, one) {
			return
		}
		all = append(all, one)
	}
	if s.plan == nil {
		return all
	}
	sources := map[netip.Addr]bool{s.source: true}
	for t := range s.plan.targets {
		sources[t.source] = true
	}
	for source := range sources {
		add(share{s.standard.limit, source})
		for _, n := range s.nases.all {
			add(share{n.limit, source})
		}
	}
	return all
}

// retry is the schedule of -t and -r. A request lasts as long as its transmissions do, and at most
// the RFC's 30 s; so long an Each waits for a NAS that is silent before it gives up the rest of its
// requests.
func (o *options) retry() dac.Retry {
	r := dac.Retry{Initial: o.wait, Max: max(16*time.Second, o.wait), Duration: max(30*time.Second, 2*o.wait), Transmissions: o.tries}
	lasts, wait := time.Duration(0), o.wait
	for i := 0; i < o.tries && lasts < r.Duration; i++ {
		lasts += wait + wait/8 // a wait is up to a tenth longer
		wait = min(2*wait, r.Max)
	}
	r.Duration = min(r.Duration, lasts)
	return r
}

// client makes the Client of a share.
func (s *sender) client(one share) *dac.Client {
	limit := one.limit
	if limit.InFlight == 0 {
		limit.InFlight = s.parallel
	}
	c := &dac.Client{
		Peers:    s.peers(),
		Retry:    s.retry(),
		PerNAS:   limit,
		InFlight: max(s.parallel, limit.InFlight),
		Trace:    s.trace,
		Dial:     s.strays.keep(s.strays.dial(one.source)),
	}
	return c
}

// send sends all there is and writes the outcomes as they come. Once ctx is done it stops and is
// content.
func (s *sender) send(ctx context.Context) error {
	if s.dryRun {
		return s.show(ctx)
	}
	ctx, s.stop = context.WithCancel(ctx)
	defer s.stop()
	s.strays = new(strays)
	if s.plan != nil {
		s.seen, s.left = make([]uint64, s.plan.packets/64+1), make([]uint64, s.plan.packets/64+1)
		for i := range s.plan.wrong {
			p := &s.plan.wrong[i]
			j := s.job(*p)
			if err := s.write(s.newRecord(dac.Outcome{Job: j, Err: j.Err}), false); err != nil {
				return err
			}
		}
	}
	shares := s.shares()
	clients := &watcher{heard: map[netip.AddrPort]hearing{}, began: time.Now()}
	unwatch := s.watch(clients)
	var wg sync.WaitGroup
	for _, one := range shares {
		client := s.client(one)
		clients.add(client)
		wg.Go(func() {
			if err := s.outcomes(ctx, client, s.jobs(one, len(shares) > 1), s.newAhead(ctx)); err != nil {
				s.fail(err)
			}
			if err := client.Close(); err != nil {
				s.fail(err)
			}
		})
	}
	wg.Wait()
	unwatch()
	return errors.Join(s.failed, s.rest())
}

func (s *sender) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = errors.Join(s.failed, err)
}

// jobs makes the requests of a share, one at a time as they are asked for.
func (s *sender) jobs(mine share, several bool) iter.Seq[dac.Job] {
	if s.file == "" {
		return func(yield func(dac.Job) bool) {
			for range s.count {
				if !yield(s.job(parsed{row: 1, target: s.target})) {
					return
				}
			}
		}
	}
	return func(yield func(dac.Job) bool) {
		take := func(p parsed) bool {
			if several && s.shareOf(&p) != mine {
				return true
			}
			return s.take(p, yield)
		}
		if s.plan == nil {
			row := func(p packet) bool { return take(s.parse(p)) }
			if err := packetsOf(s.stream, row); err != nil {
				s.fail(err)
			}
		} else {
			for p := range s.plan.all(s.fail) {
				if !take(p) {
					return
				}
			}
		}
	}
}

// shareOf is the share that a packet belongs to.
func (s *sender) shareOf(p *parsed) share {
	n, _, err := s.nasOf(&p.target, p.attributes())
	if err != nil {
		n = s.standard
	}
	return share{n.limit, p.target.source}
}

// take yields the jobs of a packet, unless an earlier run has the answer or may have executed a
// change.
func (s *sender) take(p parsed, yield func(dac.Job) bool) bool {
	earlier, err := s.results.of(&p)
	if err != nil {
		s.fail(err)
		return false
	}
	if earlier.state == settled {
		old, err := s.results.outcome(earlier)
		if err == nil {
			err = s.write(old, true)
		}
		if err != nil {
			s.fail(err)
		}
		return err == nil
	}
	j := s.job(p)
	t := j.Tag.(*tag)
	t.maybe = earlier.executed()
	if j.Err != nil && s.plan == nil { // of a stream, which could not be looked at before
		s.tellWrong(&parsed{line: p.line, err: j.Err})
	}
	if t.maybe && !p.target.disconnect() && !s.resendChanges {
		r := recordOf(t)
		r.NAS, r.Verdict, r.Error = j.NAS, unknown, "an earlier run sent it and got no answer, so it may have been executed; -resend-changes sends it again"
		if err := s.write(r, false); err != nil {
			s.fail(err)
			return false
		}
		return true
	}
	for range s.count - 1 {
		if !yield(j) {
			return false
		}
		j = s.job(p)
	}
	return yield(j)
}

// intend writes down that a request is about to be sent. A Client says Sent before it writes to the
// socket, so that whenever the process is killed, what has left is in the file, and little else.
// Where the file takes no more, nothing leaves any more.
func (s *sender) intend(e dac.Event) {
	t, ok := e.Tag.(*tag)
	if e.Op != dac.Sent || !ok {
		return
	}
	if s.results != nil {
		if err := s.results.add(appendSending(nil, t, e.Time.UTC().Format(time.RFC3339Nano))); err != nil {
			s.strays.cut()
			s.fail(err)
			s.stop()
			return
		}
	}
	if t.row/64 < len(s.left) {
		atomic.OrUint64(&s.left[t.row/64], 1<<(t.row%64))
	}
}

func (s *sender) outcomes(ctx context.Context, client *dac.Client, jobs iter.Seq[dac.Job], ahead *ahead) error {
	bare := s.bare()
	recycles := bare && s.trace == nil // which may keep what it is told
	for out := range client.Each(ctx, ahead.through(jobs)) {
		ahead.done()
		if bare && out.Err == nil && out.Response != nil {
			s.tally.acknowledge(out)
			if recycles {
				out.Job.Tag.(*tag).recycle()
			}
			continue
		}
		r := s.newRecord(out)
		if r.Verdict == silent {
			r.Error += s.strays.cause(r.NAS)
		}
		if err := s.write(r, false); err != nil {
			return err
		}
	}
	return nil
}

// bare reports that nothing is written of an ACK, so that it is only counted.
func (s *sender) bare() bool {
	return s.file != "" && !s.json && s.results == nil && s.csv == nil && s.plan != nil && !s.expects()
}

// expects reports whether any packet expects another answer than an ACK.
func (s *sender) expects() bool {
	for t := range s.plan.targets {
		if t.expect != 0 {
			return true
		}
	}
	return s.expect != 0
}

// write counts an outcome and writes it down wherever it is asked for. One of an earlier run stands
// in the results already.
func (s *sender) write(r record, earlier bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if earlier {
		s.tally.skip(&r)
	} else {
		s.tally.add(&r)
		r.Time = time.Now().UTC()
		if s.file != "" && r.Verdict != invalid {
			s.report.tell(&r)
		}
	}
	if s.file == "" {
		s.last = r
	}
	if r.Row > 0 && r.Row/64 < len(s.seen) {
		s.seen[r.Row/64] |= 1 << (r.Row % 64)
	}
	if err := s.csv.add(&r); err != nil {
		return err
	}
	if earlier || !s.json && s.results == nil {
		return nil
	}
	text, err := marshal(&r)
	if err != nil {
		return err
	}
	if r.Verdict != invalid {
		if err := s.results.add(text); err != nil {
			return err
		}
	}
	if !s.json {
		return nil
	}
	_, err = s.out.Write(text)
	return err
}

// rest writes into the CSV what an interruption kept from being sent.
func (s *sender) rest() error {
	if s.csv == nil || s.plan == nil {
		return nil
	}
	var failed error
	for p := range s.plan.all(func(err error) { failed = err }) {
		if s.seen[p.row/64]>>(p.row%64)&1 == 1 {
			continue
		}
		j := s.job(p)
		r := recordOf(j.Tag.(*tag))
		earlier, err := s.results.of(&p)
		if err != nil {
			return err
		}
		r.NAS, r.Verdict, r.Error = j.NAS, unsent, "the run ended before its turn came"
		switch {
		case earlier.state == settled:
			if r, err = s.results.outcome(earlier); err != nil {
				return err
			}
		case s.left[p.row/64]>>(p.row%64)&1 == 1:
			r.Verdict, r.Error = silent, "the run ended before an answer came; it may have been executed"
		case earlier.executed():
			r.Verdict, r.Error = unknown, "the run ended before its turn came; an earlier run sent it and got no answer, so it may have been executed"
		}
		if err := s.csv.add(&r); err != nil {
			return err
		}
	}
	return failed
}

// finish prints the summary and the verdict, and says the exit status. err is what kept some from
// being sent.
func (s *sender) finish(err error, interrupted bool) int {
	s.screen.clear()
	if errors.Is(err, errInvalid) {
		return statusUsage
	}
	if s.dryRun && err == nil && !interrupted {
		err = s.out.flush()
	} else if err == nil || s.tally.any() {
		err = errors.Join(err, s.verdict(interrupted))
	}
	if err != nil {
		if lost := s.withoutOutcome(); lost > 0 {
			s.screen.line(fmt.Sprintf("dacctl: %d of %d packets have no outcome; those that were in flight may have been executed", lost, s.plan.packets))
		}
		lines := strings.Split(err.Error(), "\n")
		slices.Sort(lines) // a full disk is told once
		s.screen.line("dacctl: " + strings.Join(slices.Compact(lines), "\ndacctl: "))
		return statusUsage
	}
	status := s.tally.status()
	if interrupted {
		status = max(status, silent.status())
	}
	return status
}

// withoutOutcome counts the packets of the plan of which nothing was told, where any were sent.
func (s *sender) withoutOutcome() int {
	if s.seen == nil {
		return 0
	}
	n := s.plan.packets
	for _, some := range s.seen {
		n -= bits.OnesCount64(some)
	}
	return n
}

func (s *sender) verdict(interrupted bool) error {
	s.report.end()
	line := s.tally.String()
	if s.file == "" && s.last.Verdict != "" {
		line = s.last.String()
	}
	if interrupted {
		line = "interrupted: " + line
	}
	to := io.Writer(s.out)
	if s.json { // whose objects are not to be mixed with words
		to = s.screen.w
	}
	if naming := s.last.naming(); naming != "" && !s.json {
		fmt.Fprintln(to, naming)
	}
	if s.file == "" && s.last.Verdict == refused && !s.json {
		fmt.Fprintln(to, s.last.saying())
	}
	var err error
	if s.summary || interrupted && s.file != "" {
		err = s.tally.print(to)
	}
	if !s.quiet || !s.json {
		fmt.Fprintln(to, line)
	}
	return errors.Join(err, s.out.flush())
}
