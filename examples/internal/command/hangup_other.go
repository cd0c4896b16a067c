// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package command

// There is no such signal here.
func hangups() (<-chan struct{}, func()) { return nil, func() {} }
