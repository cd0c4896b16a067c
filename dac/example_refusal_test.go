// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"errors"
	"fmt"
	"os"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// How the caller reads a refusal, on whichever machine it was made.
func ExampleNAKError() {
	r, _ := dac.NewDisconnect(attrs.UserName.Of("bob"))
	nak, _ := r.NAK(errcause.SessionContextNotFound)
	err := nak.Err() // as Client.Disconnect returns it

	switch {
	case errors.Is(err, errcause.SessionContextNotFound):
		fmt.Println("already gone: what we wanted")
	case errors.Is(err, errcause.ResourcesUnavailable):
		fmt.Println("later")
	}
	var refusal *dac.NAKError
	if errors.As(err, &refusal) {
		fmt.Println(uint32(refusal.Cause), refusal.Cause.Description())
	}

	// How a handler says more than a cause: to the local log, and in the answer.
	err = &dac.NAKError{Cause: errcause.SessionContextNotRemovable, Err: os.ErrPermission}
	fmt.Println(err)
	// Output:
	// already gone: what we wanted
	// 503 The NAS has no session that fits the identification in the request.
	// dac: NAK: Session-Context-Not-Removable (504): permission denied
}

// How middleware reads what the Handler behind it returned, in whichever form.
func ExampleVerdict() {
	r, _ := dac.NewDisconnect(attrs.UserName.Of("bob"))
	fmt.Println(dac.Verdict(r.ACK()))
	fmt.Println(dac.Verdict(r.NAK(errcause.SessionContextNotFound)))
	fmt.Println(dac.Verdict(nil, fmt.Errorf("slot 3: %w", errcause.ResourcesUnavailable)))
	// Output:
	// <nil>
	// dac: Disconnect-NAK: Session-Context-Not-Found (503)
	// dac: NAK: slot 3: Resources-Unavailable (506)
}
