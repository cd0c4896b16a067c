// SPDX-License-Identifier: Apache-2.0

package show

import (
	"context"
	"log/slog"
	"runtime/debug"
)

// A steady is the slog.Handler of a host, which may panic: a line is then lost, and nothing else.
// What a line is about has been done, and is answered.
type steady struct{ h slog.Handler }

// Steady returns l with a handler whose panics end there; nil where l is. A logger that panics
// cannot be told of it, so nothing is.
func Steady(l *slog.Logger) *slog.Logger {
	if l == nil {
		return nil
	}
	return slog.New(steady{l.Handler()})
}

func (s steady) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	defer func() { _ = recover() }()
	return s.h.Enabled(ctx, level)
}

func (s steady) Handle(ctx context.Context, r slog.Record) error {
	defer func() { _ = recover() }()
	return s.h.Handle(ctx, r)
}

func (s steady) WithAttrs(a []slog.Attr) slog.Handler { return steady{s.h.WithAttrs(a)} }

func (s steady) WithGroup(name string) slog.Handler { return steady{s.h.WithGroup(name)} }

// Survive is deferred around a function of the host's whose panic changes nothing, since what it is
// told of is done: the panic is one line in the log, where there is one, and the log may panic too.
func Survive(l *slog.Logger, what string) {
	v := recover()
	if v == nil || l == nil {
		return
	}
	defer func() { _ = recover() }()
	l.Error(what, "panic", v, "stack", string(debug.Stack()))
}
