// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// still is a NAS that answers nothing.
func still(*wireConn, []byte) {}

// endsFirst is a NAS whose first connection ends with what comes there, and which acknowledges
// after.
func endsFirst(c *wireConn, b []byte) {
	if c == c.w.all()[0] {
		c.end()
		return
	}
	c.ack(b)
}

func TestR6614_2_3_3_RequestsAreSignedWithRadsec(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{}
		client := w.client()
		defer client.Close()
		var mu sync.Mutex
		var events []dac.Event
		client.Trace = func(e dac.Event) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, e)
		}
		resp, err := client.Disconnect(t.Context(), nasAddr, bob)
		require.NoError(t, err)
		require.False(t, resp.Resent)
		require.Equal(t, w.all()[0].info.Local, resp.Local)
		r, err := dac.ParseRequest(w.all()[0].packets()[0], "radsec")
		require.NoError(t, err)
		require.NotNil(t, r.Packet.Get(packet.TypeMessageAuthenticator))
		require.NotNil(t, r.Packet.Get(packet.TypeEventTimestamp))
		mu.Lock()
		defer mu.Unlock()
		require.Len(t, events, 2)
		for _, e := range events {
			require.Equal(t, "tls", e.Transport)
		}
		s := client.Stats()
		require.Empty(t, s.NAS)
		require.EqualValues(t, 1, s.Via[dac.Destination{Transport: "tls", NAS: nasAddr}].Disconnect.ACKs)
		require.EqualValues(t, 1, s.Total.Disconnect.Requests)
	})
}

// RFC 6613, section 2.6.1, and RADSEC: no retransmission, and Retry.Duration gives up.
func TestR6613_2_6_1_1_NothingIsRetransmittedOnAConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{nas: still}
		client := w.client()
		client.Retry = dac.Retry{Transmissions: 1}
		defer client.Close()
		began := time.Now()
		_, err := client.CoA(t.Context(), nasAddr, bob)
		silent := noAnswer(t, err)
		require.Equal(t, 30*time.Second, time.Since(began))
		require.Equal(t, 1, silent.Sent)
		require.Len(t, w.all()[0].packets(), 1)
		n := client.Stats().Total.CoA
		require.EqualValues(t, 1, n.Timeouts)
		require.Zero(t, n.Retransmissions)
	})
}

func TestR6613_2_6_1_1_RequestsLeaveAgainUnchangedWhenTheConnectionEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{nas: endsFirst}
		client := w.client()
		defer client.Close()
		began := time.Now()
		resp, err := client.CoA(t.Context(), nasAddr, bob)
		require.NoError(t, err)
		require.Zero(t, time.Since(began), "at once")
		require.True(t, resp.Resent)
		require.Equal(t, 2, resp.Sent)
		all := w.all()
		require.Len(t, all, 2)
		require.Equal(t, all[0].packets(), all[1].packets())
		require.Equal(t, all[1].info.Local, resp.Local)
		n := client.Stats().Total.CoA
		require.EqualValues(t, 1, n.Requests)
		require.EqualValues(t, 1, n.Retransmissions)
		require.Zero(t, n.Pending)
	})
}

func TestARefusalOfARequestThatWasSentAgainSaysSo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{nas: func(c *wireConn, b []byte) {
			if len(c.w.all()) == 1 {
				c.end()
				return
			}
			c.nak(b, errcause.SessionContextNotFound)
		}}
		for _, v := range []dac.Version{dac.RADIUS10, dac.RADIUS11} {
			w.version, w.conns = v, nil
			client := w.client()
			try := client.Attempt(dac.DisconnectJob(nasAddr, bob))
			_, err := try(t.Context())
			var nak *dac.NAKError
			require.ErrorAs(t, err, &nak)
			require.True(t, nak.Resent)
			w.mu.Lock()
			w.conns = nil
			w.mu.Unlock()
			client.Close()
			client = w.client()
			resp, err := dac.UntilGone(1, client.Attempt(dac.DisconnectJob(nasAddr, bob)))(t.Context())
			require.NoError(t, err)
			require.True(t, resp.Resent)
			client.Close()
		}
	})
}

