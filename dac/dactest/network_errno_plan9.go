// SPDX-License-Identifier: Apache-2.0

package dactest

import "errors"

// Plan 9 has texts where other systems have numbers.
var (
	errRefused = errors.New("connection refused")
	errTooLong = errors.New("message too long")
)
