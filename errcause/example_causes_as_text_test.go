// SPDX-License-Identifier: Apache-2.0

package errcause_test

import (
	"encoding/json"
	"fmt"

	"github.com/radius-dynauth/dynauth/errcause"
)

func ExampleAll() {
	for c := range errcause.All() {
		if c.Retryable() {
			fmt.Println(c.Error())
		}
	}
	// Output:
	// Other-Proxy-Processing-Error (505)
	// Resources-Unavailable (506)
}

// An unregistered value keeps its number.
func ExampleCause_String() {
	fmt.Println(errcause.MissingAttribute.String())
	fmt.Println(errcause.Cause(599).String())
	// Output:
	// Missing-Attribute
	// Cause(599)
}

func ExampleCause_Error() {
	fmt.Println(errcause.MissingAttribute.Error())
	// Output: Missing-Attribute (402)
}

func ExampleCause_Description() {
	fmt.Println(errcause.NASIdentificationMismatch.Description())
	fmt.Println(errcause.Cause(599).Description())
	// Output:
	// The NAS identification in the request is not that of the NAS that received it.
	// The NAS or a proxy failed in a way that is not registered.
}

func ExampleCause_AppendText() {
	b, _ := errcause.InvalidRequest.AppendText([]byte("cause="))
	fmt.Println(string(b))
	// Output: cause=Invalid-Request
}

// In JSON a cause is its name.
func ExampleCause_MarshalText() {
	b, _ := json.Marshal(map[string]errcause.Cause{"cause": errcause.InvalidRequest})
	fmt.Println(string(b))
	// Output: {"cause":"Invalid-Request"}
}

// Names are IANA's or FreeRADIUS's, in any case; numbers do as well.
func ExampleCause_UnmarshalText() {
	for _, text := range []string{"session context not found", "Proxy-Processing-Error", "404", "Cause(599)"} {
		var c errcause.Cause
		if err := c.UnmarshalText([]byte(text)); err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(c.Error())
	}
	// Output:
	// Session-Context-Not-Found (503)
	// Other-Proxy-Processing-Error (505)
	// Invalid-Request (404)
	// Cause(599)
}
