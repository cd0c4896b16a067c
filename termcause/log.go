// SPDX-License-Identifier: Apache-2.0

package termcause

import (
	"context"
	"log/slog"
)

// Log writes the two log lines of a termination, as Junos does: the internal reason, then the code
// that RADIUS is told, and returns that code as Cause does. A reason without a code is a warning,
// for an operator to map it. A nil logger is silent; what says which session it is, the logger
// brings along: l.With("session", id).
//
// An inherited reason without a parent has no code of its own, and what its accounting says is then
// for others to decide: the warning says that and no more. A host that sends accounting has
// accounting.Stop write both lines, with the code that the Accounting-Request carries.
func (t *Table) Log(ctx context.Context, l *slog.Logger, r Reason, parent Cause) (Cause, bool) {
	c, ok := t.Cause(r, parent)
	if l == nil {
		return c, ok
	}
	l.LogAttrs(ctx, slog.LevelInfo, "session terminated", slog.String("family", r.Family), slog.String("reason", r.Name))
	switch {
	case ok:
		l.LogAttrs(ctx, slog.LevelInfo, "session terminate code", slog.String("cause", c.String()), slog.Uint64("value", uint64(c)))
	case t.inherits(r):
		l.LogAttrs(ctx, slog.LevelWarn, "session inherits its terminate code and no parent is known", slog.String("family", r.Family), slog.String("reason", r.Name))
	default:
		l.LogAttrs(ctx, slog.LevelWarn, "session has no terminate code", slog.String("family", r.Family), slog.String("reason", r.Name))
	}
	return c, ok
}

// inherits reports a reason that takes the cause of a parent.
func (t *Table) inherits(r Reason) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	e, ok := lookup(t.rows, r)
	return ok && e.Inherited
}
