// SPDX-License-Identifier: Apache-2.0

// Package metrics shows counters to Prometheus in its text format, without a library: those of a
// dac.Server and a dac.Client under the names that examples/prometheus gives them, which a test
// there compares, and what else a program counts.
package metrics

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Source writes series as they stand.
type Source func(w *Writer)

// A Writer collects series by name. It is good for one scrape.
type Writer struct {
	names    []string
	families map[string]*family
}

type family struct {
	kind, help string
	lines      []string
}

// Counter adds one series of a counter; labels are names and values in turn. Of two series with the
// same labels the values are to be one.
func (w *Writer) Counter(name, help string, value uint64, labels ...string) {
	w.add(name, "counter", help).line(name, labels, strconv.FormatUint(value, 10))
}

// Gauge adds one series of a gauge.
func (w *Writer) Gauge(name, help string, value float64, labels ...string) {
	w.add(name, "gauge", help).line(name, labels, strconv.FormatFloat(value, 'g', -1, 64))
}

func (w *Writer) add(name, kind, help string) *family {
	f := w.families[name]
	if f == nil {
		f = &family{kind: kind, help: help}
		if w.families == nil {
			w.families = map[string]*family{}
		}
		w.families[name], w.names = f, append(w.names, name)
	}
	return f
}

func (f *family) line(name string, labels []string, value string) {
	f.lines = append(f.lines, name+labelText(labels)+" "+value)
}

// labelText is labels as the text format has them.
func labelText(labels []string) string {
	if len(labels) == 0 {
		return ""
	}
	parts := make([]string, 0, len(labels)/2)
	for i := 0; i+1 < len(labels); i += 2 {
		parts = append(parts, labels[i]+`="`+escape(Label(labels[i+1]))+`"`)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

var escaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

func escape(text string) string { return escaper.Replace(text) }

// WriteTo writes all that was collected, by name.
func (w *Writer) WriteTo(to io.Writer) (int64, error) {
	var b strings.Builder
	slices.Sort(w.names)
	for _, name := range w.names {
		f := w.families[name]
		help := strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(f.help)
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n%s\n", name, help, name, f.kind, strings.Join(f.lines, "\n"))
	}
	n, err := io.WriteString(to, b.String())
	return int64(n), err
}

// Handler answers GET /metrics.
func Handler(sources ...Source) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(to http.ResponseWriter, r *http.Request) {
		var w Writer
		for _, source := range sources {
			source(&w)
		}
		to.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.WriteTo(to)
	})
	return mux
}

// Serve answers scrapes at addr until stop is called. bound is where it listens. An addr of "" is
// nowhere.
func Serve(addr string, sources ...Source) (bound net.Addr, stop func(), err error) {
	if addr == "" {
		return nil, func() {}, nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, nil, fmt.Errorf("-metrics: %w", err)
	}
	s := &http.Server{Handler: Handler(sources...), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	return l.Addr(), func() { _ = s.Close(); <-done }, nil
}
