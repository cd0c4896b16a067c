// SPDX-License-Identifier: Apache-2.0

package accounting_test

import (
	"context"
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs/accounting"
	"github.com/radius-dynauth/dynauth/termcause"
)

// How does a host name the links of a bundle?
func ExampleBundles() {
	var bundles accounting.Bundles[string]
	first, _ := bundles.Join("bob/ep-1", "4f2a")
	second, _ := bundles.Join("bob/ep-1", "4f2b")
	fmt.Println(first, second)
	bundles.Leave("bob/ep-1", "4f2a")
	fmt.Println(bundles.ID("bob/ep-1"))
	// Output:
	// 4f2a 4f2a
	// 4f2a
}

// How does a host log why a session ended?
func ExampleStop_Log() {
	stop := accounting.Stop{Reason: termcause.Reason{Family: "aaa", Name: "shutdown-idle-timeout"}, Table: termcause.Junos()}
	fmt.Println(stop.Log(context.Background(), nil))
	// Output: Idle-Timeout
}
