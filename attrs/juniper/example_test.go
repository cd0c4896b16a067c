// SPDX-License-Identifier: Apache-2.0

package juniper_test

import (
	"fmt"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
)

// How does a CoA-Request replace one service of a session by another?
func ExampleActivate() {
	a := attrs.Join(
		juniper.Deactivate("bronze"),
		juniper.Activate(1, "gold(10M,40M)", juniper.Timeout(5*time.Hour), juniper.Statistics(juniper.TimeAndVolume)))
	fmt.Println(a)
	// Output: ERX-Service-Deactivate = "bronze", ERX-Service-Activate:1 = "gold(10M,40M)", ERX-Service-Timeout:1 = 18000, ERX-Service-Statistics:1 = time-volume
}

// How does a NAS read the services that a CoA-Request is about?
func ExampleOrders() {
	set, err := attrs.Join(juniper.Activate(1, "gold(10M,40M)", juniper.Volume(500)), juniper.Deactivate("bronze")).AppendTo(nil)
	if err != nil {
		panic(err)
	}
	orders, err := juniper.Orders(set)
	if err != nil {
		panic(err) // of a NAS: the error, which is a NAK with its Error-Cause
	}
	for _, o := range juniper.DeactivationsFirst(orders) {
		fmt.Print(o.Op, " ", o.Service.Name, o.Service.Args)
		if o.Volume != nil {
			fmt.Print(", up to ", *o.Volume, " MB")
		}
		fmt.Println()
	}
	// Output:
	// deactivate bronze[]
	// activate gold[10M 40M], up to 500 MB
}
