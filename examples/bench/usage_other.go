// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package main

func usage() (cpu float64, resident int64) { return 0, 0 }
