// SPDX-License-Identifier: Apache-2.0

package errcause

import (
	"iter"
	"math/bits"
	"strconv"
)

//go:generate go run golang.org/x/tools/cmd/stringer@v0.52.0 -type=Cause -linecomment
//go:generate sed -i -e "1i // SPDX-License-Identifier: Apache-2.0" -e "/^func (i Cause) String/i // String returns the name as RADIUS dictionaries spell it: \"Unsupported-Attribute\", \"Cause(599)\"." cause_string.go

// A Cause is the value of an Error-Cause attribute. It is an error and crosses the wire as itself.
// Causes are compared with == or [errors.Is].
//
// Cause(0) is no cause: Of does not report it, and no packet carries it. Every other number may
// arrive from a peer, whether this package has a name for it or not.
type Cause uint32

// Success (200 to 299): these belong in an ACK and never in a NAK.
const (
	ResidualSessionContextRemoved Cause = 201 // Residual-Session-Context-Removed
	InvalidEAPPacket              Cause = 202 // Invalid-EAP-Packet
)

// Fatal errors of the Dynamic Authorization Client (400 to 499): the request is at fault.
const (
	UnsupportedAttribute      Cause = 401 // Unsupported-Attribute
	MissingAttribute          Cause = 402 // Missing-Attribute
	NASIdentificationMismatch Cause = 403 // NAS-Identification-Mismatch
	InvalidRequest            Cause = 404 // Invalid-Request
	UnsupportedService        Cause = 405 // Unsupported-Service
	UnsupportedExtension      Cause = 406 // Unsupported-Extension
	InvalidAttributeValue     Cause = 407 // Invalid-Attribute-Value
)

// Fatal errors of the Dynamic Authorization Server, or of a proxy before it (500 to 599).
const (
	AdministrativelyProhibited          Cause = 501 // Administratively-Prohibited
	RequestNotRoutable                  Cause = 502 // Request-Not-Routable
	SessionContextNotFound              Cause = 503 // Session-Context-Not-Found
	SessionContextNotRemovable          Cause = 504 // Session-Context-Not-Removable
	OtherProxyProcessingError           Cause = 505 // Other-Proxy-Processing-Error
	ResourcesUnavailable                Cause = 506 // Resources-Unavailable
	RequestInitiated                    Cause = 507 // Request-Initiated
	MultipleSessionSelectionUnsupported Cause = 508 // Multiple-Session-Selection-Unsupported
	LocationInfoRequired                Cause = 509 // Location-Info-Required
)

// Fatal errors of a RADIUS server (600 to 699; RFC 7930). A RADIUS client's are 700 to 799, and
// none is registered.
const (
	ResponseTooBig Cause = 601 // Response-Too-Big
)

// All yields the registered causes in ascending order.
func All() iter.Seq[Cause] {
	return func(yield func(Cause) bool) {
		for _, r := range table {
			if !yield(r.cause) {
				return
			}
		}
	}
}

// Error returns the name and the number, as in "Session-Context-Not-Found (503)"; of an
// unregistered cause it returns String.
func (c Cause) Error() string {
	if _, ok := find(c); !ok {
		return c.String()
	}
	return c.String() + " (" + strconv.FormatUint(uint64(c), 10) + ")"
}

// Success reports whether c is in the class of success, 200 to 299. It is false for
// RequestInitiated, which is the wanted answer to an Authorize-Only request all the same.
func (c Cause) Success() bool { return classOf(c) == classSuccess }

// Retryable reports whether the same request, sent again later and unchanged, may succeed without
// anybody having mended anything: ResourcesUnavailable and OtherProxyProcessingError. RetryReason
// says why for each. It is false for an unregistered cause, of which nothing is known.
func (c Cause) Retryable() bool {
	r, _ := find(c)
	return r.retry
}

// RetryReason returns why Retryable is what it is, in one sentence for a log or a person.
func (c Cause) RetryReason() string {
	if r, ok := find(c); ok {
		return r.reason
	}
	return "The cause is not registered, so nothing is known of what would help."
}

// Description returns one sentence for a person on what c means; of an unregistered cause it names
// the class.
func (c Cause) Description() string {
	if r, ok := find(c); ok {
		return r.text
	}
	return classOf(c).description()
}

// Hint returns what the sender of the request may look at next, as words that follow a semicolon:
// "try again later, and look at ...". RFC 5176, section 3.5, says what causes mean, and NASes say
// some of them for more. Cause(0) stands for an answer without one.
func (c Cause) Hint() string {
	if r, ok := find(c); ok {
		return r.hint
	}
	if c == 0 {
		return "look at the log of the NAS, or of a proxy before it: the answer does not say why"
	}
	return "look for this number in the documentation of the NAS, or of a proxy before it, and at its log"
}

// AllowedIn reports whether a packet of that code may carry c: 41 (Disconnect-ACK), 42
// (Disconnect-NAK), 44 (CoA-ACK), 45 (CoA-NAK) or 52 (Protocol-Error). It is false for any other
// code.
//
// An unregistered cause is judged by its class, as RFC 5176, section 3.5, and RFC 7930 define it:
// 200 to 299 in an ACK alone, 400 to 799 in a NAK or a Protocol-Error, reserved and undefined
// values nowhere. It is a rule for those who send; a cause that arrives where it should not is to
// be tolerated. Who may send a cause is a further question: RequestNotRoutable is for proxies and
// never for a NAS.
func (c Cause) AllowedIn(code int) bool {
	p := packetOf(code)
	if r, ok := find(c); ok {
		return r.packets&p != 0
	}
	return classOf(c).packets()&p != 0
}

// Swapped returns the registered cause whose four octets c has in reverse order, as a peer sends it
// that copies an integer of a little-endian machine into the packet: 0x96010000 for
// UnsupportedExtension. It returns false when c is itself registered or reads as nothing registered
// either way.
func Swapped(c Cause) (Cause, bool) {
	if _, ok := find(c); ok {
		return 0, false
	}
	s := Cause(bits.ReverseBytes32(uint32(c)))
	if _, ok := find(s); !ok {
		return 0, false
	}
	return s, true
}
