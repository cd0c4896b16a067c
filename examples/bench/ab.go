// SPDX-License-Identifier: Apache-2.0

package main

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// sources are those of this program, which measure another checkout by the same rules.
//
//go:embed *.go
var sources embed.FS

// buildOf is the program that a side of -ab is: what it is itself where it is a file, else this
// program built over the packages of that checkout.
func buildOf(side, folder string) (string, error) {
	side, err := filepath.Abs(side)
	if err != nil {
		return "", err
	}
	about, err := os.Stat(side)
	if err != nil {
		return "", fmt.Errorf("-ab: %w", err)
	}
	if !about.IsDir() {
		return side, nil
	}
	folder, err = os.MkdirTemp(folder, "build")
	if err != nil {
		return "", err
	}
	overlay, err := writeOverlay(filepath.Join(side, "examples", "bench"), folder)
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, "program")
	build := exec.Command("go", "build", "-overlay", overlay, "-o", file, "./examples/bench")
	build.Dir, build.Env = side, environ("")
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("-ab: cannot build this program in %s: %w: %s", side, err, text)
	}
	return file, nil
}

// writeOverlay writes the sources of this program into folder, and the file by which the go command
// takes them in the place of those in old.
func writeOverlay(old, folder string) (string, error) {
	replace := make(map[string]string)
	there, err := filepath.Glob(filepath.Join(old, "*.go"))
	if err != nil {
		return "", err
	}
	for _, path := range there {
		replace[path] = "" // is taken for deleted
	}
	all, err := sources.ReadDir(".")
	if err != nil {
		return "", err
	}
	for _, one := range all {
		if strings.HasSuffix(one.Name(), "_test.go") {
			continue
		}
		text, err := sources.ReadFile(one.Name())
		if err != nil {
			return "", err
		}
		path := filepath.Join(folder, one.Name())
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(old, one.Name())] = path
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, "overlay.json")
	return file, os.WriteFile(file, text, 0o600)
}

// A contest is one thing that both sides of -ab do in turns.
type contest struct {
	name string
	turn func(program string) (measure, error)
}

// abParts are what -parts names: each is some contests.
var abParts = map[string]func(*suite, *process) []contest{
	"server": serverContests,
	"client": clientContests,
	"proxy":  proxyContests,
}

func serverContests(s *suite, _ *process) (all []contest) {
	for _, ma := range s.ma {
		all = append(all, contest{"server, " + title(ma), func(program string) (measure, error) {
			setup := s.setup()
			setup.program, setup.kind = program, "minimal"
			return s.turn(setup, s.task(ma), nil)
		}})
	}
	return all
}

func proxyContests(s *suite, nas *process) []contest {
	return []contest{{"proxy", func(program string) (measure, error) {
		setup := s.setup()
		setup.program, setup.kind, setup.next = program, "proxy", nas.addrs[0].String()
		t := s.task(false)
		t.Unknown = 0 // the NAS behind it acknowledges everything
		return s.turn(setup, t, nil)
	}}}
}

func clientContests(s *suite, nas *process) (all []contest) {
	for _, name := range []string{"do", "each"} {
		all = append(all, contest{"client, " + name, func(program string) (measure, error) {
			return clientTurn{name, clientTask{NASes: nas.addrs[:1], For: s.length}}.take(program, s.stderr)
		}})
	}
	return all
}

// compareBuilds has both sides take turns, the first one of a round being the second of the next,
// and shows the medians and what AFTER's are beside BEFORE's.
func (s *suite) compareBuilds(folder string) (err error) {
	var sides [2]string
	for i, side := range s.ab {
		if sides[i], err = buildOf(side, folder); err != nil {
			return err
		}
	}
	nas, err := startNASes(1, s.stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, nas.stop()) }()
	fmt.Fprintf(s.stdout, "before: %s; after: %s; %d rounds of %v in turns\n", s.ab[0], s.ab[1], s.rounds, s.length)
	var worse []string
	for _, part := range s.parts {
		for _, c := range abParts[part](s, nas) {
			all, err := s.contend(c, sides)
			if err != nil {
				return err
			}
			for _, r := range s.ratios(c.name, all) {
				worse = append(worse, c.name+", "+r)
			}
		}
	}
	if len(worse) > 0 {
		fmt.Fprintf(s.stdout, "\nworse by more than %.0f %%: %s\n", (tolerated-1)*100, strings.Join(worse, "; "))
	} else {
		fmt.Fprintf(s.stdout, "\nnothing is worse by more than %.0f %%\n", (tolerated-1)*100)
	}
	return nil
}

// contend is all rounds of one contest.
func (s *suite) contend(c contest, sides [2]string) (rounds [2][]measure, err error) {
	for round := range s.rounds {
		for k := range sides {
			side := (round + k) % 2
			m, err := c.turn(sides[side])
			if err != nil {
				return rounds, fmt.Errorf("%s, %s: %w", c.name, s.ab[side], err)
			}
			rounds[side] = append(rounds[side], m)
		}
	}
	return rounds, nil
}

// ratios shows what came of a contest, and returns the figures that are worse.
func (s *suite) ratios(name string, rounds [2][]measure) (worse []string) {
	w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\n%s\tbefore\tafter\tafter of before\tin single rounds\t\n", name)
	for _, r := range ratiosOf(rounds[0], rounds[1]) {
		fmt.Fprintf(w, "%s\t%.*f\t%.*f\t%.3f\t%.3f to %.3f\t\n", r.figure, r.digits, r.before, r.digits, r.after, r.ratio, r.least, r.most)
		if r.worse {
			worse = append(worse, r.figure)
		}
	}
	w.Flush()
	return worse
}

// tolerated is how many times what was before still counts as no worse.
const tolerated = 1.03

// A ratio is one figure of two sides.
type ratio struct {
	figure        string
	digits        int
	before, after float64 // medians
	ratio         float64 // of the medians
	least, most   float64 // in single rounds
	worse         bool
}

// ratiosOf compares what two sides did in the same rounds.
func ratiosOf(before, after []measure) (all []ratio) {
	for _, f := range []struct {
		name   string
		digits int
		of     func(*measure) float64
		more   bool // is better
	}{
		{"requests/s", 0, func(m *measure) float64 { return m.perSecond }, true},
		{"CPU µs", 2, func(m *measure) float64 { return m.cpu }, false},
		{"allocations", 2, func(m *measure) float64 { return m.mallocs }, false},
		{"octets", 0, func(m *measure) float64 { return m.allocated }, false},
		{"resident MiB", 0, func(m *measure) float64 { return m.resident / (1 << 20) }, false},
	} {
		r := ratio{figure: f.name, digits: f.digits, least: math.Inf(1), most: math.Inf(-1)}
		var b, a []float64
		for i := range before {
			x, y := f.of(&before[i]), f.of(&after[i])
			b, a = append(b, x), append(a, y)
			r.least, r.most = min(r.least, quotient(y, x)), max(r.most, quotient(y, x))
		}
		r.before, r.after = median(b), median(a)
		r.ratio = quotient(r.after, r.before)
		r.worse = f.more && r.ratio < 1/tolerated || !f.more && r.ratio > tolerated
		all = append(all, r)
	}
	return all
}

// quotient is 1 for nothing beside nothing.
func quotient(after, before float64) float64 {
	if after == before {
		return 1
	}
	return after / before
}
