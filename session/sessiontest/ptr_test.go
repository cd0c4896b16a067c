// SPDX-License-Identifier: Apache-2.0

package sessiontest_test

// ptr is new with a value, which Go has from 1.26 on.
func ptr[T any](v T) *T { return &v }
