// SPDX-License-Identifier: Apache-2.0

package vendors_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/stretchr/testify/require"
)

// Two values of any attribute that is known, however they are encoded, name the same session
// exactly where they print the same.
func TestValuesSelectWhereTheyMeanTheSame(t *testing.T) {
	random := rand.New(rand.NewPCG(5176, 16))
	type known struct {
		octets, text string
		id           attrs.Identity
	}
	same := 0
	for d := range attrs.Registered() {
		if d.Hidden || d.ID == attrs.ChargeableUserIdentity.ID() { // of which a NUL names no user
			continue
		}
		values := []string{
			"\x00", "\x01", "\x00\x01", "\x01\x00\x00\x00", "\x00\x00\x00\x01", "\x20\x00\x00\x01", "a", "A", "\x00a", "\x01a", "a\x00", "5", "abcdef", "ABCDEF",
			"262011234567890", "\x00\x00\x00\x00\x00\x00\x00\x01", "\x00\x20\x20\x01\x0d\xb8", "\x01\x20\x20\x01\x0d\xb8",
			"\x00\x20\x20\x01\x0d\xb9", "\x00\x30\x20\x01\x0d\xb8", "\x00\x30\x20\x01\x0d\xb8\x00\x00", "\x00\x30\x20\x01\x0d\xb8\x00\x00\xff",
			"\x00\x18\x0a\x00\x00\x00", "\x80\x18\x0a\x00\x00\x05", "\x00\x58\x0a\x00\x00\x05", strings.Repeat("\x00", 10) + "\xff\xff\x0a\x00\x00\x01",
			strings.Repeat("\x00", 15) + "\x01",
		}
		for range 6 {
			b := make([]byte, 1+random.IntN(20))
			for i := range b {
				b[i] = byte(random.Uint32())
			}
			values = append(values, string(b))
		}
		var all []known
		for _, v := range values {
			set, err := attrs.Identity{Other: map[attrs.ID][]string{d.ID: {v}}}.Attr().AppendTo(nil)
			if err != nil {
				continue
			}
			_, id, err := attrs.IdentityOf(set, d.Key)
			require.NoError(t, err, "%s: %q", d.Name, v)
			text := strings.Join(slices.Collect(attrs.Format(set)), ", ")
			if !id.IsZero() && !strings.Contains(text, "[hidden]") {
				all = append(all, known{v, text, id})
			}
		}
		for _, a := range all {
			for _, b := range all {
				fits := a.id.Selects(b.id)
				require.Equal(t, a.text == b.text, fits, "%s: %q and %q", d.Name, a.octets, b.octets)
				require.Equal(t, fits, a.id.Normal().Selects(b.id.Normal()), "%s: %q and %q", d.Name, a.octets, b.octets)
				if fits && a.octets != b.octets {
					same++
				}
			}
		}
	}
	require.Greater(t, same, 20, "hardly any value has two encodings here")
}
