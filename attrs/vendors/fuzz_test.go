// SPDX-License-Identifier: Apache-2.0

package vendors_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// vendorDefinitions are all vendors' attributes, those that others pack left out.
func vendorDefinitions() []attrs.Definition {
	return slices.DeleteFunc(slices.Collect(attrs.Registered()), func(d attrs.Definition) bool { return d.ID.Vendor == 0 || d.ID.Name != "" })
}

// readBack requires that what a Key reads from set is what it reads from the attribute that it
// makes of that; secret values too.
func readBack(t *testing.T, key attrs.AnyKey, set radius.Attributes) {
	switch k := key.(type) {
	case attrs.Key[string]:
		inverse(t, k.Get, k.Of, set)
	case attrs.Key[[]byte]:
		inverse(t, k.Get, k.Of, set)
	case attrs.Key[uint8]:
		inverse(t, k.Get, k.Of, set)
	case attrs.Key[uint16]:
		inverse(t, k.Get, k.Of, set)
	case attrs.Key[uint32]:
		inverse(t, k.Get, k.Of, set)
	case attrs.Key[uint64]:
		inverse(t, k.Get, k.Of, set)
	case attrs.Key[time.Time]:
		inverse(t, k.Get, k.Of, set)
	case attrs.Key[time.Duration]:
		inverse(t, k.Get, k.Of, set)
	case attrs.Key[netip.Addr]:
		inverse(t, k.Get, k.Of, set)
	case attrs.Key[netip.Prefix]:
		inverse(t, k.Get, k.Of, set)
	case attrs.Key[[8]byte]:
		inverse(t, k.Get, k.Of, set)
	case attrs.Key[attrs.Tagged[string]]:
		inverse(t, k.Get, k.Of, set)
	case attrs.Key[attrs.Tagged[uint32]]:
		inverse(t, k.Get, k.Of, set)
	case attrs.Key[attrs.Tagged[time.Duration]]:
		inverse(t, k.Get, k.Of, set)
	case attrs.HiddenKey[string]:
		inverse(t, revealed(k), k.Of, set)
	case attrs.HiddenKey[[]byte]:
		inverse(t, revealed(k), k.Of, set)
	case attrs.HiddenKey[uint32]:
		inverse(t, revealed(k), k.Of, set)
	case attrs.HiddenKey[netip.Addr]:
		inverse(t, revealed(k), k.Of, set)
	default:
		require.Fail(t, "a type of values that is not tried", "%v: %T", key, key)
	}
}

func revealed[T any](k attrs.HiddenKey[T]) func(radius.Attributes) (T, error) {
	return func(set radius.Attributes) (T, error) { return k.Get(attrtest.Clear(set)) }
}

func inverse[T any](t *testing.T, get func(radius.Attributes) (T, error), of func(T) attrs.Attr, set radius.Attributes) {
	v, err := get(set)
	if err != nil {
		require.ErrorIs(t, err, errcause.InvalidRequest)
		return
	}
	again, err := of(v).AppendTo(nil)
	require.NoError(t, err)
	got, err := get(again)
	require.NoError(t, err)
	require.Equal(t, v, got)
}

// The values of the table are read by their Keys, and are the same in what the Keys make of them.
func TestEveryKeyIsReadBack(t *testing.T) {
	all := rows(t)
	for _, d := range vendorDefinitions() {
		seen := 0
		for _, r := range all {
			if name, _, _ := strings.Cut(r.name, ":"); name == d.Name {
				readBack(t, d.Key, attributesOf(t, r.octets))
				seen++
			}
		}
		require.NotZero(t, seen, d.Name)
	}
}

// Whatever octets an attribute has, what it prints as makes an attribute that prints the same; and
// that one is made by its text octet for octet.
func FuzzEveryVendorKey(f *testing.F) {
	all := vendorDefinitions()
	for i := range all {
		if i%40 == 0 {
			f.Add(uint16(i), []byte{1, 0, 0, 7})
			f.Add(uint16(i), []byte("text"))
		}
	}
	f.Fuzz(func(t *testing.T, n uint16, value []byte) { printsWhatItIs(t, all[int(n)%len(all)], value) })
}

// The fuzzer has too many Keys to find the values of each: these are of the shapes that codecs
// tell apart, for all of them.
func TestEveryVendorKeyPrintsWhatItIs(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	alphabets := []string{"0123456789", "0123456789abcdef", "0123456789ABCDEFabcdef", "ab\x00\x1f\"\\ =,'\n\t", "\x00\x01\x1f ", "é\xff\xc3%\u202e"}
	for _, d := range vendorDefinitions() {
		for length := range 20 {
			value := make([]byte, length+1)
			for i := range value {
				value[i] = byte(random.Uint32())
			}
			printsWhatItIs(t, d, value)
			for _, alphabet := range alphabets {
				for i := range value {
					value[i] = alphabet[random.IntN(len(alphabet))]
				}
				printsWhatItIs(t, d, value)
				value[0] = byte(random.IntN(3)) // a tag
				printsWhatItIs(t, d, value)
			}
		}
	}
}

// caseless are hexadecimal digits: printed in upper case, whichever came.
var caseless = map[string]bool{"3GPP-NSAPI": true, "3GPP-Charging-Characteristics": true}

func printsWhatItIs(t *testing.T, d attrs.Definition, value []byte) {
	number := fmt.Sprintf("Attr-%d.%d.%d", d.ID.Type, d.ID.Vendor, d.ID.Sub)
	if d.ID.Type != 26 {
		number = fmt.Sprintf("Attr-%d.26.%d.%d", d.ID.Type, d.ID.Vendor, d.ID.Sub)
	}
	set, err := attrsOf(number, "0x"+hex.EncodeToString(value))
	if err != nil {
		return // empty or too long
	}
	readBack(t, d.Key, set)
	line := slices.Collect(attrs.Format(set))
	require.Len(t, line, 1)
	name, text, ok := strings.Cut(line[0], " = ")
	require.True(t, ok)
	if d.Sensitive {
		require.Equal(t, "[hidden]", text)
		return
	}
	a, err := attrs.ParseLine(line[0])
	require.NoError(t, err, line[0])
	second, err := a.AppendTo(nil)
	require.NoError(t, err)
	require.Equal(t, line, slices.Collect(attrs.Format(second)))
	a, err = attrs.ParseLine(line[0])
	require.NoError(t, err)
	third, err := a.AppendTo(nil)
	require.NoError(t, err)
	require.Equal(t, encoded(second), encoded(third))
	named := !strings.HasPrefix(name, "Attr-")
	if named && caseless[d.Name] {
		set, err = attrsOf(number, "0x"+hex.EncodeToString(bytes.ToUpper(value)))
		require.NoError(t, err)
	}
	if named && (strings.Contains(d.Type, "prefix") || d.Tagged && value[0] == 0) {
		return // bits behind a prefix and the tag 0 mean nothing
	}
	require.Equal(t, encoded(set), encoded(second), "%s %s", d.Type, line[0])
}
