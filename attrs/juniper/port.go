// SPDX-License-Identifier: Apache-2.0

package juniper

import (
	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// portBounce is the Juniper-AV-Pair that an EX switch takes for its order to bounce a port.
const portBounce = "Port-Bounce"

// BouncePort takes the port of an EX switch down and up again. The request names the host behind it
// by Calling-Station-Id.
func BouncePort() attrs.Attr { return AVPair.Of(portBounce) }

// BouncesPort reports whether a request asks for what BouncePort sends.
func BouncesPort(set radius.Attributes) (bool, error) {
	for v, err := range AVPair.All(set) {
		if err != nil || v == portBounce {
			return err == nil, err
		}
	}
	return false, nil
}
