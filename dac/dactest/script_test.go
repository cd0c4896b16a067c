// SPDX-License-Identifier: Apache-2.0

package dactest_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

func userName(v string) attrs.Attr   { return attrs.UserName.Of(v) }
func state(v string) attrs.Attr      { return attrs.State.Of([]byte(v)) }
func proxyState(v string) attrs.Attr { return attrs.ProxyState.Of([]byte(v)) }

// A script is a scripted NAS in a bubble, and a socket to ask it.
type script struct {
	*dactest.ScriptedNAS
	t      *testing.T
	client socket
	id     byte
}

func inScript(t *testing.T, steps []dactest.Step, test func(s *script)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := &dactest.Network{Latency: 10 * time.Millisecond}
		s := &script{t: t, ScriptedNAS: dactest.ServeScript(t, n.Listen(nas4), steps...), client: listen(t, n, netip.AddrPort{})}
		require.Equal(t, nas4, s.Addr)
		test(s)
	})
}

// send signs and sends r.
func (s *script) send(r *dac.Request) []byte {
	s.t.Helper()
	s.id++
	b, err := r.AppendSigned(nil, s.id, dactest.Secret)
	require.NoError(s.t, err)
	_, err = s.client.WriteToUDPAddrPort(b, s.Addr)
	require.NoError(s.t, err)
	return b
}

// heard is the next datagram back, nil when none comes within a minute.
func (s *script) heard() ([]byte, netip.AddrPort) {
	s.t.Helper()
	require.NoError(s.t, s.client.SetReadDeadline(time.Now().Add(time.Minute)))
	b := make([]byte, 4096)
	n, from, err := s.client.ReadFromUDPAddrPort(b)
	if err != nil {
		require.ErrorIs(s.t, err, os.ErrDeadlineExceeded)
		return nil, from
	}
	return b[:n], from
}

// ask sends r and returns the verified answer.
func (s *script) ask(r *dac.Request) *dac.Response {
	s.t.Helper()
	request := s.send(r)
	b, from := s.heard()
	require.NotNil(s.t, b, "no answer")
	require.Equal(s.t, s.Addr, from)
	resp, err := dac.ParseResponse(b, request, dactest.Secret)
	require.NoError(s.t, err)
	return resp
}

// refused sends r and returns why the answer does not verify.
func (s *script) refused(r *dac.Request) error {
	s.t.Helper()
	request := s.send(r)
	b, _ := s.heard()
	require.NotNil(s.t, b, "no answer")
	_, err := dac.ParseResponse(b, request, dactest.Secret)
	require.Error(s.t, err)
	return err
}

func TestScriptWithoutStepsAcknowledges(t *testing.T) {
	inScript(t, nil, func(s *script) {
		resp := s.ask(coa(t, "bob"))
		require.Equal(t, radius.CodeCoAACK, resp.Packet.Code)
		var proxies []string
		for _, a := range resp.Packet.Attributes {
			if a.Type == 33 {
				proxies = append(proxies, string(a.Attribute))
			}
		}
		require.Equal(t, []string{"one", "two"}, proxies)
		require.Equal(t, radius.CodeDisconnectACK, s.ask(disconnect(t, "bob")).Packet.Code)
		require.Len(t, s.Requests(), 2)
		require.Equal(t, "bob", string(s.Requests()[1].Packet.Attributes.Get(1)))
		require.EqualValues(t, 2, s.Requests()[1].Seq)
	})
}

func TestScriptTakesStepsInOrderAndTheLastStays(t *testing.T) {
	inScript(t, []dactest.Step{dactest.Drop(2), dactest.Times(2, dactest.ACK()), dactest.NAK(errcause.SessionContextNotFound)}, func(s *script) {
		for range 2 {
			s.send(disconnect(t, "bob"))
			b, _ := s.heard()
			require.Nil(t, b)
		}
		for range 2 {
			require.True(t, s.ask(disconnect(t, "bob")).ACK())
		}
		for range 3 {
			require.ErrorIs(t, s.ask(disconnect(t, "bob")).Err(), errcause.SessionContextNotFound)
		}
		require.Len(t, s.Requests(), 7)
	})
}

func TestScriptAnswersWithAttributes(t *testing.T) {
	inScript(t, []dactest.Step{dactest.ACK(attrs.ReplyMessage.Of("bye")), dactest.NAK(0), dactest.NAK(201, attrs.ReplyMessage.Of("no"))}, func(s *script) {
		require.Equal(t, "bye", string(s.ask(disconnect(t, "bob")).Packet.Attributes.Get(18)))
		none := s.ask(disconnect(t, "bob"))
		require.Equal(t, radius.CodeDisconnectNAK, none.Packet.Code)
		require.Zero(t, none.Cause())
		wrong := s.ask(coa(t, "bob"))
		require.Equal(t, radius.CodeCoANAK, wrong.Packet.Code)
		require.Equal(t, errcause.ResidualSessionContextRemoved, wrong.Cause(), "a script may break the rules")
		require.Equal(t, "no", string(wrong.Packet.Attributes.Get(18)))
	})
}

