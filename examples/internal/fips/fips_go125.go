// SPDX-License-Identifier: Apache-2.0

//go:build !go1.26

// Package fips lets MD5, without which there is no RADIUS, run where FIPS 140-3 is enforced.
package fips

// Outside runs f. Go 1.25 and older cannot leave FIPS 140-3 enforcement: there MD5 panics under
// GODEBUG=fips140=only, which needs Go 1.26.
func Outside(f func()) { f() }
