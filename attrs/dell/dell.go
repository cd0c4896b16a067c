// SPDX-License-Identifier: Apache-2.0

// Package dell has the attributes of Dell's switches as Keys: Force10 (vendor 6027, OS9) and Dell
// EMC (vendor 674), and what a person wants to do with a session on OS9 as functions:
//
//	client.CoA(ctx, nas, attrs.NASPort.Of(7), dell.BounceHostPort())
//
// A NAS reads them back, from either of the two attributes that OS9 takes, Force10-AVPair and
// Cisco-AVPair:
//
//	command, ok, err := dell.CommandOf(change.Attributes)
//
// Linking it in makes the names known to attrs.Parse and attrs.Format, those of package cisco too.
//
// # Identification
//
// OS9 asks for NAS-Port in a request that bounces or disables a port, and for NAS-Port or
// Calling-Station-Id in one that reauthenticates or terminates; a Disconnect-Request for a user of
// the switch itself needs User-Name. What is missing is 402.
package dell

import (
	"fmt"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/cisco"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// Vendor numbers.
const (
	VendorForce10 = 6027
	VendorDellEMC = 674
)

// The attributes.
var (
	Force10AVPair = attrs.Text.Key(attrs.VendorID(VendorForce10, 1), "Force10-AVPair")
	AVPair        = attrs.Text.Key(attrs.VendorID(VendorDellEMC, 1), "DellEMC-AVpair")
	GroupName     = attrs.Text.Key(attrs.VendorID(VendorDellEMC, 2), "DellEMC-Group-Name")
)

// A Command is what is done to a session or its port: the value behind cmd=.
type Command string

// What is done to a session or its port.
const (
	CommandReauthenticate   Command = "re-authenticate"
	CommandBounceHostPort   Command = "bounce-host-port"
	CommandDisableHostPort  Command = "disable-host-port"
	CommandTerminateSession Command = "terminate-session"
	CommandDisconnectUser   Command = "disconnect-user"
)

// Reauthenticate authenticates the host of a session again.
func Reauthenticate() attrs.Attr { return command(CommandReauthenticate) }

// BounceHostPort takes a port down and up again.
func BounceHostPort() attrs.Attr { return command(CommandBounceHostPort) }

// DisableHostPort takes a port down.
func DisableHostPort() attrs.Attr { return command(CommandDisableHostPort) }

// TerminateSession ends a session of 802.1X or MAC authentication.
func TerminateSession() attrs.Attr { return command(CommandTerminateSession) }

// DisconnectUser ends the login of a user of the switch itself.
func DisconnectUser() attrs.Attr { return command(CommandDisconnectUser) }

// commandPair precedes a Command.
const commandPair = "cmd="

func command(c Command) attrs.Attr { return Force10AVPair.Of(commandPair + string(c)) }

// CommandOf reads what a request asks for; ok false: nothing. Two different ones wrap
// errcause.InvalidRequest, and one that is not known errcause.InvalidAttributeValue.
func CommandOf(set radius.Attributes) (c Command, ok bool, err error) {
	for _, key := range []attrs.Key[string]{Force10AVPair, cisco.AVPair} {
		for text, err := range key.All(set) {
			if err != nil {
				return "", false, err
			}
			value, isCommand := strings.CutPrefix(text, commandPair)
			switch next := Command(value); {
			case !isCommand:
			case !next.known():
				return "", false, fmt.Errorf("dell: %v: unknown command: %w", key, errcause.InvalidAttributeValue)
			case ok && next != c:
				return "", false, fmt.Errorf("dell: %v: two commands: %w", key, errcause.InvalidRequest)
			default:
				c, ok = next, true
			}
		}
	}
	return c, ok, nil
}

func (c Command) known() bool {
	switch c {
	case CommandReauthenticate, CommandBounceHostPort, CommandDisableHostPort, CommandTerminateSession, CommandDisconnectUser:
		return true
	}
	return false
}
