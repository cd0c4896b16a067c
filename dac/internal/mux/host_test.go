// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2868"
	"layeh.com/radius/vendors/microsoft"
)

// withPasswords skips a test whose host uses layeh's User-Password, which computes MD5 where FIPS
// 140-3 enforcement forbids it.
func withPasswords(t *testing.T) {
	if strings.Contains(os.Getenv("GODEBUG"), "fips140=only") {
		t.Skip("layeh.com/radius/rfc2865 computes MD5")
	}
}

func verifyAnswer(answer, request []byte) error {
	return authn.VerifyResponse(answer, request, "radsec")
}

// TestAHandlerAnswersAccessAndAccountingRequests of both versions, and reads and writes hidden
// values as over UDP.
func TestAHandlerAnswersAccessAndAccountingRequests(t *testing.T) {
	withPasswords(t)
	for _, version := range []dac.Version{dac.RADIUS10, dac.RADIUS11} {
		t.Run(version.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				server, client := ends, ends
				server.Version, client.Version = version, version
				server.Handler = radius.HandlerFunc(func(w radius.ResponseWriter, r *radius.Request) {
					require.Equal(t, "192.0.2.2:40000", r.RemoteAddr.String())
					require.Equal(t, version, r.Context().Value(InfoKey{}).(*dac.ConnInfo).Version)
					require.Nil(t, r.Context().Value("other"))
					require.NoError(t, r.Context().Err())
					if r.Code == radius.CodeAccountingRequest {
						require.NoError(t, w.Write(r.Response(radius.CodeAccountingResponse)))
						return
					}
					require.Equal(t, "hello", rfc2865.UserPassword_GetString(r.Packet))
					answer := r.Response(radius.CodeAccessAccept)
					require.NoError(t, rfc2868.TunnelPassword_AddString(answer, 3, "tunnel"))
					require.NoError(t, microsoft.MSMPPESendKey_Add(answer, []byte("0123456789abcdef")))
					require.EqualError(t, w.Write(r.Response(radius.CodeAccountingResponse)), "radsec: Code does not answer the request")
					require.NoError(t, w.Write(answer))
					require.ErrorContains(t, w.Write(answer), "answered before")
				})
				a, b := newPipe(1 << 20)
				s, c := New(a, nil, server), New(b, nil, client)
				defer s.Close()
				defer c.Close()

				request := radius.New(radius.CodeAccessRequest, []byte("radsec"))
				require.NoError(t, rfc2865.UserPassword_SetString(request, "hello"))
				require.NoError(t, rfc2865.UserName_SetString(request, "bob"))
				before := *request
				answer, err := c.Exchange(t.Context(), request)
				require.NoError(t, err)
				require.Equal(t, radius.CodeAccessAccept, answer.Code)
				tag, password, err := rfc2868.TunnelPassword_LookupString(answer, request)
				require.NoError(t, err)
				require.Equal(t, byte(3), tag)
				require.Equal(t, "tunnel", password)
				key, err := microsoft.MSMPPESendKey_Lookup(answer, request)
				require.NoError(t, err)
				require.Equal(t, "0123456789abcdef", string(key))
				require.Equal(t, before, *request)

				answer, err = c.Exchange(t.Context(), radius.New(radius.CodeAccountingRequest, []byte("radsec")))
				require.NoError(t, err)
				require.Equal(t, radius.CodeAccountingResponse, answer.Code)
			})
		})
	}
}

// TestR6614_2_5_WithoutAHandlerRequestsAreRefused: Protocol-Error 406 (radiusdtls-bis, section
// 3.7).
func TestR_BIS_3_7_2_WithoutAHandlerRequestsAreRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, far := rig(t, ends)
		for _, code := range []radius.Code{1, 4} {
			r := request(code, 9, append(append([]byte(nil), emptyMA...), 33, 3, 'p')...)
			if code == 4 {
				r = request(code, 9, 33, 3, 'p')
			}
			far.send(r)
			answer := far.next()
			require.Equal(t, []byte{52, 9, 0, 54}, answer[:4])
			require.Equal(t, []byte{101, 6, 0, 0, 1, 406 & 255, 241, 7, 4, 0, 0, 0, byte(code), 33, 3, 'p'}, answer[38:])
			require.NoError(t, verifyAnswer(answer, r))
		}
	})
}

func TestHandlersThatFailAreAnsweredFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := ends
		release := make(chan struct{})
		o.MaxHandlers = 2
		o.Handler = radius.HandlerFunc(func(w radius.ResponseWriter, r *radius.Request) {
			switch rfc2865.UserName_GetString(r.Packet) {
			case "panic":
				panic("of the host's")
			case "exit":
				runtime.Goexit()
			case "late":
				require.NoError(t, w.Write(r.Response(radius.CodeAccessReject)))
				panic("after the answer")
			case "slow":
				<-release
			}
		})
		c, far := rig(t, o)
		name := func(s string) []byte { return request(1, 5, append([]byte{1, byte(2 + len(s))}, s...)...) }
		for _, s := range []string{"panic", "exit"} {
			far.send(name(s))
			answer := far.next()
			require.Equal(t, byte(52), answer[0], s)
			require.Contains(t, string(answer), string([]byte{101, 6, 0, 0, 1, 506 & 255}))
		}
		far.send(name("late"))
		require.Equal(t, byte(3), far.next()[0])
		far.send(name("silent"))
		far.silent()

		far.send(name("slow"), name("slow"), name("no place"))
		require.Equal(t, byte(52), far.next()[0])
		require.Equal(t, int64(1), c.Stats().Refused)
		far.send(request(12, 1, emptyMA...))
		require.Equal(t, byte(2), far.next()[0], "the reader goes on")
		close(release)
		synctest.Wait()
		far.send(name("panic"))
		require.Equal(t, byte(52), far.next()[0])
	})
}

