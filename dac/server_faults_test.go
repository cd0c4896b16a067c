// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// A journal is a log to look at, safe for concurrent use.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func TestWhatAHandlerReturnsIsTheAnswer(t *testing.T) {
	nak := func(c errcause.Cause) error { return &dac.NAKError{Cause: c} }
	for name, tt := range map[string]struct {
		handle func(r *dac.Request) (*dac.Response, error)
		coa    bool
		code   radius.Code
		cause  errcause.Cause
		log    string
	}{
		"cause": {func(r *dac.Request) (*dac.Response, error) { return nil, errcause.SessionContextNotFound }, false, 42, 503, "refused"},
		"wrapped cause": {func(r *dac.Request) (*dac.Response, error) {
			return nil, fmt.Errorf("x: %w", errcause.ResourcesUnavailable)
		}, true, 45, 506, "x: Res"},
		"other error":          {func(r *dac.Request) (*dac.Response, error) { return nil, errors.New("disk on fire") }, false, 42, 0, "disk on fire"},
		"mapped error":         {func(r *dac.Request) (*dac.Response, error) { return nil, errMapped }, false, 42, 501, ""},
		"2xx in a NAK":         {func(r *dac.Request) (*dac.Response, error) { return nil, errcause.ResidualSessionContextRemoved }, false, 42, 0, "bug"},
		"504 for a CoA":        {func(r *dac.Request) (*dac.Response, error) { return nil, errcause.SessionContextNotRemovable }, true, 45, 0, "bug"},
		"504 for a Disconnect": {func(r *dac.Request) (*dac.Response, error) { return nil, errcause.SessionContextNotRemovable }, false, 42, 504, ""},
		"error beside an ACK":  {func(r *dac.Request) (*dac.Response, error) { ack, _ := r.ACK(); return ack, errcause.InvalidRequest }, false, 42, 404, ""},
		"nothing":              {func(r *dac.Request) (*dac.Response, error) { return nil, nil }, true, 45, 0, "bug"},
		"panic":                {func(r *dac.Request) (*dac.Response, error) { panic("boom") }, true, 45, 0, "boom"},
		"Goexit":               {func(r *dac.Request) (*dac.Response, error) { runtime.Goexit(); return nil, nil }, true, 45, 0, "refused"},
		"NAKError":             {func(r *dac.Request) (*dac.Response, error) { return nil, nak(403) }, true, 45, 403, ""},
		"NAKError with a NAK": {func(r *dac.Request) (*dac.Response, error) {
			n, _ := r.NAK(404)
			return nil, &dac.NAKError{Response: n}
		}, true, 45, 404, ""},
		"NAKError with an ACK": {func(r *dac.Request) (*dac.Response, error) {
			a, _ := r.ACK()
			return nil, &dac.NAKError{Cause: 503, Response: a}
		}, true, 45, 0, "bug"},
		"nil NAKError": {func(r *dac.Request) (*dac.Response, error) {
			var none *dac.NAKError
			return nil, none
		}, true, 45, 0, "refused"},
		"error and the Packet taken away": {func(r *dac.Request) (*dac.Response, error) {
			r.Packet = nil
			return nil, errcause.SessionContextNotFound
		}, true, 45, 503, "refused"},
		"made NAK with a second cause that is none of its": {func(r *dac.Request) (*dac.Response, error) {
			return r.NAK(503, attrs.ErrorCause.Of(201))
		}, true, 45, 0, "bug"},
		"answer of another kind": {func(r *dac.Request) (*dac.Response, error) {
			return &dac.Response{Packet: &radius.Packet{Code: 41}}, nil
		}, true, 45, 0, "bug"},
		"made ACK with 503":       {func(r *dac.Request) (*dac.Response, error) { return r.ACK(attrs.ErrorCause.Of(503)) }, true, 44, 0, "bug"},
		"made Disconnect-ACK 201": {func(r *dac.Request) (*dac.Response, error) { return r.ACK(attrs.ErrorCause.Of(201)) }, false, 41, 201, ""},
		"Protocol-Error":          {func(r *dac.Request) (*dac.Response, error) { return protocolError(406), nil }, true, 45, 406, ""},
		"attribute of type 300": {func(r *dac.Request) (*dac.Response, error) {
			ack, err := r.ACK()
			ack.Packet.Attributes = radius.Attributes{{Type: 300, Attribute: []byte("x")}}
			return ack, err
		}, false, 41, 0, "bug"},
		"made ACK with a text that is too long": {func(r *dac.Request) (*dac.Response, error) {
			return r.ACK(attrs.ReplyMessage.Of(strings.Repeat("x", 300)), attrs.ErrorCause.Of(201))
		}, false, 41, 201, "bug"},
		"made NAK with a cause that is none of its": {func(r *dac.Request) (*dac.Response, error) { return r.NAK(errcause.SessionContextNotRemovable) }, true, 45, 0, "bug"},
		"made NAK with a text that is too long": {func(r *dac.Request) (*dac.Response, error) {
			return r.NAK(503, attrs.ReplyMessage.Of(strings.Repeat("x", 300)))
		}, true, 45, 503, "bug"},
		"an attribute that is too long beside a good one": {func(r *dac.Request) (*dac.Response, error) {
			ack, err := r.ACK(attrs.ErrorCause.Of(201))
			ack.Packet.Attributes = append(ack.Packet.Attributes, &radius.AVP{Type: 18, Attribute: make([]byte, 300)}, nil)
			return ack, err
		}, false, 41, 201, "bug"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var log journal
				r := serve(t, &dac.Server{
					Logger:   log.logger(),
					Handler:  dac.HandlerFunc(func(ctx context.Context, r *dac.Request) (*dac.Response, error) { return tt.handle(r) }),
					MapError: func(err error) error { return map[error]error{errMapped: errcause.AdministrativelyProhibited}[err] },
				})
				q := disconnect(t, 1, bob)
				if tt.coa {
					q = coa(t, 1, bob)
				}
				c := r.from(aaaAddr)
				resp := r.verdict(r.sends(c, q), q)
				require.Equal(t, tt.code, resp.Packet.Code)
				require.Equal(t, tt.cause, resp.Cause())
				require.Contains(t, log.String(), tt.log)
				if tt.log == "bug" {
					require.Contains(t, log.String(), "level=ERROR")
				}
				q = disconnect(t, 2, bob)
				require.NotNil(t, r.sends(c, q), "the server goes on")
			})
		})
	}
}

