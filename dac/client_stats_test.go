// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The counters of RFC 4672 after one of everything.
func TestR4672_1_OneRowForEachNAS(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.ACK(), dactest.NAK(errcause.SessionContextNotFound), dactest.NAK(0), dactest.Drop(1), dactest.Delay(time.Second, dactest.ACK()))
		other := netip.MustParseAddrPort("[2001:db8::9]:1700")
		dactest.ServeScript(t, s.net.Listen(other), dactest.NAK(errcause.RequestInitiated, attrs.ServiceType.Of(17)))
		for range 4 {
			s.disconnect()
		}
		_, err := s.Client.Reauthorize(t.Context(), other, attrs.UserName.Of("bob"), attrs.State.Of([]byte("s")))
		require.NoError(t, err)
		stats := s.Client.Stats()
		disconnect := dac.AnswerCounters{Requests: 4, Retransmissions: 1, Timeouts: 1, ACKs: 2, NAKs: 2, NoContextNAKs: 1, RTT: time.Second}
		coa := dac.AnswerCounters{Requests: 1, AuthOnlyRequests: 1, NAKs: 1, AuthOnlyNAKs: 1}
		assert.Equal(t, dac.ClientStats{
			NAS: map[netip.AddrPort]dac.ClientCounters{
				nasAddr: {Disconnect: disconnect},
				other:   {CoA: coa},
			},
			Total: dac.ClientCounters{Disconnect: disconnect, CoA: coa},
		}, stats)
	})
}

// Authorize Only and no-context ones are parts of their sums.
func TestR467x_4_SubCountersArePartsAtTheClient(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.NAK(errcause.SessionContextNotFound, attrs.ServiceType.Of(17)))
		_, err := s.Client.Reauthorize(t.Context(), nasAddr, attrs.UserName.Of("bob"), attrs.State.Of([]byte("s")))
		require.Error(t, err)
		n := s.Client.Stats().Total.CoA
		assert.Equal(t, dac.AnswerCounters{Requests: 1, AuthOnlyRequests: 1, NAKs: 1, AuthOnlyNAKs: 1, NoContextNAKs: 1}, n)
	})
}

// A retry to the same NAS is a timeout and a retransmission; giving up is a timeout; asking another
// is a request there.
func TestR467x_5_Timeouts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := silent(t)
		other := netip.MustParseAddrPort("192.0.2.10:3799")
		dactest.ServeScript(t, s.net.Listen(other))
		r := request(t, 1)
		_, err := s.Client.Do(t.Context(), nasAddr, r)
		require.Error(t, err)
		_, err = s.Client.Do(t.Context(), other, r)
		require.NoError(t, err)
		assert.Equal(t, dac.AnswerCounters{Requests: 1, Retransmissions: 3, Timeouts: 4}, s.counters())
		assert.EqualValues(t, 1, s.Client.Stats().NAS[other].Disconnect.Requests)
	})
}

func TestR467x_6_RoundTripTimeOfTheLastTransmission(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.Drop(1), dactest.Delay(700*time.Millisecond, dactest.ACK()))
		assert.Zero(t, s.counters().RTT, "0 before any reply")
		_, err := s.disconnect()
		require.NoError(t, err)
		assert.Equal(t, 700*time.Millisecond, s.counters().RTT)
	})
}

// Pending counts requests that wait for an answer; a retransmission does not touch it.
func TestR5080_2_3_5_PendingIsUntouchedByRetransmissions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := silent(t)
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() { s.Client.Do(t.Context(), nasAddr, request(t, i)) })
		}
		for range 29 {
			time.Sleep(time.Second)
			synctest.Wait()
			assert.EqualValues(t, 5, s.counters().Pending)
		}
		wg.Wait()
		assert.Zero(t, s.counters().Pending)
		assert.EqualValues(t, 15, s.counters().Retransmissions)
	})
}

// DryRun shows what Do would send, and sends nothing.
func TestDryRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t)
		r, err := dac.NewCoA(attrs.UserName.Of("bob"), attrs.FilterID.Of("slow"))
		require.NoError(t, err)
		b, err := s.Client.DryRun(t.Context(), nasAddr, r)
		require.NoError(t, err)
		got, err := dac.ParseRequest(b, dactest.Secret)
		require.NoError(t, err)
		assert.Len(t, got.Attributes(), 4, "Message-Authenticator and Event-Timestamp are there")
		assert.Zero(t, b[1])
		_, err = s.Client.Do(t.Context(), nasAddr, r)
		require.NoError(t, err)
		sent := s.transmissions()
		require.Len(t, sent, 1, "the dry run sent nothing")
		assert.Equal(t, b[38:], sent[0].wire[38:], "the same attributes")
		assert.EqualValues(t, 1, s.Client.Stats().Total.CoA.Requests)
	})
}

