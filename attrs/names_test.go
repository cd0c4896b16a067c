// SPDX-License-Identifier: Apache-2.0

package attrs_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/stretchr/testify/assert"
)

func TestNamesFollowOneAnother(t *testing.T) {
	assert.Equal(t, []attrs.Value{{Number: 7, Name: "a"}, {Number: 8, Name: "b"}}, attrs.Names(7, "a", "b"))
	assert.Empty(t, attrs.Names(1))
}
