// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"layeh.com/radius"
)

// A Change is a CoA-Request that has passed the Dispatcher. The first group of fields is read-only;
// the second is the host's to set until its method returns.
type Change struct {
	// The authorization attributes alone, all of them Supported and well formed; none only for
	// Reauthorize.
	Attributes radius.Attributes
	// Goes into the Access-Request of Reauthorize, or of a Termination-Action; nil: none came.
	State   []byte
	Request *dac.Request

	Reply []attrs.Attr // more attributes of the answer, ACK or NAK
	// Called once the ACK or the NAK 507 is out: the Access-Request that follows; not called for
	// another NAK. nil: nothing.
	After func(ctx context.Context)

	read *reading
}

// Identity returns what selected the sessions. Each call reads it from Request, unless ChangeOf
// made c: then it is as given. slog.Any("session", c.Identity()) logs it.
func (c *Change) Identity() attrs.Identity { return c.read.identity(c.Request) }

// NAS returns how the request names the NAS; each call reads it from Request.
func (c *Change) NAS() attrs.NAS { return c.read.nas(c.Request) }

// ChangeOf makes the Change of r, which changes set and of which id has selected the sessions, for
// tests of a Handler.
func ChangeOf(r *dac.Request, id attrs.Identity, set radius.Attributes) *Change {
	return &Change{Attributes: set, Request: r, read: &reading{selected: &id}}
}

// AccessRequest returns the attributes of the Access-Request that a host sends from After, once NAK
// 507 is out (RFC 5176, section 3.2): the NAS and session identification of the request, all of
// which an Access-Request may carry, Service-Type Authorize-Only, and State unchanged. It must be
// sent with a Message-Authenticator, best as the first attribute: without a password it is
// otherwise open to forgery. Where the request does not name the NAS, the host adds its
// NAS-IP-Address, NAS-IPv6-Address or NAS-Identifier (RFC 2865, section 4.1).
func (c *Change) AccessRequest() radius.Attributes {
	var set radius.Attributes
	for _, a := range []attrs.Attr{c.NAS().Attr(), c.Identity().Attr(), authorizeOnlyAttr, attrs.State.Of(c.State)} {
		// What came in a request can be sent in one; a Change that a host made itself may lack
		// State.
		if with, err := a.AppendTo(set); err == nil {
			set = with
		}
	}
	return set
}
