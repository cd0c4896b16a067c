// SPDX-License-Identifier: Apache-2.0

package accounting_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/accounting"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/termcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// JE10: the id comes from the first link and stays until the last one has left.
func TestJE10_ABundleKeepsTheIdOfItsFirstLink(t *testing.T) {
	var b accounting.Bundles[string]
	join := func(bundle, link string) string {
		id, err := b.Join(bundle, link)
		require.NoError(t, err)
		require.Equal(t, id, b.ID(bundle))
		return id
	}
	assert.Equal(t, "", b.ID("bob"))
	assert.Equal(t, "0a", join("bob", "0a"))
	assert.Equal(t, "0a", join("bob", "0b"))
	assert.Equal(t, "0a", join("bob", "0a"), "joined again")
	b.Leave("bob", "0a")
	assert.Equal(t, "0a", join("bob", "0c"), "the first link has left")

	// An Acct-Session-Id that comes back names another bundle, which a Disconnect of the first does
	// not end.
	assert.Equal(t, "0a:2", join("eve", "0a"))
	assert.Equal(t, "0a:3", join("joe", "0a"))
	b.Leave("eve", "unknown")
	b.Leave("nobody", "0a")
	assert.Equal(t, "0a:2", b.ID("eve"))

	b.Leave("bob", "0b")
	b.Leave("bob", "0c")
	assert.Equal(t, "", b.ID("bob"))
	assert.Equal(t, "0d", join("bob", "0d"), "a new bundle")

	long := strings.Repeat("x", 253)
	assert.Equal(t, long, join("long", long))
	assert.Equal(t, long[:251]+":2", join("longer", long))
	_, err := b.Join("bob", "")
	require.ErrorIs(t, err, errcause.MissingAttribute)
	_, err = b.Join("bob", long+"x")
	require.ErrorIs(t, err, errcause.InvalidAttributeValue)
}

func TestBundlesAreSafeForConcurrentUse(t *testing.T) {
	var b accounting.Bundles[int]
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 200 {
				link := fmt.Sprint(n, i%3)
				_, err := b.Join(i%5, link)
				assert.NoError(t, err)
				b.Leave(i%5, link)
			}
		})
	}
	wg.Wait()
	for i := range 5 {
		assert.Equal(t, "", b.ID(i))
	}
}

// The log and the Accounting-Stop say the same, also for a reason that inherits from a parent that
// is not there.
func TestLogAndStopAreOneTruth(t *testing.T) {
	disconnect := attrtest.Attributes(t, attrs.AcctSessionID.Of("4f2a"))
	orphan := termcause.Reason{Family: "aaa", Name: "service-shutdown-subscriber-logout"}
	for name, s := range map[string]accounting.Stop{
		"inherited, no parent, disconnected": {Reason: orphan, Table: termcause.Junos(), Request: disconnect},
		"inherited, no parent":               {Reason: orphan, Table: termcause.Junos()},
		"inherited":                          {Reason: orphan, Table: termcause.Junos(), Parent: termcause.LostCarrier},
		"a default":                          {Reason: idle, Table: table(t)},
		"unknown reason, disconnected":       {Reason: unknown, Table: table(t), Request: disconnect},
		"no table":                           {Reason: idle},
		"the host's word":                    {Cause: termcause.PortError, Reason: orphan, Table: termcause.Junos()},
	} {
		t.Run(name, func(t *testing.T) {
			s.NAS, s.Identity = attrs.NAS{Identifier: "bng"}, attrs.Identity{AcctSessionID: "4f2a"}
			var text strings.Builder
			logged := s.Log(t.Context(), slog.New(slog.NewTextHandler(&text, nil)))
			set, err := s.Attributes()
			require.NoError(t, err)
			sent, has, err := attrs.AcctTerminateCause.Lookup(set)
			require.NoError(t, err)
			require.Equal(t, sent, logged)
			require.Equal(t, has, strings.Contains(text.String(), fmt.Sprintf("cause=%v value=%d", sent, sent)), text.String())
			require.Equal(t, !has, strings.Contains(text.String(), "has no terminate code"), text.String())
			require.Contains(t, text.String(), "reason="+s.Reason.Name)
			require.Equal(t, sent, s.Log(t.Context(), nil))
		})
	}
}
