// SPDX-License-Identifier: Apache-2.0

// Package command is what the commands of examples have in common.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/signal"
	"syscall"
)

// Context ends with the first SIGINT or SIGTERM. The second one ends the process at once.
func Context() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx
}

// Run is a command, from arguments to exit status: 0; 1 where serve fails, which it tells on
// stderr; 2 where parse does, which has told it.
func Run[O any](ctx context.Context, name string, args []string, stdout, stderr io.Writer,
	parse func(args []string, stderr io.Writer) (O, error), serve func(ctx context.Context, o O, stdout io.Writer) error) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	if err := serve(ctx, o, stdout); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return 1
	}
	return 0
}

type reloadsKey struct{}

// WithReloads returns a context in which Reloads is c, for tests that run a program in their own
// process.
func WithReloads(ctx context.Context, c <-chan struct{}) context.Context {
	return context.WithValue(ctx, reloadsKey{}, c)
}

// Reloads is sent to when the configuration is to be read anew: at each SIGHUP, of which several
// that come at once are one. stop ends that.
func Reloads(ctx context.Context) (reloads <-chan struct{}, stop func()) {
	if c, ok := ctx.Value(reloadsKey{}).(<-chan struct{}); ok {
		return c, func() {}
	}
	return hangups()
}
