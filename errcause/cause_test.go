// SPDX-License-Identifier: Apache-2.0

package errcause

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

var _ error = Cause(0)

// Every number that some packet may carry is looked at, and the first few of those beyond.
const pastClasses = 1000

func TestR5176_3_5_2_ReservedValuesAreNotSent(t *testing.T) {
	for _, span := range [][2]Cause{{0, 199}, {300, 399}} {
		for c := span[0]; c <= span[1]; c++ {
			assert.Empty(t, carriers(c), "%d", c)
		}
	}
}

func TestR5176_3_5_3_SuccessIsNotInANAK(t *testing.T) {
	for c := Cause(200); c <= 299; c++ {
		assert.True(t, c.Success(), "%d", c)
		assert.False(t, c.AllowedIn(42) || c.AllowedIn(45) || c.AllowedIn(52), "%d", c)
	}
	assert.Equal(t, []int{41, 44}, carriers(299), "an unregistered one in an ACK")
	assert.False(t, Cause(199).Success())
	assert.False(t, Cause(300).Success())
}

func TestR5176_3_5_4_FatalErrorsAreNotInAnACK(t *testing.T) {
	for c := Cause(400); c <= 799; c++ {
		assert.False(t, c.Success(), "%d", c)
		assert.False(t, c.AllowedIn(41) || c.AllowedIn(44), "%d", c)
	}
	for _, c := range []Cause{400, 499, 500, 510, 599, 600, 699, 700, 799} {
		assert.Equal(t, []int{42, 45, 52}, carriers(c), "%d is unregistered", c)
	}
}

func TestR5176_3_5_6_ResidualOnlyInDisconnectACK(t *testing.T) {
	assert.Equal(t, []int{41}, carriers(ResidualSessionContextRemoved))
}

func TestR5176_3_5_7_InvalidEAPPacketIsNotSent(t *testing.T) {
	assert.Empty(t, carriers(InvalidEAPPacket))
}

func TestR5176_3_5_8_UnsupportedServiceOnlyInCoANAK(t *testing.T) {
	assert.Equal(t, []int{45}, carriers(UnsupportedService))
}

func TestR5176_3_5_9_RequestNotRoutableIsNotDeniedToProxies(t *testing.T) {
	assert.Equal(t, []int{42, 45, 52}, carriers(RequestNotRoutable))
}

func TestR5176_3_5_10_NotRemovableOnlyInDisconnectNAK(t *testing.T) {
	assert.Equal(t, []int{42}, carriers(SessionContextNotRemovable))
}

func TestR5176_3_5_12_RequestInitiatedOnlyInCoANAK(t *testing.T) {
	assert.Equal(t, []int{45}, carriers(RequestInitiated))
	assert.False(t, RequestInitiated.Success(), "its class is not success")
}

func TestR7930_5_1_ResponseTooBigOnlyInProtocolError(t *testing.T) {
	assert.Equal(t, []int{52}, carriers(ResponseTooBig))
}

func TestUndefinedValuesAreNotSent(t *testing.T) {
	for _, c := range []Cause{800, 999, 1 << 16, 0x96010000, 1<<32 - 1} {
		assert.Empty(t, carriers(c), "%d", c)
		assert.False(t, c.Success(), "%d", c)
	}
}

// carriers are the codes, of all 256 and two that are none, that may carry c.
func carriers(c Cause) (codes []int) {
	for code := -1; code <= 256; code++ {
		if c.AllowedIn(code) {
			codes = append(codes, code)
		}
	}
	return codes
}

func TestRetryable(t *testing.T) {
	var got []Cause
	for c := range Cause(pastClasses) {
		if c.Retryable() {
			got = append(got, c)
		}
	}
	assert.Equal(t, []Cause{OtherProxyProcessingError, ResourcesUnavailable}, got)
	assert.Contains(t, Cause(599).RetryReason(), "not registered")
}

func TestDescriptionOfAnUnregisteredCauseNamesItsClass(t *testing.T) {
	seen := map[string]Cause{}
	for _, c := range []Cause{0, 299, 499, 599, 699, 799, 800} {
		d := c.Description()
		assert.Regexp(t, `^[A-Z].*\.$`, d)
		assert.NotContains(t, seen, d)
		seen[d] = c
	}
	assert.Equal(t, Cause(0).Description(), Cause(399).Description(), "reserved, both")
}

func TestHintsDiffer(t *testing.T) {
	seen := map[string]Cause{}
	for c := range All() {
		assert.NotContains(t, seen, c.Hint(), "%v", c)
		seen[c.Hint()] = c
	}
	assert.Contains(t, Cause(0).Hint(), "does not say why")
	assert.Contains(t, Cause(599).Hint(), "this number")
	assert.Equal(t, Cause(599).Hint(), Cause(1<<32-1).Hint())
}

func TestUnregisteredCauseIsAnErrorToo(t *testing.T) {
	assert.EqualError(t, Cause(599), "Cause(599)")
	assert.EqualError(t, Cause(0), "Cause(0)")
	assert.ErrorIs(t, fmt.Errorf("nas: %w", Cause(599)), Cause(599))
	assert.NotErrorIs(t, Cause(599), Cause(598))
}

func TestSwapped(t *testing.T) {
	for c := range All() {
		wrong := c>>24 | c>>8&0xff00 | c<<8&0xff0000 | c<<24
		got, ok := Swapped(wrong)
		assert.True(t, ok, "%v as %#x", c, uint32(wrong))
		assert.Equal(t, c, got)
		_, ok = Swapped(c)
		assert.False(t, ok, "%v as it should be", c)
	}
	for _, c := range []Cause{0, 599, 0x57020000, 1<<32 - 1} {
		got, ok := Swapped(c)
		assert.False(t, ok, "%d", c)
		assert.Zero(t, got)
	}
}

// timeout is an error with an As method, as package dac or a host may define one.
type timeout struct{ cause Cause }

func (timeout) Error() string { return "timeout" }

func (e timeout) As(target any) bool {
	c, ok := target.(*Cause)
	if ok {
		*c = e.cause
	}
	return ok
}

func TestOf(t *testing.T) {
	plain := errors.New("plain")
	for name, test := range map[string]struct {
		err  error
		want Cause
	}{
		"nil":                      {nil, 0},
		"none":                     {plain, 0},
		"bare":                     {SessionContextNotFound, 503},
		"zero":                     {Cause(0), 0},
		"wrapped zero":             {fmt.Errorf("a: %w", Cause(0)), 0},
		"unregistered":             {Cause(599), 599},
		"wrapped":                  {fmt.Errorf("a: %w", fmt.Errorf("b: %w", MissingAttribute)), 402},
		"joined":                   {errors.Join(plain, InvalidRequest, MissingAttribute), 404},
		"behind a zero in a join":  {errors.Join(Cause(0), plain, ResourcesUnavailable), 506},
		"depth before breadth":     {errors.Join(fmt.Errorf("a: %w", errors.Join(plain, InvalidRequest)), MissingAttribute), 404},
		"several percent w":        {fmt.Errorf("%w, then %w", Cause(0), InvalidRequest), 404},
		"empty branch comes first": {errors.Join(errors.Join(Cause(0), plain), UnsupportedAttribute), 401},
		"an As method":             {fmt.Errorf("a: %w", timeout{ResourcesUnavailable}), 506},
		"an As method with zero":   {errors.Join(timeout{0}, ResourcesUnavailable), 506},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := Of(test.err)
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.want != 0, ok)
		})
	}
}
