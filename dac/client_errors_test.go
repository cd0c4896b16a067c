// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	shortly = dac.Retry{Initial: 200 * time.Millisecond, Transmissions: 3}
)

// text is what err says, with its hint.
func text(err error, nas netip.AddrPort) string {
	return strings.ReplaceAll(err.Error()+"; "+dac.Hint(err), nas.String(), "NAS")
}

// Each outcome, made by a real socket: its text names the NAS, what was seen and what to look at
// next.
func TestOutcomesSayWhatWasSeen(t *testing.T) {
	swapped := attrs.Raw(101, binary.BigEndian.AppendUint32(nil, 0xf7010000))
	const silence = "dac: no answer from NAS: Disconnect-Request sent 3 times"
	const maybe = "; it may have been executed"
	const gone = "; the session has ended, is on another NAS or is named otherwise there: look at its latest Accounting-Request"
	for _, c := range []struct {
		name      string
		step      dactest.Step
		is        []error
		text      string
		retryable bool
	}{
		{"NAK", dactest.NAK(errcause.SessionContextNotFound), []error{errcause.SessionContextNotFound},
			"dac: Disconnect-NAK from NAS: Session-Context-Not-Found (503)" + gone, false},
		{"a NAK that may pass", dactest.NAK(errcause.ResourcesUnavailable), []error{errcause.ResourcesUnavailable},
			"dac: Disconnect-NAK from NAS: Resources-Unavailable (506); try again later, with fewer at a time, and look at the NAS's memory and load where it stays", true},
		{"NAK without cause", dactest.NAK(0), nil,
			"dac: Disconnect-NAK from NAS: no Error-Cause; look at the log of the NAS, or of a proxy before it: the answer does not say why", false},
		{"NAK with a swapped cause", dactest.NAK(0, swapped), nil,
			"dac: Disconnect-NAK from NAS: Error-Cause 0xf7010000, which is Session-Context-Not-Found (503) with its octets swapped" + gone, false},
		{"Protocol-Error", dactest.ProtocolError(errcause.RequestNotRoutable), []error{errcause.RequestNotRoutable},
			"dac: Protocol-Error from NAS: Request-Not-Routable (502); look at the routes of the proxy that answered: it has none to this NAS", errcause.RequestNotRoutable.Retryable()},
		{"silence", dactest.Drop(1), []error{dac.ErrNoAnswer},
			silence + ", nothing came back; look at the address, the port and filters on the way, and at whether the NAS has this client with the same secret and a clock that is right: it discards in silence what does not verify" + maybe, true},
		{"another secret", dactest.Forged(), []error{dac.ErrNoAnswer},
			silence + ", replies discarded: wrong authenticator; look at the secret on both sides" + maybe, true},
		{"Message-Authenticator", dactest.ForgedMessageAuthenticator(), []error{dac.ErrNoAnswer},
			silence + ", replies discarded: wrong or missing Message-Authenticator; look at the secret on both sides and at how the NAS computes Message-Authenticator" + maybe, true},
		{"the wrong kind", dactest.WrongKind(), []error{dac.ErrNoAnswer},
			silence + ", replies discarded: response code does not match the request; look at what listens there: it does not speak RFC 5176 as asked" + maybe, true},
		{"another clock", dactest.Stale(-time.Hour), []error{dac.ErrNoAnswer},
			silence + ", replies discarded: stale or missing Event-Timestamp; look at the clocks of both sides, or set Peer.IgnoreEventTimestamp for a NAS without one" + maybe, true},
		{"cut off on the way", dactest.Truncated(), []error{dac.ErrNoAnswer},
			silence + ", replies discarded: malformed packet; look at what listens there, and at what changes packets on the way" + maybe, true},
		{"another identifier", dactest.WrongIdentifier(), []error{dac.ErrNoAnswer},
			silence + ", replies discarded: response matches no pending request; look at what listens there, and at what changes packets on the way" + maybe, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			nas := dactest.NewScriptedNAS(t, c.step)
			nas.Client.Retry = shortly
			resp, err := nas.Client.Disconnect(t.Context(), nas.Addr, attrs.UserName.Of("bob"))
			require.Error(t, err)
			assert.Equal(t, c.text, text(err, nas.Addr))
			for _, is := range c.is {
				assert.ErrorIs(t, err, is)
			}
			assert.Equal(t, c.retryable, dac.Retryable(err))
			var refusal *dac.NAKError
			if errors.As(err, &refusal) {
				assert.Same(t, resp, refusal.Response, "the whole answer")
				assert.NotZero(t, resp.Local.Port())
			} else {
				none := noAnswer(t, err)
				assert.Equal(t, nas.Addr, none.NAS)
				assert.NotZero(t, none.Local.Port())
			}
		})
	}
}