func TestTheContextOfAHandlerEndsWithTheConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := ends
		ended := make(chan error, 1)
		o.Handler = radius.HandlerFunc(func(w radius.ResponseWriter, r *radius.Request) {
			<-r.Context().Done()
			ended <- w.Write(r.Response(radius.CodeAccessAccept))
			require.Error(t, r.Context().Err())
		})
		_, far := rig(t, o)
		far.send(request(1, 1))
		synctest.Wait()
		far.cut()
		require.Error(t, <-ended)
	})
}

func TestExchangeRefusesWhatItDoesNotSend(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		for _, p := range []*radius.Packet{
			nil, radius.New(radius.CodeCoARequest, []byte("radsec")), radius.New(radius.CodeAccessRequest, []byte("other")),
			{Code: radius.CodeAccessRequest, Attributes: radius.Attributes{nil}},
			{Code: radius.CodeAccessRequest, Attributes: radius.Attributes{{Type: 1, Attribute: make([]byte, 254)}}},
		} {
			_, err := c.Exchange(t.Context(), p)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "other")
		}
		far.silent()
	})
}

// TestExchangeSignsWithRadsec: an Access-Request keeps its Authenticator and has a
// Message-Authenticator first; an Accounting-Request has a Request Authenticator.
func TestR6614_2_3_ExchangeSignsWithRadsec(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		p := radius.New(radius.CodeAccessRequest, []byte("radsec"))
		p.Attributes.Add(80, make([]byte, 16))
		require.NoError(t, rfc2865.UserName_SetString(p, "bob"))
		go c.Exchange(t.Context(), p)
		got := far.next()
		require.Equal(t, p.Authenticator[:], got[4:20])
		require.Equal(t, []byte{80, 18}, got[20:22])
		require.Len(t, got, 20+18+5)
		require.NoError(t, c.verify(got))
		require.NotZero(t, got[1], "0 is the watchdog's")
		far.send(answerTo(got, 3))

		go c.Exchange(t.Context(), radius.New(radius.CodeAccountingRequest, []byte("radsec")))
		got = far.next()
		require.NoError(t, authn.VerifyRequest(got, "radsec"))
		far.send(answerTo(got, 5))
	})
}

// What is no answer to the request is dropped, and the Exchange waits on; an unanswered identifier
// rests.
func TestExchangeWaitsForItsAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		done := make(chan error, 1)
		exchange := func() {
			_, err := c.Exchange(t.Context(), radius.New(radius.CodeAccessRequest, []byte("radsec")))
			done <- err
		}
		go exchange()
		got := far.next()
		other := answerTo(got, 52, 241, 7, 4, 0, 0, 0, 43)
		far.send(answerTo(got, 5), answerTo(got, 44), other)
		synctest.Wait()
		require.Empty(t, done)
		require.Equal(t, int64(3), c.Stats().Unmatched)
		far.send(answerTo(got, 52, 241, 7, 4, 0, 0, 0, 1))
		require.NoError(t, <-done)
		far.send(answerTo(got, 2)) // too late
		synctest.Wait()
		require.Equal(t, int64(4), c.Stats().Unmatched)

		began := time.Now()
		go exchange()
		got = far.next()
		require.ErrorContains(t, <-done, "may have been handled")
		require.Equal(t, exchangeTime, time.Since(began))
		require.False(t, c.View().Info().Identifiers.Claim(uint32(got[1]), nil))

		go exchange()
		far.next()
		far.cut()
		require.ErrorContains(t, <-done, "may have been handled")
		go exchange()
		require.ErrorContains(t, <-done, "not sent")
	})
}

// TestR6613_2_6_5: with all identifiers in use the next Exchange waits.
func TestR6613_2_6_5_MoreThan255ExchangesWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		const n = 300
		done := make(chan error, n)
		for range n {
			p := radius.New(radius.CodeAccessRequest, []byte("radsec"))
			go func() {
				_, err := c.Exchange(t.Context(), p)
				done <- err
			}()
		}
		synctest.Wait()
		seen := map[byte]bool{}
		var all [][]byte
		for range 255 {
			p := far.next()
			require.False(t, seen[p[1]])
			seen[p[1]] = true
			all = append(all, p)
		}
		far.silent()
		for range n {
			if len(all) == 0 {
				all = append(all, far.next())
			}
			far.send(answerTo(all[0], 2))
			all = all[1:]
			require.NoError(t, <-done)
		}
	})
}
