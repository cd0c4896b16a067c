// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"testing"
	"testing/synctest"
)

// A call of Serve waits for its own workers and not for those of one that began meanwhile.
func TestWorkersOfALaterServeAreNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w workers
		first, second := make(chan bool), make(chan bool)
		w.open()
		w.spawn(func() { <-first })
		closed := make(chan bool)
		go func() { w.close(); close(closed) }()
		synctest.Wait()
		w.open()
		w.spawn(func() { <-second })
		close(first)
		<-closed
		close(second)
		w.close()
	})
}