// Each cause of a NAK, a number without a name included, comes with what to look at.
func TestEveryCauseSaysWhatToLookAt(t *testing.T) {
	causes := append(slices.Collect(errcause.All()), 599, 1<<32-1)
	script := make([]dactest.Step, len(causes))
	for i, c := range causes {
		script[i] = dactest.NAK(0, attrs.Raw(101, binary.BigEndian.AppendUint32(nil, uint32(c))))
	}
	nas := dactest.NewScriptedNAS(t, script...)
	nas.Client.Retry = dac.Retry{} // a retransmission would take the next step
	for _, c := range causes {
		_, err := nas.Client.CoA(t.Context(), nas.Addr, attrs.UserName.Of("bob"))
		assert.EqualError(t, err, fmt.Sprintf("dac: CoA-NAK from %v: %s", nas.Addr, c.Error()))
		assert.Equal(t, c.Hint(), dac.Hint(err))
		assert.ErrorIs(t, err, c)
	}
}

func TestICMPRefusalIsNotedAndTheScheduleGoesOn(t *testing.T) {
	addr := dactest.DeadPort(t)
	client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Retry: shortly}
	defer client.Close()
	_, err := client.Disconnect(t.Context(), addr, attrs.UserName.Of("bob"))
	require.ErrorIs(t, err, dac.ErrNoAnswer)
	require.ErrorIs(t, err, dac.ErrUnreachable)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	assert.True(t, dac.Retryable(err))
	assert.Equal(t, "dac: no answer from NAS: Disconnect-Request sent 3 times, refused by ICMP (connection refused); look at whether dynamic authorization runs on the NAS, at its port and at filters; it may have been executed", text(err, addr))
	n := client.Stats().NAS[addr]
	assert.EqualValues(t, 2, n.Disconnect.Retransmissions)
	assert.GreaterOrEqual(t, n.Unreachable, uint64(2))
	assert.Zero(t, n.Disconnect.Dropped)
}

func TestFailFastEndsAtTheFirstICMPError(t *testing.T) {
	addr := dactest.DeadPort(t)
	client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), FailFast: true, Retry: dac.Retry{Initial: 15 * time.Second}}
	defer client.Close()
	began := time.Now()
	_, err := client.Disconnect(t.Context(), addr, attrs.UserName.Of("bob"))
	require.ErrorIs(t, err, dac.ErrUnreachable)
	assert.Less(t, time.Since(began), 13*time.Second)
	assert.Equal(t, 1, noAnswer(t, err).Sent)
}

// In a NAS that is back before the retransmission, the ICMP error is forgotten.
func TestICMPRefusalOfTheFirstIsNoFailure(t *testing.T) {
	bubble(t, func(t *testing.T) {
		network := &dactest.Network{Refuse: true, Latency: time.Millisecond}
		client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Dial: network.Dial}
		defer client.Close()
		done := begin(func() error {
			_, err := client.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
			return err
		})
		time.Sleep(time.Second)
		dactest.ServeScript(t, network.Listen(nasAddr))
		require.NoError(t, <-done)
		assert.EqualValues(t, 1, client.Stats().Total.Unreachable)
	})
}

// pending is a Conn that returns an ICMP error of the past from each first Write of a packet.
type pending struct {
	net.Conn
	told bool
}

func (p *pending) Write(b []byte) (int, error) {
	if p.told = !p.told; p.told {
		return 0, &net.OpError{Op: "write", Net: "udp", Err: syscall.ECONNREFUSED}
	}
	return p.Conn.Write(b)
}

