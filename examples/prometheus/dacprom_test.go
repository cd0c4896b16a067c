// SPDX-License-Identifier: Apache-2.0

package dacprom_test

import (
	"context"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/examples/prometheus"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
)

// A value is what a gathered series of that name and those labels says; of a histogram how many it
// observed.
func value(t *testing.T, r prometheus.Gatherer, name string, labels ...string) float64 {
	t.Helper()
	families, err := r.Gather()
	require.NoError(t, err)
	found, sum := false, 0.0
	for _, f := range families {
		for _, m := range f.Metric {
			all := map[string]string{}
			for _, l := range m.Label {
				all[l.GetName()] = l.GetValue()
			}
			match := f.GetName() == name
			for i := 0; i < len(labels); i += 2 {
				match = match && all[labels[i]] == labels[i+1]
			}
			if match {
				found = true
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	require.True(t, found, "no %s%q", name, labels)
	return sum
}

// Both halves count the same exchange: a session ended, one not found, and one that is asked for
// twice since the first request was lost.
func TestCountersOfBothHalves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var table session.Table[string]
		require.NoError(t, table.Put(attrs.Identity{AcctSessionID: "4f2a"}, "bob"))
		d := session.NewDispatcher(host{&table})
		server := &dac.Server{Peers: dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Name: "aaa", Secret: dactest.Secret}}}
		atServer := dacprom.NewServer(server)
		server.Handler = atServer.Handler(d)
		_, ordered := server.Handler.(dac.Sequencer)
		require.True(t, ordered, "a Dispatcher keeps its order of arrival")

		network := &dactest.Network{Latency: 5 * time.Millisecond}
		nas := dactest.ServeNAS(t, network.Listen(netip.MustParseAddrPort("198.51.100.1:3799")), server)
		client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Dial: network.Dial}
		defer client.Close()
		atClient := dacprom.NewClient(client)
		client.Trace = atClient.Trace
		registry := prometheus.NewPedanticRegistry()
		registry.MustRegister(atServer, atClient)

		_, err := client.Disconnect(t.Context(), nas.Addr, attrs.AcctSessionID.Of("4f2a"))
		require.NoError(t, err)
		nas.Drop(1)
		_, err = client.Disconnect(t.Context(), nas.Addr, attrs.AcctSessionID.Of("4f2a"))
		require.ErrorIs(t, err, errcause.SessionContextNotFound)

		for name, want := range map[string]float64{
			"dynauth_server_requests_total": 2, "dynauth_server_acks_total": 1, "dynauth_server_naks_total": 1, "dynauth_server_no_context_naks_total": 1,
			"dynauth_server_sessions_total": 1, "dynauth_server_duplicates_total": 0,
		} {
			require.Equal(t, want, value(t, registry, name, "peer", "aaa", "kind", "disconnect"), name)
			require.Zero(t, value(t, registry, name, "kind", "coa"), name)
			require.Zero(t, value(t, registry, name, "peer", "other"), name)
		}
		for name, want := range map[string]float64{
			"dynauth_client_requests_total": 2, "dynauth_client_acks_total": 1, "dynauth_client_naks_total": 1, "dynauth_client_retransmissions_total": 1,
			"dynauth_client_timeouts_total": 1, "dynauth_client_pending": 0,
		} {
			require.Equal(t, want, value(t, registry, name, "nas", nas.Addr.String(), "kind", "disconnect"), name)
		}
		for _, half := range []string{"dynauth_server_handler_seconds", "dynauth_client_answer_seconds"} {
			require.EqualValues(t, 1, value(t, registry, half, "kind", "disconnect", "verdict", "ack"))
			require.EqualValues(t, 1, value(t, registry, half, "kind", "disconnect", "verdict", "nak"))
		}
		problems, err := testutil.GatherAndLint(registry)
		require.NoError(t, err)
		require.Empty(t, problems)
	})
}

