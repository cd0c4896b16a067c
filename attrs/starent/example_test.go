// SPDX-License-Identifier: Apache-2.0

package starent_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/starent"
)

// How is the rulebase of a session changed?
func Example() {
	fmt.Println(attrs.Join(starent.Rulebase.Of("gold")))
	// Output: SN-Rulebase = "gold"
}
