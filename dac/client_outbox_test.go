// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"encoding/binary"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// What a mailer sends is what it would be one by one, whatever the secrets are, however long the requests and however many they are.
func TestRequestsAreSignedTogetherAsOneByOne(t *testing.T) {
	some := []Peer{{Secret: "s3cret"}, {Secret: longSecret}, {Secret: "s3cret", OmitMessageAuthenticator: true}, {Secret: "t", OmitEventTimestamp: true}}
	for _, n := range []int{0, 1, fewest - 1, fewest, 17, 63} {
		p, _ := asked(t, radius.CodeDisconnectRequest, Peer{Secret: "s"})
		wrote := new(recorder)
		p.link.linkIO = wrote
		all := inFlightWith(t, p, slices.Repeat(some, n/len(some)+1)[:n]...)
		var m mailer
		for i, x := range all {
			if i%7 == 0 { // of more octets than are signed together
				x.request.Packet.Attributes = slices.Repeat(x.request.Packet.Attributes, 600/(2+len(x.request.Packet.Attributes[0].Attribute)))
			}
			x.holds.Add(1)
			m.add(x)
		}
		m.flush()
		m.flush()
		require.Equal(t, n, len(slices.Concat(wrote.writes...)))
		for _, x := range all {
			var stamp time.Time
			if b := findAttr(x.wire, typeEventTimestamp); b != nil {
				stamp = time.Unix(int64(binary.BigEndian.Uint32(b)), 0)
				require.WithinDuration(t, time.Now(), stamp, time.Minute)
			}
			want, err := appendRequest(nil, x.request, x.id, x.peer, stamp)
			require.NoError(t, err)
			require.Equal(t, want, x.wire)
			require.True(t, x.live.Load())
		}
	}
}

// An ICMP error that meets the first of more requests than leave together ends none that has not been sent.
func TestRefusedBeforeTheOthersAreSent(t *testing.T) {
	p, first := asked(t, radius.CodeDisconnectRequest, Peer{Secret: "s"})
	p.to.core.failFast = true
	wrote := &refusing{}
	p.link.linkIO = wrote
	all := inFlightWith(t, p, slices.Repeat([]Peer{{Secret: "s"}}, linkBatch+8)...)
	var m mailer
	for _, x := range all {
		x.holds.Add(1)
		m.add(x)
	}
	m.flush()
	require.Equal(t, linkBatch+8, len(slices.Concat(wrote.writes...)))
	require.Equal(t, stageEnded, first.stage, "it had been sent")
	for i, x := range all {
		require.Equal(t, stageGranted, x.stage, i)
	}
}

// A refusing is a recorder that begins with the refusal of a packet that was sent before.
type refusing struct {
	recorder
	refused bool
}

func (r *refusing) write(packets [][]byte) (int, error) {
	if !r.refused {
		r.refused = true
		return 0, os.NewSyscallError("sendmmsg", syscall.ECONNREFUSED)
	}
	return r.recorder.write(packets)
}
