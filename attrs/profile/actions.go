// SPDX-License-Identifier: Apache-2.0

package profile

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/accel"
	"github.com/radius-dynauth/dynauth/attrs/arista"
	"github.com/radius-dynauth/dynauth/attrs/aruba"
	"github.com/radius-dynauth/dynauth/attrs/cisco"
	"github.com/radius-dynauth/dynauth/attrs/dell"
	"github.com/radius-dynauth/dynauth/attrs/fortinet"
	"github.com/radius-dynauth/dynauth/attrs/hp"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"github.com/radius-dynauth/dynauth/attrs/pica8"
	"github.com/radius-dynauth/dynauth/attrs/redback"
	"layeh.com/radius"
)

const (
	coa = radius.CodeCoARequest
	dm  = radius.CodeDisconnectRequest
)

// actions are by name; a test holds the order.
var actions = []Action{
	{"accel-set-vrf", coa, []string{"VRF"}, "Move the session into a VRF, 0 for none.", one(accel.SetVRF)},
	{"arista-block-mac", coa, []string{"MAC"}, "Drop the traffic of a host.", one(arista.BlockMAC)},
	{"arista-bounce-port", coa, nil, "Take the port down and up again.", none(arista.BouncePort)},
	{"arista-unblock-mac", coa, []string{"MAC"}, "Let the traffic of a host pass again.", one(arista.UnblockMAC)},
	{"aruba-bounce-port", dm, []string{"SECONDS"}, "Take the port down for 1 to 60 seconds and up again.", span(aruba.BouncePort)},
	{"aruba-set-role", coa, []string{"ROLE"}, "Give the user another role.", one(aruba.SetRole)},
	{"cisco-account-logoff", coa, nil, "End the session (ISG).", none(cisco.AccountLogoff)},
	{"cisco-account-status-query", coa, nil, "Ask for the state of the session (ISG).", none(cisco.AccountStatusQuery)},
	{"cisco-activate-service", coa, []string{"SERVICE"}, "Activate a service template.", one(func(s string) attrs.Attr { return cisco.ActivateService(s) })},
	{"cisco-bounce-host-port", coa, nil, "Take the port down for ten seconds and up again.", none(cisco.BounceHostPort)},
	{"cisco-deactivate-service", coa, []string{"SERVICE"}, "Deactivate a service template.", one(cisco.DeactivateService)},
	{"cisco-disable-host-port", coa, nil, "Take the port down.", none(cisco.DisableHostPort)},
	{"cisco-reauthenticate", coa, []string{"[last|rerun]"}, "Authenticate the host again.", optional(func(s string) attrs.Attr { return cisco.Reauthenticate(cisco.ReauthenticateType(s)) })},
	{"cisco-session-query", coa, nil, "Ask for the attributes of the session.", none(cisco.SessionQuery)},
	{"cisco-wlc-disconnect", dm, nil, "End the session, with the Service-Type that WLC and ASA want to see.", none(func() attrs.Attr { return attrs.ServiceType.Of(attrs.LoginUser) })},
	{"dell-bounce-host-port", coa, nil, "Take the port down and up again.", none(dell.BounceHostPort)},
	{"dell-disable-host-port", coa, nil, "Take the port down.", none(dell.DisableHostPort)},
	{"dell-disconnect-user", coa, nil, "End the login of a user of the switch.", none(dell.DisconnectUser)},
	{"dell-reauthenticate", coa, nil, "Authenticate the host again.", none(dell.Reauthenticate)},
	{"dell-terminate-session", coa, nil, "End the session.", none(dell.TerminateSession)},
	{"disconnect", dm, nil, "End the session.", none(func() attrs.Attr { return attrs.Attr{} })},
	{"filter-id", coa, []string{"FILTER"}, "Apply a filter, an access list or a role.", one(attrs.FilterID.Of)},
	{"fortinet-bounce-port", coa, nil, "Take the port down for ten seconds and up again.", none(fortinet.BouncePort)},
	{"fortinet-disable-port", coa, nil, "Take the port down.", none(fortinet.DisablePort)},
	{"fortinet-reauthenticate", coa, nil, "Authenticate the hosts of the port again.", none(fortinet.Reauthenticate)},
	{"hp-bounce-port", coa, []string{"SECONDS"}, "Take the port down for so long and up again.", span(hp.BouncePort)},
	{"hp-set-role", coa, []string{"ROLE"}, "Give the client another role.", one(hp.SetRole)},
	{"juniper-activate", coa, []string{"SERVICE"}, "Start a service, name or name(argument,...).", one(func(s string) attrs.Attr { return juniper.Activate(1, s) })},
	{"juniper-bounce-port", coa, nil, "Take the port down and up again (EX).", none(juniper.BouncePort)},
	{"juniper-deactivate", coa, []string{"SERVICE"}, "End a service.", one(juniper.Deactivate)},
	{"juniper-mirror", coa, []string{"on|off|noop", "[ADDRESS:PORT]", "[HANDLE]"}, "Mirror the traffic of the session to a mediation device, whose handle is hexadecimal.", mirror},
	{"juniper-update", coa, []string{"SERVICE", "SECONDS"}, "Let a service end after so long.", service},
	{"mikrotik-set-rate-limit", coa, []string{"RATE"}, "Change the rate: 10M/10M, upload first.", rate},
	{"pica8-bounce-host-port", coa, nil, "Take the port down and up again.", none(pica8.BounceHostPort)},
	{"redback-activate", coa, []string{"SERVICE"}, "Start a service, with accounting.", one(func(s string) attrs.Attr { return redback.Activate(1, s, redback.Accounted) })},
	{"redback-deactivate", coa, []string{"SERVICE"}, "End a service.", one(func(s string) attrs.Attr { return redback.Deactivate(1, s) })},
	{"session-timeout", coa, []string{"SECONDS"}, "Let the session end after so long.", span(attrs.SessionTimeout.Of)},
}

