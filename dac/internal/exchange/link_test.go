// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/netio/netiotest"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// What was read is used before its room is given back, and not after.
func TestRoomIsGivenBackOnceRead(t *testing.T) {
	c, x := asked(t, radius.CodeDisconnectRequest, Peer{Secret: "s"})
	ack := packet.AppendHeader(nil, radius.CodeDisconnectACK, byte(x.id), true)
	require.NoError(t, packet.SetLength(ack, 0))
	authn.SignResponse(ack, x.wire, "s")
	room, back := slices.Clone(ack), false
	c.link = &netiotest.Link{
		OnRead: func() ([][]byte, error) {
			if back {
				return nil, io.EOF
			}
			return [][]byte{room}, nil
		},
		OnRelease: func() {
			back = true
			clear(room) // others use it now
		},
	}
	c.receive()
	require.True(t, back)
	require.Zero(t, x.failure)
	require.Equal(t, ack, x.answer)
}

// A recorder is a link that keeps what is written.
type recorder struct {
	netiotest.Link
	mu     sync.Mutex
	writes [][]byte // the identifiers of each
}

func newRecorder() *recorder {
	r := new(recorder)
	r.OnWrite = r.keep
	return r
}

func (r *recorder) keep(packets [][]byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ids []byte
	for _, b := range packets {
		ids = append(ids, b[1])
	}
	r.writes = append(r.writes, ids)
	return len(packets), nil
}

// Requests that are made at the same time leave together, each once; where few are in flight, each
// leaves at once by itself.
func TestRequestsLeaveTogether(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const n = 40
	for _, busy := range []bool{false, true} {
		t.Run(fmt.Sprintf("busy %v", busy), func(t *testing.T) {
			c, first := asked(t, radius.CodeDisconnectRequest, Peer{Secret: "s"})
			r := newRecorder()
			c.link = r
			var wg sync.WaitGroup
			want := make(map[byte]int)
			for range n {
				x := makeWith(c.to.engine, first.peer, first.body.(*request))
				hasTurn, err := c.to.enter(x, x.began)
				require.NoError(t, err)
				require.True(t, hasTurn)
				require.True(t, x.sign())
				if x.inFlightBefore = 0; busy {
					x.inFlightBefore = n
				}
				want[byte(x.id)]++
				wg.Go(func() { c.post(x) })
			}
			wg.Wait()
			got := make(map[byte]int)
			for _, ids := range r.writes {
				for _, id := range ids {
					got[id]++
				}
			}
			require.Equal(t, want, got)
			if busy {
				assert.LessOrEqual(t, len(r.writes), n/4)
			} else {
				assert.Len(t, r.writes, n)
			}
		})
	}
}
