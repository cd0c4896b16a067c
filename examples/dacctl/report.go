// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// shownFirst is how many refusals and silences are told without -v.
const shownFirst = 10

// A screen is standard error: lines that stay, and below them one that is written over. Safe for
// concurrent use.
type screen struct {
	mu  sync.Mutex // guards what follows
	w   io.Writer
	has bool // there is a line that is written over
}

// line writes a line that stays.
func (s *screen) line(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
	fmt.Fprintln(s.w, text)
}

// status writes over the last line.
func (s *screen) status(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.w, "\r%-*s", progressWidth, text[:min(len(text), progressWidth)])
	s.has = true
}

func (s *screen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
}

func (s *screen) wipe() {
	if s.has {
		fmt.Fprintf(s.w, "\r%s\r", strings.Repeat(" ", progressWidth))
		s.has = false
	}
}

// A report tells of each packet of a file that was refused, not answered or not sent: the first
// ten, or all.
type report struct {
	screen *screen
	place  func(line int) string
	all    bool
	told   int
	more   int
}

// tell says what became of a packet, where it was not what was wanted.
func (p *report) tell(r *record) {
	if p == nil || r.Verdict == acknowledged {
		return
	}
	if p.told >= shownFirst && !p.all {
		p.more++
		return
	}
	p.told++
	p.screen.line(p.place(r.Line) + ": " + r.explain())
}

// end counts the rest.
func (p *report) end() {
	if p != nil && p.more > 0 {
		p.screen.line(fmt.Sprintf("dacctl: %d more were refused, not answered or not sent; -v tells of all, -csv FILE writes all of them down", p.more))
	}
}

// explain says what became of a packet: whose session, where, what was answered, and what to look
// at.
func (r *record) explain() string {
	var b strings.Builder
	if len(r.Who) > 0 {
		fmt.Fprintf(&b, "%s: ", r.Who)
	}
	if r.NASName != "" {
		fmt.Fprintf(&b, "NAS %s: ", r.NASName)
	}
	if r.Verdict == invalid || r.Verdict == unsent || r.Verdict == unknown {
		b.WriteString("not sent: ")
	}
	b.WriteString(r.saying())
	return b.String()
}