// Who gave up, and what nobody answers, is not timed.
func TestWhatIsNotAnsweredIsNotTimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &dactest.Network{}
		discard := dac.HandlerFunc(func(context.Context, *dac.Request) (*dac.Response, error) { return nil, dac.ErrDiscard })
		server := &dac.Server{}
		atServer := dacprom.NewServer(server)
		server.Handler = atServer.Handler(discard)
		nas := dactest.ServeNAS(t, network.Listen(netip.AddrPort{}), server)
		atClient := dacprom.NewClient(nas.Client)
		nas.Client.Trace = atClient.Trace
		_, err := nas.Client.CoA(t.Context(), nas.Addr, attrs.AcctSessionID.Of("4f2a"), attrs.FilterID.Of("gold"))
		require.ErrorIs(t, err, dac.ErrNoAnswer)
		require.Zero(t, testutil.CollectAndCount(atServer, "dynauth_server_handler_seconds"))
		require.Zero(t, testutil.CollectAndCount(atClient, "dynauth_client_answer_seconds"))
	})
}

// However many NASes are asked, the series are bounded and add up.
func TestLabelsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Dial: (&dactest.Network{}).Dial, Retry: dac.Retry{Transmissions: 1, Initial: time.Millisecond}}
		defer client.Close()
		c := dacprom.NewClient(client)
		registry := prometheus.NewPedanticRegistry()
		registry.MustRegister(c)
		const nases = 150
		for i := range nases {
			_, err := client.Disconnect(t.Context(), netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}), 3799), attrs.AcctSessionID.Of("1"))
			require.Error(t, err)
		}
		require.EqualValues(t, nases, value(t, registry, "dynauth_client_requests_total"))
		require.EqualValues(t, nases-100, value(t, registry, "dynauth_client_requests_total", "nas", "other"))
		require.Equal(t, 2*101, testutil.CollectAndCount(c, "dynauth_client_requests_total"))
	})
}

// A Name that is not UTF-8 has its series, and the scrape works.
func TestLabelsAreUTF8(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ack := dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) { return r.ACK() })
		server := &dac.Server{Handler: ack, Peers: dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Name: "caf\xe9\xff \u00e9", Secret: dactest.Secret}}}
		registry := prometheus.NewPedanticRegistry()
		registry.MustRegister(dacprom.NewServer(server))
		network := &dactest.Network{}
		nas := dactest.ServeNAS(t, network.Listen(netip.MustParseAddrPort("198.51.100.1:3799")), server)
		client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Dial: network.Dial}
		defer client.Close()
		_, err := client.Disconnect(t.Context(), nas.Addr, attrs.AcctSessionID.Of("4f2a"))
		require.NoError(t, err)
		require.EqualValues(t, 1, value(t, registry, "dynauth_server_requests_total", "peer", `caf\xe9\xff é`, "kind", "disconnect"))
	})
}

// No counter of package dac is forgotten here: a series for each field, but for the round trip of
// the latest answer, of which the histogram has all.
func TestEveryCounterHasASeries(t *testing.T) {
	for _, c := range []struct {
		collector prometheus.Collector
		counters  reflect.Type
		labels    string
		without   int
	}{
		{dacprom.NewServer(&dac.Server{}), reflect.TypeFor[dac.RequestCounters](), "{peer,kind}", 0},
		{dacprom.NewClient(&dac.Client{}), reflect.TypeFor[dac.AnswerCounters](), "{nas,kind}", 1},
	} {
		descs := make(chan *prometheus.Desc, 100)
		c.collector.Describe(descs)
		close(descs)
		series := 0
		for d := range descs {
			if strings.Contains(d.String(), c.labels) {
				series++
			}
		}
		require.Equal(t, c.counters.NumField()-c.without, series, c.counters)
	}
}

// A host is sessions by name that can be ended.
type host struct{ *session.Table[string] }

func (h host) Disconnect(_ context.Context, _ string, d *session.Disconnect) error {
	h.Delete("", d.Identity().AcctSessionID)
	return nil
}

func (h host) Change(context.Context, string, *session.Change) error { return nil }

func Example() {
	server := &dac.Server{Peers: dac.SharedSecret("s3cret"), Handler: session.NewDispatcher(host{&session.Table[string]{}})}
	metrics := dacprom.NewServer(server)
	server.Handler = metrics.Handler(server.Handler)

	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics)
	families, err := registry.Gather()
	if err != nil {
		fmt.Println(err)
	}
	for _, f := range families[:3] {
		fmt.Println(f.GetName(), f.GetType())
	}
	// Output:
	// dynauth_server_abandoned_total COUNTER
	// dynauth_server_acks_total COUNTER
	// dynauth_server_auth_only_naks_total COUNTER
}
