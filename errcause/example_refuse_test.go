// SPDX-License-Identifier: Apache-2.0

package errcause_test

import (
	"errors"
	"fmt"

	"github.com/radius-dynauth/dynauth/errcause"
)

// A NAS refuses with a cause that it may wrap, and whoever asked finds the cause again.
func Example() {
	disconnect := func(user string) error {
		return fmt.Errorf("subscriber %s: %w", user, errcause.SessionContextNotFound)
	}

	err := disconnect("bob")
	fmt.Println(err)
	fmt.Println("already gone:", errors.Is(err, errcause.SessionContextNotFound))
	// Output:
	// subscriber bob: Session-Context-Not-Found (503)
	// already gone: true
}

// Of finds whichever cause is in an error, past a Cause(0) that says nothing.
func ExampleOf() {
	err := errors.Join(errcause.Cause(0), fmt.Errorf("pool: %w", errcause.ResourcesUnavailable))

	cause, ok := errcause.Of(err)
	fmt.Println(cause, ok)
	_, ok = errcause.Of(errors.New("disk full"))
	fmt.Println(ok)
	// Output:
	// Resources-Unavailable (506) true
	// false
}

func ExampleCause_AllowedIn() {
	const disconnectNAK, coaNAK = 42, 45
	fmt.Println(errcause.SessionContextNotRemovable.AllowedIn(disconnectNAK))
	fmt.Println(errcause.SessionContextNotRemovable.AllowedIn(coaNAK))
	// Output:
	// true
	// false
}
