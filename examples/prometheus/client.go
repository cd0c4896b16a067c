// SPDX-License-Identifier: Apache-2.0

package dacprom

import (
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/examples/internal/metrics"
	"layeh.com/radius"
)

// maxWaiting bounds the requests whose answers are timed: what a Client has in flight at most is
// far below it.
const maxWaiting = 1 << 18

// A Client is a prometheus.Collector of a dac.Client. It is safe for concurrent use.
type Client struct {
	client      *dac.Client
	nases       metrics.Labels
	table       *table[dac.AnswerCounters]
	unreachable *prometheus.Desc
	codes       *prometheus.Desc
	latency     *prometheus.HistogramVec

	mu      sync.Mutex
	waiting map[exchange]time.Time // first transmissions of what has no answer yet
}

// An exchange is what tells the requests in flight apart.
type exchange struct {
	local, nas netip.AddrPort
	id         uint32
}

// NewClient makes a Collector of c, which may be in use already.
func NewClient(c *dac.Client) *Client {
	t := &table[dac.AnswerCounters]{prefix: "dynauth_client_", label: "nas"}
	type a = dac.AnswerCounters
	t.counter("requests", "Requests sent, without retransmissions.", func(a a) uint64 { return a.Requests })
	t.counter("auth_only_requests", "Requests with Service-Type Authorize Only.", func(a a) uint64 { return a.AuthOnlyRequests })
	t.counter("retransmissions", "Requests sent again.", func(a a) uint64 { return a.Retransmissions })
	t.counter("acks", "Answers that say all of it was done.", func(a a) uint64 { return a.ACKs })
	t.counter("naks", "Answers that say nothing was done.", func(a a) uint64 { return a.NAKs })
	t.counter("auth_only_naks", "NAKs with Service-Type Authorize Only.", func(a a) uint64 { return a.AuthOnlyNAKs })
	t.counter("no_context_naks", "NAKs with Session-Context-Not-Found.", func(a a) uint64 { return a.NoContextNAKs })
	t.counter("malformed", "Replies with impossible lengths.", func(a a) uint64 { return a.Malformed })
	t.counter("bad_authenticator", "Replies with a wrong authenticator: another secret?", func(a a) uint64 { return a.BadAuthenticator })
	t.counter("dropped", "Replies discarded for another reason.", func(a a) uint64 { return a.Dropped })
	t.counter("timeouts", "Waits that ended without an answer, of retransmissions too.", func(a a) uint64 { return a.Timeouts })
	t.gauge("pending", "Requests that wait for an answer.", func(a a) float64 { return float64(a.Pending) })
	return &Client{
		client: c, table: t, waiting: map[exchange]time.Time{},
		unreachable: prometheus.NewDesc("dynauth_client_unreachable_total", "ICMP errors.", nil, nil),
		codes:       prometheus.NewDesc("dynauth_client_unknown_codes_total", "Packets of a code that is no answer.", nil, nil),
		latency:     newLatency("dynauth_client_answer_seconds", "From the first transmission of a request to its answer."),
	}
}

// Describe sends the descriptions of all series.
func (c *Client) Describe(to chan<- *prometheus.Desc) {
	c.table.describe(to)
	to <- c.unreachable
	to <- c.codes
	c.latency.Describe(to)
}

// Collect sends the counters as they stand, and the histogram.
func (c *Client) Collect(to chan<- prometheus.Metric) {
	stats := c.client.Stats()
	disconnect, coa := map[string][]dac.AnswerCounters{}, map[string][]dac.AnswerCounters{}
	add := func(nas netip.AddrPort, n dac.ClientCounters) {
		if name := metrics.Label(nas.String()); c.nases.Take(name) { // with the name of an interface behind a link-local one
			disconnect[name] = append(disconnect[name], n.Disconnect)
			coa[name] = append(coa[name], n.CoA)
		}
	}
	for nas, n := range stats.NAS {
		add(nas, n)
	}
	for to, n := range stats.Via {
		add(to.NAS, n)
	}
	c.table.collect(to, "disconnect", disconnect, stats.Total.Disconnect)
	c.table.collect(to, "coa", coa, stats.Total.CoA)
	to <- prometheus.MustNewConstMetric(c.unreachable, prometheus.CounterValue, float64(stats.Total.Unreachable))
	to <- prometheus.MustNewConstMetric(c.codes, prometheus.CounterValue, float64(stats.Total.UnknownType))
	c.latency.Collect(to)
}

// Trace times answers. It is made for the Trace of the dac.Client, before its first request.
func (c *Client) Trace(e dac.Event) {
	x := exchange{e.Local, e.Peer, e.ID}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e.Op {
	case dac.Sent:
		if len(c.waiting) < maxWaiting {
			c.waiting[x] = e.Time
		}
	case dac.GaveUp:
		delete(c.waiting, x)
	case dac.Received:
		began, timed := c.waiting[x]
		if !timed {
			return
		}
		delete(c.waiting, x)
		disconnect := e.Code == radius.CodeDisconnectACK || e.Code == radius.CodeDisconnectNAK
		ack := e.Code == radius.CodeDisconnectACK || e.Code == radius.CodeCoAACK
		c.latency.WithLabelValues(kindOf(disconnect), verdictOf(ack)).Observe(e.Time.Sub(began).Seconds())
	}
}
