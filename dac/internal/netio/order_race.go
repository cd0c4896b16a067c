// SPDX-License-Identifier: Apache-2.0

//go:build race

package netio

import "sync/atomic"

// ordered stands for all networks: what a packet brings comes after what was done before it was
// sent. The race detector knows that of files and of TCP but not of datagrams, and would report
// as a race what a handler writes and a test reads once it has the answer.
var ordered atomic.Uint64

// beforeWrite is called before a datagram is written.
func beforeWrite() { ordered.Add(1) }

// afterRead is called after a datagram was read.
func afterRead() { ordered.Load() }
