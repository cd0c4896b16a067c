// SPDX-License-Identifier: Apache-2.0

// Package redistest runs a Redis of a test's own.
package redistest

import (
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// A Server is a Redis on a socket in a folder of its own.
type Server struct {
	Socket string
	Client *redis.Client

	t       testing.TB
	options func(addr string) *redis.Options
	folder  string
	cmd     *exec.Cmd
}

// Start starts a Redis, which ends with the test. Its Client has the options for its address.
func Start(t testing.TB, options func(addr string) *redis.Options) *Server {
	r := &Server{t: t, options: options, folder: t.TempDir()}
	r.Socket = filepath.Join(r.folder, "redis.sock")
	r.Again()
	r.Client = redis.NewClient(r.options(r.Socket))
	t.Cleanup(func() {
		r.Client.Close()
		r.Stop()
	})
	return r
}

// Again starts r after Stop and waits until it answers. What it kept it has again.
func (r *Server) Again() {
	r.t.Helper()
	r.cmd = exec.Command("redis-server", "--port", "0", "--unixsocket", r.Socket, "--dir", r.folder, "--appendonly", "yes", "--save", "")
	require.NoError(r.t, r.cmd.Start())
	probe := redis.NewClient(r.options(r.Socket))
	defer probe.Close()
	require.Eventually(r.t, func() bool { return probe.Ping(r.t.Context()).Err() == nil }, 20*time.Second, 10*time.Millisecond)
}

// Stop ends r as an operator does.
func (r *Server) Stop() {
	if r.cmd == nil {
		return
	}
	r.cmd.Process.Signal(syscall.SIGTERM)
	r.cmd.Wait()
	r.cmd = nil
}
