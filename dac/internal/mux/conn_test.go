// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

func TestRequestsAndAnswersFindTheirWay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := newPipe(1 << 20)
		near, far := New(a, nil, ends), New(b, nil, ends)
		view := near.View()
		id, ok := view.Info().Identifiers.Acquire(nil)
		require.True(t, ok)
		request := request(40, byte(id))
		n, err := view.WritePackets([][]byte{request})
		require.NoError(t, err)
		require.Equal(t, 1, n)

		server := serverOf(t, far)
		got, err := server.ReadPackets(nil)
		require.NoError(t, err)
		require.Equal(t, [][]byte{request}, got)
		answer := answerTo(request, 41)
		_, err = server.WritePackets([][]byte{answer})
		require.NoError(t, err)

		got, err = view.ReadPackets(got)
		require.NoError(t, err)
		require.Equal(t, [][]byte{answer}, got)

		require.NoError(t, near.Close())
		_, err = server.ReadPackets(nil)
		require.ErrorIs(t, err, io.EOF)
		require.NoError(t, server.Close())
		require.NoError(t, far.Close())
		_, err = view.ReadPackets(nil)
		require.Error(t, err)
	})
}

// TestR6613_2_6_4_WhatClosesTheConnection sends what no packet may follow. A good request before it
// is taken, and the one behind it is not.
func TestR6613_2_6_4_WhatClosesTheConnection(t *testing.T) {
	good := request(40, 1)
	for name, bad := range map[string][]byte{
		"Length 19":                 {40, 2, 0, 19},
		"Length 0":                  {40, 2, 0, 0},
		"Length 4097":               {40, 2, 0x10, 1},
		"attribute of Length 0":     request(40, 2, 1, 0),
		"attribute of Length 1":     request(43, 2, 1, 1, 7),
		"attribute beyond the end":  request(43, 2, 1, 9, 'x'),
		"one octet of an attribute": request(43, 2, 1),
		"Text of HTTP":              []byte("GET / HTTP/1.1\r\n\r\n"),
		"in an answer":              request(41, 2, 1, 0),
		"in an unknown Code":        request(99, 2, 1, 0),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c, far := rig(t, ends)
				server := serverOf(t, c)
				far.send(append(append(append([]byte(nil), good...), bad...), good...))
				got, err := server.ReadPackets(nil)
				require.NoError(t, err)
				require.Equal(t, [][]byte{good}, got)
				far.ended(c, Malformed)
				require.ErrorIs(t, c.Err(), dac.ErrMalformed)
				_, err = server.ReadPackets(nil)
				require.ErrorIs(t, err, dac.ErrMalformed)
			})
		})
	}
}

func TestR6613_2_6_4_WrongAuthenticatorsCloseTheConnection(t *testing.T) {
	spoil := func(b []byte, at int) []byte { b[at] ^= 1; return b }
	for name, bad := range map[string][]byte{
		"Accounting-Request":            spoil(request(4, 1), 9),
		"Access-Request":                spoil(request(1, 1, emptyMA...), 30),
		"Access-Request with two":       request(1, 1, append(emptyMA, emptyMA...)...),
		"Access-Request, short":         request(1, 1, 80, 3, 0),
		"Status-Server":                 spoil(request(12, 1, emptyMA...), 30),
		"Disconnect without a Server":   spoil(request(40, 1), 9),
		"Disconnect, no room":           spoil(request(40, 1), 9),
		"answer to Status-Server (2)":   nil,
		"answer to Exchange (3)":        nil,
		"a View's packet, by its owner": nil,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				o := ends
				if name[:6] == "answer" {
					o.Client, o.Watchdog = true, 0
				}
				c, far := rig(t, o)
				switch name {
				case "Disconnect, no room":
					server := serverOf(t, c)
					defer server.Close()
					for i := range 20 {
						far.send(request(40, byte(i+2), fill(4076)...))
					}
				case "Disconnect without a Server":
					time.Sleep(serveWait)
				case "answer to Status-Server (2)":
					bad = spoil(answerTo(far.next(), 2), 9)
				case "answer to Exchange (3)":
					far.send(answerTo(far.next(), 2))
					go c.Exchange(t.Context(), radius.New(radius.CodeAccessRequest, []byte("radsec")))
					bad = spoil(answerTo(far.next(), 3), 9)
				case "a View's packet, by its owner":
					c.View().Break(dac.ErrAuthenticator)
				}
				if bad != nil {
					far.send(bad)
				}
				far.ended(c, Authenticator)
			})
		})
	}
}

