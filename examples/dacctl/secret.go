// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/radius-dynauth/dynauth/dac"
)

// secretFlags are the ways to give a shared secret.
type secretFlags struct {
	secret string // itself
	file   string // whose first line it is
	env    string // name of an environment variable
}

// read returns the secret that one of them gives; none is "".
func (f secretFlags) read() (dac.Secret, error) {
	given := 0
	for _, s := range []string{f.secret, f.file, f.env} {
		if s != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return "", errors.New("the shared secret is given more than once: -secret, -S or -secret-env, not both")
	case f.file != "":
		text, err := os.ReadFile(f.file)
		if err != nil {
			return "", err
		}
		first, _, _ := bytes.Cut(text, []byte("\n"))
		f.secret = strings.TrimSuffix(string(first), "\r")
		if f.secret == "" {
			return "", fmt.Errorf("the first line of %s is empty, and no shared secret", f.file)
		}
	case f.env != "":
		if f.secret = os.Getenv(f.env); f.secret == "" {
			return "", fmt.Errorf("the environment variable %s is empty, and no shared secret", f.env)
		}
	}
	return dac.Secret(f.secret), nil
}