func TestALostConnectionIsNoAnswerWhereNoOtherComes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{nas: endsFirst, open: func(_ context.Context, n int) error {
			if n == 0 {
				return nil
			}
			return errRefused
		}}
		client := w.client()
		defer client.Close()
		began := time.Now()
		_, err := client.Disconnect(t.Context(), nasAddr, bob)
		silent := noAnswer(t, err)
		require.Equal(t, 30*time.Second, time.Since(began))
		require.Equal(t, 1, silent.Sent)
		require.ErrorContains(t, err, "Disconnect-Request sent once, the connection ended after it was sent")
		require.Contains(t, silent.Hint(), "may have been executed")
		require.True(t, dac.Retryable(err))
		var fault *dac.PacketError
		require.NotErrorAs(t, err, &fault)
		require.Greater(t, w.tried, 20, "tried again and again")
		require.EqualValues(t, 1, client.Stats().Total.Disconnect.Timeouts)
		_, err = client.Disconnect(t.Context(), nasAddr, bob) // a new one is not sent at all
		require.ErrorAs(t, err, &fault)
		require.ErrorIs(t, err, errRefused)
	})
}

// draft-ietf-radext-radiusdtls-bis has no authenticator to know a duplicate by in RADIUS/1.1.
func TestACoAOfRADIUS11IsNotSentAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{version: dac.RADIUS11, nas: endsFirst}
		client := w.client()
		defer client.Close()
		began := time.Now()
		_, err := client.CoA(t.Context(), nasAddr, bob)
		require.Equal(t, 1, noAnswer(t, err).Sent)
		require.ErrorContains(t, err, "the connection ended after it was sent")
		require.Contains(t, dac.Hint(err), "may have been executed")
		require.Zero(t, time.Since(began))
		require.Len(t, w.all(), 1)
		_, err = client.CoA(t.Context(), nasAddr, bob)
		require.NoError(t, err)
	})
}

func TestOctetsOfOneVersionNeverLeaveOnTheOther(t *testing.T) {
	for _, first := range []dac.Version{dac.RADIUS10, dac.RADIUS11} {
		bubble(t, func(t *testing.T) {
			w := &wire{nas: endsFirst, info: func(n int, i *dac.ConnInfo) {
				i.Version, i.Secret = first, "radsec"
				if n > 0 {
					i.Version = 1 - first
				}
			}}
			client := w.client()
			defer client.Close()
			done := begin(func() error { _, err := client.Disconnect(t.Context(), nasAddr, bob); return err })
			time.Sleep(time.Second)
			_, err := client.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("eve"))
			require.NoError(t, err)
			require.ErrorContains(t, <-done, "the connection ended after it was sent")
			for _, c := range w.all()[1:] {
				for _, b := range c.packets() {
					require.NotContains(t, string(b), "bob")
				}
			}
		})
	}
}

// On a connection in use a request leaves again once its identifier is free there.
func TestARequestWaitsForItsIdentifierOnAnotherConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{nas: still}
		ids := []*scarce{newScarce(t, 5), newScarce(t, 5)}
		w.info = func(n int, i *dac.ConnInfo) { i.Identifiers = ids[min(n, 1)] }
		client := w.client()
		defer client.Close()
		first := begin(func() error { _, err := client.Disconnect(t.Context(), nasAddr, bob); return err })
		synctest.Wait()
		second := begin(func() error {
			_, err := client.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("eve"))
			return err
		})
		synctest.Wait()
		all := w.all()
		require.Len(t, all, 2, "the first one has no identifier left")
		all[0].end()
		synctest.Wait()
		require.Len(t, all[1].packets(), 1, "5 is in use there")
		all[1].ack(all[1].packets()[0])
		require.NoError(t, <-second)
		synctest.Wait()
		require.Len(t, all[1].packets(), 2)
		require.Equal(t, all[0].packets()[0], all[1].packets()[1])
		all[1].ack(all[1].packets()[1])
		require.NoError(t, <-first)
	})
}