var errMapped = errors.New("known to the host")

func protocolError(c errcause.Cause) *dac.Response {
	set, _ := attrs.ErrorCause.Of(c).AppendTo(nil)
	return &dac.Response{Packet: &radius.Packet{Code: 52, Attributes: set}}
}

func TestErrorTextStaysAtHome(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Handler: dac.HandlerFunc(func(context.Context, *dac.Request) (*dac.Response, error) {
			return nil, fmt.Errorf("row 17 of billing: %w", errcause.SessionContextNotFound)
		})})
		require.NotContains(t, string(r.sends(r.from(aaaAddr), disconnect(t, 1, bob))), "billing")
	})
}

func TestSlowHandlerHoldsUpNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var running atomic.Int64
		release := make(chan bool)
		r := serve(t, &dac.Server{MaxHandlers: 10, Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			if name, _ := attrs.UserName.Get(q.Packet.Attributes); name == "slow" {
				running.Add(1)
				<-release
			}
			return q.ACK()
		})})
		for i := range 9 {
			c := r.from(netip.AddrPortFrom(aaaAddr.Addr(), uint16(i+1)))
			_, err := c.Write(disconnect(t, byte(i), attrs.UserName.Of("slow")))
			require.NoError(t, err)
		}
		c := r.from(aaaAddr)
		_, err := c.Write(disconnect(t, 100, bob))
		require.NoError(t, err)
		time.Sleep(5 * time.Millisecond) // a tick of the watch
		require.NotNil(t, r.hears(c))
		require.EqualValues(t, 9, running.Load())
		close(release)
	})
}

func TestOverflowIsForgottenAndExecutedOnceLater(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var runs atomic.Int64
		release := make(chan bool)
		r := serve(t, &dac.Server{MaxHandlers: 2, Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			runs.Add(1)
			<-release
			return q.ACK()
		})})
		c := r.from(aaaAddr)
		var qs [][]byte
		for i := range 5 { // two run, two wait, one is too many
			q := coa(t, byte(i), attrs.AcctSessionID.Of(fmt.Sprint(i)), stamped(0))
			qs = append(qs, q)
			require.Nil(t, r.sends(c, q))
		}
		time.Sleep(10 * time.Millisecond)
		require.EqualValues(t, 2, runs.Load())
		require.Equal(t, dac.RequestCounters{Requests: 4, Dropped: 1, Overload: 1}, r.coas())
		close(release)
		synctest.Wait()
		for range 4 {
			require.NotNil(t, r.hears(c))
		}
		require.NotNil(t, r.sends(c, qs[4]), "its retransmission is a first arrival")
		require.NotNil(t, r.sends(c, qs[4]))
		require.EqualValues(t, 5, runs.Load())
	})
}

