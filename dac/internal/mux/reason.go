// SPDX-License-Identifier: Apache-2.0

package mux

import "fmt"

// A Reason is why a connection ended, for counters and logs.
type Reason string

// The reasons.
const (
	ByUs   Reason = "closed here"
	ByPeer Reason = "closed by the other end"
	Lost   Reason = "lost" // a system error
	// What RFC 6613, section 2.6.4, closes a connection for: the next two.
	Malformed     Reason = "malformed packet"
	Authenticator Reason = "wrong authenticator"
	TokenReuse    Reason = "token used twice" // RFC 9765, section 4.2.2
	FrameTimeout  Reason = "packet not complete in time"
	WriteTimeout  Reason = "the other end does not read"
	NoWatchdog    Reason = "no answer to Status-Server" // RFC 3539, section 3.4.1
	Idle          Reason = "idle"
	Old           Reason = "old" // Options.MaxAge or MaxRecords
)

// An EndError says why a connection ended.
type EndError struct {
	Package string // Options.Package
	Reason  Reason
	Err     error // nil: nothing more is known
}

// Error says both.
func (e *EndError) Error() string {
	if e.Err == nil {
		return e.Package + ": connection ended: " + string(e.Reason)
	}
	return fmt.Sprintf("%s: connection ended: %s: %v", e.Package, e.Reason, e.Err)
}

// Unwrap returns Err.
func (e *EndError) Unwrap() error { return e.Err }
