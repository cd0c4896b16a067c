// SPDX-License-Identifier: Apache-2.0

package termcause

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The reasons that the tests speak of, and what Junos() holds for them.
var (
	idle      = Reason{"aaa", "shutdown-idle-timeout"}              // 4
	logout    = Reason{"aaa", "service-shutdown-subscriber-logout"} // inherited
	iccn      = Reason{"l2tp", "session-receive-iccn-unexpected"}   // unknown
	noOffers  = Reason{"dhcp", "no-offers"}                         // 4
	nowhere   = Reason{"aaa", "no-such-reason"}
	elsewhere = Reason{"dhcp", "shutdown-idle-timeout"} // a name of another family
)

func entryOf(t *testing.T, table *Table, r Reason) Entry {
	t.Helper()
	for e := range table.All() {
		if e.Reason == r {
			return e
		}
	}
	require.Fail(t, "no such row", "%v", r)
	return Entry{}
}

func TestZeroTableIsEmpty(t *testing.T) {
	var table Table
	assert.Empty(t, slices.Collect(table.All()))
	_, ok := table.Cause(idle, UserRequest)
	assert.False(t, ok)
	assert.ErrorIs(t, table.Remap(idle, UserRequest), ErrUnknownReason)
	assert.ErrorIs(t, table.Reset(idle), ErrUnknownReason)
	assert.Empty(t, slices.Collect(table.Clone().All()))
}

func TestNewTable(t *testing.T) {
	rows := []Entry{
		{Reason: Reason{"b", "x"}, Default: IdleTimeout},
		{Reason: Reason{"a", "y"}, Default: IdleTimeout, Cause: IdleTimeout, Description: "Ünïted, with spaces"},
		{Reason: Reason{"a", "x"}, Default: IdleTimeout, Cause: UserError},
		{Reason: Reason{"", "x"}, Inherited: true},
		{Reason: Reason{"", "y"}},
	}
	before := slices.Clone(rows)
	table, err := NewTable(rows...)
	require.NoError(t, err)
	assert.Equal(t, before, rows, "the caller's slice is the caller's")
	assert.Equal(t, []Entry{
		{Reason: Reason{"", "x"}, Inherited: true},
		{Reason: Reason{"", "y"}},
		{Reason: Reason{"a", "x"}, Default: IdleTimeout, Cause: UserError},
		{Reason: Reason{"a", "y"}, Default: IdleTimeout, Cause: IdleTimeout, Description: "Ünïted, with spaces"},
		{Reason: Reason{"b", "x"}, Default: IdleTimeout, Cause: IdleTimeout},
	}, slices.Collect(table.All()))

	again, err := NewTable(slices.Collect(table.All())...)
	require.NoError(t, err)
	assert.Equal(t, slices.Collect(table.All()), slices.Collect(again.All()), "what All yields, NewTable takes")
}

func TestNewTableRefuses(t *testing.T) {
	for what, rows := range map[string][]Entry{
		"given twice":                 {{Reason: idle}, {Reason: noOffers}, {Reason: idle, Default: UserError}},
		"has no name":                 {{Reason: Reason{Family: "aaa"}}},
		"begins with #":               {{Reason: Reason{"#aaa", "x"}}},
		"inherited and has the":       {{Reason: idle, Inherited: true, Default: IdleTimeout}},
		"characters that do not":      {{Reason: Reason{"aaa", "x\ty"}}},
		`not print: "a\x1b`:           {{Reason: Reason{"a\x1b", "x"}}},
		`not print: "clears\n`:        {{Reason: idle, Description: "clears\nthe screen"}},
		`not print: "\xff`:            {{Reason: idle, Description: "\xff"}},
		`not print: "right\u202eleft`: {{Reason: idle, Description: "right\u202eleft"}},
	} {
		table, err := NewTable(rows...)
		assert.ErrorContains(t, err, what)
		assert.Nil(t, table)
	}
	_, err := NewTable(Entry{Reason: Reason{Name: strings.Repeat("x", 1<<20) + "\n"}})
	require.Error(t, err)
	assert.Less(t, len(err.Error()), 1000)
}

