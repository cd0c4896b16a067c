// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

var someone = netip.MustParseAddrPort("192.0.2.1:50000")

// received is the Event of a CoA-Request that came.
func received(t *testing.T, id byte, a ...attrs.Attr) dac.Event {
	t.Helper()
	r, err := dac.NewCoA(a...)
	require.NoError(t, err)
	wire, err := r.AppendSigned(nil, id, testSecret)
	require.NoError(t, err)
	return dac.Event{Op: dac.Received, Time: time.UnixMilli(1000), Peer: someone, Wire: wire, Code: radius.CodeCoARequest, ID: uint32(id)}
}

func linesOf(f *feed, seen mark) (lines []line, missed uint64, now mark) {
	changed, missed, now := f.since(seen)
	for _, x := range changed {
		lines = append(lines, x.line(identifies(nil)))
	}
	return lines, missed, now
}

func TestFeedTellsARequestFromItsAnswer(t *testing.T) {
	f := newFeed()
	f.trace(received(t, 7, attrs.UserName.Of("bob"), attrs.NASIdentifier.Of("bng-1"), gold(), attrs.ProxyState.Of([]byte("p")), juniper.LIAction.Of(1)))
	lines, _, seen := linesOf(f, mark{})
	require.Len(t, lines, 1)
	require.Equal(t, line{
		N: lines[0].N, At: 1000, From: "192.0.2.1:50000", To: "invalid AddrPort", Code: "CoA-Request", ID: 7,
		Session: []string{`User-Name = "bob"`, `NAS-Identifier = "bng-1"`}, Changes: []string{`Filter-Id = "gold"`, "ERX-LI-Action = [hidden]"},
	}, lines[0])

	f.trace(dac.Event{Op: dac.Repeated, Peer: someone, ID: 7})
	f.trace(dac.Event{Op: dac.Sent, Time: time.UnixMilli(1002), Peer: someone, ID: 7, Code: radius.CodeCoANAK, Cause: errcause.UnsupportedAttribute})
	f.trace(dac.Event{Op: dac.Repeated, Peer: someone, ID: 7})
	f.trace(dac.Event{Op: dac.Repeated, Peer: someone, ID: 8}) // of a request that is no longer kept
	again, missed, now := linesOf(f, seen)
	require.Zero(t, missed)
	require.Len(t, again, 1)
	want := lines[0]
	want.Answer, want.Cause, want.CauseName, want.Took, want.Duplicates = "CoA-NAK", 401, "Unsupported-Attribute", 2, 2
	require.Equal(t, want, again[0])

	nothing, _, _ := linesOf(f, now)
	require.Empty(t, nothing)
}

// Who looks away gets what is still there, and hears how much is not.
func TestFeedIsBounded(t *testing.T) {
	f := newFeed()
	for id := range 3 {
		f.trace(received(t, byte(id), session1()))
	}
	_, _, seen := f.since(mark{})
	const come = 2 * feedRequests
	for i := range come {
		f.trace(received(t, byte(i), session1()))
	}
	lines, missed, _ := linesOf(f, seen)
	require.Len(t, lines, feedRequests)
	require.EqualValues(t, come-feedRequests, missed)
	require.Len(t, f.places, 256, "one for each identifier")
	require.LessOrEqual(t, cap(f.requests), 2*feedRequests)
}

// A flood of packets that are dropped is a line for each source and reason, and drives no request
// out.
func TestFeedGathersDrops(t *testing.T) {
	f := newFeed()
	f.trace(received(t, 1, session1()))
	drop := func(from string, err error) {
		f.trace(dac.Event{Op: dac.Dropped, Peer: netip.MustParseAddrPort(from), Code: radius.CodeDisconnectRequest, Wire: []byte("unverified"),
			Err: &dac.PacketError{Op: "verify", Err: fmt.Errorf("%w: of %s", err, from)}})
	}
	for i := range 1000 {
		drop(fmt.Sprintf("198.51.100.7:%d", 1000+i), dac.ErrAuthenticator)
	}
	lines, _, _ := linesOf(f, mark{})
	require.Len(t, lines, 2)
	require.Equal(t, "CoA-Request", lines[0].Code)
	require.Equal(t, 1000, lines[1].Times)
	require.Equal(t, "wrong authenticator", lines[1].Error)
	require.Equal(t, "198.51.100.7:1999", lines[1].From)
	require.Nil(t, lines[1].Session, "what nobody has verified is not shown")

	for i := range 200 {
		drop(fmt.Sprintf("203.0.113.%d:1", i), dac.ErrUnknownPeer)
	}
	lines, _, _ = linesOf(f, mark{})
	require.Len(t, lines, 1+feedDrops)
	require.Equal(t, "CoA-Request", lines[0].Code)
	require.Equal(t, "203.0.113.199:1", lines[feedDrops].From)
}

func BenchmarkFeed(b *testing.B) {
	f := newFeed()
	e := dac.Event{Op: dac.Received, Peer: someone, Wire: make([]byte, 60), Code: radius.CodeCoARequest}
	b.ReportAllocs()
	for b.Loop() {
		e.Op = dac.Received
		f.trace(e)
		e.Op = dac.Sent
		f.trace(e)
		e.ID++
	}
}