// fill is attributes of n octets.
func fill(n int) (b []byte) {
	for n > 0 {
		size := min(n, 255)
		if n-size == 1 {
			size--
		}
		b = append(append(b, 79, byte(size)), make([]byte, size-2)...)
		n -= size
	}
	return b
}

func TestR6613_2_6_4_UnknownCodesAndAnswersToNothingStay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		far.send(request(99, 1), request(0, 1), request(13, 1))
		for _, code := range []radius.Code{2, 3, 5, 11, 41, 42, 44, 45, 52} {
			far.send(request(code, 7))
		}
		far.send(request(41, 0))
		far.silent()
		require.Equal(t, Stats{Unknown: 3, Unmatched: 10}, c.Stats())
		server := serverOf(t, c)
		far.send(request(40, 1))
		got, err := server.ReadPackets(nil)
		require.NoError(t, err)
		require.Len(t, got, 1)
	})
}

func TestPacketsOfAnyCut(t *testing.T) {
	var all, stream []byte
	want := 0
	for i := range 20 {
		p := request(40, byte(i), fill(i*200)...)
		all, stream, want = append(all, p...), append(stream, p...), want+1
	}
	for _, size := range []int{1, 3, 7, 20, 100, 4096, 4097, 1 << 20} {
		bubble(t, func(t *testing.T) {
			c, far := rig(t, ends)
			server := serverOf(t, c)
			go func() {
				for at := 0; at < len(stream); at += size {
					far.Write(stream[at:min(at+size, len(stream))])
				}
			}()
			var got []byte
			for n := 0; n < want; {
				some, err := server.ReadPackets(nil)
				require.NoError(t, err)
				n += len(some)
				for _, p := range some {
					got = append(got, p...)
				}
			}
			require.Equal(t, all, got)
		})
	}
}

func TestPacketsOf65535OctetsWhereConfigured(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := ends
		o.MaxLen, o.In = 1<<20, 1
		c, far := rig(t, o)
		server := serverOf(t, c)
		for range 3 {
			for _, n := range []int{65535, 20, 4096, 4097, 40000} {
				p := request(40, 1, fill(n-20)...)
				go far.send(p)
				got, err := server.ReadPackets(nil)
				require.NoError(t, err)
				require.Equal(t, [][]byte{p}, got)
			}
		}
		synctest.Wait()
		require.Len(t, c.in.buf, packet.MaxLen, "the room for a large one is given back")
	})
}

func TestAPacketIsComplete30SAfterItsFirstOctet(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		server := serverOf(t, c)
		p := request(40, 1, fill(10)...)
		began := time.Now()
		far.send(p[:1])
		time.Sleep(30*time.Second - 1)
		far.send(p[1:])
		_, err := server.ReadPackets(nil)
		require.NoError(t, err)
		time.Sleep(time.Hour) // no packet is partial
		require.NoError(t, c.Err())
		require.Equal(t, time.Hour+30*time.Second-1, time.Since(began))

		// The second of two packets has its own 30 s; an octet each second helps no packet.
		far.send(p[:5])
		time.Sleep(20 * time.Second)
		far.send(append(append([]byte(nil), p[5:]...), p[0]))
		began = time.Now()
		for i := 1; i < 29; i++ {
			time.Sleep(time.Second)
			far.send(p[i : i+1])
		}
		far.ended(c, FrameTimeout)
		require.Equal(t, 30*time.Second, time.Since(began))
	})
}

func TestAPeerThatDoesNotReadIsClosedAfter5S(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := newPipe(1 << 10)
		c := New(a, nil, ends)
		defer b.Close()
		view := c.View()
		began := time.Now()
		var err error
		for n := 0; err == nil && n < 1<<20; n++ {
			_, err = view.WritePackets([][]byte{request(40, 1, fill(1000)...)})
		}
		require.Error(t, err)
		require.Equal(t, 5*time.Second, time.Since(began))
		<-c.Done()
		var end *EndError
		require.ErrorAs(t, c.Err(), &end)
		require.Equal(t, WriteTimeout, end.Reason)
	})
}