func TestRefuseOverflowIsRemembered(t *testing.T) {
	bubble(t, func(t *testing.T) {
		release := make(chan bool)
		r := serve(t, &dac.Server{MaxHandlers: 1, RefuseOverflow: true, Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			<-release
			return q.ACK()
		})})
		c := r.from(aaaAddr)
		require.Nil(t, r.sends(c, coa(t, 1, bob)))
		require.Nil(t, r.sends(c, coa(t, 2, bob)))
		q := coa(t, 3, bob)
		first := r.sends(c, q)
		require.Equal(t, errcause.ResourcesUnavailable, r.verdict(first, q).Cause())
		close(release)
		synctest.Wait()
		r.hears(c)
		r.hears(c)
		require.Equal(t, first, r.sends(c, q))
		require.EqualValues(t, 1, r.coas().Overflow, "counted by itself, among the NAKs")
		require.EqualValues(t, 1, r.coas().NAKs)
		require.Zero(t, r.coas().Overload)
	})
}

func TestCountersByTheNameOfThePeer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.PeerMap{
			netip.MustParsePrefix("192.0.2.1/32"):    {Name: "bras", Secret: secret},
			netip.MustParsePrefix("192.0.2.2/32"):    {Name: "bras", Secret: secret},
			netip.MustParsePrefix("198.51.100.0/24"): {Secret: secret},
		}})
		for i, from := range []string{"192.0.2.1:1", "192.0.2.1:2", "192.0.2.2:1", "198.51.100.7:1"} {
			require.NotNil(t, r.sends(r.from(netip.MustParseAddrPort(from)), disconnect(t, byte(i), bob)))
		}
		by := r.srv.Stats().ByName()
		require.Len(t, by, 2)
		require.EqualValues(t, 3, by["bras"].Disconnect.ACKs)
		require.EqualValues(t, 1, by["198.51.100.7"].Disconnect.ACKs)
	})
}

func TestDisconnectGoesBeforeCoA(t *testing.T) {
	bubble(t, func(t *testing.T) {
		begun, release := make(chan string, 8), make(chan bool)
		r := serve(t, &dac.Server{MaxHandlers: 2, Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			name, _ := attrs.UserName.Get(q.Packet.Attributes)
			begun <- name
			<-release
			return q.ACK()
		})})
		c := r.from(aaaAddr)
		require.Nil(t, r.sends(c, coa(t, 1, attrs.UserName.Of("a"))))
		require.Nil(t, r.sends(c, coa(t, 2, attrs.UserName.Of("b"))))
		require.Nil(t, r.sends(c, coa(t, 3, attrs.UserName.Of("waits first"))))
		require.Nil(t, r.sends(c, disconnect(t, 4, attrs.UserName.Of("waits second"))))
		require.Equal(t, []string{"a", "b"}, []string{<-begun, <-begun})
		release <- true
		require.Equal(t, "waits second", <-begun)
		release <- true
		require.Equal(t, "waits first", <-begun)
		close(release)
	})
}

func TestPeerRateIsSpentByVerifiedRequestsAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{PeerRate: dac.Limit{Rate: 10, Burst: 2}})
		c := r.from(aaaAddr)
		for range 100 {
			bad := disconnect(t, 1, bob)
			bad[4] ^= 1
			require.Nil(t, r.sends(c, bad))
		}
		require.NotNil(t, r.sends(c, disconnect(t, 1, attrs.UserName.Of("a"))))
		q := disconnect(t, 2, attrs.UserName.Of("b"))
		require.NotNil(t, r.sends(c, q))
		require.NotNil(t, r.sends(c, q), "a duplicate is free")
		third := disconnect(t, 3, attrs.UserName.Of("c"))
		require.Nil(t, r.sends(c, third))
		require.NotNil(t, r.sends(r.from(netip.MustParseAddrPort("192.0.2.2:1")), disconnect(t, 1, attrs.UserName.Of("d"))), "another peer")
		time.Sleep(100 * time.Millisecond)
		require.NotNil(t, r.sends(c, third))
		require.EqualValues(t, 1, r.disconnects().Overload)
	})
}

