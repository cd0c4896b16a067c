// SPDX-License-Identifier: Apache-2.0

package session

import (
	"slices"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
)

// An Audit is what one request did. Of a request that was refused before Find (401 to 405, 506 of
// an Authorize Only), Sessions is 0 and Err names the attribute. Request.Peer and Request.Source
// say who asked, Request.Local where.
type Audit struct {
	Request  *dac.Request
	Sessions int // that the request selected, whether or not it acted on them
	// Authorization attributes of a CoA-Request as text, sensitive values hidden.
	Changes []string
	Cause   errcause.Cause // in the answer; 0: none
	// Nil: ACK. NAK 507, an Authorize Only that was started, is errcause.RequestInitiated;
	// dac.ErrDiscard: no answer.
	Err      error
	Duration time.Duration // of Handle: waiting for the session's turn counts
}

// Identification returns the attributes by which the request names the NAS and the sessions, as
// text, in their order. also are those that identify here beyond RFC 5176.
func (a Audit) Identification(also ...attrs.AnyKey) []string {
	if a.Request == nil || a.Request.Packet == nil {
		return nil
	}
	who, _ := attrs.Split(a.Request.Attributes(), also...)
	return slices.Collect(attrs.Format(who))
}