// What has not left when the connection ends is signed for the next one, whatever its version.
func TestWhatWasNotWrittenIsSignedForTheNextConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{info: func(n int, i *dac.ConnInfo) {
			i.Version = dac.Version(n % 2)
			i.Secret = dac.Secret(fmt.Sprint("radsec", n))
		}}
		client := w.client()
		defer client.Close()
		_, err := client.CoA(t.Context(), nasAddr, bob)
		require.NoError(t, err)
		w.all()[0].hang()
		inWrite := begin(func() error { _, err := client.CoA(t.Context(), nasAddr, bob); return err })
		synctest.Wait()
		var done []<-chan error
		for n := range 100 {
			done = append(done, begin(func() error {
				resp, err := client.CoA(t.Context(), nasAddr, attrs.NASPort.Of(uint32(n)))
				if err == nil && resp.Resent {
					return errors.New("it was not sent before")
				}
				return err
			}))
		}
		synctest.Wait()
		w.all()[0].end()
		for _, d := range done {
			require.NoError(t, <-d)
		}
		require.Len(t, w.all()[0].packets(), 1)
		// Of the one in the Write it is known that it has not left where the Write is the first to
		// say that the connection has ended.
		want := 101
		if err := <-inWrite; err != nil {
			require.ErrorContains(t, err, "the connection ended after it was sent")
			want--
		}
		require.Len(t, w.all()[1].packets(), want)
		require.EqualValues(t, 102, client.Stats().Total.CoA.Requests)
	})
}

// A request that finds its connection dead, and no other one to be had, fails as one that opens the
// first: at once, and unsent.
func TestWhatWasNotWrittenFailsWhereNoConnectionCanBeOpened(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{open: func(_ context.Context, n int) error {
			if n > 0 {
				return dac.ErrUnreachable
			}
			return nil
		}}
		client := w.client()
		defer client.Close()
		_, err := client.Disconnect(t.Context(), nasAddr, bob)
		require.NoError(t, err)
		first := w.all()[0]
		first.mu.Lock()
		first.dead = true
		first.mu.Unlock()
		began := time.Now()
		_, err = client.Disconnect(t.Context(), nasAddr, bob)
		require.ErrorIs(t, err, dac.ErrUnreachable)
		var fault *dac.PacketError
		require.ErrorAs(t, err, &fault)
		require.Equal(t, "dial", fault.Op)
		require.Zero(t, time.Since(began))
		require.Len(t, first.packets(), 1)
	})
}

func TestAPeerThatNeverReadsHoldsUpItsOwnRequestsAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{}
		client := w.client()
		defer client.Close()
		_, err := client.Disconnect(t.Context(), nasAddr, bob)
		require.NoError(t, err)
		w.all()[0].hang()
		began := time.Now()
		jobs := []dac.Job{dac.DisconnectJob(nasAddr, bob)}
		for n := range 500 {
			jobs = append(jobs, dac.DisconnectJob(netip.AddrPortFrom(nasAddr.Addr(), uint16(4000+n)), bob))
		}
		failed := 0
		for out := range client.Each(t.Context(), slices.Values(jobs)) {
			if out.Err == nil {
				require.Zero(t, time.Since(began))
				continue
			}
			failed++
			require.Equal(t, nasAddr, out.Job.NAS)
			noAnswer(t, out.Err)
		}
		require.Equal(t, 1, failed)
		require.Equal(t, 30*time.Second, time.Since(began))
	})
}

func TestATransportThatFails(t *testing.T) {
	late := errors.New("late")
	for name, c := range map[string]struct {
		open func(ctx context.Context, n int) error
		want string
		took time.Duration
	}{
		"refuses":     {func(context.Context, int) error { return errRefused }, "refused", 0},
		"hangs":       {func(context.Context, int) error { time.Sleep(time.Hour); return late }, "Transport.Open has not returned in 30s", 30 * time.Second},
		"opens late":  {func(context.Context, int) error { time.Sleep(time.Hour); return nil }, "Transport.Open has not returned in 30s", 30 * time.Second},
		"panics":      {func(context.Context, int) error { panic("oh") }, "Transport.Open panicked: oh", 0},
		"unreachable": {func(context.Context, int) error { return dac.ErrUnreachable }, "dac: unreachable", 0},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := &wire{open: c.open}
				client := w.client()
				began := time.Now()
				_, err := client.Disconnect(t.Context(), nasAddr, bob)
				var fault *dac.PacketError
				require.ErrorAs(t, err, &fault)
				require.Equal(t, "dial", fault.Op)
				require.ErrorContains(t, err, c.want)
				require.Equal(t, c.took, time.Since(began))
				require.Equal(t, name == "unreachable", errors.Is(err, dac.ErrUnreachable))
				require.NoError(t, client.Close())
				time.Sleep(2 * time.Hour)
				for _, conn := range w.all() { // that came late
					<-conn.closed
				}
			})
		})
	}
}