func TestDenyIs501(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Peers: dac.PeerMap{
			netip.MustParsePrefix("192.0.2.1/32"): {Secret: secret, DenyDisconnect: true},
			netip.MustParsePrefix("192.0.2.2/32"): {Secret: secret, DenyCoA: true},
		}})
		for i, from := range []string{"192.0.2.1:1", "192.0.2.2:1"} {
			c := r.from(netip.MustParseAddrPort(from))
			for _, q := range [][]byte{disconnect(t, byte(i), bob), coa(t, byte(i), bob)} {
				resp := r.verdict(r.sends(c, q), q)
				require.Equal(t, (q[0] == 40) == (from == "192.0.2.2:1"), resp.ACK())
				if !resp.ACK() {
					require.Equal(t, errcause.AdministrativelyProhibited, resp.Cause())
				}
			}
		}
		require.EqualValues(t, 2, r.runs.Load())
	})
}

func TestHandlerTimeoutEndsTheContextAndNothingElse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var ended time.Duration
		r := serve(t, &dac.Server{HandlerTimeout: 10 * time.Second, Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			began := time.Now()
			child, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			<-child.Done()
			ended = time.Since(began)
			time.Sleep(30 * time.Second)
			return q.ACK()
		})})
		c, q := r.from(aaaAddr), disconnect(t, 1, bob, stamped(0))
		require.Nil(t, r.sends(c, q))
		time.Sleep(35 * time.Second)
		require.Nil(t, r.sends(c, q), "absorbed until then")
		time.Sleep(6 * time.Second)
		require.True(t, r.verdict(r.hears(c), q).ACK(), "the true answer, however late")
		require.Equal(t, 10*time.Second, ended)
		require.True(t, r.verdict(r.sends(c, q), q).ACK())
		require.EqualValues(t, 1, r.disconnects().Late)
		require.EqualValues(t, 2, r.disconnects().Duplicates)
	})
}

func TestAfterFollowsTheAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		after := make(chan time.Time, 1)
		r := serve(t, &dac.Server{Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			resp, err := q.ACK()
			resp.After = func(ctx context.Context) {
				time.Sleep(time.Second)
				after <- time.Now()
			}
			return resp, err
		})})
		c, q := r.from(aaaAddr), disconnect(t, 1, bob)
		began := time.Now()
		require.True(t, r.verdict(r.sends(c, q), q).ACK())
		require.Less(t, time.Since(began), time.Second)
		r.stop()
		require.NoError(t, <-r.done, "Serve waits for it")
		r.done <- nil
		require.Equal(t, time.Second, (<-after).Sub(began))
	})
}

func TestYieldGivesThePlaceBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		turn := make(chan bool)
		r := serve(t, &dac.Server{MaxHandlers: 1, Handler: dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			if name, _ := attrs.UserName.Get(q.Packet.Attributes); name == "waits" {
				resume := dac.Yield(ctx)
				<-turn
				resume()
			}
			return q.ACK()
		})})
		c := r.from(aaaAddr)
		waits := coa(t, 1, attrs.UserName.Of("waits"))
		require.Nil(t, r.sends(c, waits))
		for i := range 5 {
			require.NotNil(t, r.sends(c, coa(t, byte(i+2), bob)))
		}
		close(turn)
		require.True(t, r.verdict(r.hears(c), waits).ACK())
	})
}

func TestYieldWithoutAServerDoesNothing(t *testing.T) {
	dac.Yield(t.Context())()
}

func TestMemoryIsSharedFairlyAndNeverGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Memory: 64})
		c := r.from(aaaAddr)
		first := disconnect(t, 0, attrs.UserName.Of("0"), stamped(0))
		was := r.sends(c, first)
		n := 1
		for ; n < 200; n++ {
			if r.sends(c, disconnect(t, byte(n), attrs.UserName.Of(fmt.Sprint(n)), stamped(0))) == nil {
				break
			}
		}
		require.Equal(t, 56, n, "seven eighths of it")
		require.NotNil(t, r.sends(r.from(netip.MustParseAddrPort("192.0.2.2:1")), disconnect(t, 1, bob, stamped(0))), "another peer has a share")
		require.Equal(t, was, r.sends(c, first))
		require.EqualValues(t, 1, r.disconnects().Overload)
		time.Sleep(302 * time.Second)
		require.NotNil(t, r.sends(c, disconnect(t, 1, bob, stamped(0))))
	})
}

func TestOrderOfArrivalIsTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := &sequencer{}
		r := serve(t, &dac.Server{Handler: h})
		c := r.from(aaaAddr)
		for i := range 3 {
			require.NotNil(t, r.sends(c, disconnect(t, byte(i), attrs.UserName.Of(fmt.Sprint(i)))))
		}
		require.Equal(t, []uint64{1, 2, 3}, h.arrived)
		require.Equal(t, 3, h.handled)
	})
}

