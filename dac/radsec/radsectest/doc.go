// SPDX-License-Identifier: Apache-2.0

// Package radsectest has certificates in memory, and a NAS over TLS, for the tests of programs that
// use package radsec.
package radsectest
