// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"context"
	"slices"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/netio/netiotest"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// written is a request that the connection c of a Transport has taken.
func written(t *testing.T) (c *conn, x *Exchange) {
	first, x := asked(t, radius.CodeDisconnectRequest, Peer{Secret: "s"})
	d := first.to
	require.True(t, d.cancel(x, context.Canceled))
	c = connection(d)
	d.conns, d.opening = []*conn{c}, true // no other one is opened
	x = makeWith(d.engine, Peer{Secret: "s"}, &request{code: radius.CodeDisconnectRequest})
	hasTurn, err := d.enter(x, x.began)
	require.NoError(t, err)
	require.True(t, hasTurn)
	require.True(t, x.sign())
	x.handedOff = true
	return c, x
}

func connection(d *destination) *conn {
	c := newTransportConn(d, &TransportConn{Link: new(netiotest.Link), Info: &Info{Transport: "tls", Reliable: true, Secret: "s"}})
	c.writer.running = true // no writer
	return c
}

// An exchange that ends while it has no connection, and a reply is being checked against it, goes
// to no other call: the reply would be taken for an answer to that.
func TestAnExchangeThatIsReadFromIsNotRecycledWhileDisplaced(t *testing.T) {
	c, x := written(t)
	replies := []reply{{id: x.id}}
	c.find(replies)
	require.Same(t, x, replies[0].x)
	c.lost()
	require.Equal(t, stageDisplaced, x.stage)
	require.True(t, c.to.cancel(x, context.Canceled))
	x.Drop()
	require.Equal(t, "s", string(x.peer.Secret), "it is what it was")
}

// A retransmission that is due as its connection ends, as one of DTLS may, is one of that
// connection and is not made; the next connection has its own.
func TestARetransmissionIsOfItsConnection(t *testing.T) {
	c, x := written(t)
	d := c.to
	now := d.engine.Now()
	var after deferred
	d.mu.Lock()
	c.resend(x, now, &after)
	d.mu.Unlock()
	next := connection(d)
	d.conns = append(d.conns, next)
	c.lost()
	require.Same(t, next, x.conn)
	require.Equal(t, 1, next.writing)
	after.do()
	require.Len(t, next.writer.waiting, 1)
	for _, c := range []*conn{c, next} {
		for _, x := range c.writer.forget() {
			c.written(x)
			x.Drop()
		}
		require.Zero(t, c.writing)
	}
}

// A request whose Write failed, and that is signed anew, gets other octets where a late reply to an
// earlier one is still being checked against the first.
func TestOctetsThatAreReadFromAreNotWrittenAgain(t *testing.T) {
	c, x := written(t)
	d := c.to
	replies := []reply{{id: x.id}}
	c.find(replies)
	before := slices.Clone(replies[0].request)
	x.unwritten = true
	next := connection(d)
	key := authn.NewKey("another")
	next.key = &key
	d.conns = append(d.conns, next)
	c.lost()
	d.engine.running.Wait()
	require.Same(t, next, x.conn)
	require.NotEqual(t, before, x.wire)
	require.Equal(t, before, replies[0].request)
}

// A deadline of the caller's that passes counts as a timeout (RFC 4672), also while the request has
// no connection; not where nothing of it has left.
func TestADeadlineCountsWhileDisplaced(t *testing.T) {
	for _, unwritten := range []bool{false, true} {
		c, x := written(t)
		x.unwritten = unwritten
		c.lost()
		require.Equal(t, stageDisplaced, x.stage)
		require.True(t, c.to.cancel(x, context.DeadlineExceeded))
		want := uint64(1)
		if unwritten {
			want = 0
		}
		require.Equal(t, want, c.to.counters.Disconnect.Timeouts)
	}
}
