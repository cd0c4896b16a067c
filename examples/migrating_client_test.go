// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"context"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/examples/internal/fips"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc3576"
)

// MIGRATING: begin
func endByExchange(ctx context.Context, nas, session string) error {
	packet := radius.New(radius.CodeDisconnectRequest, []byte("s3cret"))
	if err := rfc2866.AcctSessionID_SetString(packet, session); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second) // else it waits for ever
	defer cancel()
	answer, err := radius.Exchange(ctx, packet, nas)
	if err != nil {
		return err
	}
	if answer.Code != radius.CodeDisconnectACK {
		return fmt.Errorf("%v: %v", answer.Code, rfc3576.ErrorCause_Get(answer))
	}
	return nil
}

// MIGRATING: end

// MIGRATING: begin
func endByClient(ctx context.Context, client *dac.Client, nas netip.AddrPort, session string) error {
	_, err := client.Disconnect(ctx, nas, attrs.AcctSessionID.Of(session))
	return err
}

// MIGRATING: end

// MIGRATING: begin
func radclientRun(ctx context.Context, nas, session string) error {
	cmd := exec.CommandContext(ctx, "radclient", "-x", "-r", "3", "-t", "2", nas, "disconnect", "s3cret")
	cmd.Stdin = strings.NewReader("Acct-Session-Id=" + session + "\n")
	out, err := cmd.CombinedOutput()
	switch text := string(out); {
	case strings.Contains(text, "Received Disconnect-ACK"):
		return nil
	case strings.Contains(text, "Session-Context-Not-Found"):
		return errors.New("no such session")
	default:
		return fmt.Errorf("%w: %s", err, text)
	}
}

// MIGRATING: end

// MIGRATING: begin
func inProcess(ctx context.Context, client *dac.Client, nas netip.AddrPort, attributes string) error {
	list, err := attrs.ParseList(attributes) // the same text: "Acct-Session-Id=4f2a"
	if err != nil {
		return err
	}
	_, err = client.Disconnect(ctx, nas, list...)
	if errors.Is(err, errcause.SessionContextNotFound) {
		return errors.New("no such session")
	}
	return err
}

// MIGRATING: end

// MIGRATING: begin
func endByHand(nas, session string) (code byte, err error) {
	conn, err := net.Dial("udp", nas)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	b := append(make([]byte, 20), 44, byte(2+len(session)))
	b = append(b, session...)
	b[0], b[1] = 40, 1
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	sum := md5.Sum(append(b[:len(b):len(b)], "s3cret"...))
	copy(b[4:], sum[:])
	if _, err := conn.Write(b); err != nil {
		return 0, err
	}
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	answer := make([]byte, 4096)
	if _, err := conn.Read(answer); err != nil {
		return 0, err
	}
	return answer[0], nil // is it genuine?
}

// MIGRATING: end

// MIGRATING: begin
func endByOctets(conn net.Conn, session string) error {
	request, err := dac.NewDisconnect(attrs.AcctSessionID.Of(session))
	if err != nil {
		return err
	}
	b, err := request.AppendSigned(nil, 1, "s3cret")
	if err != nil {
		return err
	}
	if _, err := conn.Write(b); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	n, err := conn.Read(answer)
	if err != nil {
		return err
	}
	response, err := dac.ParseResponse(answer[:n], b, "s3cret") // verifies
	if err != nil {
		return err
	}
	return response.Err()
}

// MIGRATING: end

// Each way ends a session once, and is told that there is none any more.
func TestMigratedClientsAskAlike(t *testing.T) {
	fips.Outside(func() { migratedClientsAskAlike(t) }) // what there was before uses MD5 without asking for leave
}

func migratedClientsAskAlike(t *testing.T) {
	var live sync.Map
	nas := dactest.ServeNAS(t, listenUDP(t), &dac.Server{
		Peers:   dac.SharedSecret("s3cret"),
		Handler: dacServer(func(id string) bool { _, found := live.LoadAndDelete(id); return found }).Handler,
	})
	ctx, addr := t.Context(), nas.Addr.String()
	others := []string{"4f2b", "4f2c"}
	live.Store(others[0], true)
	for name, end := range map[string]func() error{
		"exchange": func() error { // by another session each time: its identifier is drawn, and the same one would be the same request
			id := others[0]
			others = others[1:]
			return endByExchange(ctx, addr, id)
		},
		"client": func() error { return endByClient(ctx, nas.Client, nas.Addr, "4f2a") },
		"text":   func() error { return inProcess(ctx, nas.Client, nas.Addr, "Acct-Session-Id=4f2a") },
		"octets": func() error {
			conn, err := net.Dial("udp", addr)
			require.NoError(t, err)
			defer conn.Close()
			return endByOctets(conn, "4f2a")
		},
	} {
		live.Store("4f2a", true)
		require.NoError(t, end(), name)
		if name != "octets" { // which are the same ones again
			require.Error(t, end(), name)
		}
	}
	// The same octets again within 30 s are a retransmission to the server, and nothing is done
	// twice: they need an Event-Timestamp.
	for range 2 {
		live.Store("4f2a", true)
		code, err := endByHand(addr, "4f2a")
		require.NoError(t, err)
		require.Equal(t, byte(41), code)
	}
	_, untouched := live.Load("4f2a")
	require.True(t, untouched)
}

func listenUDP(t *testing.T) net.PacketConn {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	return pc
}
