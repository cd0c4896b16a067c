// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// watched are Options of an end that opened the connection.
func watched() Options {
	o := ends
	o.Client, o.Watchdog = true, 0
	return o
}

// TestR3539_3_4_1_TwoExpiriesClose: a Status-Server after Tw without a packet, suspect after a
// second Tw, closed after a third. Tw is 30 s, 2 s more or less.
func TestR3539_3_4_1_TwoExpiriesClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, watched())
		began := time.Now()
		first := far.next()
		require.Zero(t, time.Since(began), "at once")
		require.Equal(t, byte(12), first[0])
		far.send(answerTo(first, 2))
		<-c.Up()

		second := far.next()
		require.InDelta(t, 30, time.Since(began).Seconds(), 2)
		require.NotEqual(t, first[4:20], second[4:20], "new each time (RFC 5997, section 2)")
		require.False(t, c.Suspect())
		time.Sleep(33 * time.Second)
		require.True(t, c.Suspect())
		require.NoError(t, c.Err())
		far.ended(c, NoWatchdog)
		require.InDelta(t, 90, time.Since(began).Seconds(), 6)
	})
}

func TestR3539_3_4_1_AnyPacketBeginsTwAnew(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, watched())
		far.send(answerTo(far.next(), 2))
		for range 10 {
			time.Sleep(27 * time.Second)
			far.send(request(4, 1))
			require.Equal(t, byte(52), far.next()[0])
		}
		began := time.Now()
		status := far.next()
		require.Equal(t, byte(12), status[0])
		require.InDelta(t, 30, time.Since(began).Seconds(), 2)

		// Suspect, and then there is traffic.
		time.Sleep(33 * time.Second)
		require.True(t, c.Suspect())
		far.send(request(4, 1))
		require.Equal(t, byte(52), far.next()[0])
		synctest.Wait()
		require.False(t, c.Suspect())
		time.Sleep(27 * time.Second)
		far.send(answerTo(status, 2))
		synctest.Wait()
		time.Sleep(20 * time.Second)
		require.NoError(t, c.Err())
	})
}

func TestR3539_3_4_1_TwIs6SAtLeast(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := watched()
		o.Watchdog = time.Second
		_, far := rig(t, o)
		far.send(answerTo(far.next(), 2))
		began := time.Now()
		far.next()
		require.InDelta(t, 6, time.Since(began).Seconds(), 2)
	})
}

// The largest number is no bound, and none that has passed when it begins.
func TestAWatchdogWithoutBoundNeverBarks(t *testing.T) {
	for range 10 { // the jitter is by chance
		bubble(t, func(t *testing.T) {
			o := watched()
			o.Watchdog = math.MaxInt64
			c, far := rig(t, o)
			far.send(answerTo(far.next(), 2))
			<-c.Up()
			for range 3 {
				time.Sleep(24 * time.Hour)
				require.NoError(t, c.Err())
				far.send(request(4, 1))
				require.Equal(t, byte(52), far.next()[0], "and no Status-Server before")
			}
		})
	}
}

// TestR5997_2_StatusServerHasAMessageAuthenticator, and identifier 0 (RFC 6613, section 2.6.5).
func TestR5997_2_StatusServerHasAMessageAuthenticator(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, watched())
		status := far.next()
		require.Equal(t, []byte{12, 0, 0, 38}, status[:4])
		require.Equal(t, []byte{80, 18}, status[20:22])
		require.NoError(t, c.verify(status))
		status[30] ^= 1
		require.ErrorIs(t, c.verify(status), dac.ErrMessageAuthenticator)
	})
}

// TestR5997_4_2_StatusServerIsAnsweredWithAccessAccept, with a Message-Authenticator first and its
// Proxy-State; without a Message-Authenticator it is dropped, and the connection stays.
func TestR5997_4_2_StatusServerIsAnsweredWithAccessAccept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		far.send(request(12, 7))
		far.silent()
		status := request(12, 7, append(append([]byte(nil), emptyMA...), 33, 3, 'x')...)
		far.send(status)
		answer := far.next()
		require.Equal(t, []byte{2, 7, 0, 41, 80, 18}, append(answer[:4:4], answer[20:22]...))
		require.Equal(t, []byte{33, 3, 'x'}, answer[38:])
		require.NoError(t, verifyAnswer(answer, status))
		require.NoError(t, c.Err())
	})
}

// TestR5997_2_OnlyTheEndThatOpenedTheConnectionSendsStatusServer.
func TestR6613_2_6_OnlyTheEndThatOpenedTheConnectionSendsStatusServer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := watched()
		o.Client = false
		c, far := rig(t, o)
		require.NoError(t, far.SetReadDeadline(time.Now().Add(time.Hour)))
		_, err := far.Read(make([]byte, 1))
		require.Error(t, err)
		require.NoError(t, c.Err())
	})
}

