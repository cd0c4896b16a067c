// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// A group is what the summary counts apart.
type group struct {
	nas     netip.AddrPort
	verdict verdict
	answer  string // name of the code
	cause   errcause.Cause
}

// name is the NAS in words.
func (g group) name() string {
	if g.nas.IsValid() {
		return g.nas.String()
	}
	return "-"
}

// label is the answer in words.
func (g group) label() string {
	switch {
	case g.verdict == unsent:
		return "not sent"
	case g.verdict == invalid:
		return "invalid"
	case g.verdict == unknown:
		return "possibly executed"
	case g.answer == "":
		return "no answer"
	case g.cause != 0:
		return fmt.Sprintf("%s %d %s", g.answer, uint32(g.cause), g.cause.String())
	}
	return g.answer
}

// A tally counts outcomes. Its memory grows with NASes and causes, not with requests. Safe for
// concurrent use.
type tally struct {
	began time.Time

	mu       sync.Mutex // guards what follows
	groups   map[group]int
	verdicts map[verdict]int
	causes   map[errcause.Cause]int // of NAKs
	skipped  int                    // answered for good by an earlier run, and counted above as they were answered then
	sent     int                    // transmissions
	answers  int
	rtt, max time.Duration
}

func newTally() *tally {
	return &tally{began: time.Now(), groups: map[group]int{}, verdicts: map[verdict]int{}, causes: map[errcause.Cause]int{}}
}

// add counts an outcome.
func (t *tally) add(r *record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count(r)
	t.sent += r.Sent
	if r.Answer != "" {
		rtt := time.Duration(r.RTT * float64(time.Second))
		t.answers++
		t.rtt += rtt
		t.max = max(t.max, rtt)
	}
}

// acknowledge counts an ACK of which nothing else is kept.
func (t *tally) acknowledge(out dac.Outcome) {
	g := group{nas: out.Job.NAS, verdict: acknowledged, answer: codeName(out.Response.Packet.Code), cause: out.Response.Cause()}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.groups[g]++
	t.verdicts[acknowledged]++
	t.sent += out.Response.Sent
	t.answers++
	t.rtt += out.Response.RTT
	t.max = max(t.max, out.Response.RTT)
}

// done is how many outcomes there are of this run, and of all runs.
func (t *tally) done() (mine, all int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range t.verdicts {
		all += n
	}
	return all - t.skipped, all
}

// any reports whether there is an outcome.
func (t *tally) any() bool {
	_, all := t.done()
	return all > 0
}

// skip counts an outcome of an earlier run.
func (t *tally) skip(r *record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count(r)
	t.skipped++
}

func (t *tally) count(r *record) {
	t.groups[group{r.NAS, r.Verdict, r.Answer, r.Cause}]++
	t.verdicts[r.Verdict]++
	if r.Verdict == refused {
		t.causes[r.Cause]++
	}
}

// status is the highest that any outcome asks for.
func (t *tally) status() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	status := 0
	for v := range t.verdicts {
		status = max(status, v.status())
	}
	return status
}

// String is the verdict on all of them in one line.
func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.verdictLine()
}

func (t *tally) verdictLine() string {
	line := fmt.Sprintf("%d ACK, %d NAK, %d no answer", t.verdicts[acknowledged], t.verdicts[refused], t.verdicts[silent])
	if n := t.verdicts[unsent]; n != 0 {
		line += fmt.Sprintf(", %d not sent", n)
	}
	if n := t.verdicts[unknown]; n != 0 {
		line += fmt.Sprintf(", %d possibly executed by an earlier run and not sent again", n)
	}
	if n := t.verdicts[invalid]; n != 0 {
		line += fmt.Sprintf(", %d invalid", n)
	}
	if t.skipped != 0 {
		line += fmt.Sprintf(" (%d of them in an earlier run)", t.skipped)
	}
	return line
}

// print writes the summary: a table by NAS and answer, all NASes together where there are several,
// and the pace.
func (t *tally) print(w io.Writer) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAS\tanswer\trequests")
	all := map[group]int{}
	for _, g := range slices.SortedFunc(maps.Keys(t.groups), compareGroups) {
		fmt.Fprintf(table, "%s\t%s\t%d\n", g.name(), g.label(), t.groups[g])
		all[group{verdict: g.verdict, answer: g.answer, cause: g.cause}] += t.groups[g]
	}
	if nases(t.groups) > 1 {
		for _, g := range slices.SortedFunc(maps.Keys(all), compareGroups) {
			fmt.Fprintf(table, "all\t%s\t%d\n", g.label(), all[g])
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, t.pace())
	return err
}

func (t *tally) pace() string {
	took := time.Since(t.began)
	done := -t.skipped
	for _, n := range t.verdicts {
		done += n
	}
	line := fmt.Sprintf("%d requests in %s (%.0f/s), %d transmissions", done, brief(took), perSecond(done, took), t.sent)
	if t.answers != 0 {
		line += fmt.Sprintf(", round trip %s on average, %s at most", brief(t.rtt/time.Duration(t.answers)), brief(t.max))
	}
	return line
}

func nases(groups map[group]int) int {
	seen := map[netip.AddrPort]bool{}
	for g := range groups {
		seen[g.nas] = true
	}
	return len(seen)
}

func compareGroups(a, b group) int {
	return cmp.Or(a.nas.Compare(b.nas), cmp.Compare(a.verdict.status(), b.verdict.status()),
		strings.Compare(a.answer, b.answer), cmp.Compare(a.cause, b.cause))
}

func perSecond(n int, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

// brief rounds a duration to three digits.
func brief(d time.Duration) time.Duration {
	unit := time.Nanosecond
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit)
}
