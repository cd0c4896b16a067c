// SPDX-License-Identifier: Apache-2.0

//go:build race

package dac

// raced says that the race detector is on: it has pools lose things at random, so allocations
// cannot be counted.
const raced = true
