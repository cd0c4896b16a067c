// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// What crypto/tls has of an alert is a net.OpError without a network.
func TestAnAlertOfTLSIsToldOfInOneSentence(t *testing.T) {
	alert := &net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}
	require.Equal(t, "lost: remote error: tls: bad certificate", withoutPorts(fmt.Errorf("lost: %w", alert)))
	refused := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{Port: 2083}, Err: syscall.ECONNREFUSED}
	require.Equal(t, "dial tcp: connection refused", withoutPorts(refused))
	e := NoAnswer{Sent: 3, Silence: Silence{Lost: true, Again: alert}}
	require.Contains(t, e.Text(), "the connection ended after it was sent, and no other one came (remote error: tls: bad certificate)")
}

// No secret that could be wrong is configured where a Transport opens the connection.
func TestTheHintOfASilentNASSpeaksOfNoSecretOverTLS(t *testing.T) {
	require.NotContains(t, (&NoAnswer{Sent: 1, Silence: Silence{Via: true}}).Hint(), "secret")
	require.Contains(t, (&NoAnswer{Sent: 1}).Hint(), "the same secret")
}
