// SPDX-License-Identifier: Apache-2.0

package session

import (
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// An Audit is what one request did. Request.Peer and Request.Source say who asked, Request.Local where.
type Audit struct {
	Request  *dac.Request
	Sessions int            // that the request selected, whether or not it acted on them
	Changes  []string       // authorization attributes of a CoA-Request as text, sensitive values hidden
	Cause    errcause.Cause // in the answer; 0: none
	Err      error          // nil: ACK. NAK 507, an Authorize Only that was started, is errcause.RequestInitiated; dac.ErrDiscard: no answer
	Duration time.Duration  // of Handle: waiting for the session's turn counts
}
