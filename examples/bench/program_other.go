// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package main

import (
	"errors"
	"io"
)

// buildNAS is for Linux only: a program is measured there by what /proc says of it.
func buildNAS(string) (string, error) {
	return "", errors.New("examples/nas is measured on Linux only")
}

func (s serverSetup) startNAS(io.Writer) (*server, error) {
	return nil, errors.New("examples/nas is measured on Linux only")
}

// resident is unknown here.
func resident() int64 { return 0 }
