// SPDX-License-Identifier: Apache-2.0

package ascend_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/ascend"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

// A filter as text would go out as letters: it is refused where it is made and where it is read.
func TestFiltersAreBinary(t *testing.T) {
	for _, text := range []string{"ip in forward tcp est", "generic out drop"} {
		require.Error(t, ascend.DataFilter.Of([]byte(text)).Err())
		_, err := attrs.Parse("Ascend-Call-Filter", text)
		require.Error(t, err)
		_, err = ascend.DataFilter.Get(attrtest.Attributes(t, attrs.Vendor(ascend.Vendor, 242, []byte(text))))
		require.ErrorIs(t, err, errcause.InvalidRequest)
	}
	rule := make([]byte, 32)
	rule[0], rule[1] = 1, 1 // IPv4, forward
	require.NoError(t, ascend.DataFilter.Of(rule).Err())
}