type sequencer struct {
	arrived []uint64
	handled int
}

func (s *sequencer) Arrive(r *dac.Request) { s.arrived = append(s.arrived, r.Seq) }
func (s *sequencer) Handle(ctx context.Context, r *dac.Request) (*dac.Response, error) {
	s.handled++
	return r.ACK()
}

func TestR_DEP_7_1_1_ShortSecretsAreWarnedOf(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log journal
		serve(t, &dac.Server{Logger: log.logger(), Peers: dac.PeerMap{
			netip.MustParsePrefix("192.0.2.0/24"): {Secret: "twelveoctets"},
			netip.MustParsePrefix("192.0.3.0/24"): {Secret: "thirteen octets and more"},
		}})
		require.Contains(t, log.String(), "192.0.2.0/24")
		require.NotContains(t, log.String(), "192.0.3.0/24")
	})
}

func TestAServerThatAnswersNothingSaysSoAtTheFirstPacket(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log journal
		r := serve(t, &dac.Server{Logger: slog.New(slog.NewTextHandler(&log, nil)), Peers: dac.PeerMap{
			netip.MustParsePrefix("192.0.2.1/32"): {Secret: "another secret than theirs"},
			netip.MustParsePrefix("192.0.2.2/32"): {Secret: secret},
			netip.MustParsePrefix("192.0.2.3/32"): {Secret: secret},
		}})
		lines := func(what string) int { return strings.Count(log.String(), what) }
		wrong, garbled, good := r.from(aaaAddr), r.from(netip.MustParseAddrPort("192.0.2.2:1")), r.from(netip.MustParseAddrPort("192.0.2.3:1"))
		require.NotNil(t, r.sends(good, disconnect(t, 1, bob)))
		for i := range 7 {
			r.sends(wrong, disconnect(t, byte(i), bob))
			r.sends(garbled, []byte{40, 1, 0})
			r.sends(good, []byte{40, 1, 0})
			require.Equal(t, 2, lines("the first packet of this peer is dropped"), "after packet %d", i)
			require.Equal(t, 1, lines("addr=192.0.2.1 "))
			require.Equal(t, 1, lines("addr=192.0.2.2 "))
		}
		for i := range 18 {
			for from := range byte(3) {
				r.sends(r.from(netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, 100, from}), uint16(1+i))), disconnect(t, byte(i), bob))
			}
			require.Equal(t, 3, lines("Server.Peers does not know it"))
		}
		require.NotContains(t, log.String(), secret)

		before := time.Now()
		for n := range 40_000 {
			c := r.from(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), 1))
			c.Write(disconnect(t, 1, bob))
			if n%100 == 0 {
				time.Sleep(5 * time.Second)
			}
			c.Close()
		}
		took := time.Since(before).Seconds()
		require.LessOrEqual(t, float64(lines("Server.Peers does not know it")), 3+32+took, "one a second, and a burst")
		require.LessOrEqual(t, lines("Server.Peers does not know it"), 1024)
		require.Greater(t, lines("Server.Peers does not know it"), 500)
	})
}

func TestMismatchIsDiagnosedOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log journal
		r := serve(t, &dac.Server{Logger: log.logger(), Peers: dac.PeerMap{
			netip.MustParsePrefix("192.0.2.1/32"): {Secret: "another secret than theirs"},
			netip.MustParsePrefix("192.0.2.2/32"): {Secret: secret},
			netip.MustParsePrefix("192.0.2.3/32"): {Secret: secret},
		}})
		wrong, late, good := r.from(aaaAddr), r.from(netip.MustParseAddrPort("192.0.2.2:1")), r.from(netip.MustParseAddrPort("192.0.2.3:1"))
		require.NotNil(t, r.sends(good, disconnect(t, 255, bob)))
		for i := range 20 {
			require.Nil(t, r.sends(wrong, disconnect(t, byte(i), bob)))
			require.Nil(t, r.sends(late, disconnect(t, byte(i), bob, stamped(-time.Hour))))
			bad := disconnect(t, byte(i), bob)
			bad[5] ^= 1
			require.Nil(t, r.sends(good, bad))
		}
		require.Equal(t, 1, strings.Count(log.String(), "no packet from this peer verifies"))
		require.Equal(t, 1, strings.Count(log.String(), "compare the clocks"))
		require.Contains(t, log.String(), "off by 1h0m0s")
	})
}