func TestTwoClientsShareTheIdentifiersOfOneConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ids := newScarce(t, 1, 2, 3)
		w := &wire{ids: ids}
		var mu sync.Mutex
		inUse := make(map[byte]bool)
		w.nas = func(c *wireConn, b []byte) {
			mu.Lock()
			defer mu.Unlock()
			require.False(t, inUse[b[1]], "one identifier, two requests")
			inUse[b[1]] = true
			time.AfterFunc(10*time.Millisecond, func() {
				mu.Lock()
				inUse[b[1]] = false
				mu.Unlock()
				c.ack(b)
			})
		}
		var done []<-chan error
		for range 2 {
			client := w.client()
			defer client.Close()
			for range 150 {
				done = append(done, begin(func() error { _, err := client.Disconnect(t.Context(), nasAddr, bob); return err }))
			}
		}
		for _, d := range done {
			require.NoError(t, <-d)
		}
		require.Len(t, ids.free, 3)
	})
}

func TestCloseEndsWhatIsInFlightOnAConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, hung := range []bool{false, true} {
			w := &wire{nas: still}
			client := w.client()
			done := begin(func() error { _, err := client.Disconnect(t.Context(), nasAddr, bob); return err })
			synctest.Wait()
			if hung {
				w.all()[0].hang()
			}
			more := begin(func() error { _, err := client.CoA(t.Context(), nasAddr, bob); return err })
			synctest.Wait()
			began := time.Now()
			require.NoError(t, client.Close())
			require.Less(t, time.Since(began), 2*time.Second)
			require.ErrorIs(t, <-done, net.ErrClosed)
			require.ErrorIs(t, <-more, net.ErrClosed)
			<-w.all()[0].closed
		}
		w := &wire{nas: endsFirst, open: func(_ context.Context, n int) error { return map[bool]error{true: errRefused}[n > 0] }}
		client := w.client()
		displaced := begin(func() error { _, err := client.Disconnect(t.Context(), nasAddr, bob); return err })
		synctest.Wait()
		require.NoError(t, client.Close())
		err := <-displaced
		require.ErrorIs(t, err, net.ErrClosed)
		require.Equal(t, 1, noAnswer(t, err).Sent)
	})
}

// As over UDP: answers that have come count, however soon after them the Client is closed.
func TestCloseTakesTheAnswersThatHaveComeByAConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{nas: still}
		client := w.client()
		var done []<-chan error
		for range 200 {
			done = append(done, begin(func() error { _, err := client.Disconnect(t.Context(), nasAddr, bob); return err }))
		}
		synctest.Wait()
		c := w.all()[0]
		for _, b := range c.packets()[:199] {
			c.ack(b)
		}
		require.NoError(t, client.Close())
		ended := 0
		for _, d := range done {
			if err := <-d; err != nil {
				require.ErrorIs(t, err, net.ErrClosed)
				ended++
			}
		}
		require.Equal(t, 1, ended, "the one that has no answer")
		<-c.closed
	})
}

func TestTheContextEndsARequestWhoseConnectionHasEnded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{nas: endsFirst, open: func(_ context.Context, n int) error { return map[bool]error{true: errRefused}[n > 0] }}
		client := w.client()
		defer client.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := client.Disconnect(ctx, nasAddr, bob)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "the connection ended after it was sent")
		n := client.Stats().Total.Disconnect
		require.EqualValues(t, 1, n.Requests)
		require.Zero(t, n.Pending)
	})
}

func TestR6613_2_6_4_AWrongAuthenticatorEndsTheConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{}
		w.nas = func(c *wireConn, b []byte) {
			answer := c.signed(b, 1)
			if c == c.w.all()[0] {
				answer[5]++
			}
			c.answers <- answer
		}
		client := w.client()
		defer client.Close()
		resp, err := client.Disconnect(t.Context(), nasAddr, bob)
		require.NoError(t, err)
		require.True(t, resp.Resent)
		require.Len(t, resp.Discarded, 1)
		require.ErrorIs(t, w.all()[0].brokenBy(), dac.ErrAuthenticator)
		require.NoError(t, w.all()[1].brokenBy())
	})
}

