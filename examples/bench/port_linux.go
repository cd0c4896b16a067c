// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package main

import (
	"net/netip"
	"os"
	"syscall"
	"time"
)

// A batchPort sends and receives many datagrams a call, on a socket that blocks: what the generator
// costs is not to be what is measured.
type batchPort struct {
	fd      int
	in, out *batch
	bufs    [batchSize][512]byte
	got     [batchSize][]byte
	wait    time.Duration
}

func newPort(addr string) (port, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	p, err := newBatchPort(false)
	if err != nil {
		return nil, err
	}
	if err := syscall.Connect(p.fd, &syscall.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
		p.close()
		return nil, os.NewSyscallError("connect", err)
	}
	return p, nil
}

// newBatchPort is not connected yet. One that is named never is, and says where from and where to.
func newBatchPort(named bool) (*batchPort, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, receiveBuffer)
	p := &batchPort{fd: fd, in: newBatch(named), out: newBatch(named)}
	for i := range p.bufs {
		p.in.set(i, p.bufs[i][:])
	}
	return p, nil
}

func (p *batchPort) send(packets [][]byte) error {
	for len(packets) > 0 {
		n := min(len(packets), batchSize)
		for i := range n {
			p.out.set(i, packets[i])
		}
		sent, err := p.sendOut(n)
		if err != nil {
			return err
		}
		packets = packets[sent:]
	}
	return nil
}

// sendOut sends the first n of out, or fewer.
func (p *batchPort) sendOut(n int) (sent int, err error) {
	sent, errno := p.out.call(sysSendmmsg(), uintptr(p.fd), 0, n, 0)
	if errno != 0 && errno != syscall.EINTR {
		return 0, os.NewSyscallError("sendmmsg", errno)
	}
	return max(sent, 0), nil
}

func (p *batchPort) receive(wait time.Duration) ([][]byte, error) {
	flags := uintptr(msgWaitForOne)
	switch {
	case wait <= 0:
		flags = syscall.MSG_DONTWAIT
	case wait != p.wait:
		tv := syscall.NsecToTimeval(wait.Nanoseconds())
		if err := syscall.SetsockoptTimeval(p.fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &tv); err != nil {
			return nil, os.NewSyscallError("setsockopt", err)
		}
		p.wait = wait
	}
	n, errno := p.in.call(syscall.SYS_RECVMMSG, uintptr(p.fd), 0, batchSize, flags)
	switch errno {
	case 0:
	case syscall.EAGAIN, syscall.EINTR:
		return nil, nil
	default:
		return nil, os.NewSyscallError("recvmmsg", errno)
	}
	for i := range n {
		p.got[i] = p.bufs[i][:p.in.msgs[i].n]
	}
	return p.got[:n], nil
}

func (p *batchPort) close() error { return syscall.Close(p.fd) }
