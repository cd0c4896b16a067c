// SPDX-License-Identifier: Apache-2.0

package profile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// made is what each action makes of its arguments, as FreeRADIUS writes it.
var made = map[string]string{
	"accel-set-vrf blue":                          `Accel-VRF-Name = "blue"`,
	"arista-block-mac 0010.a423.19c0":             `Arista-BlockMac = "0010.a423.19c0"`,
	"arista-bounce-port":                          `Arista-PortFlap = 1`,
	"arista-unblock-mac 0010.a423.19c0":           `Arista-UnblockMac = "0010.a423.19c0"`,
	"aruba-bounce-port 12":                        `Aruba-Port-Bounce-Host = 12`,
	"aruba-set-role guest":                        `Aruba-User-Role = "guest"`,
	"cisco-account-logoff":                        `Cisco-AVPair = "subscriber:command=account-logoff"`,
	"cisco-account-status-query":                  `Cisco-AVPair = "subscriber:command=account-status-query"`,
	"cisco-activate-service GOLD":                 `Cisco-AVPair = "subscriber:command=activate-service", Cisco-AVPair = "subscriber:service-name=GOLD"`,
	"cisco-bounce-host-port":                      `Cisco-AVPair = "subscriber:command=bounce-host-port"`,
	"cisco-deactivate-service GOLD":               `Cisco-AVPair = "subscriber:command=deactivate-service", Cisco-AVPair = "subscriber:service-name=GOLD"`,
	"cisco-disable-host-port":                     `Cisco-AVPair = "subscriber:command=disable-host-port"`,
	"cisco-reauthenticate":                        `Cisco-AVPair = "subscriber:command=reauthenticate"`,
	"cisco-reauthenticate rerun":                  `Cisco-AVPair = "subscriber:command=reauthenticate", Cisco-AVPair = "subscriber:reauthenticate-type=rerun"`,
	"cisco-session-query":                         `Cisco-AVPair = "subscriber:command=session-query"`,
	"cisco-wlc-disconnect":                        `Service-Type = Login-User`,
	"dell-bounce-host-port":                       `Force10-AVPair = "cmd=bounce-host-port"`,
	"dell-disable-host-port":                      `Force10-AVPair = "cmd=disable-host-port"`,
	"dell-disconnect-user":                        `Force10-AVPair = "cmd=disconnect-user"`,
	"dell-reauthenticate":                         `Force10-AVPair = "cmd=re-authenticate"`,
	"dell-terminate-session":                      `Force10-AVPair = "cmd=terminate-session"`,
	"disconnect":                                  ``,
	"filter-id slow":                              `Filter-Id = "slow"`,
	"fortinet-bounce-port":                        `Fortinet-Host-Port-AVPair = "action=bounce-port"`,
	"fortinet-disable-port":                       `Fortinet-Host-Port-AVPair = "action=disable-port"`,
	"fortinet-reauthenticate":                     `Fortinet-Host-Port-AVPair = "action=reauth-port"`,
	"hp-bounce-port 12":                           `HP-Port-Bounce-Host = 12`,
	"hp-set-role guest":                           `HP-User-Role = "guest"`,
	"juniper-activate gold(10M)":                  `ERX-Service-Activate:1 = "gold(10M)"`,
	"juniper-bounce-port":                         `Juniper-AV-Pair = "Port-Bounce"`,
	"juniper-deactivate gold":                     `ERX-Service-Deactivate = "gold"`,
	"juniper-mirror noop":                         `ERX-LI-Action = [hidden]`,
	"juniper-mirror on 192.0.2.9:6000 0x00000001": `ERX-LI-Action = [hidden], ERX-Med-Dev-Handle = [hidden], ERX-Med-Ip-Address = [hidden], ERX-Med-Port-Number = [hidden]`,
	"juniper-update gold 60":                      `ERX-Update-Service:1 = "gold", ERX-Service-Timeout:1 = 60`,
	"mikrotik-set-rate-limit 512k/10000k":         `Mikrotik-Rate-Limit = "512k/10M"`,
	"pica8-bounce-host-port":                      `Pica8-AVPair = "subscriber:command=bounce-host-port"`,
	"redback-activate gold":                       `Service-Name:1 = "gold", Service-Action:1 = ACTIVATE-WITH-ACCT`,
	"redback-deactivate gold":                     `Deactivate-Service-Name:1 = "gold"`,
	"session-timeout 3600":                        `Session-Timeout = 3600`,
}

func TestActionsMakeWhatTheySay(t *testing.T) {
	seen := make(map[string]bool)
	for line, want := range made {
		f := strings.Fields(line)
		a, ok := profile.ActionByName(f[0])
		require.True(t, ok, f[0])
		seen[f[0]] = true
		got, err := a.Make(f[1:]...)
		require.NoError(t, err, line)
		assert.Equal(t, want, got.String(), line)
	}
	for a := range profile.Actions() {
		assert.True(t, seen[a.Name], a.Name)
	}
}

func TestActionsAreSortedAndExplained(t *testing.T) {
	all := slices.Collect(profile.Actions())
	assert.True(t, slices.IsSortedFunc(all, func(a, b profile.Action) int { return strings.Compare(a.Name, b.Name) }))
	for _, a := range all {
		assert.Regexp(t, `^[A-Z].*\.$`, a.Text)
		assert.True(t, a.Code == coa || a.Code == dm, a.Name)
	}
	bounce, _ := profile.ActionByName("cisco-bounce-host-port")
	assert.Equal(t, "cisco", bounce.Vendor())
	for _, name := range []string{"disconnect", "filter-id", "session-timeout"} {
		a, ok := profile.ActionByName(name)
		require.True(t, ok)
		assert.Empty(t, a.Vendor())
	}
	_, ok := profile.ActionByName("dance")
	assert.False(t, ok)
}

func TestArgumentsThatAreWrong(t *testing.T) {
	for _, line := range []string{"disconnect now", "filter-id", "filter-id a b", "session-timeout soon", "session-timeout -1", "aruba-bounce-port 61",
		"juniper-activate gold(", "juniper-update gold", "juniper-update gold soon", "juniper-mirror", "juniper-mirror maybe", "juniper-mirror on", "juniper-mirror on 192.0.2.9:6000", "juniper-mirror on 192.0.2.9 00000001", "juniper-mirror on [2001:db8::1]:6000 00000001",
		"juniper-mirror on 192.0.2.9:6000 000001", "juniper-mirror on 192.0.2.9:6000 handle", "juniper-mirror on 192.0.2.9:0 00000001", "mikrotik-set-rate-limit fast", "cisco-reauthenticate first", "cisco-reauthenticate last rerun"} {
		f := strings.Fields(line)
		a, ok := profile.ActionByName(f[0])
		require.True(t, ok)
		got, err := a.Make(f[1:]...)
		require.Error(t, err, line)
		assert.Zero(t, got, line)
	}
	_, err := profile.Action{}.Make()
	require.Error(t, err)
}
