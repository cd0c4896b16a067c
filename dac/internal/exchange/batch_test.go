// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"encoding/binary"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// What a Batch sends is what it would be one by one, whatever the secrets are, however long the
// requests and however many they are.
func TestRequestsAreSignedTogetherAsOneByOne(t *testing.T) {
	some := []Peer{{Secret: "s3cret"}, {Secret: longSecret}, {Secret: "s3cret", OmitMessageAuthenticator: true}, {Secret: "t", OmitEventTimestamp: true}}
	for _, n := range []int{0, 1, authn.MinMany - 1, authn.MinMany, 17, 63} {
		c, _ := asked(t, radius.CodeDisconnectRequest, Peer{Secret: "s"})
		wrote := newRecorder()
		c.link = wrote
		all := inFlightWith(t, c, slices.Repeat(some, n/len(some)+1)[:n]...)
		var m Batch
		for i, x := range all {
			if i%7 == 0 { // of more octets than are signed together
				r := x.body.(*request)
				r.set = slices.Repeat(r.set, 600/(2+len(r.set[0].Attribute)))
			}
			x.holds.Add(1)
			m.Add(x)
		}
		m.Flush()
		m.Flush()
		require.Equal(t, n, len(slices.Concat(wrote.writes...)))
		for _, x := range all {
			var stamp time.Time
			if b := packet.Find(x.wire, packet.TypeEventTimestamp); b != nil {
				stamp = time.Unix(int64(binary.BigEndian.Uint32(b)), 0)
				require.WithinDuration(t, time.Now(), stamp, time.Minute)
			}
			want, err := x.body.AppendTo(nil, Form{ID: x.id, Secret: x.peer.Secret, MessageAuthenticator: !x.peer.OmitMessageAuthenticator, EventTimestamp: stamp})
			require.NoError(t, err)
			authn.SignRequest(want, x.peer.Secret)
			require.Equal(t, want, x.wire)
			require.True(t, x.live.Load())
		}
	}
}

// A request that is signed before it comes to a Batch leaves as it is: a retransmission or an
// answer may be reading its octets, and its Trace has been told.
func TestASignedRequestIsSignedOnce(t *testing.T) {
	c, _ := asked(t, radius.CodeDisconnectRequest, Peer{Secret: "s"})
	wrote := newRecorder()
	c.link = wrote
	all := inFlightWith(t, c, slices.Repeat([]Peer{{Secret: "s"}}, authn.MinMany+2)...)
	var m Batch
	var before [][]byte
	for i, x := range all {
		if i%2 == 0 {
			require.True(t, x.Sign())
			x.wire[len(x.wire)-1] ^= 1 // what is made anew is another one
		}
		before = append(before, slices.Clone(x.wire))
		x.holds.Add(1)
		m.Add(x)
	}
	m.Flush()
	require.Len(t, slices.Concat(wrote.writes...), len(all))
	for i, x := range all {
		require.True(t, x.live.Load())
		if i%2 == 0 {
			require.Equal(t, before[i], x.wire)
		} else {
			require.NoError(t, authn.VerifyRequest(x.wire, "s"))
		}
	}
}

// An ICMP error that meets the first of more requests than leave together ends none that has not
// been sent.
func TestRefusedBeforeTheOthersAreSent(t *testing.T) {
	c, first := asked(t, radius.CodeDisconnectRequest, Peer{Secret: "s"})
	c.to.engine.FailFast = true
	wrote, refused := newRecorder(), false
	wrote.OnWrite = func(packets [][]byte) (int, error) {
		if !refused { // by what was sent before
			refused = true
			return 0, os.NewSyscallError("sendmmsg", syscall.ECONNREFUSED)
		}
		return wrote.keep(packets)
	}
	c.link = wrote
	all := inFlightWith(t, c, slices.Repeat([]Peer{{Secret: "s"}}, netio.MaxLinks+8)...)
	var m Batch
	for _, x := range all {
		x.holds.Add(1)
		m.Add(x)
	}
	m.Flush()
	require.Equal(t, netio.MaxLinks+8, len(slices.Concat(wrote.writes...)))
	require.Equal(t, stageEnded, first.stage, "it had been sent")
	for i, x := range all {
		require.Equal(t, stageGranted, x.stage, i)
	}
}
