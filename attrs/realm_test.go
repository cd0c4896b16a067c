// SPDX-License-Identifier: Apache-2.0

package attrs_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/stretchr/testify/require"
)

func TestR7542_2_2_Realm(t *testing.T) {
	for name, want := range map[string]struct {
		realm string
		ok    bool
	}{
		"bob@Home.Example":    {"home.example", true},
		"@home.example":       {"home.example", true},
		"bob":                 {"", true},
		"":                    {"", true},
		`HOME\bob`:            {"", true},
		"bob@":                {"", false},
		"bob@a.example@b.org": {"", false},
		"bob@@a.example":      {"", false},
		"bob@a.example@":      {"", false},
	} {
		realm, ok := attrs.Realm(name)
		require.Equal(t, want.realm, realm, name)
		require.Equal(t, want.ok, ok, name)
	}
}
