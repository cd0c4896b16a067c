// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// What is no answer is counted in exactly one class, noted, and ends no wait: the true answer that
// comes later is taken.
func TestR467x_3_ExclusiveDropClasses(t *testing.T) {
	stale := func(off time.Duration) dactest.Step { return dactest.Stale(off) }
	unknown := dactest.Edit(dactest.ACK(), func(b, request []byte) []byte {
		b[0] = 2 // Access-Accept
		dactest.SignResponse(b, request, dactest.Secret)
		return b
	})
	otherCode := protocolErrorAbout(radius.CodeCoARequest)
	for _, c := range []struct {
		name  string
		step  dactest.Step
		want  dac.AnswerCounters
		coa   dac.AnswerCounters
		type_ uint64
		err   error
		text  string
	}{
		{name: "malformed", step: dactest.Truncated(), want: dac.AnswerCounters{Malformed: 1}, err: dac.ErrMalformed},
		{name: "forged", step: dactest.Forged(), want: dac.AnswerCounters{BadAuthenticator: 1}, err: dac.ErrAuthenticator},
		{name: "R467x-9 Message-Authenticator", step: dactest.ForgedMessageAuthenticator(), want: dac.AnswerCounters{BadAuthenticator: 1}, err: dac.ErrMessageAuthenticator},
		{name: "unknown type", step: unknown, type_: 1, err: dac.ErrWrongKind},
		{name: "wrong kind", step: dactest.WrongKind(), coa: dac.AnswerCounters{Dropped: 1}, err: dac.ErrWrongKind},
		{name: "wrong identifier", step: dactest.WrongIdentifier(), want: dac.AnswerCounters{Dropped: 1}, text: "response matches no pending request"},
		{name: "stale", step: stale(-301 * time.Second), want: dac.AnswerCounters{Dropped: 1}, err: dac.ErrEventTimestamp},
		{name: "from the future", step: stale(302 * time.Second), want: dac.AnswerCounters{Dropped: 1}, err: dac.ErrEventTimestamp},
		{name: "Protocol-Error about another request", step: otherCode, want: dac.AnswerCounters{Dropped: 1}, err: dac.ErrWrongKind},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var dropped []dac.Event
				s := script(t, c.step, dactest.ACK(), c.step)
				trace := s.Client.Trace
				s.Client.Trace = dac.Tee(trace, func(e dac.Event) {
					if e.Op == dac.Dropped {
						dropped = append(dropped, e)
					}
				})
				resp, err := s.disconnect()
				require.NoError(t, err)
				assert.Equal(t, 2, resp.Sent, "the wait went on")
				n := s.Client.Stats().NAS[nasAddr]
				c.want.Requests, c.want.Retransmissions, c.want.Timeouts, c.want.ACKs = 1, 1, 1, 1
				assert.Equal(t, c.want, n.Disconnect)
				assert.Equal(t, c.coa, n.CoA)
				assert.Equal(t, c.type_, n.UnknownType)
				require.Len(t, dropped, 1)
				assert.Error(t, dropped[0].Err)
				assert.NotEmpty(t, dropped[0].Wire)

				_, err = s.disconnect()
				none := noAnswer(t, err)
				require.Len(t, none.Discarded, 1, "each kind once")
				var packet *dac.PacketError
				require.ErrorAs(t, none.Discarded[0], &packet)
				assert.Equal(t, nasAddr, packet.Peer)
				if c.err != nil {
					assert.ErrorIs(t, none.Discarded[0], c.err)
				}
				assert.ErrorContains(t, none.Discarded[0], c.text)
			})
		})
	}
}

// protocolErrorAbout is a Protocol-Error with an Original-Packet-Code.
func protocolErrorAbout(code radius.Code) dactest.Step {
	return dactest.Edit(dactest.ProtocolError(errcause.UnsupportedExtension), func(b, request []byte) []byte {
		b = append(b, 241, 7, 4)
		b = binary.BigEndian.AppendUint32(b, uint32(code))
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
		dactest.SignResponse(b, request, dactest.Secret)
		return b
	})
}

func TestR5176_3_4_3_MessageAuthenticatorOfAnAnswerIsVerified(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.ForgedMessageAuthenticator())
		_, err := s.disconnect()
		require.ErrorIs(t, noAnswer(t, err).Discarded[0], dac.ErrMessageAuthenticator)
	})
}

func TestR5176_3_4_4_MessageAuthenticatorBeforeRequestAuthenticator(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t)
		_, err := s.disconnect()
		require.NoError(t, err)
		assert.EqualValues(t, 80, s.transmissions()[0].wire[20], "and first")
	})
}

