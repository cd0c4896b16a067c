// SPDX-License-Identifier: Apache-2.0

package dacotel_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/examples/otel"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// A host ends its one session, and fails at changes in a way of its own.
type host struct{ *session.Table[string] }

func (h host) Disconnect(_ context.Context, _ string, d *session.Disconnect) error {
	h.Delete("", d.Identity().AcctSessionID)
	return nil
}

func (host) Change(context.Context, string, *session.Change) error {
	return errors.New("line card 3 is on fire")
}

func TestSpansOfBothHalves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans := tracetest.NewSpanRecorder()
		tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
		var table session.Table[string]
		require.NoError(t, table.Put(attrs.Identity{AcctSessionID: "4f2a"}, "bob"))
		handler := dacotel.Handler(session.NewDispatcher(host{&table}, attrs.FilterID), tracer)
		require.Implements(t, (*dac.Sequencer)(nil), handler, "a Dispatcher keeps its order of arrival")
		server := &dac.Server{Handler: handler, Peers: dac.PeerMap{netip.MustParsePrefix("0.0.0.0/0"): {Name: "aaa", Secret: dactest.Secret}}}
		nas := dactest.ServeNAS(t, (&dactest.Network{}).Listen(netip.AddrPort{}), server)

		ctx, parent := tracer.Start(t.Context(), "end a contract")
		ask := func(name string, err error, r *dac.Request) {
			_, got := dacotel.Attempt(tracer, name, nas.Addr, func(ctx context.Context) (*dac.Response, error) {
				return nas.Client.Do(ctx, nas.Addr, r)
			})(ctx)
			require.ErrorIs(t, got, err)
		}
		end, err := dac.NewDisconnect(attrs.AcctSessionID.Of("4f2a"))
		require.NoError(t, err)
		change, err := dac.NewCoA(attrs.AcctSessionID.Of("4f2a"), attrs.FilterID.Of("gold"))
		require.NoError(t, err)
		_, err = dacotel.Attempt(tracer, "CoA", nas.Addr, func(ctx context.Context) (*dac.Response, error) {
			return nas.Client.CoA(ctx, nas.Addr, attrs.AcctSessionID.Of("4f2a"), attrs.FilterID.Of("gold"))
		})(ctx)
		require.Error(t, err)
		ask("Disconnect", nil, end)
		ask("CoA", errcause.SessionContextNotFound, change)
		nas.Drop(10)
		ask("Disconnect", dac.ErrNoAnswer, end)
		parent.End()

		var seen []string
		for _, s := range spans.Ended() {
			about := map[string]string{}
			for _, a := range s.Attributes() {
				about[string(a.Key)] = a.Value.String()
			}
			seen = append(seen, fmt.Sprintf("%s %s: %s %s%s", s.SpanKind(), s.Name(), about["dynauth.verdict"], about["error.type"], map[bool]string{true: " error"}[s.Status().Code == codes.Error]))
			switch s.SpanKind() {
			case trace.SpanKindServer:
				require.Equal(t, "aaa", about["dynauth.peer"])
				require.NotEmpty(t, about["network.peer.address"])
			case trace.SpanKindClient:
				require.Equal(t, nas.Addr.Addr().String(), about["network.peer.address"])
				require.Equal(t, parent.SpanContext().SpanID(), s.Parent().SpanID())
			}
			require.NotContains(t, fmt.Sprint(s.Attributes()), "4f2a", "whose session it is stays out")
		}
		require.Equal(t, []string{
			"server CoA: nak  error", "client CoA: nak  error",
			"server Disconnect: ack ", "client Disconnect: ack ",
			"server CoA: nak Session-Context-Not-Found", "client CoA: nak Session-Context-Not-Found error",
			"client Disconnect: none  error",
			"internal end a contract:  ",
		}, seen)
	})
}