func TestCause(t *testing.T) {
	table := Junos()
	for name, test := range map[string]struct {
		reason Reason
		parent Cause
		want   Cause
	}{
		"a default":                  {idle, 0, IdleTimeout},
		"a default beside a parent":  {idle, UserRequest, IdleTimeout},
		"inherited":                  {logout, UserRequest, UserRequest},
		"inherited from nobody":      {logout, 0, 0},
		"no default is known":        {iccn, UserRequest, 0},
		"no such reason":             {nowhere, UserRequest, 0},
		"a name of another family":   {elsewhere, UserRequest, 0},
		"a name alone":               {Reason{Name: idle.Name}, UserRequest, 0},
		"a shared name in one":       {Reason{"vlan", "admin-logout"}, 0, AdminReset},
		"a shared name in the other": {Reason{"ppp", "admin-logout"}, 0, NASRequest},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := table.Cause(test.reason, test.parent)
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.want != 0, ok)
		})
	}
}

func TestTC3_AnyReasonToAnyCodeFromOne(t *testing.T) {
	table := Junos()
	for _, r := range []Reason{idle, logout, iccn} {
		for _, c := range []Cause{UserRequest, 24, math.MaxUint32} {
			require.NoError(t, table.Remap(r, c))
			got, ok := table.Cause(r, LostCarrier)
			assert.True(t, ok)
			assert.Equal(t, c, got)
		}
		assert.ErrorIs(t, table.Remap(r, 0), ErrNoCause)
		got, _ := table.Cause(r, LostCarrier)
		assert.Equal(t, Cause(math.MaxUint32), got, "what was refused changed nothing")
	}
	assert.ErrorIs(t, table.Remap(nowhere, UserRequest), ErrUnknownReason)
	assert.ErrorIs(t, table.Remap(elsewhere, UserRequest), ErrUnknownReason)
	assert.ErrorIs(t, table.Remap(nowhere, 0), ErrUnknownReason)
}

func TestTC4_TheDefaultIsRefused(t *testing.T) {
	table := Junos()
	assert.ErrorIs(t, table.Remap(idle, IdleTimeout), ErrDefault)
	require.NoError(t, table.Remap(idle, NASRequest))
	assert.ErrorIs(t, table.Remap(idle, IdleTimeout), ErrDefault, "to go back is to Reset")
	got, _ := table.Cause(idle, 0)
	assert.Equal(t, NASRequest, got)
	assert.NoError(t, table.Remap(idle, NASRequest), "what it is mapped to already is no default")
}

func TestTC4_ResetRestoresTheDefault(t *testing.T) {
	table := Junos()
	before := slices.Collect(table.All())
	for _, r := range []Reason{idle, logout, iccn} {
		require.NoError(t, table.Reset(r), "nothing to restore yet")
		require.NoError(t, table.Remap(r, PortError))
		assert.Equal(t, PortError, entryOf(t, table, r).Cause)
		require.NoError(t, table.Reset(r))
	}
	assert.Equal(t, before, slices.Collect(table.All()))
	assert.ErrorIs(t, table.Reset(nowhere), ErrUnknownReason)
}

func TestTC8_SubscriberLogoutTakesTheParentsCode(t *testing.T) {
	table := Junos()
	for _, parent := range []Cause{UserRequest, SessionTimeout, 4711} {
		got, ok := table.Cause(logout, parent)
		assert.True(t, ok)
		assert.Equal(t, parent, got)
		assert.NotContains(t, slices.Collect(table.Reasons(parent)), logout)
	}
	require.NoError(t, table.Remap(logout, AdminReset))
	got, ok := table.Cause(logout, UserRequest)
	assert.True(t, ok)
	assert.Equal(t, AdminReset, got, "it is its own once mapped")
	assert.Contains(t, slices.Collect(table.Reasons(AdminReset)), logout)
	e := entryOf(t, table, logout)
	assert.True(t, e.Inherited)
	assert.Zero(t, e.Default)
}

func TestTC10_OldReleasesSentNASRequestForTimeouts(t *testing.T) {
	table := Junos()
	for _, r := range []Reason{idle, {"aaa", "shutdown-session-timeout"}} {
		require.NoError(t, table.Remap(r, NASRequest))
		got, _ := table.Cause(r, 0)
		assert.Equal(t, NASRequest, got)
	}
}

