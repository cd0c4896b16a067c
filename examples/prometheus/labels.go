// SPDX-License-Identifier: Apache-2.0

package dacprom

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/radius-dynauth/dynauth/examples/internal/metrics"
)

// A series is one counter or gauge of a C.
type series[C any] struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(C) float64
}

// A table makes series that differ in their names.
type table[C any] struct {
	prefix, label string
	rows          []series[C]
}

func (t *table[C]) counter(name, help string, value func(C) uint64) {
	t.add(name+"_total", help, prometheus.CounterValue, func(c C) float64 { return float64(value(c)) })
}

func (t *table[C]) gauge(name, help string, value func(C) float64) {
	t.add(name, help, prometheus.GaugeValue, value)
}

func (t *table[C]) add(name, help string, kind prometheus.ValueType, value func(C) float64) {
	t.rows = append(t.rows, series[C]{prometheus.NewDesc(t.prefix+name, help, []string{t.label, "kind"}, nil), kind, value})
}

// collect sends the series of one kind: those of parts by label, and of total what is left.
func (t *table[C]) collect(to chan<- prometheus.Metric, kind string, parts map[string][]C, total C) {
	for _, row := range t.rows {
		left := row.value(total)
		for label, list := range parts {
			sum := 0.0
			for _, part := range list {
				sum += row.value(part)
			}
			left -= sum
			to <- prometheus.MustNewConstMetric(row.desc, row.kind, sum, label, kind)
		}
		// Counters are read one by one while they go on, so a part may be ahead of the total.
		to <- prometheus.MustNewConstMetric(row.desc, row.kind, max(left, 0), metrics.Other, kind)
	}
}

func (t *table[C]) describe(to chan<- *prometheus.Desc) {
	for _, row := range t.rows {
		to <- row.desc
	}
}

// newLatency makes a histogram from a tenth of a millisecond to what a client waits at most (RFC
// 5080, section 2.2.1).
func newLatency(name, help string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: name, Help: help,
		Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"kind", "verdict"})
}

// kindOf is the label of a request.
func kindOf(disconnect bool) string {
	if disconnect {
		return "disconnect"
	}
	return "coa"
}

func verdictOf(ack bool) string {
	if ack {
		return "ack"
	}
	return "nak"
}