func TestScriptRepliesLikeAServer(t *testing.T) {
	refusal, err := disconnect(t, "bob").NAK(errcause.ResourcesUnavailable)
	require.NoError(t, err)
	answers := []error{
		nil, fmt.Errorf("not here: %w", errcause.SessionContextNotFound), errors.New("no cause"),
		&dac.NAKError{Response: refusal}, dac.ErrDiscard, dac.ErrSilent,
	}
	calls := 0
	step := dactest.Reply(dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) {
		calls++
		if calls > len(answers) {
			return nil, nil
		}
		if err := answers[calls-1]; err != nil {
			return nil, err
		}
		return r.ACK()
	}))
	inScript(t, []dactest.Step{step}, func(s *script) {
		require.True(t, s.ask(disconnect(t, "bob")).ACK())
		require.Equal(t, errcause.SessionContextNotFound, s.ask(disconnect(t, "bob")).Cause())
		require.ErrorAs(t, s.ask(disconnect(t, "bob")).Err(), new(*dac.NAKError))
		require.Equal(t, errcause.ResourcesUnavailable, s.ask(disconnect(t, "bob")).Cause())
		for range 2 {
			s.send(disconnect(t, "bob"))
			b, _ := s.heard()
			require.Nil(t, b)
		}
		nothing := s.ask(disconnect(t, "bob"))
		require.False(t, nothing.ACK(), "no answer of a handler is a NAK")
		require.Zero(t, nothing.Cause())
	})
}

func TestScriptDelays(t *testing.T) {
	inScript(t, []dactest.Step{dactest.Delay(3*time.Second, dactest.ACK()), dactest.NAK(0)}, func(s *script) {
		start := time.Now()
		first, second := s.send(disconnect(t, "slow")), s.send(disconnect(t, "quick"))
		b, _ := s.heard()
		_, err := dac.ParseResponse(b, second, dactest.Secret)
		require.NoError(t, err, "the next request does not wait")
		require.Equal(t, 20*time.Millisecond, time.Since(start))
		b, _ = s.heard()
		resp, err := dac.ParseResponse(b, first, dactest.Secret)
		require.NoError(t, err)
		require.True(t, resp.ACK())
		require.Equal(t, 3020*time.Millisecond, time.Since(start))
	})
}

func TestScriptWrongIdentifier(t *testing.T) {
	inScript(t, []dactest.Step{dactest.WrongIdentifier()}, func(s *script) {
		request := s.send(disconnect(t, "bob"))
		b, _ := s.heard()
		_, err := dac.ParseResponse(b, request, dactest.Secret)
		require.ErrorContains(t, err, "identifier")
		request[1]++ // as if it answered the next request, which has the same authenticator
		_, err = dac.ParseResponse(b, request, dactest.Secret)
		require.NoError(t, err, "all else is right")
	})
}

func TestScriptWrongKind(t *testing.T) {
	inScript(t, []dactest.Step{dactest.WrongKind()}, func(s *script) {
		for r, want := range map[*dac.Request]radius.Code{
			disconnect(t, "bob"): radius.CodeCoAACK,
			coa(t, "bob"):        radius.CodeDisconnectACK,
		} {
			request := s.send(r)
			b, _ := s.heard()
			require.EqualValues(t, want, b[0])
			_, err := dac.ParseResponse(b, request, dactest.Secret)
			require.ErrorIs(t, err, dac.ErrMalformed)
			request[0] = byte(want) - 1
			_, err = dac.ParseResponse(b, request, dactest.Secret)
			require.NoError(t, err, "all else is right")
		}
	})
}

func TestScriptForgeries(t *testing.T) {
	inScript(t, []dactest.Step{dactest.Forged(), dactest.ForgedMessageAuthenticator(), dactest.Truncated()}, func(s *script) {
		require.ErrorIs(t, s.refused(disconnect(t, "bob")), dac.ErrAuthenticator)
		require.ErrorIs(t, s.refused(coa(t, "bob")), dac.ErrMessageAuthenticator)
		require.ErrorIs(t, s.refused(disconnect(t, "bob")), dac.ErrMalformed)
	})
}

// The answer to a request without Message-Authenticator has a wrong one all the same.
func TestScriptForgedMessageAuthenticatorIsAdded(t *testing.T) {
	inScript(t, []dactest.Step{dactest.ForgedMessageAuthenticator()}, func(s *script) {
		b := append([]byte{40, 1, 0, 25}, make([]byte, 16)...)
		b = append(b, 1, 5, 'b', 'o', 'b')
		dactest.SignRequest(b, dactest.Secret)
		_, err := s.client.WriteToUDPAddrPort(b, s.Addr)
		require.NoError(t, err)
		answer, _ := s.heard()
		_, err = dac.ParseResponse(answer, b, dactest.Secret)
		require.ErrorIs(t, err, dac.ErrMessageAuthenticator)
	})
}