// RFC 9765, sections 4.1 and 5: the header has a Token, nothing is signed and nothing is hidden.
func TestR9765_5_RequestsOfRADIUS11(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{version: dac.RADIUS11}
		client := w.client()
		defer client.Close()
		resp, err := client.CoA(t.Context(), nasAddr, bob, attrs.TunnelPassword.Of(attrs.Tag(1, []byte("clear"))))
		require.NoError(t, err)
		b := w.all()[0].packets()[0]
		require.Equal(t, byte(radius.CodeCoARequest), b[0])
		require.Zero(t, b[1])
		require.Equal(t, resp.ID, packet.Token(b))
		require.Equal(t, make([]byte, 12), b[8:20])
		require.Nil(t, packet.Find(b, packet.TypeMessageAuthenticator))
		require.Equal(t, "\x01clear", string(packet.Find(b, 69)))
		require.NotNil(t, packet.Find(b, packet.TypeEventTimestamp))
	})
}

func TestR9765_4_2_AnswersAreFoundByTheirToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const n = 1000
		w := &wire{version: dac.RADIUS11}
		w.nas = func(c *wireConn, b []byte) {
			if all := c.packets(); len(all) == n {
				for _, b := range slices.Backward(all) {
					c.nak(b, errcause.Cause(500+uint32(b[len(b)-1])%5))
				}
			}
		}
		client := w.client()
		defer client.Close()
		var done []<-chan error
		for i := range n {
			done = append(done, begin(func() error {
				_, err := client.Disconnect(t.Context(), nasAddr, attrs.EventTimestamp.Of(time.Now()), attrs.NASPort.Of(uint32(i)))
				var nak *dac.NAKError
				require.ErrorAs(t, err, &nak)
				require.Equal(t, errcause.Cause(500+uint32(byte(i))%5), nak.Cause)
				return nil
			}))
		}
		for _, d := range done {
			require.NoError(t, <-d)
		}
		require.Len(t, w.all(), 1, "one connection holds them all")
	})
}

func TestUDPAndATransportAreTwoDestinations(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.ACK())
		w := &wire{}
		by := s.Client.With(dac.Peer{Via: w})
		_, err := by.Disconnect(t.Context(), nasAddr, bob)
		require.NoError(t, err)
		require.Empty(t, s.transmissions())
		_, err = s.disconnect()
		require.NoError(t, err)
		require.Len(t, s.transmissions(), 1)
		require.Len(t, w.all()[0].packets(), 1)
		n := s.Client.Stats()
		require.EqualValues(t, 1, n.NAS[nasAddr].Disconnect.ACKs)
		require.EqualValues(t, 1, n.Via[dac.Destination{Transport: "tls", NAS: nasAddr}].Disconnect.ACKs)
	})
}

func TestAPeerWithViaAndASecretIsRefused(t *testing.T) {
	w := &wire{}
	both := dac.Peer{Via: w, Secret: "s3cret-that-is-long-enough"}
	for name, peers := range map[string]dac.Peers{
		"map": dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): both},
		"any": dac.AnyPeer(both),
		"func": dac.PeersFunc(func(context.Context, netip.AddrPort) (dac.Peer, error) {
			return both, nil
		}),
	} {
		t.Run(name, func(t *testing.T) {
			client := &dac.Client{Peers: peers}
			defer client.Close()
			_, err := client.Disconnect(t.Context(), nasAddr, bob)
			require.ErrorContains(t, err, "Via and")
			assert.NotContains(t, err.Error(), "s3cret")
			require.Empty(t, w.all())
		})
	}
	client := &dac.Client{Peers: dac.AnyPeer(dac.Peer{Via: w})}
	defer client.Close()
	r, err := dac.NewDisconnect(bob)
	require.NoError(t, err)
	_, err = client.DryRun(t.Context(), nasAddr, r)
	require.ErrorContains(t, err, "Via")
	_, err = dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Via: w}}.Peer(t.Context(), nasAddr)
	require.NoError(t, err)
}

