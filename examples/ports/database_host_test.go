// SPDX-License-Identifier: Apache-2.0

package ports

import (
	"context"
	"database/sql"
)

// A nasRow is a row of the table of NASes.
type nasRow struct {
	Addr   string
	Port   int
	Secret string
}

// An online is a row of the table of sessions.
type online struct {
	NAS     string
	Session string
	User    string
}

// A database is the tables of an AAA server. It knows nothing of RADIUS.
type database struct {
	nas      []nasRow
	sessions []online
}

func (db *database) NASByAddr(_ context.Context, addr string) (nasRow, error) {
	for _, row := range db.nas {
		if row.Addr == addr {
			return row, nil
		}
	}
	return nasRow{}, sql.ErrNoRows
}

func (db *database) SessionsOfUser(_ context.Context, user string) (all []online, err error) {
	for _, row := range db.sessions {
		if row.User == user {
			all = append(all, row)
		}
	}
	return all, nil
}
