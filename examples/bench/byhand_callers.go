// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// blocking is a client by hand for callers that wait: each has an identifier of one socket, from
// which one more goroutine reads.
func blocking(nases []netip.AddrPort, more func() bool) (done, resent int, err error) {
	c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(nases[0]))
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	c.SetReadBuffer(receiveBuffer) // the system may give less
	all := make([]caller, callers)
	for id := range all {
		x := &all[id]
		x.signer, x.done = newSigner(), make(chan bool, 1)
		x.request = newWire(x.signer)
	}
	go wakeCallers(c, all)
	done, err = shared(callers, more, func(id, _ int) error { return all[id].call(c, byte(id)) })
	return done, 0, err
}

// A caller is one that waits for its answer.
type caller struct {
	*signer
	done chan bool // closed when there will be no answer any more

	mu      sync.Mutex // guards request
	request wire
}

func (x *caller) call(c net.Conn, id byte) error {
	x.mu.Lock()
	x.request.sign(x.signer, id)
	x.mu.Unlock()
	if _, err := c.Write(x.request); err != nil {
		return err
	}
	if !<-x.done {
		return fmt.Errorf("no answer for %v", mostQuiet*patience)
	}
	return nil
}

// wakeCallers reads answers until c is closed, or none comes any more.
func wakeCallers(c net.Conn, all []caller) {
	s, b := newSigner(), make([]byte, maxDatagram)
	for i := 0; ; i++ {
		if i%callers == 0 {
			c.SetReadDeadline(time.Now().Add(mostQuiet * patience))
		}
		n, err := c.Read(b)
		if err != nil {
			for i := range all {
				close(all[i].done)
			}
			return
		}
		if n < headerLen {
			continue
		}
		x := &all[b[1]]
		x.mu.Lock()
		ok := x.request.answered(s, b[:n])
		x.mu.Unlock()
		if ok {
			x.done <- true
		}
	}
}
