// SPDX-License-Identifier: Apache-2.0

// Package sqlite is a session.Handler over a table of sessions in a database, by database/sql: what
// a Find in SQL has to look out for. The database is SQLite; the statements are those of any other.
//
// A request means the sessions that have every identification attribute in it (RFC 5176, section
// 3). So each attribute of the Identity is a condition, all of them are joined by AND, and an
// attribute for which there is no column is refused (attrs.Identity.Only: NAK 401) and never left
// out.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
)

// Schema makes the table. Link addresses are kept in one form, that of attrs.StationID, since
// senders write them in several.
const Schema = `CREATE TABLE IF NOT EXISTS sessions (
	id           TEXT PRIMARY KEY, -- Acct-Session-Id
	user_name    TEXT NOT NULL,
	address      TEXT UNIQUE,      -- Framed-IP-Address
	nas_port     INTEGER,
	calling      TEXT,             -- Calling-Station-Id
	filter       TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS sessions_user ON sessions (user_name);
CREATE INDEX IF NOT EXISTS sessions_port ON sessions (nas_port);
CREATE INDEX IF NOT EXISTS sessions_calling ON sessions (calling)`

// Sessions is a session.Handler whose sessions are rows, known by Acct-Session-Id. It is safe for
// concurrent use.
type Sessions struct{ DB *sql.DB }

// Put takes in a session, or gives it a new identity.
func (s Sessions) Put(ctx context.Context, id attrs.Identity, filter string) error {
	_, err := s.DB.ExecContext(ctx, `INSERT INTO sessions (id, user_name, address, nas_port, calling, filter) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET user_name = excluded.user_name, address = excluded.address, nas_port = excluded.nas_port, calling = excluded.calling, filter = excluded.filter`,
		id.AcctSessionID, id.UserName, address(id), port(id), calling(id), filter)
	return err
}

// Find returns the ids of the sessions that have every attribute of id.
func (s Sessions) Find(ctx context.Context, id attrs.Identity) (found []string, err error) {
	if err := id.Only(attrs.AcctSessionID, attrs.UserName, attrs.FramedIPAddress, attrs.NASPort, attrs.CallingStationID); err != nil {
		return nil, err
	}
	var conditions []string
	var args []any
	where := func(column string, set bool, value any) {
		if set {
			conditions, args = append(conditions, column+" = ?"), append(args, value)
		}
	}
	where("id", id.AcctSessionID != "", id.AcctSessionID)
	where("user_name", id.UserName != "", id.UserName)
	where("address", id.FramedIPAddress.IsValid(), address(id))
	where("nas_port", id.NASPort != nil, port(id))
	where("calling", id.CallingStationID != "", calling(id))
	if len(conditions) == 0 {
		return nil, errcause.MissingAttribute // never all sessions
	}
	rows, err := s.DB.QueryContext(ctx, "SELECT id FROM sessions WHERE "+strings.Join(conditions, " AND ")+" ORDER BY id", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, rows.Err()
}

// Disconnect ends a session.
func (s Sessions) Disconnect(ctx context.Context, id string, _ *session.Disconnect) error {
	return s.all(ctx, []string{id}, "DELETE FROM sessions WHERE id = ?")
}

// Change gives a session another filter.
func (s Sessions) Change(ctx context.Context, id string, c *session.Change) error {
	filter, err := attrs.FilterID.Get(c.Attributes)
	if err != nil {
		return err
	}
	return s.all(ctx, []string{id}, "UPDATE sessions SET filter = ? WHERE id = ?", filter)
}

// DisconnectAll ends all of them, or none (RFC 5176, section 2.3).
func (s Sessions) DisconnectAll(ctx context.Context, ids []string, _ *session.Disconnect) error {
	return s.all(ctx, ids, "DELETE FROM sessions WHERE id = ?")
}

// ChangeAll changes all of them, or none.
func (s Sessions) ChangeAll(ctx context.Context, ids []string, c *session.Change) error {
	filter, err := attrs.FilterID.Get(c.Attributes)
	if err != nil {
		return err
	}
	return s.all(ctx, ids, "UPDATE sessions SET filter = ? WHERE id = ?", filter)
}

// all runs statement, whose last argument is an id, for each of ids, in one transaction. An error
// means that nothing was done. So the context is looked at before it begins, and not while it
// commits: what a driver has done it may report as cancelled.
func (s Sessions) all(ctx context.Context, ids []string, statement string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	tx, err := s.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a Commit it does nothing
	for _, id := range ids {
		if err := s.one(tx.ExecContext(ctx, statement, append(args[:len(args):len(args)], id)...)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// one is the error of a statement for one session: one that is gone is 503.
func (Sessions) one(r sql.Result, err error) error {
	if err != nil {
		return err
	}
	switch n, err := r.RowsAffected(); {
	case err != nil:
		return err
	case n == 0:
		return errcause.SessionContextNotFound
	case n > 1:
		return errors.New("sqlite: id is not unique")
	}
	return nil
}

// address, port and calling are what a column of the table holds; nil: the attribute is not set.
func address(id attrs.Identity) any {
	if !id.FramedIPAddress.IsValid() {
		return nil
	}
	return id.FramedIPAddress.Unmap().String()
}

func port(id attrs.Identity) any {
	if id.NASPort == nil {
		return nil
	}
	return int64(*id.NASPort)
}

func calling(id attrs.Identity) any {
	if id.CallingStationID == "" {
		return nil
	}
	return attrs.StationID(id.CallingStationID)
}