func none(f func() attrs.Attr) func([]string) (attrs.Attr, error) {
	return func([]string) (attrs.Attr, error) { return f(), nil }
}

func one(f func(string) attrs.Attr) func([]string) (attrs.Attr, error) {
	return func(args []string) (attrs.Attr, error) { return f(args[0]), nil }
}

func optional(f func(string) attrs.Attr) func([]string) (attrs.Attr, error) {
	return func(args []string) (attrs.Attr, error) {
		if len(args) == 0 {
			return f(""), nil
		}
		return f(args[0]), nil
	}
}

// span is for an argument of seconds.
func span(f func(time.Duration) attrs.Attr) func([]string) (attrs.Attr, error) {
	return func(args []string) (attrs.Attr, error) {
		d, err := seconds(args[0])
		return f(d), err
	}
}

func seconds(s string) (time.Duration, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%.60q is not a number of seconds", s)
	}
	return time.Duration(n) * time.Second, nil
}

func service(args []string) (attrs.Attr, error) {
	d, err := seconds(args[1])
	return juniper.Update(1, args[0], juniper.Timeout(d)), err
}

func rate(args []string) (attrs.Attr, error) {
	l, err := mikrotik.ParseRateLimit(args[0])
	return mikrotik.SetRateLimit(l), err
}

// mirror is for what becomes of the mirroring, the mediation device and its handle. No error
// repeats one of them.
func mirror(args []string) (attrs.Attr, error) {
	m := juniper.Mirroring{}
	switch args[0] {
	case "off":
		m.Action = juniper.MirrorOff
	case "on":
		m.Action = juniper.MirrorOn
	case "noop":
		m.Action = juniper.MirrorNoOp
	default:
		return attrs.Attr{}, errors.New("mirroring is on, off or noop")
	}
	if len(args) > 1 {
		device, err := netip.ParseAddrPort(args[1])
		if err != nil || !device.Addr().Is4() || device.Port() == 0 {
			return attrs.Attr{}, errors.New("the mediation device is an IPv4 address with a port")
		}
		m.Device = device
	}
	if len(args) > 2 {
		handle, err := hex.DecodeString(strings.TrimPrefix(args[2], "0x"))
		if err != nil || len(handle) != 4 && len(handle) != 8 {
			return attrs.Attr{}, errors.New("the handle of the mediation device is 4 or 8 octets in hexadecimal")
		}
		m.Handle = handle
	}
	if m.Action == juniper.MirrorOn && len(args) < 3 {
		return attrs.Attr{}, errors.New("mirroring that is switched on needs the mediation device and its handle")
	}
	return juniper.Mirror(m), nil
}
