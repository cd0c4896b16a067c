// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/serve"
)

// readerOf is a read loop of a Server whose datagrams come and go by io.
func readerOf(tb testing.TB, st *serve.Engine, io netio.Socket) *serve.Rig {
	return serve.NewRig(tb.Context(), st, io)
}
