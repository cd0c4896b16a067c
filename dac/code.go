// SPDX-License-Identifier: Apache-2.0

package dac

import "layeh.com/radius"

// codeName is the name of a packet code, with Protocol-Error (RFC 7930), which layeh.com/radius does not name.
func codeName(c radius.Code) string {
	if c == codeProtocolError {
		return "Protocol-Error"
	}
	return c.String()
}
