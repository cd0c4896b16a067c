// SPDX-License-Identifier: Apache-2.0

//go:build !unix && !windows

package dac

// Platforms without the errors of the socket interface have no ICMP errors to tell from others.

func isICMP(error) bool      { return false }
func isExhausted(error) bool { return false }
func isShort(error) bool     { return false }

func systemPorts() int { return defaultPorts }
