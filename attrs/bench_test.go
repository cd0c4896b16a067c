// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"net/netip"
	"testing"
	"time"

	"layeh.com/radius"
)

// benchSet is what an AAA server sends to change a session.
func benchSet(b *testing.B) radius.Attributes {
	return setOf(b, NASIPAddress.Of(netip.MustParseAddr("192.0.2.1")), UserName.Of("user0000001@example.net"), AcctSessionID.Of("00000001"),
		CallingStationID.Of("00-10-A4-23-19-C0"), FilterID.Of("slow"), SessionTimeout.Of(time.Hour), testText.Of("10M/10M"), ProxyState.Of([]byte("proxy")))
}

func BenchmarkIdentityOf(b *testing.B) {
	set := benchSet(b)
	b.Run("RFC 5176", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := IdentityOf(set); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("and a vendor's", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := IdentityOf(set, testText); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkGet(b *testing.B) {
	set := benchSet(b)
	b.Run("text", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := FilterID.Get(set); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("number", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := SessionTimeout.Get(set); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("vendor", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := testText.Get(set); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkOf(b *testing.B) {
	b.Run("text", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = FilterID.Of("slow")
		}
	})
	b.Run("vendor", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = testText.Of("10M/10M")
		}
	})
}

func BenchmarkAppendTo(b *testing.B) {
	a := Join(UserName.Of("user0000001@example.net"), AcctSessionID.Of("00000001"), FilterID.Of("slow"), testText.Of("10M/10M"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.AppendTo(nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSelects(b *testing.B) {
	id, s := fullIdentity(), fullIdentity()
	s.CallingStationID = "0010.a423.19c0"
	b.ReportAllocs()
	for b.Loop() {
		if !id.Selects(s) {
			b.Fatal("does not select")
		}
	}
}

func BenchmarkIDs(b *testing.B) {
	set := benchSet(b)
	b.ReportAllocs()
	for b.Loop() {
		for id, err := range IDs(set) {
			if err != nil || id.Role() == RoleUnknown || id.In(radius.CodeCoARequest) == Unspecified {
				b.Fatal(id, err)
			}
		}
	}
}