func TestPeerLimitBoundsWhatAClientSends(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := &wire{}
		inFlight, most := 0, 0
		var mu sync.Mutex
		w.nas = func(c *wireConn, b []byte) {
			mu.Lock()
			inFlight++
			most = max(most, inFlight)
			mu.Unlock()
			time.AfterFunc(time.Second, func() {
				mu.Lock()
				inFlight--
				mu.Unlock()
				c.ack(b)
			})
		}
		client := &dac.Client{PerNAS: dac.Limit{InFlight: 1}}
		client.Peers = dac.PeersFunc(func(_ context.Context, nas netip.AddrPort) (dac.Peer, error) {
			if nas == nasAddr {
				return dac.Peer{Via: w, Limit: dac.Limit{InFlight: 3}}, nil
			}
			return dac.Peer{Via: w}, nil
		})
		defer client.Close()
		for _, c := range []struct {
			nas  netip.AddrPort
			took time.Duration
			most int
		}{{nasAddr, 4 * time.Second, 3}, {netip.AddrPortFrom(nasAddr.Addr(), 1), 12 * time.Second, 1}} {
			most = 0
			began := time.Now()
			var done []<-chan error
			for range 12 {
				done = append(done, begin(func() error { _, err := client.Disconnect(t.Context(), c.nas, bob); return err }))
			}
			for _, d := range done {
				require.NoError(t, <-d)
			}
			require.Equal(t, c.took, time.Since(began))
			require.Equal(t, c.most, most)
		}
	})
}

// A Proxy converts: what came salted over UDP leaves in clear by RADIUS/1.1.
func TestR9765_5_1_AProxyConvertsToRADIUS11(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		w := &wire{version: dac.RADIUS11}
		client := w.client()
		r := proxied(t, &dac.Proxy{Client: client, Router: dac.Target{Addr: nasAddr}}, nil)
		defer client.Close()
		resp := r.verdict(coa(t, 1, bob, attrs.TunnelPassword.Of(attrs.Tag(1, []byte("clear")))))
		require.True(t, resp.ACK())
		b := w.all()[0].packets()[0]
		require.Equal(t, "\x01clear", string(packet.Find(b, 69)))
		require.Nil(t, packet.Find(b, packet.TypeMessageAuthenticator))
	})
}

func TestAProxySays502OfANASThatIsNotConnected(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		w := &wire{open: func(context.Context, int) error { return fmt.Errorf("no connection of it: %w", dac.ErrUnreachable) }}
		client := w.client()
		r := proxied(t, &dac.Proxy{Client: client, Router: dac.Target{Addr: nasAddr}}, nil)
		defer client.Close()
		resp := r.verdict(disconnect(t, 1, bob))
		require.Equal(t, errcause.RequestNotRoutable, resp.Cause())
	})
}

// 2,000 requests while connections end at random: each is answered, or said to have been sent, and
// none is sent with other octets a second time.
func TestRequestsSurviveConnectionsThatEnd(t *testing.T) {
	for _, v := range []dac.Version{dac.RADIUS10, dac.RADIUS11} {
		bubble(t, func(t *testing.T) {
			w := &wire{version: v}
			var mu sync.Mutex
			seen, n := make(map[string]int), 0
			w.nas = func(c *wireConn, b []byte) {
				mu.Lock()
				defer mu.Unlock()
				n++
				seen[string(packet.Find(b, 5))]++
				if n%397 == 0 {
					c.end()
					return
				}
				if n%389 == 0 {
					time.AfterFunc(time.Millisecond, c.end)
				}
				time.AfterFunc(time.Duration(n%7)*time.Millisecond, func() { c.ack(b) })
			}
			client := w.client()
			client.PerNAS.InFlight = 64
			defer client.Close()
			jobs := func(yield func(dac.Job) bool) {
				for i := range uint32(2000) {
					make := dac.DisconnectJob
					if i%2 == 0 {
						make = dac.CoAJob
					}
					if !yield(make(nasAddr, attrs.NASPort.Of(i))) {
						return
					}
				}
			}
			lost, again := 0, 0
			for out := range client.Each(t.Context(), jobs) {
				if out.Err != nil {
					require.Equal(t, dac.RADIUS11, v, "%v", out.Err)
					require.False(t, out.Job.Request.Disconnect())
					require.Equal(t, 1, noAnswer(t, out.Err).Sent)
					lost++
				} else if out.Response.Resent {
					again++
				}
			}
			require.NotZero(t, again)
			require.Equal(t, v == dac.RADIUS11, lost > 0)
			require.GreaterOrEqual(t, len(seen)+lost, 2000)
			s := client.Stats().Total
			require.EqualValues(t, 2000, s.CoA.Requests+s.Disconnect.Requests)
			require.Zero(t, s.CoA.Pending+s.Disconnect.Pending)
		})
	}
}
