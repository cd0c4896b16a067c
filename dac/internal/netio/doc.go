// SPDX-License-Identifier: Apache-2.0

// Package netio reads and writes datagrams: by batches where the platform can, one at a time
// elsewhere and over connections that a host opened itself. A Socket is unconnected and has many
// other sides, as a server's; a Link is connected and has one, as a client's. A Stream is a Socket
// on one connection of a transport. The read loop of package serve owns a Socket, a conn of package
// exchange owns a Link, and each alone reads from it; writes come from any goroutine.
//
// It knows addresses and octets. It knows no packet, no secret, no event and no cause: what a
// caller wants to find again with a datagram travels as an opaque Tag. It logs nothing, and keeps
// no datagram beyond the call, or beyond the next Read; a Stream alone keeps what is written, for a
// goroutine that sends it.
//
// On Linux (amd64, arm64) one system call moves up to MaxBatch datagrams (mmsg_linux.go), and equal
// ones to one destination leave as segments (UDP_SEGMENT) once a socket is busy (segment_linux.go).
// Both are tried when a socket is opened, so that an older kernel or a sandbox gets one datagram a
// call.
//
// What must never happen: a datagram that is sent twice or left out where a batch fails half way;
// an error of one that is told of another; memory that the kernel still writes to or reads from,
// given to the next user of a pool; an answer that leaves from another address than the one asked.
package netio
