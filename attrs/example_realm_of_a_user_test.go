// SPDX-License-Identifier: Apache-2.0

package attrs_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
)

// Which network is a user of?
func ExampleRealm() {
	fmt.Println(attrs.Realm("bob@Home.Example"))
	fmt.Println(attrs.Realm("bob"))
	fmt.Println(attrs.Realm("bob@home.example@evil.example"))
	// Output:
	// home.example true
	//  true
	//  false
}
