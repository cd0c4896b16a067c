// SPDX-License-Identifier: Apache-2.0

//go:build !plan9

package dactest

import "syscall"

// What a socket of the system says: errors.Is finds the number.
const (
	errRefused = syscall.ECONNREFUSED
	errTooLong = syscall.EMSGSIZE
)
