// SPDX-License-Identifier: Apache-2.0

package dacprom

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/examples/internal/metrics"
)

// A Server is a prometheus.Collector of a dac.Server. It is safe for concurrent use.
type Server struct {
	server  *dac.Server
	peers   metrics.Labels
	table   *table[dac.RequestCounters]
	unknown *prometheus.Desc
	codes   *prometheus.Desc
	failed  *prometheus.Desc
	latency *prometheus.HistogramVec
}

// NewServer makes a Collector of s, which may be serving already.
func NewServer(s *dac.Server) *Server {
	t := &table[dac.RequestCounters]{prefix: "dynauth_server_", label: "peer"}
	type c = dac.RequestCounters
	t.counter("requests", "First arrivals that were authentic and current.", func(c c) uint64 { return c.Requests })
	t.counter("duplicates", "Requests that had come before, absorbed or answered again.", func(c c) uint64 { return c.Duplicates })
	t.counter("acks", "Answers that say all of it was done.", func(c c) uint64 { return c.ACKs })
	t.counter("naks", "Answers that say nothing was done.", func(c c) uint64 { return c.NAKs })
	t.counter("auth_only_requests", "Requests with Service-Type Authorize Only.", func(c c) uint64 { return c.AuthOnlyRequests })
	t.counter("auth_only_naks", "NAKs with Service-Type Authorize Only.", func(c c) uint64 { return c.AuthOnlyNAKs })
	t.counter("no_context_naks", "NAKs with Session-Context-Not-Found.", func(c c) uint64 { return c.NoContextNAKs })
	t.counter("sessions", "Sessions removed or changed.", func(c c) uint64 { return c.Sessions })
	t.counter("malformed", "Packets with impossible lengths.", func(c c) uint64 { return c.Malformed })
	t.counter("bad_authenticator", "Packets with a wrong authenticator or Message-Authenticator: another secret?", func(c c) uint64 { return c.BadAuthenticator })
	t.counter("dropped", "Packets dropped for another reason, the next three included.", func(c c) uint64 { return c.Dropped })
	t.counter("stale", "Packets with an Event-Timestamp that is not current: a clock that is off?", func(c c) uint64 { return c.Stale })
	t.counter("replays", "Packets that were executed before and whose answer is gone.", func(c c) uint64 { return c.Replays })
	t.counter("overload", "Packets beyond the rate, the places or the memory.", func(c c) uint64 { return c.Overload })
	t.counter("overflow", "NAKs 506, since there was no place for the request.", func(c c) uint64 { return c.Overflow })
	t.counter("abandoned", "Requests sent on whose sender waits no longer: its connection ended, or used the identifier again.", func(c c) uint64 { return c.Abandoned })
	t.counter("late", "Answers given after HandlerTimeout.", func(c c) uint64 { return c.Late })
	return &Server{
		server: s, table: t,
		unknown: prometheus.NewDesc("dynauth_server_unknown_peers_total", "Packets from addresses that are no peer.", []string{"kind"}, nil),
		codes:   prometheus.NewDesc("dynauth_server_unknown_codes_total", "Packets of peers with another code.", nil, nil),
		failed:  prometheus.NewDesc("dynauth_server_peers_failed_total", "Packets dropped because Peers failed.", nil, nil),
		latency: newLatency("dynauth_server_handler_seconds", "How long the Handler took."),
	}
}

// Describe sends the descriptions of all series.
func (s *Server) Describe(to chan<- *prometheus.Desc) {
	s.table.describe(to)
	to <- s.unknown
	to <- s.codes
	to <- s.failed
	s.latency.Describe(to)
}

// Collect sends the counters as they stand, and the histogram.
func (s *Server) Collect(to chan<- prometheus.Metric) {
	stats := s.server.Stats()
	disconnect, coa := map[string][]dac.RequestCounters{}, map[string][]dac.RequestCounters{}
	add := func(p dac.ServerCounters) {
		if name := metrics.Label(p.Name); s.peers.Take(name) {
			disconnect[name] = append(disconnect[name], p.Disconnect)
			coa[name] = append(coa[name], p.CoA)
		}
	}
	for _, p := range stats.Peers {
		add(p)
	}
	for _, p := range stats.Identities {
		add(p)
	}
	s.table.collect(to, "disconnect", disconnect, stats.Total.Disconnect)
	s.table.collect(to, "coa", coa, stats.Total.CoA)
	for kind, n := range map[string]uint64{"disconnect": stats.UnknownDisconnect, "coa": stats.UnknownCoA, metrics.Other: stats.UnknownOther} {
		to <- prometheus.MustNewConstMetric(s.unknown, prometheus.CounterValue, float64(n), kind)
	}
	to <- prometheus.MustNewConstMetric(s.codes, prometheus.CounterValue, float64(stats.Total.UnknownType))
	to <- prometheus.MustNewConstMetric(s.failed, prometheus.CounterValue, float64(stats.PeersFailed))
	s.latency.Collect(to)
}

// Handler is next, timed. It keeps the order of arrival where next does (dac.Sequencer).
func (s *Server) Handler(next dac.Handler) dac.Handler {
	if q, ok := next.(dac.Sequencer); ok {
		return timedSequencer{q, s.latency}
	}
	return timed{next, s.latency}
}

type timed struct {
	next    dac.Handler
	latency *prometheus.HistogramVec
}

func (t timed) Handle(ctx context.Context, r *dac.Request) (*dac.Response, error) {
	return observe(ctx, t.next, r, t.latency)
}

type timedSequencer struct {
	dac.Sequencer
	latency *prometheus.HistogramVec
}

func (t timedSequencer) Handle(ctx context.Context, r *dac.Request) (*dac.Response, error) {
	return observe(ctx, t.Sequencer, r, t.latency)
}

func observe(ctx context.Context, h dac.Handler, r *dac.Request, latency *prometheus.HistogramVec) (*dac.Response, error) {
	began := time.Now()
	resp, err := h.Handle(ctx, r)
	if verdict := dac.Verdict(resp, err); !errors.Is(verdict, dac.ErrDiscard) && !errors.Is(verdict, dac.ErrSilent) {
		latency.WithLabelValues(kindOf(r.Disconnect()), verdictOf(verdict == nil)).Observe(time.Since(began).Seconds())
	}
	return resp, err
}
