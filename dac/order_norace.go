// SPDX-License-Identifier: Apache-2.0

//go:build !race

package dac

func beforeWrite() {}
func afterRead()   {}