// A flood of Status-Servers whose answers are not read is bounded by octets too.
func TestTheReaderNeverWaitsForAWrite(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := newPipe(1 << 20)
		b.in.most = 100
		c := New(a, nil, ends)
		began := time.Now()
		status := request(12, 1, emptyMA...)
		go func() {
			for {
				if _, err := b.Write(status); err != nil {
					return
				}
			}
		}()
		<-c.Done()
		require.Zero(t, time.Since(began))
		var end *EndError
		require.ErrorAs(t, c.Err(), &end)
		require.Equal(t, WriteTimeout, end.Reason)
		b.Close()
	})
}

// TestAServerThatDoesNotReadHoldsUpNoAnswer: what it has no room for is NAK 506, and the answers to
// a Client on the same connection pass.
func TestAServerThatDoesNotReadHoldsUpNoAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		server, client := serverOf(t, c), c.View()
		id, _ := client.Info().Identifiers.Acquire(nil)
		began := time.Now()
		const n = 20
		for i := range n {
			far.send(request(40, byte(i), fill(4076)...))
		}
		far.send(request(41, byte(id)))
		got, err := client.ReadPackets(nil)
		require.NoError(t, err)
		require.Len(t, got, 1)
		require.Equal(t, roomWait, time.Since(began), "one wait for all")
		for i := range 4 { // 16 of 4,096 octets have room
			nak := far.next()
			require.Equal(t, []byte{42, byte(16 + i), 0, 26}, nak[:4])
			require.Equal(t, []byte{101, 6, 0, 0, 1, 506 & 255}, nak[20:])
		}
		got, err = server.ReadPackets(nil)
		require.NoError(t, err)
		require.Len(t, got, 16)
		far.send(request(40, 99))
		got, err = server.ReadPackets(nil)
		require.NoError(t, err)
		require.Len(t, got, 1, "it reads again")
		require.Equal(t, int64(4), c.Stats().Refused)
	})
}

// Close writes what waits, reads what still comes, and ends when the other end has closed.
func TestCloseLosesNoAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		server := serverOf(t, c)
		far.send(request(40, 1))
		got, err := server.ReadPackets(nil)
		require.NoError(t, err)
		answer := answerTo(got[0], 41)
		_, err = server.WritePackets([][]byte{answer})
		require.NoError(t, err)
		require.NoError(t, server.Close())
		far.send(request(40, 2))
		began := time.Now()
		go func() {
			synctest.Wait()
			require.Equal(t, answer, far.next())
			require.Nil(t, far.next())
			far.send(request(40, 3))
			time.Sleep(300 * time.Millisecond)
			far.Close()
		}()
		require.NoError(t, c.Close())
		require.Equal(t, 300*time.Millisecond, time.Since(began))
		require.NoError(t, c.Close())
	})
}

// Close lets the Handler answer what it has, for a second, and takes nothing new.
func TestCloseWaitsForTheHandler(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := ends
		o.Handler = radius.HandlerFunc(func(w radius.ResponseWriter, r *radius.Request) {
			time.Sleep(700 * time.Millisecond)
			w.Write(r.Response(radius.CodeAccessAccept))
		})
		c, far := rig(t, o)
		far.send(request(1, 1))
		synctest.Wait()
		go c.Close()
		synctest.Wait()
		far.send(request(1, 2))
		require.Equal(t, []byte{2, 1}, far.next()[:2])
		require.Nil(t, far.next())
		far.Close()
		<-c.Done()
	})
}

func TestCloseWaitsASecondForTheOtherEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, _ := rig(t, ends)
		began := time.Now()
		require.NoError(t, c.Close())
		require.Equal(t, time.Second, time.Since(began))
		_, err := c.View().WritePackets([][]byte{request(40, 1)})
		require.ErrorIs(t, err, net.ErrClosed)
	})
}

// Where the other end closes, what is in work may still be answered, for a second.
func TestWhatIsInWorkIsAnsweredWhenTheOtherEndHasSaidItsLast(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		server := serverOf(t, c)
		far.send(request(40, 1))
		far.CloseWrite()
		got, err := server.ReadPackets(nil)
		require.NoError(t, err)
		answer := answerTo(got[0], 41)
		_, err = server.ReadPackets(nil)
		require.ErrorIs(t, err, io.EOF)
		time.Sleep(500 * time.Millisecond)
		_, err = server.WritePackets([][]byte{answer})
		require.NoError(t, err)
		require.NoError(t, server.Close())
		require.Equal(t, answer, far.next())
		require.Nil(t, far.next())
		<-c.Done()
		require.ErrorIs(t, c.Err(), io.EOF)
	})
}

