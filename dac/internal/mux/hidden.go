// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"bytes"
	"crypto/md5"
	"crypto/rand"
	"fmt"
	"slices"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"layeh.com/radius"
)

// To the host's code a packet is always one of RADIUS/1.0: its hidden values are hidden under the
// secret and the Request Authenticator, as what reads and writes them in layeh.com/radius wants it.
// On a connection of RADIUS/1.1 they stand in clear (RFC 9765, section 5.1), and are hidden and
// revealed here. That is the only MD5 of such a connection.

// randomField makes a Request Authenticator for a packet of RADIUS/1.1, which has none.
func randomField() (f authn.Field) {
	rand.Read(f[:])
	return f
}

// hide hides what is in clear in a packet that came.
func (c *codec) hide(set radius.Attributes, f authn.Field) (radius.Attributes, error) {
	return attrs.MapEncrypted(set, func(how attrs.Hiding, value []byte) ([]byte, error) {
		switch how {
		case attrs.SaltHidden:
			return authn.HideUnder(value, f, c.key)
		case attrs.PasswordHidden:
			if len(value) == 0 {
				value = make([]byte, md5.Size) // an empty password is a block of NULs
			}
			return authn.HidePasswordUnder(value, f, c.key)
		}
		return nil, fmt.Errorf("%w: a value that is hidden by %v", packet.ErrMalformed, how)
	})
}

// reveal puts what the host has hidden back into clear.
func (c *codec) reveal(set radius.Attributes, f authn.Field) (radius.Attributes, error) {
	return attrs.MapEncrypted(set, func(how attrs.Hiding, value []byte) ([]byte, error) {
		switch how {
		case attrs.SaltHidden:
			return authn.RevealUnder(value, f, c.key)
		case attrs.PasswordHidden:
			clear, err := authn.RevealPasswordUnder(value, f, c.key)
			return bytes.TrimRight(clear, "\x00"), err
		}
		return nil, fmt.Errorf("%w: a value that is hidden by %v", packet.ErrMalformed, how)
	})
}

// parse makes a packet for the host of octets, which it keeps.
func (c *codec) parse(octets []byte) *radius.Packet {
	p := new(radius.Packet)
	packet.Parse(p, octets, nil, nil)
	p.Secret = []byte(c.key)
	return p
}

// convert makes a packet of RADIUS/1.1 that came one of 1.0 with the Request Authenticator f,
// without what means nothing there.
func (c *codec) convert(p *radius.Packet, f authn.Field) (err error) {
	p.Identifier, p.Authenticator = 0, f
	p.Attributes = slices.DeleteFunc(p.Attributes, func(a *radius.AVP) bool {
		original := a.Type == typeExtended1 && len(a.Attribute) > 0 && a.Attribute[0] == 4
		return a.Type == packet.TypeMessageAuthenticator || a.Type == typeMAC || a.Type == typeMAC-1 || original
	})
	p.Attributes, err = c.hide(p.Attributes, f)
	return err
}
