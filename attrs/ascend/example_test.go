// SPDX-License-Identifier: Apache-2.0

package ascend_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs/ascend"
)

// How is a session limited to an hour?
func Example() {
	fmt.Println(ascend.MaximumTime.Of(3600))
	// Output: Ascend-Maximum-Time = 3600
}
