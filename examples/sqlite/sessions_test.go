// SPDX-License-Identifier: Apache-2.0

package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/examples/sqlite"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/radius-dynauth/dynauth/session/sessiontest"
	_ "modernc.org/sqlite"
)

// open makes a database with two sessions of bob.
func open(path string) (sqlite.Sessions, [2]attrs.Identity, error) {
	var ids [2]attrs.Identity
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return sqlite.Sessions{}, ids, err
	}
	db.SetMaxOpenConns(1) // SQLite has one writer
	s := sqlite.Sessions{DB: db}
	if _, err := db.Exec(sqlite.Schema); err != nil {
		return s, ids, err
	}
	for i := range ids {
		port := uint32(i + 1)
		ids[i] = attrs.Identity{
			AcctSessionID: fmt.Sprint("4f2", i), UserName: "bob", NASPort: &port, CallingStationID: fmt.Sprintf("02-00-00-00-00-0%d", i),
			FramedIPAddress: netip.AddrFrom4([4]byte{198, 51, 100, byte(i + 1)}),
		}
		if err := s.Put(context.Background(), ids[i], "silver"); err != nil {
			return s, ids, err
		}
	}
	return s, ids, nil
}

func TestSessionsInADatabaseKeepTheRulesOfAHandler(t *testing.T) {
	for name, several := range map[string]bool{"one at a time": false, "several": true} {
		t.Run(name, func(t *testing.T) {
			sessiontest.Run(t, func(t *testing.T) sessiontest.Host[string] {
				s, ids, err := open(filepath.Join(t.TempDir(), "sessions.db"))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.DB.Close() })
				h := sessiontest.Host[string]{
					Handler: s, Sessions: ids, Change: []attrs.Attr{attrs.FilterID.Of("gold")},
					Snapshot: func(id string) any {
						var filter string
						if err := s.DB.QueryRow("SELECT filter FROM sessions WHERE id = ?", id).Scan(&filter); err != nil {
							t.Error(err)
						}
						return filter
					},
				}
				if several {
					h.Several = s
				}
				return h
			})
		})
	}
}

// What is in a request is a value and never a part of a statement.
func TestARequestIsNoStatement(t *testing.T) {
	s, _, err := open(filepath.Join(t.TempDir(), "sessions.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.DB.Close()
	found, err := s.Find(t.Context(), attrs.Identity{UserName: "bob' OR '1' = '1"})
	if err != nil || len(found) != 0 {
		t.Errorf("%v, %v", found, err)
	}
}

// A request that names a session by more than the database knows ends nothing.
func Example() {
	s, _, err := open(":memory:")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.DB.Close()
	d := session.NewDispatcher(s, attrs.FilterID)
	d.NAS.Identifier = "bng1"
	ask := func(r *dac.Request, _ error) {
		resp, err := d.Handle(context.Background(), r)
		fmt.Println(dac.Verdict(resp, err))
	}
	ask(dac.NewDisconnect(attrs.UserName.Of("bob"), attrs.NASPort.Of(7)))
	ask(dac.NewDisconnect(attrs.UserName.Of("bob"), attrs.NASPort.Of(1), attrs.NASPortID.Of("xe-0/0/0")))
	ask(dac.NewCoA(attrs.UserName.Of("bob"), attrs.NASPort.Of(1), attrs.FilterID.Of("gold")))
	ask(dac.NewDisconnect(attrs.UserName.Of("bob"), attrs.CallingStationID.Of("0200.0000.0001")))
	// Output:
	// dac: NAK: session: no session: Session-Context-Not-Found (503)
	// dac: NAK: attrs: sessions are not looked up by NAS-Port-Id: Unsupported-Attribute (401)
	// <nil>
	// <nil>
}