// Where nothing is in work, the other end does not wait for us.
func TestAConnectionThatTheOtherEndClosesIsClosedAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		began := time.Now()
		far.CloseWrite()
		require.Nil(t, far.next())
		<-c.Done()
		require.Zero(t, time.Since(began))
	})
	bubble(t, func(t *testing.T) {
		o := ends
		o.Handler = radius.HandlerFunc(func(w radius.ResponseWriter, r *radius.Request) {
			time.Sleep(500 * time.Millisecond)
			w.Write(r.Response(radius.CodeAccessAccept))
		})
		c, far := rig(t, o)
		began := time.Now()
		far.send(request(1, 1), request(1, 2))
		far.CloseWrite()
		require.Equal(t, byte(2), far.next()[0])
		require.Equal(t, byte(2), far.next()[0])
		require.Nil(t, far.next())
		<-c.Done()
		require.Equal(t, 500*time.Millisecond, time.Since(began))
	})
}

// What waits and what is being written are 256 KiB together; who sends more waits.
func TestWhatWaitsToBeWrittenIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := newPipe(1)
		c := New(a, nil, ends)
		view, taken := c.View(), 0
		go view.WritePackets([][]byte{request(40, 1)}) // it writes, and waits for the other end
		synctest.Wait()
		go func() {
			for {
				if n, err := view.WritePackets([][]byte{request(40, 1, fill(1004)...)}); err != nil {
					return
				} else {
					taken += n
				}
			}
		}()
		synctest.Wait()
		require.InDelta(t, 256, taken, 1)
		b.Close()
		<-c.Done()
	})
}

func TestAViewThatClosesLeavesTheConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		first, second := c.View(), c.View()
		id, ok := first.Info().Identifiers.Acquire(nil)
		require.True(t, ok)
		require.NoError(t, first.Close())
		require.NoError(t, first.Close())
		_, err := first.ReadPackets(nil)
		require.ErrorIs(t, err, net.ErrClosed)
		_, err = first.WritePackets([][]byte{request(40, 1)})
		require.ErrorIs(t, err, net.ErrClosed)
		_, ok = first.Info().Identifiers.Acquire(nil)
		require.False(t, ok)
		require.False(t, first.Info().Identifiers.Claim(9, nil))
		require.False(t, second.Info().Identifiers.Claim(id, nil), "it rests")
		far.send(request(41, byte(id)))
		far.silent()
		require.Equal(t, int64(1), c.Stats().Unmatched)
		time.Sleep(restOfClosed)
		require.True(t, second.Info().Identifiers.Claim(id, nil))
	})
}

// TestR6613_2_6_5_IdentifiersAreSharedByAllSendersOfAConnection: 255 of them, since 0 is the
// watchdog's; who waits for one is told.
func TestR6613_2_6_5_IdentifiersAreSharedByAllSendersOfAConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, _ := rig(t, ends)
		views := []*View{c.View(), c.View()}
		seen := map[uint32]*View{}
		for i := range 255 {
			v := views[i%2]
			id, ok := v.Info().Identifiers.Acquire(nil)
			require.True(t, ok)
			require.NotContains(t, seen, id)
			seen[id] = v
		}
		require.NotContains(t, seen, uint32(0))
		require.Equal(t, 255, views[0].Info().Identifiers.Len())
		told := make(chan struct{}, 2)
		_, ok := views[0].Info().Identifiers.Acquire(func() { told <- struct{}{} })
		require.False(t, ok)
		views[0].Info().Identifiers.Release(7, 0)
		views[1].Info().Identifiers.Release(7, 0) // one of them holds it
		<-told
		synctest.Wait()
		require.Empty(t, told)
		id, ok := views[0].Info().Identifiers.Acquire(nil)
		require.True(t, ok)
		require.Equal(t, uint32(7), id)
	})
}

func TestOneServerAtATime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		server := serverOf(t, c)
		_, err := c.Requests()
		require.Error(t, err)
		require.NoError(t, server.Close())
		far.send(request(40, 1))
		far.silent()
		server = serverOf(t, c)
		far.send(request(40, 2))
		got, err := server.ReadPackets(nil)
		require.NoError(t, err)
		require.Equal(t, byte(2), got[0][1])
	})
}

