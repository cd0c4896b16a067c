// SPDX-License-Identifier: Apache-2.0

package nokia_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/nokia"
)

// How are all hosts of a subscriber given another profile?
func Example() {
	fmt.Println(attrs.Join(nokia.SubscIDStr.Of("sub-7"), nokia.SLAProfStr.Of("gold")))
	// Output: Alc-Subsc-ID-Str = "sub-7", Alc-SLA-Prof-Str = "gold"
}
