// SPDX-License-Identifier: Apache-2.0

package errcause_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/errcause"
)

// RequestInitiated is what an Authorize-Only request wants to hear, yet its number is one of
// failure.
func ExampleCause_Success() {
	fmt.Println(errcause.ResidualSessionContextRemoved.Success())
	fmt.Println(errcause.RequestInitiated.Success())
	// Output:
	// true
	// false
}

func ExampleCause_Retryable() {
	for _, c := range []errcause.Cause{errcause.ResourcesUnavailable, errcause.AdministrativelyProhibited} {
		fmt.Println(c, c.Retryable())
	}
	// Output:
	// Resources-Unavailable (506) true
	// Administratively-Prohibited (501) false
}

func ExampleCause_RetryReason() {
	fmt.Println(errcause.MultipleSessionSelectionUnsupported.RetryReason())
	// Output: The identification must be narrowed to one session first.
}

func ExampleCause_Hint() {
	for c := range errcause.All() {
		fmt.Printf("%d: %s\n", uint32(c), c.Hint())
	}
	fmt.Println("none:", errcause.Cause(0).Hint())
	fmt.Println("599:", errcause.Cause(599).Hint())
	// Output:
	// 201: it says success, so look at whether the session is still there
	// 202: it belongs in no answer to such a request, so look at what answers there
	// 401: leave out what this NAS does not take: look at vendors' attributes first, then at identification
	// 402: look at which identification this NAS wants, mostly the session's Acct-Session-Id and its own address, and at what the change needs beside it
	// 403: look at NAS-IP-Address, NAS-IPv6-Address and NAS-Identifier in the request: they name another NAS than the one that it went to
	// 404: look at attributes that are empty, badly formatted, there twice or not allowed together
	// 405: look at Service-Type and at whether this NAS takes Authorize Only, or at attributes that do not belong there
	// 406: look at whether the NAS has such requests switched on, and at its address and port where a proxy passes them on
	// 407: look at the values, those of the identification too: some NASes say it where only some of that fits the session
	// 501: look at whether the NAS permits such requests: from this client, for this session or so many, in its present state
	// 502: look at the routes of the proxy that answered: it has none to this NAS
	// 503: the session has ended, is on another NAS or is named otherwise there: look at its latest Accounting-Request
	// 504: look at what holds the session: another part of the NAS, or another NAS at the end of its tunnel, may have to end it
	// 505: try again later, and look at the log of the proxy that answered
	// 506: try again later, with fewer at a time, and look at the NAS's memory and load where it stays
	// 507: nothing has changed yet: the NAS asks for authorization anew, which is success of Authorize Only alone, so look at Service-Type
	// 508: identify the session by what it alone has, such as Acct-Session-Id
	// 509: it belongs in an Access-Reject, so look at what answers there
	// 601: look at how large the request is, and at what the one that answered can process
	// none: look at the log of the NAS, or of a proxy before it: the answer does not say why
	// 599: look for this number in the documentation of the NAS, or of a proxy before it, and at its log
}

// A proxy on a little-endian machine forgot the order of octets.
func ExampleSwapped() {
	received := errcause.Cause(0x96010000)
	if c, ok := errcause.Swapped(received); ok {
		fmt.Println(received, "is", c.Error(), "with its octets swapped")
	}
	// Output: Cause(2516647936) is Unsupported-Extension (406) with its octets swapped
}
