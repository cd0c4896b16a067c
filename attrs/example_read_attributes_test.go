// SPDX-License-Identifier: Apache-2.0

package attrs_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
)

func ExampleKey_Get() {
	request := packet(attrs.FilterID.Of("slow"), attrs.Raw(27, []byte{1, 2}))
	filter, err := attrs.FilterID.Get(request)
	fmt.Println(filter, err)
	_, err = attrs.IdleTimeout.Get(request)
	fmt.Println(errors.Is(err, errcause.MissingAttribute), err)
	_, err = attrs.SessionTimeout.Get(request)
	fmt.Println(errors.Is(err, errcause.InvalidRequest), err)
	// Output:
	// slow <nil>
	// true attrs: Idle-Timeout: Missing-Attribute (402)
	// true attrs: Session-Timeout: 2 octets, not 4: Invalid-Request (404)
}

func ExampleKey_Lookup() {
	_, ok, err := attrs.FilterID.Lookup(packet(attrs.UserName.Of("bob")))
	fmt.Println(ok, err)
	// Output: false <nil>
}

func ExampleKey_All() {
	for class, err := range attrs.Class.All(packet(attrs.Class.Of([]byte("a")), attrs.Class.Of([]byte("b")))) {
		fmt.Printf("%s %v\n", class, err)
	}
	// Output:
	// a <nil>
	// b <nil>
}

func ExampleScan() {
	var filter string
	timeout := 10 * time.Minute // stays where the request has none
	found, err := attrs.Scan(packet(attrs.FilterID.Of("slow")), attrs.FilterID.Into(&filter), attrs.SessionTimeout.Into(&timeout))
	fmt.Println(found, filter, timeout, err)
	// Output: 1 slow 10m0s <nil>
}
