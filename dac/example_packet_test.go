// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"errors"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// How a request is built, and signed by hand where no Client sends it.
func ExampleNewDisconnect() {
	r, err := dac.NewDisconnect(attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("4f2a"))
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := r.AppendSigned(nil, 7, "s3cret")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(b), "octets, code", b[0], "and identifier", b[1])

	// What cannot be encoded is told here, all of it, and never left out in silence.
	_, err = dac.NewDisconnect(attrs.UserName.Of(""), attrs.AcctSessionID.Of("4f2a"))
	fmt.Println(err)
	// Output:
	// 49 octets, code 40 and identifier 7
	// attrs: User-Name: empty value
}

// What a tool does that has a datagram and a secret, or two of them while the secret changes.
func ExampleParseRequest() {
	sent, _ := dac.NewCoA(attrs.AcctSessionID.Of("4f2a"), attrs.FilterID.Of("gold"))
	datagram, _ := sent.AppendSigned(nil, 7, "new s3cret")

	r, err := dac.ParseRequest(datagram, "new s3cret", "old s3cret")
	if err != nil {
		fmt.Println(err)
		return
	}
	filter, _ := attrs.FilterID.Get(r.Attributes())
	fmt.Println("Disconnect:", r.Disconnect(), "Filter-Id:", filter)

	// Without the secret there is no request: nothing unverified can be reached.
	_, err = dac.ParseRequest(datagram, "another s3cret")
	fmt.Println(err, errors.Is(err, dac.ErrAuthenticator))
	// Output:
	// Disconnect: false Filter-Id: gold
	// dac: verify: dac: wrong authenticator true
}

// How an answer is signed and verified by hand.
func ExampleParseResponse() {
	r, _ := dac.NewDisconnect(attrs.UserName.Of("bob"))
	request, _ := r.AppendSigned(nil, 7, "s3cret")

	// The NAS:
	received, _ := dac.ParseRequest(request, "s3cret")
	nak, _ := received.NAK(errcause.SessionContextNotFound)
	answer, _ := nak.AppendSigned(nil, received, "s3cret")

	// Who asked:
	resp, err := dac.ParseResponse(answer, request, "s3cret")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.ACK(), resp.Cause())
	fmt.Println(resp.Err())
	// Output:
	// false Session-Context-Not-Found (503)
	// dac: Disconnect-NAK: Session-Context-Not-Found (503)
}