func TestR5176_6_3_3_StaleAnswerDiscarded(t *testing.T) {
	for _, c := range []struct {
		name string
		off  time.Duration
		peer dac.Peer
		ok   bool
	}{
		{"now", 0, dac.Peer{}, true},
		{"299 s ago", -299 * time.Second, dac.Peer{}, true},
		{"301 s ago", -301 * time.Second, dac.Peer{}, false},
		{"in 302 s", 302 * time.Second, dac.Peer{}, false},
		{"a year ago, from a NAS without a clock", -365 * 24 * time.Hour, dac.Peer{IgnoreEventTimestamp: true}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := script(t, dactest.Stale(c.off))
				c.peer.Secret = dactest.Secret
				_, err := s.Client.With(c.peer).Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
				if c.ok {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, noAnswer(t, err).Discarded[0], dac.ErrEventTimestamp)
				}
			})
		})
	}
}

func TestRequireMessageAuthenticatorOfAnswers(t *testing.T) {
	bare := dactest.Edit(dactest.ACK(), func(b, request []byte) []byte {
		b = b[:20]
		binary.BigEndian.PutUint16(b[2:], 20)
		dactest.SignResponse(b, request, dactest.Secret)
		return b
	})
	for _, require_ := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			s := script(t, bare)
			_, err := s.Client.With(dac.Peer{Secret: dactest.Secret, RequireMessageAuthenticator: require_}).Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
			if !require_ {
				require.NoError(t, err)
				return
			}
			none := noAnswer(t, err)
			require.ErrorIs(t, none.Discarded[0], dac.ErrMessageAuthenticator)
			assert.ErrorContains(t, err, "Peer.RequireMessageAuthenticator")
			assert.EqualValues(t, 4, s.counters().Dropped, "missing is not wrong")
		})
	}
}

// While a secret is rolled out, the NAS may still have the one before.
func TestPreviousSecretVerifiesAnswers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.Edit(dactest.ACK(), func(b, request []byte) []byte {
			dactest.SignResponse(b, request, "the one before")
			return b
		}))
		_, err := s.Client.With(dac.Peer{Secret: dactest.Secret, Previous: "the one before"}).Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
		assert.NoError(t, err)
		_, err = s.Client.With(dac.Peer{Secret: dactest.Secret, Previous: "another"}).Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
		assert.ErrorIs(t, noAnswer(t, err).Discarded[0], dac.ErrAuthenticator)
	})
}

// The first answer with a valid authenticator counts. Later ones are counted as dropped, and are
// nobody's answer.
func TestR5080_2_2_2_6_FirstValidAnswerCounts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.Delay(3*time.Second, dactest.ACK()), dactest.Delay(3*time.Second, dactest.NAK(errcause.SessionContextNotFound)))
		resp, err := s.disconnect()
		require.NoError(t, err, "the ACK came first")
		assert.Equal(t, 3*time.Second, time.Since(s.began))
		assert.Equal(t, time.Second, resp.RTT, "R467x-6: from the last transmission")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		assert.EqualValues(t, 1, s.counters().Dropped, "the second is late")
		assert.Zero(t, s.counters().NAKs)
	})
}

func TestRepeatedAnswersAreDropped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.Twice(dactest.ACK()))
		for range 3 {
			_, err := s.disconnect()
			require.NoError(t, err)
		}
		synctest.Wait()
		assert.EqualValues(t, 3, s.counters().ACKs)
		assert.EqualValues(t, 3, s.counters().Dropped)
	})
}

// An answer from another port than the one that was asked never arrives at a connected socket.
func TestR4672_1_AnswerFromElsewhereIsNone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.Elsewhere(dactest.ACK()))
		_, err := s.disconnect()
		assert.Empty(t, noAnswer(t, err).Discarded)
		assert.Zero(t, s.counters().Dropped)
	})
}

// R-BIS-3.7-3: Protocol-Error ends a request, with its Error-Cause.
func TestR7930_4_1_ProtocolErrorEndsTheRequest(t *testing.T) {
	for name, step := range map[string]dactest.Step{
		"without Original-Packet-Code": dactest.ProtocolError(errcause.UnsupportedExtension),
		"with it":                      protocolErrorAbout(radius.CodeDisconnectRequest),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := script(t, step)
				resp, err := s.disconnect()
				require.ErrorIs(t, err, errcause.UnsupportedExtension)
				assert.EqualError(t, err, "dac: Protocol-Error from 192.0.2.9:3799: Unsupported-Extension (406)")
				assert.EqualValues(t, 52, resp.Packet.Code)
				assert.EqualValues(t, 1, s.counters().NAKs)
				assert.Zero(t, s.counters().Pending)
			})
		})
	}
}

