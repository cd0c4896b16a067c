// SPDX-License-Identifier: Apache-2.0

package sockets

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// wanted are sockets on any port whose Serve ends with what comes from the channel, or with ctx.
func wanted(use string, n int, ends <-chan error) (all []Wanted) {
	serve := func(ctx context.Context, pc *net.UDPConn) error {
		defer pc.Close()
		select {
		case err := <-ends:
			return err
		case <-ctx.Done():
			return nil
		}
	}
	for range n {
		all = append(all, Wanted{Use: use, Addr: "127.0.0.1:0", Open: UDP(serve)})
	}
	return all
}

func TestASetFollowsItsConfiguration(t *testing.T) {
	var s Set
	two := append(wanted("listening", 2, nil), wanted("accounting", 1, nil)...)
	opened, err := s.Open(two)
	require.NoError(t, err)
	require.Regexp(t, `^listening on \S+:\d+ \S+:\d+, accounting on \S+:\d+$`, opened.Line(two))
	opened.Start(t.Context())

	again, err := s.Open(two)
	require.NoError(t, err)
	require.Empty(t, again.sockets, "what is open stays")
	s.Keep(wanted("listening", 1, nil))
	again, err = s.Open(two)
	require.NoError(t, err)
	require.Regexp(t, `^listening on \S+:\d+, accounting on \S+:\d+$`, again.Line(two), "what has gone is opened anew")
	again.Close()
	s.Keep(nil)
	s.Wait()
}

func TestOneThatCannotOpenOpensNone(t *testing.T) {
	var s Set
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	ln := Wanted{Use: "TLS", Addr: taken.Addr().String(), Open: TCP(nil)}
	_, err = s.Open(append(wanted("listening", 1, nil), ln))
	require.ErrorContains(t, err, "in use")
	opened, err := s.Open(wanted("listening", 1, nil))
	require.NoError(t, err)
	require.Len(t, opened.sockets, 1)
	opened.Close()
}

func TestTheFirstFailureIsTold(t *testing.T) {
	var s Set
	ends := make(chan error)
	opened, err := s.Open(wanted("listening", 2, ends))
	require.NoError(t, err)
	opened.Start(t.Context())
	broken := errors.New("broken")
	ends <- broken
	ends <- broken
	require.ErrorIs(t, <-s.Failed(), broken)
	s.Wait()
}
