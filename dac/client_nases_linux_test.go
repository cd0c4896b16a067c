// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package dac

// unbind has each answer leave by itself.
func unbind(conn packetIO) {
	if b, ok := conn.(*batchIO); ok {
		b.split = false
	}
}
