// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"cmp"
	"strconv"

	"layeh.com/radius"
)

// A Role is what RFC 5176, sections 3 and 3.6, lets an attribute do.
type Role uint8

const (
	RoleUnknown Role = iota // neither the RFCs nor the host give it a part in these requests
	RoleNAS                 // names the NAS
	RoleSession             // names sessions
	// What is to change or to be done; State and Service-Type too, for which sections 3.2 and 3.3
	// have rules of their own.
	RoleAuthorization
	// Proxy-State, Message-Authenticator, Event-Timestamp, ...: never a reason for a NAK.
	RoleProtocol
	RoleVendor // the host decides: RFC 5176, section 3.6, note 7
)

// String returns "session", "Role(9)".
func (r Role) String() string {
	names := [...]string{"unknown", "NAS", "session", "authorization", "protocol", "vendor"}
	if int(r) < len(names) {
		return names[r]
	}
	return "Role(" + strconv.Itoa(int(r)) + ")"
}

// An Occurrence says how often an attribute may stand in a packet (RFC 5176, section 3.6).
type Occurrence uint8

const (
	Unspecified Occurrence = iota // the tables do not list it
	None                          // 0
	ZeroOrOne                     // 0-1
	ZeroOrMore                    // 0+
)

// String returns what the tables print: "0", "0-1", "0+", "-".
func (o Occurrence) String() string {
	names := [...]string{"-", "0", "0-1", "0+"}
	if int(o) < len(names) {
		return names[o]
	}
	return "Occurrence(" + strconv.Itoa(int(o)) + ")"
}

// In returns how often id may stand in a packet of code: 40 to 45, others are Unspecified. It
// follows the tables of RFC 5176 and of the documents after it, with what practice and the text of
// the RFC ask for where the printed table is at odds with them: Framed-IP-Address,
// Framed-Interface-Id and Framed-IPv6-Prefix may identify in a Disconnect-Request, NAS-Filter-Rule
// may be repeated, and a Disconnect-ACK may have an Error-Cause (201).
func (id ID) In(code radius.Code) Occurrence {
	n, ok := column(code)
	if !ok {
		return Unspecified
	}
	if id.Type == typeVendor {
		id = ID{Type: typeVendor}
	}
	return lookupRule(id).in[n]
}

// column is where a code stands in a rule.
func column(code radius.Code) (n int, ok bool) {
	switch code {
	case radius.CodeCoARequest, radius.CodeCoAACK, radius.CodeCoANAK:
		return int(code - radius.CodeCoARequest), true
	case radius.CodeDisconnectRequest, radius.CodeDisconnectACK, radius.CodeDisconnectNAK:
		return 3 + int(code-radius.CodeDisconnectRequest), true
	}
	return 0, false
}

// compare orders by number.
func (id ID) compare(other ID) int {
	return cmp.Or(cmp.Compare(id.Type, other.Type), cmp.Compare(id.Vendor, other.Vendor), cmp.Compare(id.Sub, other.Sub), cmp.Compare(id.Name, other.Name))
}
