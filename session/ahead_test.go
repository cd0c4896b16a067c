// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
)

// A foreseer notes what it is told of.
type foreseer struct {
	host
	told []string
}

func (f *foreseer) Ahead(next []*attrs.Identity) {
	for _, id := range next {
		f.told = append(f.told, id.UserName)
	}
}

func TestDispatcherTellsTheHandlerWhatItWillBeAskedFor(t *testing.T) {
	f := &foreseer{host: host{subs: []*sub{{id: attrs.Identity{UserName: "bob"}}}}}
	d := session.NewDispatcher(f, attrs.FilterID)
	named := func(name string) *dac.Request { return disconnect(t, attrs.UserName.Of(name)) }
	bob, eve, never := named("bob"), named("eve"), named("never arrived")
	refused := disconnect(t, attrs.UserName.Of("refused"), attrs.FilterID.Of("x"))
	change := coa(t, attrs.UserName.Of("carol"), attrs.FilterID.Of("gold"))
	for i, r := range []*dac.Request{bob, eve, refused, change} {
		r.Seq = uint64(i)
		d.Arrive(r)
	}
	d.Ahead([]*dac.Request{bob, eve, never, refused, change, nil})
	require.Equal(t, []string{"bob", "eve", "carol"}, f.told)
	require.Empty(t, f.found, "nothing is looked up, and nothing done")

	for _, r := range []*dac.Request{bob, eve, refused, change} {
		d.Handle(t.Context(), r)
	}
	require.Len(t, f.ended, 1)
	f.told = nil
	d.Ahead([]*dac.Request{bob})
	require.Empty(t, f.told, "it is over")
	require.True(t, d.Idle())

	// A Handler without Ahead is told nothing.
	session.NewDispatcher(new(host)).Ahead([]*dac.Request{bob, eve})
}

// Whatever Ahead is told of, and whoever changes the Table meanwhile, Find finds what it finds.
func TestAheadChangesNothing(t *testing.T) {
	var table session.Table[int]
	next := []*attrs.Identity{{}, {AcctSessionID: "1"}, {AcctSessionID: "1", UserName: "bob"}, {AcctSessionID: "none", UserName: "bob"}, {UserName: "bob"}, {UserName: "none"}}
	table.Ahead(next) // of a Table that is empty
	for n, name := range []string{"bob", "eve"} {
		require.NoError(t, table.Put(attrs.Identity{AcctSessionID: string(rune('1' + n)), UserName: name}, n))
	}
	for range 20 { // more than are read at a time
		next = append(next, next[:6]...)
	}
	table.Ahead(nil)
	table.Ahead(next)
	if got := testing.AllocsPerRun(100, func() { table.Ahead(next) }); got > 0 {
		t.Errorf("%v allocations", got)
	}
	require.Equal(t, 2, table.Len())
	found, err := table.Find(context.Background(), *next[2])
	require.NoError(t, err)
	require.Equal(t, []int{0}, found)
}

// What Ahead looks at may be gone at any moment, with the memory that it stood in.
func TestAheadWhileSessionsComeAndGo(t *testing.T) {
	var table session.Table[int]
	var next []*attrs.Identity
	for n := range 64 {
		next = append(next, &attrs.Identity{UserName: fmt.Sprint(n)}, &attrs.Identity{AcctSessionID: fmt.Sprint(n)}, &attrs.Identity{UserName: "crowd"})
	}
	var wait sync.WaitGroup
	for k := range 2 {
		wait.Go(func() {
			for round := range 30 {
				for n := k; n < 64; n += 2 {
					id := attrs.Identity{AcctSessionID: fmt.Sprint(n), UserName: fmt.Sprint(n), Other: map[attrs.ID][]string{{Type: 26, Vendor: 9, Sub: 1}: {strings.Repeat("x", 1+round*100)}}}
					if n%4 < 2 {
						id.UserName = "crowd"
					}
					if err := table.Put(id, n); err != nil {
						t.Error(err)
					}
				}
				for n := k; n < 64; n += 2 {
					table.Delete("", fmt.Sprint(n))
				}
			}
		})
	}
	for range 300 {
		table.Ahead(next)
	}
	wait.Wait()
	require.Zero(t, table.Len())
}
