// SPDX-License-Identifier: Apache-2.0

package command

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/radius-dynauth/dynauth/dac"
)

// Secret is a secret that a configuration has in one of three places: in itself, in a file, of
// which a line end at the end is no part, or in a variable of the environment. "" in all three is
// no secret; two places are an error. No error repeats a secret.
func Secret(text dac.Secret, file, variable string) (dac.Secret, error) {
	given := 0
	for _, one := range []bool{text != "", file != "", variable != ""} {
		if one {
			given++
		}
	}
	switch {
	case given > 1:
		return "", errors.New("a secret stands in one place: as it is, in a file, or in the environment")
	case file != "":
		b, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		s := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
		if s == "" || strings.ContainsAny(s, "\r\n") {
			return "", fmt.Errorf("%s: a secret is one line that is not empty", file)
		}
		return dac.Secret(s), nil
	case variable != "":
		s := os.Getenv(variable)
		if s == "" {
			return "", fmt.Errorf("the environment has no %s, or an empty one", variable)
		}
		return dac.Secret(s), nil
	}
	return text, nil
}