// With takes the secret from the caller and shares the rest.
func TestWithSharesEverythingButThePeer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t)
		client := &dac.Client{Dial: s.net.Dial} // without Peers
		with := client.With(dac.Peer{Secret: dactest.Secret})
		_, err := with.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
		require.NoError(t, err)
		_, err = with.With(dac.Peer{Secret: "another"}).Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
		require.ErrorIs(t, err, dac.ErrNoAnswer)
		_, err = client.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
		require.ErrorContains(t, err, "Peers is nil")
		assert.Equal(t, s.transmissions()[0].from, s.transmissions()[1].from, "one socket")
		assert.EqualValues(t, 2, client.Stats().Total.Disconnect.Requests)
		require.NoError(t, with.Close())
		_, err = client.With(dac.Peer{Secret: "s"}).Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
		assert.ErrorContains(t, err, "closed")
	})
}

// Port 0 is Port, an IPv4 address may be written as IPv6, and zones reach Dial and not Peers.
func TestAddresses(t *testing.T) {
	for _, c := range []struct{ nas, asked, known string }{
		{"192.0.2.9:0", "192.0.2.9:3799", "192.0.2.9:3799"},
		{"[::ffff:192.0.2.9]:3799", "192.0.2.9:3799", "192.0.2.9:3799"},
		{"[2001:db8::9]:1700", "[2001:db8::9]:1700", "[2001:db8::9]:1700"},
		{"[fe80::9%eth0]:3799", "[fe80::9%eth0]:3799", "[fe80::9]:3799"},
	} {
		bubble(t, func(t *testing.T) {
			network := &dactest.Network{}
			dactest.ServeScript(t, network.Listen(netip.MustParseAddrPort(c.asked)))
			var known netip.AddrPort
			client := &dac.Client{Dial: network.Dial, Peers: dac.PeersFunc(func(_ context.Context, addr netip.AddrPort) (dac.Peer, error) {
				known = addr
				return dac.Peer{Secret: dactest.Secret}, nil
			})}
			defer client.Close()
			resp, err := client.Disconnect(t.Context(), netip.MustParseAddrPort(c.nas), attrs.UserName.Of("bob"))
			require.NoError(t, err)
			assert.Equal(t, c.known, known.String())
			assert.Equal(t, c.asked, resp.Source.String())
		})
	}
}

// A host with several addresses sends from the one that the NASes know.
func TestDialFrom(t *testing.T) {
	nas := dactest.NewScriptedNAS(t)
	client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret), Dial: dac.DialFrom(netip.MustParseAddr("127.0.0.2"))}
	defer client.Close()
	resp, err := client.Disconnect(t.Context(), nas.Addr, attrs.UserName.Of("bob"))
	if err != nil && strings.Contains(err.Error(), "assign requested address") {
		t.Skip("this system has 127.0.0.1 alone")
	}
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.2", resp.Local.Addr().String())
	assert.Equal(t, resp.Local, nas.Requests()[0].Source)
}

func TestIPv6OverLoopback(t *testing.T) {
	pc, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	nas := dactest.ServeScript(t, pc)
	client := &dac.Client{Peers: dac.SharedSecret(dactest.Secret)}
	defer client.Close()
	resp, err := client.Disconnect(t.Context(), nas.Addr, attrs.UserName.Of("bob"))
	require.NoError(t, err)
	assert.Equal(t, "::1", resp.Local.Addr().String())
}

