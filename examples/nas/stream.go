// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

const (
	maxStreams  = 32                     // pages that are open at a time
	streamEvery = 200 * time.Millisecond // what has changed is sent so often
	streamAlive = 15 * time.Second       // and something, even when nothing has
	streamStuck = 10 * time.Second       // how long a browser may take nothing
	maxQuery    = 256                    // octets
)

// News is a message of the stream: what has changed. The first one has everything.
type news struct {
	NAS      *about     `json:"nas,omitempty"`
	Sessions *listing   `json:"sessions,omitempty"`
	Lines    []line     `json:"lines,omitempty"`
	Missed   uint64     `json:"missed,omitempty"` // requests that came and went since the message before
	Counters []counters `json:"counters,omitempty"`
}

// About is what does not change.
type about struct {
	Name      string   `json:"name"`
	Listening []string `json:"listening"` // with the transport: UDP 192.0.2.1:3799
	Began     int64    `json:"began"`     // ms since 1970
	Control   bool     `json:"control"`
	Supported string   `json:"supported"` // what a CoA-Request may change
}

// Counters are a row of the page's table.
type counters struct {
	Name       string `json:"name"`
	Disconnect uint64 `json:"disconnect"`
	CoA        uint64 `json:"coa"`
}

// A stream is what one page has seen.
type stream struct {
	*web
	query   string
	seen    mark
	moves   uint64    // of the sessions
	listAt  time.Time // when the sessions are looked at next: a search through many takes a tenth of the time at most
	counted time.Time // when the counters may be looked at next
	rows    []counters
}

// stream sends server-sent events until the browser goes. Nothing waits for it: it is told what
// there is when it is ready for it.
func (w *web) stream(rw http.ResponseWriter, r *http.Request) {
	query := r.URL.Query().Get("q")
	if len(query) > maxQuery {
		http.Error(rw, "that is too long to look for", http.StatusBadRequest)
		return
	}
	if w.streams.Add(1) > maxStreams {
		w.streams.Add(-1)
		http.Error(rw, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	defer w.streams.Add(-1)

	rw.Header().Set("Content-Type", "text/event-stream")
	s := &stream{web: w, query: query}
	conn, tick := http.NewResponseController(rw), time.NewTicker(streamEvery)
	defer tick.Stop()
	for sent := time.Now(); ; {
		message := s.next()
		if message == nil && time.Since(sent) > streamAlive {
			message = []byte(":\n\n")
		}
		if message != nil {
			sent = time.Now()
			conn.SetWriteDeadline(sent.Add(streamStuck))
			if _, err := rw.Write(message); err != nil || conn.Flush() != nil {
				return
			}
		}
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}

// next is the next message; nil: nothing has changed.
func (s *stream) next() []byte {
	var n news
	if s.listAt.IsZero() {
		n.NAS = &s.about
	}
	n.Sessions = s.sessions()
	var changed []exchange
	before := s.seen
	changed, n.Missed, s.seen = s.feed.since(s.seen)
	for _, x := range changed {
		n.Lines = append(n.Lines, x.line(s.identifies))
	}
	if before == (mark{}) {
		n.Missed = 0 // what was before the page was opened it does not miss
	}
	n.Counters = s.counters()
	if n.NAS == nil && n.Sessions == nil && n.Lines == nil && n.Counters == nil {
		return nil
	}
	text, err := json.Marshal(n)
	if err != nil {
		return nil
	}
	return append(append([]byte("data: "), text...), "\n\n"...)
}

// sessions is the list of sessions, where it may have changed; else nil.
func (s *stream) sessions() *listing {
	now := time.Now()
	moves := s.roster.bng.moves.Load()
	if !s.listAt.IsZero() && (moves == s.moves || now.Before(s.listAt)) {
		return nil
	}
	s.moves = moves
	l := s.roster.list(s.query)
	s.listAt = time.Now().Add(10 * time.Since(now))
	return &l
}

// counters are those of the server, where they have changed; else nil.
func (s *stream) counters() []counters {
	now := time.Now()
	if now.Before(s.counted) {
		return nil
	}
	stats := s.stats()
	s.counted = time.Now().Add(10 * time.Since(now))
	rows := make([]counters, 0, len(counterRows)+1)
	for _, row := range counterRows {
		rows = append(rows, counters{row.name, row.value(stats.Total.Disconnect), row.value(stats.Total.CoA)})
	}
	rows = append(rows, counters{"UnknownPeer", stats.UnknownDisconnect, stats.UnknownCoA})
	if slices.Equal(rows, s.rows) {
		return nil
	}
	s.rows = rows
	return rows
}
