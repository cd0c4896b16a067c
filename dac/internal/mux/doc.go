// SPDX-License-Identifier: Apache-2.0

// Package mux carries both ways of RADIUS over one authenticated connection: requests and answers
// of either end, told apart by Code and identifier. It begins after the handshake and knows no TLS;
// package radsec gives it a *tls.Conn, and a package for DTLS a connection whose Read is one
// packet.
//
// One goroutine reads a Conn. It cuts the octets into packets (frame.go), looks at Code and
// identifier (demux.go) and puts each packet into the queue of the View that it belongs to
// (receive_queue.go). It never waits for a handler, and for a full queue 100 ms at most. Packets
// that leave are gathered (send_queue.go) and written as one record each; a Buffer below TLS makes
// one system call of many records (buffer.go). A sender writes by itself where no write is under
// way. One timer looks after silence, age and idleness (watchdog.go).
//
// What belongs to whom:
//
//	40, 43                            the View of a Server (Conn.Requests), or Options.Unexpected
//	12                                answered here
//	1, 4                              Options.Handler
//	2, 3, 5, 11, 41, 42, 44, 45, 52   who holds the identifier: a View of a Client,
//	                                  an Exchange, or the watchdog
//	others                            dropped and counted (RFC 6613, section 2.6.4)
//
// Octets of RADIUS/1.0 are verified by who gets them, since a Server and a Client hash many at
// once; they call Break where one does not verify. Here are verified Status-Servers, what goes to
// the Handler, and answers to an Exchange.
//
// A View that has no room holds up the reader for 100 ms once, and not again until it has read. A
// Disconnect- or CoA-Request that finds no room is NAK 506, an answer is dropped and counted.
//
// # Locks
//
// The locks of a View and of the watchdog are above those of the pool of identifiers and of the
// send queue; all others are leaves. None is held while a host's code runs or a holder of an
// identifier is told of the end, and none but that of the Buffer, which keeps the order, while
// octets are written.
//
// # What must never happen
//
// A packet goes to no View but that which has its identifier. After what does not verify, or cannot
// be cut, nothing of that connection is believed, and it ends (RFC 6613, section 2.6.4). No octets
// are written behind a write that failed. The reader of the connection waits for no write: two ends
// that did so could wait for each other for ever. Nothing is sent twice.
//
// The package stands above package dac, which does not import it. Packages radsec and dtls call it.
package mux
