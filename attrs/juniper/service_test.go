// SPDX-License-Identifier: Apache-2.0

package juniper_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestJE21_ServicesAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]juniper.Service{
		"gold":                    {Name: "gold"},
		"gold()":                  {Name: "gold", Args: []string{}},
		"gold(10M)":               {Name: "gold", Args: []string{"10M"}},
		"tiered(1280000,5120000)": {Name: "tiered", Args: []string{"1280000", "5120000"}},
		"gold(,)":                 {Name: "gold", Args: []string{"", ""}},
		"url(http://a/(b,c),d e)": {Name: "url", Args: []string{"http://a/(b,c)", "d e"}},
	} {
		got, err := juniper.ParseService(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got)
		assert.Equal(t, text, got.String())
	}
	spaces, err := juniper.ParseService("tiered ( 1280000, 5120000 ) ")
	require.NoError(t, err)
	assert.Equal(t, "tiered(1280000,5120000)", spaces.String())
}

func TestTextThatIsNoService(t *testing.T) {
	for _, text := range []string{"", " ", "(1)", "gold(", "gold)", "gold(1", "gold(1)2", "gold(1))", "gold((1)", "a,b", "a,b(1)"} {
		got, err := juniper.ParseService(text)
		require.ErrorIs(t, err, errcause.InvalidRequest, text)
		assert.Zero(t, got, text)
	}
}

func FuzzParseService(f *testing.F) {
	for _, text := range []string{"gold", "gold(10M,40M)", "url(http://a/(b,c),d e)", "gold(", " a ( b , c ) ", "a(,)", "a(())"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := juniper.ParseService(text)
		if err != nil {
			require.ErrorIs(t, err, errcause.InvalidRequest)
			return
		}
		again, err := juniper.ParseService(s.String())
		require.NoError(t, err)
		require.Equal(t, s, again)
	})
}
