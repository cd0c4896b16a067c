// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package pages

func many[T any]([]T) {}
func gone[T any]([]T) {}
