// SPDX-License-Identifier: Apache-2.0

//go:build go1.26

// Package fips lets MD5, without which there is no RADIUS, run where FIPS 140-3 is enforced.
package fips

import "crypto/fips140"

// Outside runs f outside of FIPS 140-3 enforcement, so that MD5 is computed under
// GODEBUG=fips140=only too.
func Outside(f func()) { fips140.WithoutEnforcement(f) }