func TestSendThatReturnsAPendingICMPErrorIsRepeatedAtOnce(t *testing.T) {
	for _, failFast := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			s := script(t)
			s.Client.FailFast = failFast
			s.Client.Dial = func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
				c, err := s.net.Dial(ctx, nas)
				return &pending{Conn: c}, err
			}
			_, err := s.disconnect()
			require.NoError(t, err)
			assert.Zero(t, time.Since(s.began))
		})
	}
}

// failing is a Conn whose Write fails.
type failing struct {
	net.Conn
	err error
	n   int // times; then it works
}

func (f *failing) Write(b []byte) (int, error) {
	if f.n--; f.n >= 0 {
		return 0, &net.OpError{Op: "write", Net: "udp", Err: f.err}
	}
	return f.Conn.Write(b)
}

func TestSendErrors(t *testing.T) {
	fails := func(t *testing.T, err error, n int) *scripted {
		s := script(t)
		s.Client.Dial = func(ctx context.Context, nas netip.AddrPort) (net.Conn, error) {
			c, dialErr := s.net.Dial(ctx, nas)
			return &failing{c, err, n}, dialErr
		}
		return s
	}
	t.Run("one that stays ends the request at once", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := fails(t, syscall.EPERM, 1)
			_, err := s.disconnect()
			require.ErrorIs(t, err, syscall.EPERM)
			assert.EqualError(t, err, "dac: send 192.0.2.9:3799: write udp: operation not permitted")
			assert.Equal(t, "look at the routes and filters of this machine; nothing was sent", dac.Hint(err))
			assert.Zero(t, time.Since(s.began))
			assert.Zero(t, s.counters().Requests, "nothing was sent")
			assert.Zero(t, s.counters().Pending)
		})
	})
	t.Run("one that passes does not", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := fails(t, syscall.ENOBUFS, 1)
			_, err := s.disconnect()
			require.NoError(t, err)
			assert.Equal(t, 2*time.Second, time.Since(s.began))
		})
	})
	t.Run("nor does a later one", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := fails(t, syscall.ENOBUFS, 5)
			_, err := s.disconnect()
			require.ErrorIs(t, err, dac.ErrNoAnswer)
			assert.ErrorContains(t, err, "the last transmission failed: no buffer space available")
		})
	})
}

func TestCloseEndsWhatIsInFlight(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := silent(t)
		dac.SetPorts(s.Client, 1, 0)
		var all []<-chan error
		for i := range 300 { // 44 of them wait for an identifier
			all = append(all, begin(func() error {
				_, err := s.Client.Do(t.Context(), nasAddr, request(t, i))
				return err
			}))
		}
		time.Sleep(time.Second)
		require.NoError(t, s.Client.Close())
		for _, done := range all {
			err := <-done
			require.ErrorIs(t, err, net.ErrClosed)
			require.ErrorIs(t, err, dac.ErrNoAnswer)
			assert.False(t, dac.Retryable(err))
		}
		assert.Equal(t, time.Second, time.Since(s.began))
		_, err := s.disconnect()
		assert.ErrorIs(t, err, net.ErrClosed)
		assert.EqualError(t, err, "dac: the Client is closed: use of closed network connection")
		for range s.Client.Each(t.Context(), jobs(t, 3)) {
			// ends
		}
		require.NoError(t, s.Client.Close())
		n, open := dac.OpenPorts(s.Client, nasAddr)
		assert.Equal(t, [2]int{0, 0}, [2]int{n, open})
		assert.Zero(t, s.counters().Pending)
	})
}