func TestScriptStale(t *testing.T) {
	inScript(t, []dactest.Step{dactest.Stale(-time.Hour)}, func(s *script) {
		sent := time.Now()
		stamp := s.ask(disconnect(t, "bob")).Packet.Attributes.Get(55)
		require.EqualValues(t, sent.Add(-time.Hour).Unix(), binary.BigEndian.Uint32(stamp))
	})
}

func TestScriptProtocolError(t *testing.T) {
	inScript(t, []dactest.Step{dactest.ProtocolError(errcause.UnsupportedExtension)}, func(s *script) {
		resp := s.ask(disconnect(t, "bob"))
		require.EqualValues(t, 52, resp.Packet.Code)
		require.Equal(t, errcause.UnsupportedExtension, resp.Cause())
	})
}

func TestScriptTwiceAndElsewhere(t *testing.T) {
	inScript(t, []dactest.Step{dactest.Twice(dactest.Elsewhere(dactest.ACK()))}, func(s *script) {
		request := s.send(disconnect(t, "bob"))
		for range 2 {
			b, from := s.heard()
			_, err := dac.ParseResponse(b, request, dactest.Secret)
			require.NoError(t, err)
			require.Equal(t, s.Addr.Addr(), from.Addr())
			require.NotEqual(t, s.Addr.Port(), from.Port())
		}
		b, _ := s.heard()
		require.Nil(t, b)
	})
}

func TestScriptEdit(t *testing.T) {
	silent := dactest.Edit(dactest.ACK(), func(_, _ []byte) []byte { return nil })
	garbage := dactest.Edit(dactest.ACK(), func(answer, request []byte) []byte {
		require.EqualValues(t, 40, request[0])
		return append(answer[:0], "garbage"...)
	})
	inScript(t, []dactest.Step{silent, garbage}, func(s *script) {
		s.send(disconnect(t, "bob"))
		b, _ := s.heard()
		require.Nil(t, b)
		s.send(disconnect(t, "bob"))
		b, _ = s.heard()
		require.Equal(t, "garbage", string(b))
	})
}

func TestScriptIgnoresWhatDoesNotVerify(t *testing.T) {
	inScript(t, []dactest.Step{dactest.ACK(), dactest.Drop(1)}, func(s *script) {
		b, err := disconnect(t, "eve").AppendSigned(nil, 1, "another secret")
		require.NoError(t, err)
		_, err = s.client.WriteToUDPAddrPort(b, s.Addr)
		require.NoError(t, err)
		nothing, _ := s.heard()
		require.Nil(t, nothing)
		require.True(t, s.ask(disconnect(t, "bob")).ACK(), "it took no step")
		require.Len(t, s.Requests(), 1)
		in := s.Received()
		require.Len(t, in, 2)
		require.Equal(t, dac.Dropped, in[0].Op)
		require.ErrorIs(t, in[0].Err, dac.ErrAuthenticator)
		require.Equal(t, b, in[0].Wire)
		require.Equal(t, dac.Received, in[1].Op)
	})
}

func TestScriptClosedPortIsDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &dactest.Network{Refuse: true}
		s := dactest.ServeScript(t, n.Listen(nas6), dactest.Delay(time.Hour, dactest.ACK()))
		c := dactest.NewScriptedClientOn(t, dial(t, n, nas6))
		c.Send(c.Sign(disconnect(t, "bob")))
		synctest.Wait()
		s.Close()
		s.Close()
		conn := dial(t, n, nas6)
		_, err := conn.Write([]byte("x"))
		require.NoError(t, err)
		_, err = conn.Read(nil)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
	})
}

func TestDeadPort(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what ICMP errors a socket reports differs between systems")
	}
	at := dactest.DeadPort(t)
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(at))
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Write([]byte("x"))
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
	_, err = c.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestScriptThatCannotAnswerFailsItsTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, failed := attempt(t, func(tb testing.TB) {
			n := new(dactest.Network)
			s := dactest.ServeScript(tb, n.Listen(nas4), dactest.ACK(attrs.UserName.Of("")))
			c := dactest.NewScriptedClientOn(tb, dial(t, n, s.Addr))
			c.Send(c.Sign(disconnect(tb, "bob")))
			c.Silence()
		})
		require.True(t, failed)
		require.Contains(t, log, "dactest: cannot answer: attrs: User-Name: empty value")
		require.Contains(t, log, "what crossed the wire:")
	})
}

func TestScriptedNASOnLoopback(t *testing.T) {
	n := dactest.NewScriptedNAS(t, dactest.Drop(2), dactest.NAK(errcause.SessionContextNotFound))
	n.Client.Retry.Initial = 400 * time.Millisecond
	_, err := n.Client.Disconnect(t.Context(), n.Addr, attrs.UserName.Of("bob"))
	require.ErrorIs(t, err, errcause.SessionContextNotFound)
	in := n.Received()
	require.Len(t, in, 3)
	require.Equal(t, in[0].Wire, in[2].Wire, "a retransmission is the same octets")
	require.Equal(t, in[0].Peer, in[2].Peer, "and comes from the same port")
}