// TestR_RC_6_1_1: a request that nothing serves is discarded and logged once, or refused.
func TestR_RC_6_1_1_UnexpectedReverse(t *testing.T) {
	for unexpected, code := range map[dac.UnexpectedReverse]byte{dac.DiscardReverse: 0, dac.NAKReverse: 45, dac.ProtocolErrorReverse: 52} {
		bubble(t, func(t *testing.T) {
			o := ends
			o.Unexpected = unexpected
			c, far := rig(t, o)
			far.send(request(43, 1))
			far.silent() // a Server may still come
			time.Sleep(serveWait)
			far.send(request(43, 2))
			if code == 0 {
				far.silent()
			} else {
				answer := far.next()
				require.Equal(t, []byte{code, 2}, answer[:2])
			}
			server := serverOf(t, c)
			got, err := server.ReadPackets(nil)
			require.NoError(t, err)
			require.Len(t, got, 1, "what waited is served")
			require.Equal(t, byte(1), got[0][1])
		})
	}
}

// What has come before the end is read, at each of the ends: a Client its use of the connection, or
// the host the connection.
func TestAnswersThatHaveComeAreReadAfterClose(t *testing.T) {
	for name, closes := range map[string]func(*Conn, *View){
		"the use":        func(_ *Conn, v *View) { v.Close() },
		"the connection": func(c *Conn, _ *View) { c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c, far := rig(t, ends)
				v := c.View()
				var requests [][]byte
				for range 100 {
					id, ok := v.Info().Identifiers.Acquire(nil)
					require.True(t, ok)
					requests = append(requests, request(radius.CodeDisconnectRequest, byte(id)))
				}
				_, err := v.WritePackets(requests)
				require.NoError(t, err)
				for _, q := range requests {
					far.send(answerTo(q, radius.CodeDisconnectACK))
				}
				if name == "the use" {
					synctest.Wait()
				} else {
					require.NoError(t, far.CloseWrite())
				}
				closes(c, v)
				got := 0
				for {
					all, err := v.ReadPackets(nil)
					got += len(all)
					if err != nil {
						break
					}
				}
				require.Len(t, requests, got)
			})
		})
	}
}

// A Client that is closed while answers are in the buffers of its connection gets them.
func TestAClientThatIsClosedGetsTheAnswersThatHaveCome(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		client := &dac.Client{Peers: dac.AnyPeer(dac.Peer{Via: &viaConn{c}})}
		done := make(chan error)
		for range 100 {
			go func() {
				_, err := client.Disconnect(t.Context(), ends.Remote)
				done <- err
			}()
		}
		var answers []byte
		for range 100 {
			answers = append(answers, answerTo(far.next(), radius.CodeDisconnectACK)...)
		}
		far.send(answers)
		require.NoError(t, client.Close())
		for range 100 {
			require.NoError(t, <-done)
		}
	})
}

// A viaConn is a Transport that has one connection.
type viaConn struct{ c *Conn }

func (v *viaConn) Open(context.Context, netip.AddrPort, dac.Peer) (dac.PacketConn, error) {
	return v.c.View(), nil
}

// An Exchange whose answer is on its way when the host closes the connection gets it.
func TestCloseWaitsForAnswersOnTheirWay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		done := make(chan error, 1)
		go func() {
			_, err := c.Exchange(t.Context(), radius.New(radius.CodeAccountingRequest, []byte("radsec")))
			done <- err
		}()
		q := far.next()
		far.send(answerTo(q, radius.CodeAccountingResponse))
		require.NoError(t, far.CloseWrite())
		require.NoError(t, c.Close())
		require.NoError(t, <-done)
	})
}

func TestErrorsOfTheConnectionSayTheReason(t *testing.T) {
	err := &EndError{"radsec", Lost, errors.New("broken pipe")}
	require.EqualError(t, err, "radsec: connection ended: lost: broken pipe")
	require.EqualError(t, &EndError{Package: "dtls", Reason: Idle}, "dtls: connection ended: idle")
}

// The other end closes and the Server here is done at once: it was the other end that closed.
func TestWhoClosedFirstIsTheReason(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		server := serverOf(t, c)
		require.NoError(t, far.CloseWrite())
		_, err := server.ReadPackets(nil)
		require.ErrorIs(t, err, io.EOF)
		require.NoError(t, c.Close())
		require.ErrorIs(t, c.Err(), io.EOF)
	})
}
