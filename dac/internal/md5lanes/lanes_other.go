// SPDX-License-Identifier: Apache-2.0

//go:build !gc || !amd64 || purego

package md5lanes

const available = false

func block(*[4][Lanes]uint32, *[16][Lanes]uint32, *[Lanes]*byte) {
	panic("md5lanes: not available")
}
