// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
)

const (
	progressEvery = 200 * time.Millisecond
	progressWidth = 79 // the narrowest terminal, less the column that makes it wrap
	progressNAKs  = 3  // causes shown, the most frequent first
)

// A source counts what is read of a file, to tell how much is left.
type source struct {
	io.Reader
	size int64 // octets; 0: not known
	read atomic.Int64
}

// Read counts.
func (s *source) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	s.read.Add(int64(n))
	return n, err
}

// left is how long the rest takes at the pace so far.
func (s *source) left(took time.Duration) (time.Duration, bool) {
	read := s.read.Load()
	if s.size <= 0 || read <= 0 || took <= 0 {
		return 0, false
	}
	rest := max(s.size-read, 0)
	return time.Duration(float64(took) * float64(rest) / float64(read)), true
}

// progressLine says how far it is. sent counts first transmissions.
func (t *tally) progressLine(sent uint64, s *source, took time.Duration) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	parts := []string{fmt.Sprintf("%d sent", sent), fmt.Sprintf("%d ACK", t.verdicts[acknowledged])}
	causes := slices.SortedFunc(maps.Keys(t.causes), func(a, b errcause.Cause) int {
		return cmp.Or(cmp.Compare(t.causes[b], t.causes[a]), cmp.Compare(a, b))
	})
	for _, c := range causes[:min(len(causes), progressNAKs)] {
		name := "NAK"
		if c != 0 {
			name = fmt.Sprintf("NAK %d", uint32(c))
		}
		parts = append(parts, fmt.Sprintf("%d %s", t.causes[c], name))
	}
	if len(causes) > progressNAKs {
		parts = append(parts, "...")
	}
	parts = append(parts, fmt.Sprintf("%d silent", t.verdicts[silent]), fmt.Sprintf("%.0f/s", perSecond(int(sent), took)))
	if left, known := s.left(took); known {
		parts = append(parts, fmt.Sprintf("%s left", left.Round(time.Second)))
	}
	line := strings.Join(parts, ", ")
	return line[:min(len(line), progressWidth)]
}

// showProgress keeps one line of a terminal up to date until done is closed, then clears it.
func showProgress(w io.Writer, done <-chan struct{}, line func() string) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			fmt.Fprintf(w, "\r%s\r", strings.Repeat(" ", progressWidth))
			return
		case <-tick.C:
			fmt.Fprintf(w, "\r%-*s", progressWidth, line())
		}
	}
}

// terminal says whether somebody reads w as it is written.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}
