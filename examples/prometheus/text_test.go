// SPDX-License-Identifier: Apache-2.0

package dacprom_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	model "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	names "github.com/prometheus/common/model"
	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/dac/radsec"
	"github.com/radius-dynauth/dynauth/dac/radsec/radsectest"
	"github.com/radius-dynauth/dynauth/examples/internal/metrics"
	"github.com/radius-dynauth/dynauth/examples/prometheus"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
)

// What the programs of examples write by themselves is read by Prometheus's own parser, and is what
// this package shows of the same halves: names, types, helps, labels and values.
func TestTheProgramsShowTheSame(t *testing.T) {
	var table session.Table[string]
	require.NoError(t, table.Put(attrs.Identity{AcctSessionID: "4f2a"}, "bob"))
	server := &dac.Server{Peers: dac.PeerMap{netip.MustParsePrefix("127.0.0.0/8"): {Name: "caf\xe9 \"1\"\n", Secret: dactest.Secret}}}
	handler, handled := metrics.Timed(session.NewDispatcher(host{&table}))
	atServer := dacprom.NewServer(server)
	server.Handler = atServer.Handler(handler)
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	nas := dactest.ServeNAS(t, pc, server)
	client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret)}
	defer client.Close()
	atClient := dacprom.NewClient(client)
	trace, answered := metrics.Answers()
	client.Trace = dac.Tee(atClient.Trace, trace)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(atServer, atClient)
	bound, stop, err := metrics.Serve("127.0.0.1:0", metrics.Server(server), metrics.Client(client), handled.Source, answered.Source)
	require.NoError(t, err)
	defer stop()

	_, err = client.Disconnect(t.Context(), nas.Addr, attrs.AcctSessionID.Of("4f2a"))
	require.NoError(t, err)
	_, err = client.CoA(t.Context(), nas.Addr, attrs.AcctSessionID.Of("4f2a"), attrs.FilterID.Of("gold"))
	require.Error(t, err)

	secure := radsectest.NewNAS(t, dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) { return r.ACK() }))
	overTLS := &dac.Client{Peers: secure.Peers(radsec.TLS(secure.CA.Config(radsectest.ClientName)))}
	defer overTLS.Close()
	_, err = overTLS.Disconnect(t.Context(), secure.Addr, attrs.AcctSessionID.Of("4f2a"))
	require.NoError(t, err)
	viaTLS := prometheus.NewPedanticRegistry()
	viaTLS.MustRegister(dacprom.NewClient(overTLS))
	series, err := viaTLS.Gather()
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(series), secure.Addr.String(), "a NAS over TLS has series of its own")

	want, err := registry.Gather()
	require.NoError(t, err)
	resp, err := http.Get("http://" + bound.String() + "/metrics")
	require.NoError(t, err)
	defer resp.Body.Close()
	parser := expfmt.NewTextParser(names.UTF8Validation)
	have, err := parser.TextToMetricFamilies(resp.Body)
	require.NoError(t, err)
	require.Len(t, have, len(want))
	for _, f := range want {
		require.Contains(t, have, f.GetName())
		g := have[f.GetName()]
		require.Equal(t, f.GetHelp(), g.GetHelp(), f.GetName())
		require.Equal(t, f.GetType(), g.GetType(), f.GetName())
		require.Equal(t, shown(f), shown(g), f.GetName())
	}
}

// shown is every series of f with its value; of a histogram the bounds and how many it observed,
// since the times are two measurements.
func shown(f *model.MetricFamily) (all []string) {
	for _, m := range f.Metric {
		var labels []string
		for _, l := range m.Label {
			labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
		}
		slices.Sort(labels)
		var bounds []float64
		for _, b := range m.GetHistogram().GetBucket() {
			if b.GetUpperBound() < 1e300 {
				bounds = append(bounds, b.GetUpperBound())
			}
		}
		all = append(all, fmt.Sprint(labels, m.GetCounter().GetValue()+m.GetGauge().GetValue(), m.GetHistogram().GetSampleCount(), bounds))
	}
	slices.Sort(all)
	return all
}
