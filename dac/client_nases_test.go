// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"
)

// BenchmarkClientNASes is Each over 1 to 1,000 NASes: requests a second and processor time a request, as ratios to those with one NAS, and a client
// by hand with one socket for all. The NASes answer one by one, however many they are: with one alone a whole batch of answers could be one piece.
//
//	go test ./dac -run - -bench ClientNASes -benchtime 5x -cpu 2
func BenchmarkClientNASes(b *testing.B) {
	addrs := responders(b, 1000, false)
	var each, byHand []contender
	for _, nases := range []int{1, 10, 100, 1000} {
		c := &Client{Peers: SharedSecret(benchSecret), Retry: Retry{Initial: 10 * time.Second}} // a machine that stops for a moment is no silent NAS
		defer c.Close()
		some := addrs[:nases]
		each = append(each, contender{name: fmt.Sprint(nases), n: 100_000, run: func(n int) error { return eachInTurn(c, n, some) }})
		byHand = append(byHand, contender{name: fmt.Sprint("hand-", nases), n: 100_000, run: func(n int) error { return byHandInTurn(n, some) }})
	}
	all := append(each, byHand...)
	for b.Loop() {
		takeTurns(b, all)
	}
	report(b, all)
}

// byHandInTurn has as many requests in flight as the receive buffer of one socket has room for the answers of, and sends the next one to who answered.
func byHandInTurn(n int, addrs []netip.AddrPort) error {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetReadBuffer(4 * receiveBuffer)
	conn := newUDPIO(c)
	request := benchRequest()
	nases := make(map[netip.AddrPort]*crowded)
	var out []outgoing
	left := n
	for _, addr := range addrs {
		x := &crowded{origin: origin{io: conn, remote: addr}, request: request, wires: make([][]byte, min(identifiersOfPort, max(1, 4000/len(addrs))))}
		nases[addr] = x
		for id := range min(len(x.wires), left) {
			out = append(out, x.next(byte(id)))
			left--
		}
	}
	in := conn.buffers(readBatch)
	for answered := 0; answered < n; {
		for at := 0; at < len(out); at += readBatch {
			conn.write(out[at:min(at+readBatch, len(out))])
		}
		out = out[:0]
		c.SetReadDeadline(time.Now().Add(10 * time.Second))
		got, err := conn.read(in)
		if err != nil {
			return fmt.Errorf("%d answers of %d: %w", answered, n, err)
		}
		for i := range in[:got] {
			x := nases[in[i].remote]
			p, err := cut(in[i].octets())
			if err != nil {
				return err
			}
			if err := verifyResponse(p, x.wires[p[1]], benchSecret); err != nil {
				return err
			}
			if answered++; left > 0 {
				left--
				out = append(out, x.next(p[1]))
			}
		}
	}
	return nil
}

// A crowded is one NAS of many that share a socket.
type crowded struct {
	origin
	request *Request
	wires   [][]byte
}

func (x *crowded) next(id byte) outgoing {
	wire, err := appendRequest(x.wires[id][:0], x.request, id, Peer{Secret: benchSecret}, time.Now())
	if err != nil {
		panic(err)
	}
	x.wires[id] = wire
	return outgoing{origin: &x.origin, octets: wire}
}
