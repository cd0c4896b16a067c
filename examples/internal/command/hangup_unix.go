// SPDX-License-Identifier: Apache-2.0

//go:build unix

package command

import (
	"os"
	"os/signal"
	"syscall"
)

func hangups() (<-chan struct{}, func()) {
	signals, reloads, done := make(chan os.Signal, 1), make(chan struct{}), make(chan struct{})
	signal.Notify(signals, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-signals:
			case <-done:
				return
			}
			select {
			case reloads <- struct{}{}:
			case <-done:
				return
			}
		}
	}()
	return reloads, func() { signal.Stop(signals); close(done) }
}
