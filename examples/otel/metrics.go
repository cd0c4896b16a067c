// SPDX-License-Identifier: Apache-2.0

package dacotel

import (
	"context"

	"github.com/radius-dynauth/dynauth/dac"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// A row is a counter of a C.
type row[C any] struct {
	name, help string
	value      func(C) uint64
}

var serverRows = []row[dac.RequestCounters]{
	{"requests", "First arrivals that were authentic and current", func(c dac.RequestCounters) uint64 { return c.Requests }},
	{"duplicates", "Requests that had come before, absorbed or answered again", func(c dac.RequestCounters) uint64 { return c.Duplicates }},
	{"acks", "Answers that say all of it was done", func(c dac.RequestCounters) uint64 { return c.ACKs }},
	{"naks", "Answers that say nothing was done", func(c dac.RequestCounters) uint64 { return c.NAKs }},
	{"auth_only_requests", "Requests with Service-Type Authorize Only", func(c dac.RequestCounters) uint64 { return c.AuthOnlyRequests }},
	{"auth_only_naks", "NAKs with Service-Type Authorize Only", func(c dac.RequestCounters) uint64 { return c.AuthOnlyNAKs }},
	{"no_context_naks", "NAKs with Session-Context-Not-Found", func(c dac.RequestCounters) uint64 { return c.NoContextNAKs }},
	{"sessions", "Sessions removed or changed", func(c dac.RequestCounters) uint64 { return c.Sessions }},
	{"malformed", "Packets with impossible lengths", func(c dac.RequestCounters) uint64 { return c.Malformed }},
	{"bad_authenticator", "Packets with a wrong authenticator: another secret?", func(c dac.RequestCounters) uint64 { return c.BadAuthenticator }},
	{"dropped", "Packets dropped for another reason, the next three included", func(c dac.RequestCounters) uint64 { return c.Dropped }},
	{"stale", "Packets with an Event-Timestamp that is not current", func(c dac.RequestCounters) uint64 { return c.Stale }},
	{"replays", "Packets that were executed before and whose answer is gone", func(c dac.RequestCounters) uint64 { return c.Replays }},
	{"overload", "Packets beyond the rate, the places or the memory", func(c dac.RequestCounters) uint64 { return c.Overload }},
	{"overflow", "NAKs 506, since there was no place for the request", func(c dac.RequestCounters) uint64 { return c.Overflow }},
	{"abandoned", "Requests sent on whose sender waits no longer: its connection ended, or used the identifier again", func(c dac.RequestCounters) uint64 { return c.Abandoned }},
	{"late", "Answers given after HandlerTimeout", func(c dac.RequestCounters) uint64 { return c.Late }},
}

var clientRows = []row[dac.AnswerCounters]{
	{"requests", "Requests sent, without retransmissions", func(c dac.AnswerCounters) uint64 { return c.Requests }},
	{"auth_only_requests", "Requests with Service-Type Authorize Only", func(c dac.AnswerCounters) uint64 { return c.AuthOnlyRequests }},
	{"retransmissions", "Requests sent again", func(c dac.AnswerCounters) uint64 { return c.Retransmissions }},
	{"acks", "Answers that say all of it was done", func(c dac.AnswerCounters) uint64 { return c.ACKs }},
	{"naks", "Answers that say nothing was done", func(c dac.AnswerCounters) uint64 { return c.NAKs }},
	{"auth_only_naks", "NAKs with Service-Type Authorize Only", func(c dac.AnswerCounters) uint64 { return c.AuthOnlyNAKs }},
	{"no_context_naks", "NAKs with Session-Context-Not-Found", func(c dac.AnswerCounters) uint64 { return c.NoContextNAKs }},
	{"malformed", "Replies with impossible lengths", func(c dac.AnswerCounters) uint64 { return c.Malformed }},
	{"bad_authenticator", "Replies with a wrong authenticator: another secret?", func(c dac.AnswerCounters) uint64 { return c.BadAuthenticator }},
	{"dropped", "Replies discarded for another reason", func(c dac.AnswerCounters) uint64 { return c.Dropped }},
	{"timeouts", "Waits that ended without an answer, of retransmissions too", func(c dac.AnswerCounters) uint64 { return c.Timeouts }},
}

// Observe makes counters of s and c, either of which may be nil, and a gauge of the requests of c
// that wait, dynauth.client.pending. Unregister of what it returns ends it.
func Observe(m metric.Meter, s *dac.Server, c *dac.Client) (metric.Registration, error) {
	var all []metric.Observable
	var calls []func(metric.Observer)
	if s != nil {
		observables, observe, err := counters(m, "dynauth.server.", serverRows, func() (disconnect, coa dac.RequestCounters) {
			total := s.Stats().Total
			return total.Disconnect, total.CoA
		})
		if err != nil {
			return nil, err
		}
		all, calls = append(all, observables...), append(calls, observe)
	}
	if c != nil {
		observables, observe, err := counters(m, "dynauth.client.", clientRows, func() (disconnect, coa dac.AnswerCounters) {
			total := c.Stats().Total
			return total.Disconnect, total.CoA
		})
		if err != nil {
			return nil, err
		}
		pending, err := m.Int64ObservableUpDownCounter("dynauth.client.pending", metric.WithDescription("Requests that wait for an answer"))
		if err != nil {
			return nil, err
		}
		all, calls = append(append(all, observables...), pending), append(calls, observe, func(o metric.Observer) {
			total := c.Stats().Total
			o.ObserveInt64(pending, total.Disconnect.Pending, disconnect)
			o.ObserveInt64(pending, total.CoA.Pending, coa)
		})
	}
	return m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, call := range calls {
			call(o)
		}
		return nil
	}, all...)
}

var (
	disconnect = metric.WithAttributes(attribute.String("dynauth.kind", "disconnect"))
	coa        = metric.WithAttributes(attribute.String("dynauth.kind", "coa"))
)

func counters[C any](m metric.Meter, prefix string, rows []row[C], read func() (disconnect, coa C)) ([]metric.Observable, func(metric.Observer), error) {
	instruments := make([]metric.Int64ObservableCounter, 0, len(rows))
	observables := make([]metric.Observable, 0, len(rows))
	for _, row := range rows {
		instrument, err := m.Int64ObservableCounter(prefix+row.name, metric.WithDescription(row.help))
		if err != nil {
			return nil, nil, err
		}
		instruments, observables = append(instruments, instrument), append(observables, instrument)
	}
	return observables, func(o metric.Observer) {
		ended, changed := read()
		for i, row := range rows {
			o.ObserveInt64(instruments[i], int64(row.value(ended)), disconnect)
			o.ObserveInt64(instruments[i], int64(row.value(changed)), coa)
		}
	}, nil
}
