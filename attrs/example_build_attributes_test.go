// SPDX-License-Identifier: Apache-2.0

package attrs_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// packet stands for the attributes of a request.
func packet(a ...attrs.Attr) radius.Attributes {
	set, err := attrs.Join(a...).AppendTo(nil)
	if err != nil {
		panic(err)
	}
	return set
}

func ExampleKey_Of() {
	fmt.Println(attrs.SessionTimeout.Of(time.Hour))
	fmt.Println(attrs.TunnelPrivateGroupID.Of(attrs.Tag(1, "42")))
	fmt.Println(attrs.UserName.Of("").Err())
	// Output:
	// Session-Timeout = 3600
	// Tunnel-Private-Group-Id:1 = "42"
	// attrs: User-Name: empty value
}

func ExampleJoin() {
	tunnel := attrs.Join(
		attrs.TunnelType.Of(attrs.Tag(1, uint32(13))),
		attrs.TunnelMediumType.Of(attrs.Tag(1, uint32(6))),
		attrs.TunnelPrivateGroupID.Of(attrs.Tag(1, "42")))
	fmt.Println(tunnel)
	// Output: Tunnel-Type:1 = VLAN, Tunnel-Medium-Type:1 = IEEE-802, Tunnel-Private-Group-Id:1 = "42"
}

func ExampleFailed() {
	service := func(name string) attrs.Attr {
		if strings.Contains(name, "(") {
			return attrs.Failed(errors.New("example: a service has no arguments here"))
		}
		return attrs.FilterID.Of(name)
	}
	fmt.Println(service("gold"))
	fmt.Println(service("gold(1)").Err())
	// Output:
	// Filter-Id = "gold"
	// example: a service has no arguments here
}
