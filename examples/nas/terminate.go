// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/accounting"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/radius-dynauth/dynauth/termcause"
)

// TerminateCodes is the table of internal reasons, and what -show asks of it.
type terminateCodes struct {
	reasons  *termcause.Table
	codes    string // file of remapped reasons; "": none
	show     string // "" is a NAS that serves
	level    termcause.View
	json     bool
	families []string
}

func (f *flagger) terminateFlags(flags *flag.FlagSet) {
	flags.StringVar(&f.codes, "terminate-codes", "", "map internal reasons as `FILE.json` says: [{\"family\": \"ppp\", \"name\": \"authenticate-inactivity-timeout\", \"cause\": 4711}]")
	flags.StringVar(&f.show, "show", "", "print `terminate-code`, the table of internal reasons, and end; families may follow, else all")
	flags.TextVar(&f.level, "level", termcause.Summary, "of -show: `summary|brief|detail|reverse`")
	flags.BoolVar(&f.json, "json", false, "-show an array of objects")
}

// readReasons is Junos' table with what an operator mapped.
func (f *flagger) readReasons() error {
	f.reasons = termcause.Junos()
	if f.codes == "" {
		return nil
	}
	text, err := os.ReadFile(f.codes)
	if err == nil {
		err = f.reasons.UnmarshalJSON(text)
	}
	if err != nil {
		return fmt.Errorf("-terminate-codes: %w", err)
	}
	return nil
}

func (f *flagger) finishShow() error {
	if f.show != "terminate-code" {
		return fmt.Errorf("-show %.60q: there is terminate-code", f.show)
	}
	return nil
}

// shown prints what -show asks for.
func (t *terminateCodes) shown(w io.Writer) error {
	if t.json {
		return t.reasons.WriteJSON(w, t.level, t.families...)
	}
	return t.reasons.Write(w, t.level, t.families...)
}

// reasonsOf is the set of reasons that a table has.
func reasonsOf(t *termcause.Table) map[termcause.Reason]bool {
	known := map[termcause.Reason]bool{}
	for e := range t.All() {
		known[e.Reason] = true
	}
	return known
}

// tellEnd says that a session ended: the two log lines of a termination, and the Accounting-Request
// that a NAS sends.
func (b *bng) tellEnd(ctx context.Context, s *subscriber, d *session.Disconnect) {
	if s.reason != (termcause.Reason{}) && b.log != nil {
		b.reasons.Log(ctx, b.log.With("session", s.identity().AcctSessionID), s.reason, 0)
	}
	if b.stops == nil {
		return
	}
	stop := accounting.Stop{NAS: b.named(s, d.Request), Identity: s.identity(), Class: s.classes(), Request: d.Request.Attributes(), Cause: s.terminate, Reason: s.reason, Table: b.reasons, Time: time.Now()}
	var text strings.Builder
	set, err := stop.Attributes()
	if err != nil {
		fmt.Fprintf(&text, "cannot make an Accounting-Request: %v\n", err)
	} else {
		fmt.Fprintln(&text, "would send Accounting-Request")
	}
	for line := range attrs.Format(set) {
		fmt.Fprintf(&text, "\t%s\n", line)
	}
	io.WriteString(b.stops, text.String())
}

// classes is Class as the session has it by now.
func (s *subscriber) classes() [][]byte {
	var all [][]byte
	for class, err := range attrs.Class.All(s.current()) {
		if err == nil {
			all = append(all, class)
		}
	}
	return all
}
