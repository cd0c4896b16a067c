// SPDX-License-Identifier: Apache-2.0

// Package threegpp has the attributes of 3GPP (vendor 10415) as Keys: what a GGSN or P-GW says of a
// subscriber and a bearer, and what names them in a request.
//
//	client.Disconnect(ctx, nas, threegpp.Context("262011234567890", 5))
//
// A NAS takes IMSI and NSAPI as identification where it names them:
//
//	session.Policy{Identifying: threegpp.Identifying()}
//
// Linking it in makes the names known to attrs.Parse and attrs.Format.
package threegpp

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
)

// Vendor is the vendor number of 3GPP.
const Vendor = 10415

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }

// Context names one PDP context: the subscriber, 6 to 15 digits, and the NSAPI, 0 to 15, which is
// sent as one hexadecimal digit.
func Context(imsi string, nsapi uint8) attrs.Attr {
	switch {
	case nsapi > 15:
		return attrs.Failed(errors.New("threegpp: an NSAPI is 0 to 15"))
	}
	return attrs.Join(IMSI.Of(imsi), NSAPI.Of(strings.ToUpper(strconv.FormatUint(uint64(nsapi), 16))))
}

// addresses approves 1 to 15 IPv6 addresses.
func addresses(b []byte) error {
	if len(b) == 0 || len(b)%16 != 0 || len(b) > 15*16 {
		return errors.New("not 1 to 15 IPv6 addresses of 16 octets")
	}
	return nil
}

// qosProfile approves a release, 98, 99, 05 or later, a dash, and the profile in hexadecimal
// digits.
func qosProfile(s string) error {
	release, profile, ok := strings.Cut(s, "-")
	if _, err := hex.DecodeString(profile); !ok || err != nil || profile == "" || len(release) != 2 || strings.Trim(release, "0123456789") != "" {
		return errors.New("not a release of two digits, a dash and hexadecimal digits")
	}
	return nil
}

// Identifying is what identifies sessions here beside the attributes of RFC 5176: for
// attrs.IdentityOf and the Policy of a Dispatcher. An IMSI alone is all contexts of a subscriber.
func Identifying() []attrs.AnyKey { return []attrs.AnyKey{IMSI, NSAPI} }