// TestR9765_6_2_TheWatchdogOfRADIUS11HasAToken, and no identifier is kept for it.
func TestR9765_6_2_TheWatchdogOfRADIUS11HasAToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := watched()
		o.Version = dac.RADIUS11
		c, far := rig(t, o)
		status := far.next()
		id := c.idOf(status)
		require.Equal(t, token(12, id), status)
		far.send(token(2, id+1))
		synctest.Wait()
		require.Equal(t, int64(1), c.Stats().Unmatched)
		far.send(token(2, id))
		<-c.Up()
		second := far.next()
		require.Equal(t, token(12, id+1), second, "the next one")

		far.send(token(12, 99))
		require.Equal(t, token(2, 99), far.next())
	})
}

func TestAConnectionIsUpWithItsFirstAnswer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, watched())
		status := far.next()
		far.send(request(99, 1), request(41, 3))
		synctest.Wait()
		select {
		case <-c.Up():
			require.Fail(t, "up without a valid packet")
		default:
		}
		far.send(answerTo(status, radius.CodeAccessAccept))
		<-c.Up()
	})
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := watched()
		o.IdleTimeout = 100 * time.Second
		c, far := rig(t, o)
		began := time.Now()
		var used time.Time
		for {
			p := far.next()
			if p == nil {
				break
			}
			if p[0] == 12 {
				far.send(answerTo(p, 2)) // no use of the connection
			}
			if used.IsZero() && time.Since(began) > 80*time.Second {
				used = time.Now()
				far.send(request(4, 1))
			}
		}
		far.ended(c, Idle)
		require.GreaterOrEqual(t, time.Since(used), 100*time.Second)
		require.Less(t, time.Since(used), 140*time.Second)
	})
}

func TestOldConnectionsAreReplaced(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := ends
		o.MaxAge = time.Hour
		c, far := rig(t, o)
		began := time.Now()
		<-c.Old()
		require.InDelta(t, 3600, time.Since(began).Seconds(), 31)
		require.NoError(t, c.Err())
		far.ended(c, Old)
		require.InDelta(t, 4500, time.Since(began).Seconds(), 32)
	})
	bubble(t, func(t *testing.T) {
		o := ends
		o.MaxRecords = 10
		c, far := rig(t, o)
		for range 11 {
			far.send(request(99, 1))
		}
		<-c.Old()
	})
}

// TestNothingIsHeldByAnIdleConnection: what a burst needed is given back.
func TestNothingIsHeldByAnIdleConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, far := rig(t, ends)
		server := serverOf(t, c)
		for i := range 15 {
			far.send(request(40, byte(i), fill(4076)...))
		}
		for n := 0; n < 15; {
			got, err := server.ReadPackets(nil)
			require.NoError(t, err)
			n += len(got)
			_, err = server.WritePackets(got)
			require.NoError(t, err)
		}
		go server.ReadPackets(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		v := c.requests.Load()
		require.Nil(t, v.in.octets)
		require.Nil(t, v.in.readOctets)
		require.Nil(t, c.out.octets)
		require.Nil(t, c.out.writeOctets)
	})
}

// TestR5997_2_OverDatagramsALostStatusServerIsFollowedByANewOne: one that is not answered in Tw may
// be lost; another one goes out, a late answer to the first ends nothing, and it is the same two
// expiries that do.
func TestR5997_2_OverDatagramsALostStatusServerIsFollowedByANewOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := watched()
		o.Datagrams = true
		c, far := rig(t, o)
		first := far.next()
		time.Sleep(33 * time.Second)
		second := far.next()
		require.NotEqual(t, first, second)
		far.send(answerTo(first, 2))
		synctest.Wait()
		require.NoError(t, c.Err())
		require.EqualValues(t, 1, c.Stats().Unmatched)
		far.send(answerTo(second, 2))
		synctest.Wait()
		require.False(t, c.Suspect())
	})
}

// TestR7360_5_1_1_2_StatusServerKeepsASessionOfDatagrams that came in, and silence ends it.
func TestR7360_5_1_1_2_StatusServerKeepsASessionOfDatagrams(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := ends
		o.Datagrams, o.IdleTimeout = true, time.Minute
		c, far := rig(t, o)
		for range 10 {
			time.Sleep(45 * time.Second)
			far.send(request(12, 0, emptyMA...))
			far.next()
		}
		synctest.Wait()
		require.NoError(t, c.Err())
		require.WithinDuration(t, time.Now(), c.Latest(), time.Second)
		time.Sleep(61 * time.Second)
		far.ended(c, Idle)
	})
}
