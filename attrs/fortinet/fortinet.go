// SPDX-License-Identifier: Apache-2.0

// Package fortinet has the attributes of Fortinet (vendor 12356) as Keys, and what a person wants
// to do with a port of a FortiSwitch as functions:
//
//	client.CoA(ctx, nas, attrs.UserName.Of(user), attrs.CallingStationID.Of(mac), fortinet.BouncePort())
//
// A NAS reads them back:
//
//	action, ok, err := fortinet.ActionOf(change.Attributes)
//
// Linking it in makes the names known to attrs.Parse and attrs.Format.
//
// A FortiSwitch answers on interfaces that allow radius-acct. A Disconnect-Request ends one session
// there and leaves the port up.
package fortinet

import (
	"fmt"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// Vendor is the vendor number of Fortinet.
const Vendor = 12356

func id(n uint32) attrs.ID { return attrs.VendorID(Vendor, n) }

// An Action is what is done to the port of a host: the value behind action= in
// Fortinet-Host-Port-AVPair.
type Action string

// What is done to a port.
const (
	ActionBouncePort  Action = "bounce-port" // down for ten seconds and up again
	ActionDisablePort Action = "disable-port"
	ActionReauthPort  Action = "reauth-port"
)

// BouncePort takes the port of a host down for ten seconds and up again.
func BouncePort() attrs.Attr { return action(ActionBouncePort) }

// DisablePort takes the port of a host down.
func DisablePort() attrs.Attr { return action(ActionDisablePort) }

// Reauthenticate authenticates the hosts of a port again.
func Reauthenticate() attrs.Attr { return action(ActionReauthPort) }

// actionPair precedes an Action.
const actionPair = "action="

func action(a Action) attrs.Attr { return HostPortAVPair.Of(actionPair + string(a)) }

// ActionOf reads what a request asks to do with a port; ok false: nothing. Two different ones wrap
// errcause.InvalidRequest, and one that is not known errcause.InvalidAttributeValue.
func ActionOf(set radius.Attributes) (a Action, ok bool, err error) {
	for text, err := range HostPortAVPair.All(set) {
		if err != nil {
			return "", false, err
		}
		value, isAction := strings.CutPrefix(text, actionPair)
		switch next := Action(value); {
		case !isAction:
		case next != ActionBouncePort && next != ActionDisablePort && next != ActionReauthPort:
			return "", false, fmt.Errorf("fortinet: %v: unknown action: %w", HostPortAVPair, errcause.InvalidAttributeValue)
		case ok && next != a:
			return "", false, fmt.Errorf("fortinet: %v: two actions: %w", HostPortAVPair, errcause.InvalidRequest)
		default:
			a, ok = next, true
		}
	}
	return a, ok, nil
}