// Every packet is traced: what was sent and sent again, what came, what was discarded, what had no
// answer.
func TestTraceOfAClient(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.Drop(1), dactest.Forged(), dactest.NAK(errcause.SessionContextNotFound), dactest.Drop(1))
		var mu sync.Mutex
		var got []string
		s.Client.Trace = func(e dac.Event) {
			mu.Lock()
			defer mu.Unlock()
			require.NotEmpty(t, e.Wire)
			assert.Equal(t, nasAddr, e.Peer)
			assert.Equal(t, netip.MustParseAddr("192.0.2.1"), e.Local.Addr())
			assert.EqualValues(t, e.Wire[1], e.ID)
			text := fmt.Sprintf("%v %v %v", time.Since(s.began), e.Op, e.Code)
			if e.Cause != 0 {
				text += " " + e.Cause.String()
			}
			if e.Err != nil {
				text += " error"
				assert.True(t, e.Op == dac.Dropped && errors.Is(e.Err, dac.ErrAuthenticator) || e.Op == dac.GaveUp && errors.Is(e.Err, dac.ErrNoAnswer))
			}
			got = append(got, text)
		}
		s.disconnect()
		s.disconnect()
		assert.Equal(t, []string{
			"0s sent Disconnect-Request", "2s resent Disconnect-Request", "2s dropped Disconnect-ACK error",
			"6s resent Disconnect-Request", "6s received Disconnect-NAK Session-Context-Not-Found",
			"6s sent Disconnect-Request", "8s resent Disconnect-Request", "12s resent Disconnect-Request", "20s resent Disconnect-Request", "36s gave up Disconnect-Request error",
		}, got)
	})
}

// The log has the causes of refusals (R5176-3.5-5), what was discarded, once for a NAS what to look
// at, and no secret.
func TestR5176_3_5_5_CausesAreLogged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log journal
		s := script(t, dactest.NAK(errcause.SessionContextNotFound), dactest.Forged(), dactest.Forged(), dactest.ACK())
		s.Client.Logger = log.logger()
		client := s.Client.With(dac.Peer{Name: "bng-1", Secret: dactest.Secret, Previous: "the one before"})
		for range 2 {
			client.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
		}
		synctest.Wait()
		text := log.String()
		assert.Contains(t, text, `peer=bng-1 addr=192.0.2.9:3799 code=Disconnect-NAK`)
		assert.Contains(t, text, `cause="Session-Context-Not-Found (503)"`)
		assert.Equal(t, 1, strings.Count(text, "look at the secret on both sides"))
		assert.NotContains(t, text, dactest.Secret)
		assert.NotContains(t, text, "the one before")
	})
}

func TestNothingOfAClientPrintsASecret(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := silent(t)
		client := (&dac.Client{Peers: dac.SharedSecret("hunter22222222222"), Dial: s.net.Dial}).With(dac.Peer{Secret: "hunter22222222222", Previous: "hunter22222222222"})
		defer client.Close()
		_, err := client.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
		require.Error(t, err)
		var log journal
		outcome := dac.Outcome{Job: dac.Job{NAS: nasAddr, Request: request(t, 1)}, Err: err}
		log.logger().Info("x", "client", client, "err", err, "outcome", outcome, "stats", client.Stats())
		texts := []string{log.String()}
		for _, v := range []any{client, err, outcome, client.Stats()} {
			texts = append(texts, fmt.Sprintf("%v %+v %#v %s %q %x %d", v, v, v, v, v, v, v))
		}
		b, err := json.Marshal(outcome)
		require.NoError(t, err)
		texts = append(texts, string(b))
		for _, text := range texts {
			assert.NotContains(t, text, "hunter2")
			assert.NotContains(t, text, fmt.Sprintf("%x", "hunter2"))
		}
	})
}

// The row of an audit is one line of code.
func TestOutcomeAsARowOfAnAudit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.Delay(time.Second, dactest.NAK(errcause.SessionContextNotFound)), dactest.Drop(1))
		var b strings.Builder
		log := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
				return slog.Attr{}
			}
			return a
		}}))
		for range 2 {
			for out := range s.Client.Each(t.Context(), jobs(t, 1)) {
				log.Info("ended", "by", out)
			}
		}
		first := s.transmissions()[0]
		rows := strings.Split(b.String(), "\n")
		assert.Equal(t, fmt.Sprintf(`msg=ended by.addr=192.0.2.9:3799 by.request=Disconnect-Request by.local=%v by.id=%d by.sent=1 by.rtt=1s by.code=Disconnect-NAK by.cause="Session-Context-Not-Found (503)" by.err="dac: Disconnect-NAK from 192.0.2.9:3799: Session-Context-Not-Found (503)"`,
			first.from, first.wire[1]), rows[0])
		assert.Contains(t, rows[1], fmt.Sprintf(`by.local=%v by.id=%d by.sent=4 by.waited=30s by.err="dac: no answer from`, first.from, first.wire[1]+1))
	})
}