func TestADiscardedRequestIsNoError(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
	h := dacotel.Handler(dac.HandlerFunc(func(context.Context, *dac.Request) (*dac.Response, error) { return nil, dac.ErrDiscard }), tracer)
	r, err := dac.NewDisconnect(attrs.AcctSessionID.Of("4f2a"))
	require.NoError(t, err)
	_, err = h.Handle(t.Context(), r)
	require.ErrorIs(t, err, dac.ErrDiscard)
	require.Equal(t, codes.Unset, spans.Ended()[0].Status().Code)
	require.Contains(t, fmt.Sprint(spans.Ended()[0].Attributes()), "none")
}

// An attribute that is not UTF-8 would keep the whole batch of spans from being exported.
func TestAttributesAreUTF8(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
	h := dacotel.Handler(dac.HandlerFunc(func(context.Context, *dac.Request) (*dac.Response, error) { return nil, errors.New("line \xff") }), tracer)
	r, err := dac.NewDisconnect(attrs.AcctSessionID.Of("4f2a"))
	require.NoError(t, err)
	r.Peer = "caf\xe9 \u00e9"
	_, err = h.Handle(t.Context(), r)
	require.Error(t, err)
	require.Contains(t, spans.Ended()[0].Attributes(), attribute.String("dynauth.peer", `caf\xe9 é`))
	require.True(t, utf8.ValidString(spans.Ended()[0].Status().Description), spans.Ended()[0].Status().Description)
}

// collected is what a reader gets, by name and kind.
func collected(t *testing.T, reader metric.Reader) map[string]int64 {
	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	found := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
				kind, _ := p.Attributes.Value("dynauth.kind")
				found[m.Name+" "+kind.AsString()] = p.Value
			}
		}
	}
	return found
}

func TestCountersOfBothHalves(t *testing.T) {
	reader := metric.NewManualReader()
	meter := metric.NewMeterProvider(metric.WithReader(reader)).Meter("test")
	nas := dactest.NewNAS(t, session.NewDispatcher(host{&session.Table[string]{}}))
	registration, err := dacotel.Observe(meter, nas.Server, nas.Client)
	require.NoError(t, err)
	_, err = nas.Client.Disconnect(t.Context(), nas.Addr, attrs.AcctSessionID.Of("4f2a"))
	require.ErrorIs(t, err, errcause.SessionContextNotFound)

	found := collected(t, reader)
	for _, name := range []string{"server.requests", "server.naks", "server.no_context_naks", "client.requests", "client.naks", "client.no_context_naks"} {
		require.EqualValues(t, 1, found["dynauth."+name+" disconnect"], name)
		require.Zero(t, found["dynauth."+name+" coa"], name)
	}
	// Two of each counter; the round trip of the latest answer alone is none.
	require.Len(t, found, 2*(reflect.TypeFor[dac.RequestCounters]().NumField()+reflect.TypeFor[dac.AnswerCounters]().NumField()-1))
	require.NoError(t, registration.Unregister())
	require.Empty(t, collected(t, reader))
}

func TestEitherHalfMayBeMissing(t *testing.T) {
	reader := metric.NewManualReader()
	meter := metric.NewMeterProvider(metric.WithReader(reader)).Meter("test")
	_, err := dacotel.Observe(meter, nil, &dac.Client{})
	require.NoError(t, err)
	require.Contains(t, collected(t, reader), "dynauth.client.pending coa")
	_, err = dacotel.Observe(meter, &dac.Server{}, nil)
	require.NoError(t, err)
	require.Contains(t, collected(t, reader), "dynauth.server.requests coa")
}

func Example() {
	spans := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("bng")
	handler := dacotel.Handler(session.NewDispatcher(host{&session.Table[string]{}}), tracer)

	r, err := dac.NewDisconnect(attrs.AcctSessionID.Of("4f2a"))
	if err != nil {
		fmt.Println(err)
	}
	_, _ = handler.Handle(context.Background(), r) // as a Server does
	for _, s := range spans.Ended() {
		fmt.Println(s.SpanKind(), s.Name(), s.Status().Code)
	}
	// Output:
	// server Disconnect Unset
}