func TestTC12_ManyReasonsShareOneCode(t *testing.T) {
	table := Junos()
	assert.Equal(t, []Reason{idle, {"dhcp", "no-offers"}, {"ppp", "authenticate-inactivity-timeout"}}, slices.Collect(table.Reasons(IdleTimeout)))
	require.NoError(t, table.Remap(idle, 4711))
	assert.Equal(t, []Reason{idle}, slices.Collect(table.Reasons(4711)))
	assert.NotContains(t, slices.Collect(table.Reasons(IdleTimeout)), idle)
	assert.Empty(t, slices.Collect(table.Reasons(0)), "those without a code are not sent as 0")
	assert.Empty(t, slices.Collect(table.Reasons(math.MaxUint32)))
	for r := range table.Reasons(NASRequest) {
		assert.Equal(t, NASRequest, entryOf(t, table, r).Cause, "the first, and then the loop is left")
		break
	}
}

func TestTC13_APlatformOffersLess(t *testing.T) {
	var rows []Entry
	for e := range Junos().All() {
		if e.Reason.Family != "l2tp" {
			rows = append(rows, e)
		}
	}
	table, err := NewTable(rows...)
	require.NoError(t, err)
	assert.ErrorIs(t, table.Remap(iccn, UserRequest), ErrUnknownReason)
	assert.NoError(t, table.Remap(noOffers, UserRequest))
}

func TestCloneIsIndependent(t *testing.T) {
	table := Junos()
	require.NoError(t, table.Remap(idle, UserError))
	clone := table.Clone()
	require.NoError(t, table.Remap(idle, PortError))
	require.NoError(t, clone.Remap(noOffers, HostRequest))

	for _, want := range []struct {
		table *Table
		idle  Cause
		other Cause
	}{{table, PortError, IdleTimeout}, {clone, UserError, HostRequest}, {Junos(), IdleTimeout, IdleTimeout}} {
		assert.Equal(t, want.idle, entryOf(t, want.table, idle).Cause)
		assert.Equal(t, want.other, entryOf(t, want.table, noOffers).Cause)
	}
}

func TestAllYieldsTheTableAsItWas(t *testing.T) {
	table := Junos()
	n := 0
	for e := range table.All() {
		if e.Inherited || e.Default != 0 {
			require.NoError(t, table.Remap(e.Reason, 4711), "the body may change the table")
		}
		assert.NotEqual(t, Cause(4711), e.Cause)
		n++
	}
	assert.Equal(t, 619, n)
	assert.Len(t, slices.Collect(table.Reasons(4711)), 82)
}

// Run with the race detector, this is the proof of "safe for concurrent use".
func TestConcurrentUse(t *testing.T) {
	table := Junos()
	text, err := table.MarshalText()
	require.NoError(t, err)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range Cause(20) {
				assert.NoError(t, table.Remap(idle, 100+n))
				got, ok := table.Cause(idle, 0)
				assert.True(t, ok)
				assert.True(t, got == IdleTimeout || 100 <= got && got < 120, "%v", got)
				switch i {
				case 0:
					assert.NoError(t, table.Reset(idle))
				case 1:
					assert.NoError(t, table.UnmarshalText(text))
				case 2:
					assert.NoError(t, table.UnmarshalJSON([]byte("[]")))
				case 3:
					_, err := table.MarshalJSON()
					assert.NoError(t, err)
				case 4:
					table.Clone()
				}
				for r := range table.Reasons(100 + n) {
					assert.Equal(t, idle, r)
				}
			}
		})
	}
	wg.Wait()
}

func TestReasonString(t *testing.T) {
	assert.Equal(t, "aaa shutdown-idle-timeout", idle.String())
	assert.Equal(t, "power", Reason{Name: "power"}.String())
}

func BenchmarkTableCause(b *testing.B) {
	table := Junos()
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := table.Cause(idle, 0); !ok {
			b.Fatal("no cause")
		}
	}
}

// big is a text of n rows, for the bound on what a file costs.
func big(n int) []byte {
	var b strings.Builder
	b.WriteString(textHeader + "\n")
	for i := range n {
		b.WriteString("f\tn" + strconv.Itoa(i) + "\t1\t\n")
	}
	return []byte(b.String())
}
