// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNAKErrorText(t *testing.T) {
	from := answer(42, avp(101, "\x00\x00\x01\xf7"))
	from.Source = netip.MustParseAddrPort("192.0.2.1:3799")
	swapped := answer(45, avp(101, "\x96\x01\x00\x00"))
	for _, c := range []struct {
		err  error
		want string
	}{
		{from.Err(), "dac: Disconnect-NAK from 192.0.2.1:3799: Session-Context-Not-Found (503)"},
		{answer(45).Err(), "dac: CoA-NAK: no Error-Cause"},
		{swapped.Err(), "dac: CoA-NAK: Error-Cause 0x96010000, which is Unsupported-Extension (406) with its octets swapped"},
		{&NAKError{}, "dac: NAK: no Error-Cause"},
		{&NAKError{Response: &Response{}}, "dac: NAK: no Error-Cause"},
		{&NAKError{Cause: 506, Err: errors.New("no memory")}, "dac: NAK: Resources-Unavailable (506): no memory"},
		{&NAKError{Cause: 506, Err: errcause.ResourcesUnavailable}, "dac: NAK: Resources-Unavailable (506)"},
		{&NAKError{Cause: 506, Err: fmt.Errorf("slot 3: %w", errcause.ResourcesUnavailable)}, "dac: NAK: slot 3: Resources-Unavailable (506)"},
		{(*NAKError)(nil), "dac: NAK: no Error-Cause"},
	} {
		assert.EqualError(t, c.err, c.want)
	}
}

func TestNAKErrorIsItsCauseAndItsReason(t *testing.T) {
	reason := errors.New("line card is gone")
	err := fmt.Errorf("disconnect: %w", &NAKError{Cause: errcause.SessionContextNotRemovable, Err: reason})
	assert.ErrorIs(t, err, errcause.SessionContextNotRemovable)
	assert.ErrorIs(t, err, reason)
	assert.NotErrorIs(t, err, errcause.SessionContextNotFound)
	cause, ok := errcause.Of(err)
	assert.True(t, ok)
	assert.Equal(t, errcause.SessionContextNotRemovable, cause)
	assert.Empty(t, (&NAKError{}).Unwrap())
	_, ok = errcause.Of(&NAKError{})
	assert.False(t, ok)
}

func TestVerdict(t *testing.T) {
	reason := errors.New("database is down")
	nak := answer(45, avp(101, "\x00\x00\x01\x91"))
	own := &NAKError{Cause: errcause.AdministrativelyProhibited, Response: nak}
	for _, c := range []struct {
		name string
		resp *Response
		err  error
		want errcause.Cause
		ack  bool
	}{
		{name: "an ACK", resp: answer(44), ack: true},
		{name: "an ACK with 201", resp: answer(41, avp(101, "\x00\x00\x00\xc9")), ack: true},
		{name: "a NAK", resp: nak, want: 401},
		{name: "a NAK without cause", resp: answer(42)},
		{name: "Protocol-Error", resp: answer(52, avp(101, "\x00\x00\x01\x96")), want: 406},
		{name: "a cause", err: errcause.SessionContextNotFound, want: 503},
		{name: "a wrapped cause", err: fmt.Errorf("x: %w", errcause.SessionContextNotFound), want: 503},
		{name: "an ACK beside a cause", resp: answer(44), err: errcause.SessionContextNotFound, want: 503},
		{name: "another error", err: reason},
		{name: "a NAKError", err: fmt.Errorf("x: %w", own), want: 501},
		{name: "a nil NAKError", resp: answer(44), err: (*NAKError)(nil)},
		{name: "success as an error is no success", err: errcause.ResidualSessionContextRemoved, want: 201},
		{name: "nothing"},
		{name: "an empty Response", resp: &Response{}},
		{name: "an answer to be sent that is a request", resp: answer(40)},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Verdict(c.resp, c.err)
			if c.ack {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			var e *NAKError
			ok := errors.As(err, &e)
			require.True(t, ok)
			require.NotNil(t, e)
			assert.Equal(t, c.want, e.Cause)
			assert.NotEmpty(t, err.Error())
		})
	}
	assert.ErrorIs(t, Verdict(nil, reason), reason)
	assert.Same(t, own, Verdict(nil, fmt.Errorf("x: %w", own)))
}
