// SPDX-License-Identifier: Apache-2.0

//go:build !(linux && (amd64 || arm64))

package netio

import (
	"context"
	"net"
)

// Alongside returns nil: elsewhere what comes in is not shared out among sockets at one address.
func Alongside(context.Context, string, net.PacketConn, int) []net.PacketConn { return nil }
