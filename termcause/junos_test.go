// SPDX-License-Identifier: Apache-2.0

package termcause

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What was read: TC1 and TC2, and "14 AAA, 5 DHCP, 5 VLAN, 27 L2TP and 31 PPP" with a default. One
// of the 14 is inherited, and one is of older releases and not in the model, which has 13.
func TestTC1_FamiliesOfJunos(t *testing.T) {
	type counts struct{ names, defaults, inherited int }
	got := map[string]counts{}
	for e := range Junos().All() {
		c := got[e.Reason.Family]
		c.names++
		if e.Default != 0 {
			c.defaults++
		}
		if e.Inherited {
			c.inherited++
		}
		got[e.Reason.Family] = c
		assert.NotEmpty(t, e.Description, "%v", e.Reason)
		assert.Equal(t, e.Default, e.Cause, "%v is not remapped", e.Reason)
	}
	assert.Equal(t, map[string]counts{
		"aaa":           {14, 13, 1},
		"dhcp":          {5, 5, 0},
		"hybrid-access": {6, 0, 0},
		"l2tp":          {371, 27, 0},
		"ppp":           {210, 31, 0},
		"vlan":          {13, 5, 0},
	}, got)
}

func TestTC6_DefaultsAreRegisteredCauses(t *testing.T) {
	names := registry(t)
	seen := map[Cause]int{}
	for e := range Junos().All() {
		if e.Default != 0 {
			assert.Contains(t, names, e.Default, "%v", e.Reason)
			seen[e.Default]++
		}
	}
	assert.Equal(t, map[Cause]int{1: 1, 2: 2, 4: 3, 5: 3, 6: 7, 8: 2, 9: 8, 10: 45, 15: 2, 16: 1, 17: 7}, seen)

	table := Junos()
	require.NoError(t, table.Remap(idle, 24), "a proprietary one")
	require.NoError(t, table.Remap(idle, math.MaxUint32))
}

func TestJunosDefaults(t *testing.T) {
	table := Junos()
	for r, want := range map[Reason]Cause{
		{"aaa", "deny-no-resources"}:               NASRequest,
		{"aaa", "shutdown-remote-reset"}:           NASRequest,
		{"aaa", "shutdown-administrative-reset"}:   AdminReset,
		{"aaa", "service-shutdown-time-limit"}:     SessionTimeout,
		{"aaa", "deny-address-allocation-failure"}: UserError,
		{"dhcp", "client-request"}:                 UserRequest,
		{"dhcp", "nak"}:                            ServiceUnavailable,
		{"l2tp", "session-receive-cdn"}:            NASRequest,
		{"l2tp", "session-hardware-unavailable"}:   PortError,
		{"ppp", "authenticate-session-timeout"}:    SessionTimeout,
		{"vlan", "admin-reconnect"}:                Callback,
		{"vlan", "other"}:                          NASError,
		{"hybrid-access", "client-request"}:        0,
	} {
		got, ok := table.Cause(r, 0)
		assert.Equal(t, want, got, "%v", r)
		assert.Equal(t, want != 0, ok, "%v", r)
	}
}

func TestTC14_NamesAreTheModels(t *testing.T) {
	table := Junos()
	for model, page := range map[Reason]Reason{
		{"l2tp", "session-receive-cdn"}:                     {"l2tp", "session rx cdn"},
		{"ppp", "bundle-fail-hash-link-selection-mismatch"}: {"ppp", "bundle fail link selection mismatch"},
	} {
		assert.NoError(t, table.Remap(model, UserError))
		assert.ErrorIs(t, table.Remap(page, UserError), ErrUnknownReason)
	}
}
