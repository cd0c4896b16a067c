// SPDX-License-Identifier: Apache-2.0

//go:build !linux || (!amd64 && !arm64)

package main

func newPort(addr string) (port, error) { return newPlainPort(addr) }
