// SPDX-License-Identifier: Apache-2.0

package redback_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/redback"
)

// How does a NAS read the services that a CoA-Request is about?
func ExampleOrders() {
	set, err := attrs.Join(redback.Deactivate(2, "slow"), redback.Activate(1, "gold", redback.Accounted, "rate=10m")).AppendTo(nil)
	if err != nil {
		panic(err)
	}
	orders, err := redback.Orders(set)
	if err != nil {
		panic(err) // of a NAS: the error, which is a NAK with its Error-Cause
	}
	for _, o := range orders {
		fmt.Println(o.Tag, o.Service, o.Action != redback.End, o.Parameters)
	}
	// Output:
	// 2 slow false []
	// 1 gold true [rate=10m]
}
