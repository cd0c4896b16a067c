// SPDX-License-Identifier: Apache-2.0

package attrs

// Names gives names to numbers in a row, for Key.Named: Names(1, "v1", "v2") is v1 for 1 and v2 for
// 2.
func Names(first uint32, names ...string) []Value {
	values := make([]Value, len(names))
	for i, name := range names {
		values[i] = Value{first + uint32(i), name}
	}
	return values
}
