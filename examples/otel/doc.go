// SPDX-License-Identifier: Apache-2.0

// Package dacotel gives OpenTelemetry what package dac sees: a span for each request of either
// half, and the counters as metrics. It is a module of its own, so that package dac needs no
// telemetry library: copy it, or import it from here.
//
//	srv.Handler = dacotel.Handler(srv.Handler, tracer) // a span around each request that is executed
//	registration, err := dacotel.Observe(meter, srv, client)
//
//	ask := dacotel.Attempt(tracer, nas, func(ctx context.Context) (*dac.Response, error) {
//		return client.Disconnect(ctx, nas, id.Attr())
//	})
//	_, err := ask(ctx) // a span below that of ctx
//
// RADIUS has no attribute for a trace context, so the spans of both ends are tied by address,
// identifier and time alone.
//
// # Spans
//
// They are called "Disconnect" and "CoA", of kind server and client. Their attributes are
// network.peer.address and network.peer.port, dynauth.peer, the Name of a server's dac.Peer,
// dynauth.verdict, "ack", "nak" or "none", error.type, the name of an Error-Cause, and for a client
// dynauth.transmissions. No attribute of a request is among them: whose session it is, is the
// business of an audit. A NAK is an error of the client's span and not of the server's, which did
// what it is for; a Handler that fails without an Error-Cause is an error there.
//
// # Metrics
//
// The counters of RFC 4673 and RFC 4672 in total, dynauth.server.requests and so on, have an
// attribute dynauth.kind, "disconnect" or "coa".
package dacotel
