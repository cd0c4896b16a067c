// SPDX-License-Identifier: Apache-2.0

package embed

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session/sessiontest"
)

func newBNG() *BNG {
	b := &BNG{Name: "bng1"}
	b.Login(Subscriber{ID: "4f2a", User: "bob", Addr: netip.MustParseAddr("198.51.100.7"), Filter: "silver"})
	b.Login(Subscriber{ID: "4f2b", User: "eve", Addr: netip.MustParseAddr("198.51.100.8"), Filter: "silver"})
	return b
}

// verdict is what the BNG says of a request that has been verified: nil is an ACK.
func verdict(t *testing.T, b *BNG, r *dac.Request, err error) error {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return dac.Verdict(b.Dispatcher().Handle(t.Context(), r))
}

func TestDisconnectEndsASession(t *testing.T) {
	b := newBNG()
	end := func() error {
		r, err := dac.NewDisconnect(attrs.UserName.Of("bob"), attrs.FramedIPAddress.Of(netip.MustParseAddr("198.51.100.7")))
		return verdict(t, b, r, err)
	}
	if err := end(); err != nil || len(b.Subscribers()) != 1 {
		t.Errorf("%v, %d sessions left", err, len(b.Subscribers()))
	}
	if cause, _ := errcause.Of(end()); cause != errcause.SessionContextNotFound {
		t.Errorf("the second time: %v", cause)
	}
}

func TestCoAChangesAFilter(t *testing.T) {
	b := newBNG()
	r, err := dac.NewCoA(attrs.AcctSessionID.Of("4f2a"), attrs.FilterID.Of("gold"))
	if err := verdict(t, b, r, err); err != nil || b.Subscribers()[0].Filter != "gold" {
		t.Errorf("%v, %+v", err, b.Subscribers()[0])
	}
	r, err = dac.NewCoA(attrs.AcctSessionID.Of("4f2a"), attrs.SessionTimeout.Of(time.Hour))
	if cause, _ := errcause.Of(verdict(t, b, r, err)); cause != errcause.UnsupportedAttribute {
		t.Errorf("what this BNG cannot change: %v", cause)
	}
}

func TestARequestForAnotherNASEndsNothing(t *testing.T) {
	b := newBNG()
	for name, want := range map[string]errcause.Cause{"bng2": errcause.NASIdentificationMismatch, "bng1": 0} {
		r, err := dac.NewDisconnect(attrs.NASIdentifier.Of(name), attrs.UserName.Of("bob"))
		if cause, _ := errcause.Of(verdict(t, b, r, err)); cause != want {
			t.Errorf("%s: %v", name, cause)
		}
	}
}

func TestBNGKeepsTheRulesOfAHandler(t *testing.T) {
	sessiontest.Run(t, func(*testing.T) sessiontest.Host[*Subscriber] {
		b := newBNG()
		return sessiontest.Host[*Subscriber]{
			Handler: b,
			Sessions: [2]attrs.Identity{
				{AcctSessionID: "4f2a", UserName: "bob", FramedIPAddress: netip.MustParseAddr("198.51.100.7")},
				{AcctSessionID: "4f2b", UserName: "eve", FramedIPAddress: netip.MustParseAddr("198.51.100.8")},
			},
			Change:   []attrs.Attr{attrs.FilterID.Of("gold")},
			Snapshot: func(s *Subscriber) any { return *s },
		}
	})
}

func Example() {
	b := newBNG()
	request, err := dac.NewCoA(attrs.UserName.Of("bob"), attrs.FilterID.Of("gold"))
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(dac.Verdict(b.Dispatcher().Handle(context.Background(), request)))
	fmt.Println(b.Subscribers()[0].Filter)
	// Output:
	// <nil>
	// gold
}