// A-2 and R5176-3.5-4: a cause in an ACK never makes it a failure.
func TestAnyCauseInAnACKIsSuccess(t *testing.T) {
	for _, cause := range []errcause.Cause{errcause.ResidualSessionContextRemoved, errcause.SessionContextNotFound, 599} {
		bubble(t, func(t *testing.T) {
			s := script(t, dactest.ACK(attrs.Raw(101, binary.BigEndian.AppendUint32(nil, uint32(cause)))))
			resp, err := s.disconnect()
			require.NoError(t, err)
			assert.Equal(t, cause, resp.Cause())
		})
	}
}

// What an answer says of its exchange is enough for the row of an audit.
func TestResponseSaysWhereFromAndHow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.Drop(1), dactest.Delay(time.Second, dactest.ACK()))
		resp, err := s.disconnect()
		require.NoError(t, err)
		first := s.transmissions()[0]
		assert.Equal(t, nasAddr, resp.Source)
		assert.Equal(t, first.from, resp.Local)
		assert.EqualValues(t, first.wire[1], resp.ID)
		assert.Equal(t, 2, resp.Sent)
		assert.Equal(t, time.Second, resp.RTT)
	})
}

func TestReauthorize(t *testing.T) {
	state := attrs.State.Of([]byte("s1"))
	for _, c := range []struct {
		name string
		step dactest.Step
		want error
	}{
		{"R5176-3.2-7: 507 is success", dactest.NAK(errcause.RequestInitiated, attrs.ServiceType.Of(17)), nil},
		{"507 without Service-Type", dactest.NAK(errcause.RequestInitiated), nil},
		{"405", dactest.NAK(errcause.UnsupportedService), errcause.UnsupportedService},
		{"no cause", dactest.NAK(0), &dac.NAKError{}},
		{"R5176-3.2-3: never an ACK", dactest.ACK(), dac.ErrWrongKind},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := script(t, c.step)
				resp, err := s.Client.Reauthorize(t.Context(), nasAddr, attrs.UserName.Of("bob"), state)
				assert.NotNil(t, resp)
				switch want := c.want.(type) {
				case nil:
					require.NoError(t, err)
					assert.Equal(t, errcause.RequestInitiated, resp.Cause())
				case *dac.NAKError:
					require.ErrorAs(t, err, &want)
				default:
					require.ErrorIs(t, err, want)
				}
				service, err := attrs.ServiceType.Get(s.Requests()[0].Attributes())
				require.NoError(t, err)
				assert.EqualValues(t, 17, service)
				n := s.Client.Stats().Total.CoA
				assert.EqualValues(t, 1, n.AuthOnlyRequests)
			})
		})
	}
	t.Run("507 is success for nobody else", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := script(t, dactest.NAK(errcause.RequestInitiated))
			_, err := s.Client.CoA(t.Context(), nasAddr, attrs.UserName.Of("bob"))
			require.ErrorIs(t, err, errcause.RequestInitiated)
		})
	})
}

func TestR5176_3_2_5_AuthorizeOnlyHoldsIdentificationAndState(t *testing.T) { authorizeOnlyMistakes(t) }
func TestR5176_3_3_2_AuthorizeOnlyNeedsState(t *testing.T)                  { authorizeOnlyMistakes(t) }
func TestR5176_3_3_7_AuthorizeOnlyHasOneState(t *testing.T)                 { authorizeOnlyMistakes(t) }

func authorizeOnlyMistakes(t *testing.T) {
	bob, state := attrs.UserName.Of("bob"), attrs.State.Of([]byte("s1"))
	for text, a := range map[string][]attrs.Attr{
		"needs one State":                {bob},
		"Authorize Only needs one State": {bob, state, state},
		"another Service-Type":           {bob, state, attrs.ServiceType.Of(8)},
		"Authorize Only with Filter-Id":  {bob, state, attrs.FilterID.Of("slow")},
	} {
		bubble(t, func(t *testing.T) {
			s := script(t)
			_, err := s.Client.Reauthorize(t.Context(), nasAddr, a...)
			require.ErrorContains(t, err, text)
			assert.Empty(t, s.transmissions())
		})
	}
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.NAK(errcause.RequestInitiated))
		vendor := attrs.Vendor(9, 1, []byte("audit-session-id=1"))
		_, err := s.Client.Reauthorize(t.Context(), nasAddr, bob, state, vendor, attrs.ServiceType.Of(17), attrs.EventTimestamp.Of(time.Now()))
		require.NoError(t, err)
		assert.Len(t, s.Requests()[0].Attributes(), 6, "Service-Type stands there once")
	})
}
