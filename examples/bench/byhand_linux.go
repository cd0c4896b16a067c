// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package main

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"time"
	"unsafe"
)

func init() { clientKinds["batched"] = batchedByHand }

// batchedByHand has recvmmsg and sendmmsg, and one socket for all NASes.
func batchedByHand(nases []netip.AddrPort, more func() bool) (done, resent int, err error) {
	if len(nases) == 1 {
		p, err := newPort(nases[0].String())
		if err != nil {
			return 0, 0, err
		}
		return pipelined(1, more, &postbox{port: p})
	}
	p, err := newCrowdPort(nases)
	if err != nil {
		return 0, 0, err
	}
	return pipelined(len(nases), more, p)
}

// A crowdPort is a mailbox for many NASes.
type crowdPort struct {
	*batchPort
	to   []syscall.RawSockaddrInet4
	from map[syscall.RawSockaddrInet4]int
	in   []letter
}

func newCrowdPort(nases []netip.AddrPort) (*crowdPort, error) {
	b, err := newBatchPort(true)
	if err != nil {
		return nil, err
	}
	p := &crowdPort{batchPort: b, from: make(map[syscall.RawSockaddrInet4]int)}
	for i, nas := range nases {
		a := syscall.RawSockaddrInet4{Family: syscall.AF_INET, Addr: nas.Addr().As4()}
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&a.Port))[:], nas.Port())
		p.to, p.from[a] = append(p.to, a), i
	}
	return p, nil
}

func (p *crowdPort) post(letters []letter) error {
	for len(letters) > 0 {
		n := min(len(letters), batchSize)
		for i, l := range letters[:n] {
			p.out.set(i, l.octets)
			p.out.names[i] = p.to[l.nas]
		}
		sent, err := p.sendOut(n)
		if err != nil {
			return err
		}
		letters = letters[sent:]
	}
	return nil
}

func (p *crowdPort) receive(wait time.Duration) ([]letter, error) {
	got, err := p.batchPort.receive(wait)
	p.in = p.in[:0]
	for i, b := range got {
		if nas, ok := p.from[p.batchPort.in.names[i]]; ok {
			p.in = append(p.in, letter{nas, b})
		}
	}
	return p.in, err
}
