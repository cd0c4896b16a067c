// SPDX-License-Identifier: Apache-2.0

package attrs_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/stretchr/testify/assert"
	"layeh.com/radius"
)

func TestIdentifyingIsWhatHasThatRole(t *testing.T) {
	var want, got []string
	for typ := radius.Type(1); typ < 256; typ++ {
		if id := (attrs.ID{Type: typ}); id.Role() == attrs.RoleSession {
			want = append(want, id.String())
		}
	}
	for _, k := range attrs.Identifying() {
		got = append(got, k.String())
	}
	assert.Equal(t, want, got)
	attrs.Identifying()[0] = nil
	assert.NotNil(t, attrs.Identifying()[0])
}

// What a peer packs into a text attribute cannot forge a line of a log.
func TestNamesOfPeersPrintOnOneLine(t *testing.T) {
	id := attrs.VendorID(32473, 1)
	id.Name = "a\nb\x1b[2J\""
	assert.Equal(t, `Attr-26.32473.1(a\nb\033[2J\")`, id.String())
}