func TestClientConfigurationMistakes(t *testing.T) {
	ok := dac.SharedSecret(dactest.Secret)
	nas := netip.MustParseAddrPort("127.0.0.1:1")
	for _, c := range []struct {
		client *dac.Client
		nas    netip.AddrPort
		text   string
	}{
		{&dac.Client{}, nas, "dac: Peers is nil: say who the peers are, with a PeerMap for example"},
		{&dac.Client{Peers: dac.PeerMap{}}, nas, "PeerMap is empty"},
		{&dac.Client{Peers: dac.SharedSecret("")}, nas, "SharedSecret is empty"},
		{&dac.Client{Peers: dac.PeerMap{netip.MustParsePrefix("192.0.2.0/24"): {Secret: "s"}}}, nas, "nothing sent to 127.0.0.1:1, whose secret is not known: dac: unknown peer; see that Client.Peers has it"},
		{(&dac.Client{}).With(dac.Peer{}), nas, "nothing sent to 127.0.0.1:1: dac: empty secret: set Peer.Secret"},
		{&dac.Client{Peers: ok, Retry: dac.Retry{Duration: 5 * time.Minute}}, nas, "Retry.Duration is 5m0s, and a NAS discards an Event-Timestamp older than 5m0s: RFC 5080 wants 5 s to 30 s"},
		{&dac.Client{Peers: ok, Retry: dac.Retry{Initial: -1}}, nas, "Retry has a negative field"},
		{&dac.Client{Peers: ok, PerNAS: dac.Limit{Rate: -1}}, nas, "PerNAS has a field below zero"},
		{&dac.Client{Peers: ok, InFlight: -1}, nas, "may not be negative"},
		{&dac.Client{Peers: ok}, netip.AddrPort{}, "no NAS address: give the address of the NAS"},
		{&dac.Client{Peers: ok}, netip.MustParseAddrPort("0.0.0.0:3799"), "0.0.0.0 is not the address of one NAS"},
		{&dac.Client{Peers: ok}, netip.MustParseAddrPort("[ff02::1]:3799"), "ff02::1 is not the address of one NAS"},
	} {
		r := request(t, 1)
		_, err := c.client.Do(t.Context(), c.nas, r)
		assert.ErrorContains(t, err, c.text)
		_, err = c.client.DryRun(t.Context(), c.nas, r)
		assert.ErrorContains(t, err, c.text)
		assert.Empty(t, c.client.Stats().Total)
		require.NoError(t, c.client.Close())
	}
	client := &dac.Client{Peers: ok}
	defer client.Close()
	for _, r := range []*dac.Request{nil, {}} {
		_, err := client.Do(t.Context(), nas, r)
		assert.ErrorContains(t, err, "no Packet")
	}
	hole := request(t, 1)
	hole.Packet.Attributes = append(hole.Packet.Attributes, nil)
	_, err := client.Do(t.Context(), nas, hole)
	assert.ErrorContains(t, err, "a nil attribute")
	_, err = client.Disconnect(t.Context(), nas, attrs.UserName.Of(""))
	assert.Error(t, err)
	_, err = client.CoA(t.Context(), nas, attrs.UserName.Of(strings.Repeat("x", 300)))
	assert.Error(t, err)
}

// A request that cannot be encoded gives its identifier back.
func TestRequestThatCannotBeEncoded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t)
		dac.SetPorts(s.Client, 1, 0)
		huge := request(t, 1)
		for range 20 {
			huge.Packet.Add(25, make([]byte, 253))
		}
		for range 300 {
			_, err := s.Client.Do(t.Context(), nasAddr, huge)
			require.ErrorIs(t, err, dac.ErrMalformed)
		}
		assert.Empty(t, s.transmissions())
		assert.Empty(t, s.counters())
		_, err := s.disconnect()
		require.NoError(t, err)
	})
}

func TestRetryable(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{&dac.NoAnswerError{}, true},
		{fmt.Errorf("bob: %w", &dac.NoAnswerError{Err: context.Canceled}), true},
		{&dac.NoAnswerError{Err: net.ErrClosed}, false},
		{dac.ErrUnreachable, true},
		{errcause.ResourcesUnavailable, true},
		{errcause.SessionContextNotFound, false},
		{&dac.NAKError{}, false},
		{&dac.PacketError{Op: "send", Err: syscall.ENOBUFS}, true},
		{&dac.PacketError{Op: "parse", Err: dac.ErrMalformed}, false},
		{dac.ErrUnknownPeer, false},
		{context.Canceled, false},
	} {
		assert.Equal(t, c.want, dac.Retryable(c.err), "%v", c.err)
	}
}

// A Trace that panics takes its own call down and nothing else.
func TestTraceThatPanicsLeavesTheClientInOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t)
		bad := true
		s.Client.Trace = func(e dac.Event) {
			if e.Op == dac.Sent && bad {
				panic("no")
			}
		}
		assert.Panics(t, func() { s.disconnect() })
		bad = false
		for range 300 {
			_, err := s.disconnect()
			require.NoError(t, err)
		}
		time.Sleep(time.Minute)
		assert.Zero(t, s.counters().Pending)
	})
}
