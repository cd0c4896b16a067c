// SPDX-License-Identifier: Apache-2.0

package termcause_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/radius-dynauth/dynauth/termcause"
)

// The reason comes first, then what RADIUS is told.
func ExampleTable_Log() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{} // so that this output is always the same
		}
		return a
	}}))
	reasons := termcause.Junos()
	cause, _ := reasons.Log(context.Background(), log.With("session", "4f2a"), idle, 0)
	fmt.Println(cause)
	// Output:
	// level=INFO msg="session terminated" session=4f2a family=aaa reason=shutdown-idle-timeout
	// level=INFO msg="session terminate code" session=4f2a cause=Idle-Timeout value=4
	// Idle-Timeout
}
