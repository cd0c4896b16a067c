// SPDX-License-Identifier: Apache-2.0

// Package dacprom shows the counters of package dac to Prometheus, with histograms of how long
// answers take. It is a module of its own, so that package dac needs no client library: import it
// from here, or copy it together with labels.go of examples/internal/metrics.
//
//	metrics := dacprom.NewServer(srv)           // after Peers and the rest are set
//	srv.Handler = metrics.Handler(srv.Handler)  // for the histogram; without it: counters alone
//	registry.MustRegister(metrics)
//
// and for the other half
//
//	metrics := dacprom.NewClient(client)
//	client.Trace = dac.Tee(client.Trace, metrics.Trace)
//	registry.MustRegister(metrics)
//
// # Series
//
// The counters of RFC 4673 and RFC 4672, and those that package dac has beside them, are
// dynauth_server_*_total and dynauth_client_*_total with a label kind, "disconnect" or "coa". The
// histograms are dynauth_server_handler_seconds, how long the Handler took, and
// dynauth_client_answer_seconds, from the first transmission of a request to its answer; their
// label verdict is "ack" or "nak".
//
// # Labels are bounded
//
// A server's label peer is the Name of the dac.Peer, and a client's label nas is the address:
// neither is anything that a packet says. The first 100 of each have series of their own; what
// comes later counts under "other", so that no forged address can fill a database, and
// the series of one counter add up to its total.
package dacprom
