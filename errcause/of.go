// SPDX-License-Identifier: Apache-2.0

package errcause

// Of returns the first Cause other than 0 that err is or wraps, depth first, and whether there is
// one. It walks what [errors.Is] and [errors.As] walk, through both forms of Unwrap, and asks an As
// method where there is one. errors.As itself does not do here: it stops at a Cause(0), though a
// true one may stand behind it in a Join.
func Of(err error) (Cause, bool) {
	if err == nil {
		return 0, false
	}
	if c, ok := err.(Cause); ok {
		return c, c != 0
	}
	if a, ok := err.(interface{ As(target any) bool }); ok {
		var c Cause
		if a.As(&c) && c != 0 {
			return c, true
		}
	}
	switch w := err.(type) {
	case interface{ Unwrap() error }:
		return Of(w.Unwrap())
	case interface{ Unwrap() []error }:
		for _, e := range w.Unwrap() {
			if c, ok := Of(e); ok {
				return c, true
			}
		}
	}
	return 0, false
}
