// SPDX-License-Identifier: Apache-2.0

package profile_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs/profile"
	"github.com/stretchr/testify/assert"
)

func TestMACFormats(t *testing.T) {
	for format, want := range map[profile.MACFormat]string{
		"":                     "0010.A423.19c0",
		"00-10-A4-23-19-C0":    "00-10-A4-23-19-C0",
		"00:10:a4:23:19:c0":    "00:10:a4:23:19:c0",
		"0010.a423.19c0":       "0010.a423.19c0",
		"0010A42319C0":         "0010A42319C0",
		"0010a4-2319c0":        "0010a4-2319c0",
		profile.Plain:          "0010A42319c0",
		"not a form":           "0010.A423.19c0",
		"11-22-33-44-55-66":    "0010.A423.19c0",
		"00-10-a4-23-19-C0":    "0010.A423.19c0",
		"00-10-A4-23-19-C0:ap": "0010.A423.19c0",
	} {
		assert.Equal(t, want, format.Format("0010.A423.19c0"), string(format))
	}
	const dashes profile.MACFormat = "00-10-A4-23-19-C0"
	assert.Equal(t, "00-10-A4-23-19-C0:Guest-10", dashes.Format("0010a42319c0:Guest-10"))
	assert.Equal(t, "0010a42319c0:Guest-10", profile.Plain.Format("00-10-a4-23-19-c0:Guest-10"))
	for _, other := range []string{"", "bob", "+49301234567", "0010a42319c", "0010a42319c0d"} {
		assert.Equal(t, other, dashes.Format(other))
		assert.Equal(t, other, profile.Plain.Format(other))
	}
}
