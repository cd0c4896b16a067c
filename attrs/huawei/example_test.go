// SPDX-License-Identifier: Apache-2.0

package huawei_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/huawei"
)

// How is a session given another profile?
func Example() {
	fmt.Println(attrs.Join(huawei.QoSProfileName.Of("gold")))
	// Output: Huawei-Qos-Profile-Name = "gold"
}
