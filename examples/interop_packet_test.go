// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A handmade is a Disconnect-Request made from the RFC alone, without a line of what is under test.
type handmade struct {
	session       string
	timestamp     uint32
	authenticator []byte // value of Message-Authenticator; nil: the packet has none
}

func disconnectRequest(session string) *handmade {
	return &handmade{session: session, timestamp: uint32(time.Now().Unix())}
}

// octets is the packet with an authenticator of zeros.
func (h *handmade) octets() []byte {
	b := make([]byte, 20)
	b[0], b[1] = 40, 7
	if h.authenticator != nil {
		b = append(append(b, 80, 18), h.authenticator...)
	}
	b = append(append(b, 44, byte(2+len(h.session))), h.session...)
	b = binary.BigEndian.AppendUint32(append(b, 55, 6), h.timestamp)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

// messageAuthenticator computes one over the packet with zeros in its place (RFC 5176, section
// 3.4).
func (h *handmade) messageAuthenticator(secret string) {
	h.authenticator = make([]byte, 16)
	mac := hmac.New(md5.New, []byte(secret))
	mac.Write(h.octets())
	h.authenticator = mac.Sum(nil)
}

// spoiled is the same packet with another Message-Authenticator.
func (h *handmade) spoiled() *handmade {
	s := *h
	s.authenticator = append([]byte{}, h.authenticator...)
	s.authenticator[0] ^= 1
	return &s
}

// signed is the packet with its Request Authenticator (RFC 5176, section 2.3).
func (h *handmade) signed(secret string) []byte {
	b := h.octets()
	sum := md5.Sum(append(h.octets(), secret...))
	copy(b[4:], sum[:])
	return b
}

func dial(t *testing.T, addr string) net.Conn {
	c, err := net.Dial("udp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// exchange sends a datagram and returns the next one that comes.
func exchange(t *testing.T, c net.Conn, datagram []byte) []byte {
	_, err := c.Write(datagram)
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(peerTime)))
	b := make([]byte, 4096)
	n, err := c.Read(b)
	require.NoError(t, err)
	return b[:n]
}

// answered sends a datagram and says whether anything comes within half a second.
func answered(t *testing.T, c net.Conn, datagram []byte) bool {
	_, err := c.Write(datagram)
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(500*time.Millisecond)))
	_, err = c.Read(make([]byte, 4096))
	if err != nil {
		require.True(t, errors.Is(err, os.ErrDeadlineExceeded), err)
	}
	return err == nil
}
