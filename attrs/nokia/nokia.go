// SPDX-License-Identifier: Apache-2.0

// Package nokia has the attributes of Nokia's service routers (vendor 6527, once Alcatel-Lucent and
// Timetra) as Keys.
//
//	client.CoA(ctx, nas, nokia.SubscIDStr.Of("sub-7"), nokia.SLAProfStr.Of("gold"))
//
// Linking it in makes the names known to attrs.Parse and attrs.Format, and the hidden ones of
// lawful intercept to the signer.
//
// # Identification
//
// SR OS ranks identification: NAS-Port-Id with one address or prefix; Acct-Session-Id in its number
// format; BRGID; SubscIDStr; ServID or ServName with Framed-IP-Address; User-Name, alone or with an
// address. Of two of them the higher one picks the host and the lower one must agree, else
// 503. A host in a retail service needs RetailServID too. More than 32 hosts are 501.
package nokia

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
)

// Vendor is the vendor number of Nokia's service routers.
const Vendor = 6527

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }

// What a CoA-Request names hosts by, newer than the dictionaries.
var (
	BRGID    = attrs.Text.Key(id(225), "Alc-BRG-Id")
	ServName = attrs.Text.Key(attrs.ID{Type: 241, Vendor: Vendor, Sub: 88}, "Alc-Serv-Name")
)

// Services by script, newer than the dictionaries; those with the same tag are about one.
var (
	SubServActivate     = attrs.TaggedText.Key(id(151), "Alc-Sub-Serv-Activate")
	SubServDeactivate   = attrs.TaggedText.Key(id(152), "Alc-Sub-Serv-Deactivate")
	DynServSAPID        = attrs.TaggedText.Key(id(164), "Alc-Dyn-Serv-SAP-Id")
	DynServScriptParams = attrs.TaggedText.Key(id(165), "Alc-Dyn-Serv-Script-Params") // goes on in the next one with the tag
	DynServScriptAction = attrs.TaggedInteger.Key(id(166), "Alc-Dyn-Serv-Script-Action").Named(attrs.Names(1, "setup", "modify", "teardown")...)
)

// Identifying is what identifies sessions here beside the attributes of RFC 5176: for
// attrs.IdentityOf and the Policy of a Dispatcher.
func Identifying() []attrs.AnyKey {
	return []attrs.AnyKey{BRGID, SubscIDStr, ServID, ServName, RetailServID, IPv6Address, attrs.DelegatedIPv6Prefix}
}

// between approves the values of an enumeration. Its error does not repeat them.
func between(least, most uint32) func(uint32) error {
	return func(v uint32) error {
		if v < least || v > most {
			return fmt.Errorf("not %d to %d", least, most)
		}
		return nil
	}
}
