// SPDX-License-Identifier: Apache-2.0

package sessiontest_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/session/sessiontest"
)

// A host tests its Handler, here one over a Table, in one test of its own.
func ExampleRun() {
	TestSessions := func(t *testing.T) {
		sessiontest.Run(t, func(t *testing.T) sessiontest.Host[*subscriber] {
			bng := new(bng)
			one := attrs.Identity{AcctSessionID: "4f2a", UserName: "bob", CallingStationID: "00-10-A4-23-19-C0"}
			two := attrs.Identity{AcctSessionID: "4f2b", UserName: "bob", CallingStationID: "00-10-A4-23-19-C1"}
			for _, id := range []attrs.Identity{one, two} {
				if err := bng.Put(id, &subscriber{name: id.AcctSessionID}); err != nil {
					t.Fatal(err)
				}
			}
			return sessiontest.Host[*subscriber]{
				Handler:  bng,
				Several:  bng,
				Sessions: [2]attrs.Identity{one, two},
				Change:   []attrs.Attr{attrs.FilterID.Of("gold")},
				Snapshot: func(s *subscriber) any { return s.currentFilter() },
			}
		})
	}
	fmt.Println("the Handler keeps the rules:", passes(TestSessions)) // else go test runs it
	// Output: the Handler keeps the rules: true
}

// passes runs a test as go test would, without what go test -v prints.
func passes(test func(*testing.T)) bool {
	quiet, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return false
	}
	defer quiet.Close()
	stdout := os.Stdout
	os.Stdout = quiet
	defer func() { os.Stdout = stdout }()
	return testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "TestSessions", F: test}})
}
