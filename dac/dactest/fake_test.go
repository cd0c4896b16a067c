// SPDX-License-Identifier: Apache-2.0

package dactest_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

// A fakeTB is a test within a test: one that may fail.
type fakeTB struct {
	testing.TB // of the test around it

	mu       sync.Mutex // guards what follows
	failed   bool
	log      bytes.Buffer
	cleanups []func()
}

func (f *fakeTB) Helper() {}

func (f *fakeTB) Cleanup(c func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cleanups = append(f.cleanups, c)
}

func (f *fakeTB) Failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

func (f *fakeTB) Log(args ...any) { fmt.Fprintln(f.Output(), args...) }

func (f *fakeTB) Errorf(format string, args ...any) {
	f.Log(fmt.Sprintf(format, args...))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failed = true
}

func (f *fakeTB) Fatal(args ...any) {
	f.Errorf("%s", fmt.Sprint(args...))
	runtime.Goexit()
}

func (f *fakeTB) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	runtime.Goexit()
}

func (f *fakeTB) Output() io.Writer { return writerFunc(f.write) }

func (f *fakeTB) write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.Write(b)
}

type writerFunc func(b []byte) (int, error)

func (w writerFunc) Write(b []byte) (int, error) { return w(b) }

// attempt runs a test within the test, with its cleanups, and returns what it logged and whether it
// failed.
func attempt(t *testing.T, test func(tb testing.TB)) (log string, failed bool) {
	t.Helper()
	f := &fakeTB{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(f)
	}()
	<-done
	for _, c := range slices.Backward(f.cleanups) {
		c()
	}
	return f.log.String(), f.failed
}

// disconnect is a Disconnect-Request for a user.
func disconnect(t testing.TB, user string) *dac.Request {
	t.Helper()
	r, err := dac.NewDisconnect(userName(user))
	require.NoError(t, err)
	return r
}

// coa is a CoA-Request for a user, with a State and two Proxy-States.
func coa(t testing.TB, user string) *dac.Request {
	t.Helper()
	r, err := dac.NewCoA(userName(user), state("s"), proxyState("one"), proxyState("two"))
	require.NoError(t, err)
	return r
}

// lines are those of text without the spaces around them.
func lines(text string) (all []string) {
	for line := range strings.Lines(text) {
		all = append(all, strings.TrimSpace(line))
	}
	return all
}
