// SPDX-License-Identifier: Apache-2.0

//go:build !go1.26

package authn

// outsideFIPS runs f. Go 1.25 and older cannot leave FIPS 140-3 enforcement: under
// GODEBUG=fips140=only, which needs Go 1.26, MD5 panics there. Without that setting, or with
// GODEBUG=fips140=on, it is computed.
func outsideFIPS(f func()) { f() }
