// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// said is an Attempt that ends with each of errs in turn, and then stays with the last.
func said(n *int, errs ...error) dac.Attempt {
	return func(ctx context.Context) (*dac.Response, error) {
		*n++
		return nil, errs[min(*n, len(errs))-1]
	}
}

func nak(c errcause.Cause) error { return &dac.NAKError{Cause: c} }

func TestChangeOrDisconnect(t *testing.T) {
	silent, broken := error(&dac.NoAnswerError{Sent: 5}), errors.New("no")
	for _, c := range []struct {
		name   string
		change error
		causes []errcause.Cause
		falls  bool
	}{
		{"done", nil, nil, false},
		{"cannot", nak(errcause.UnsupportedAttribute), nil, true},
		{"cannot either", nak(errcause.InvalidAttributeValue), nil, true},
		{"not there", nak(errcause.SessionContextNotFound), nil, false},
		{"may not", nak(errcause.AdministrativelyProhibited), nil, false},
		{"may not, and that is chosen", nak(errcause.AdministrativelyProhibited), []errcause.Cause{errcause.AdministrativelyProhibited}, true},
		{"no cause", nak(0), nil, false},
		{"no cause, and that is chosen", nak(0), []errcause.Cause{0}, true},
		{"chosen alone", nak(errcause.UnsupportedAttribute), []errcause.Cause{0}, false},
		{"silence is no refusal", silent, []errcause.Cause{0}, false},
		{"nor is a fault", broken, []errcause.Cause{0}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			changes, disconnects := 0, 0
			last := errors.New("the result of the disconnect")
			_, err := dac.ChangeOrDisconnect(said(&changes, c.change), said(&disconnects, last), c.causes...)(t.Context())
			assert.Equal(t, 1, changes)
			if c.falls {
				assert.Equal(t, last, err)
				assert.Equal(t, 1, disconnects)
			} else {
				assert.Equal(t, c.change, err)
				assert.Zero(t, disconnects)
			}
		})
	}
}

func TestResend(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := script(t, dactest.NAK(errcause.SessionContextNotFound), dactest.ACK())
		try := s.Client.Attempt(dac.CoAJob(nasAddr, attrs.UserName.Of("bob"), attrs.FilterID.Of("slow")))
		resp, err := dac.Resend(5*time.Second, try)(t.Context())
		require.NoError(t, err)
		assert.True(t, resp.ACK())
		all := s.transmissions()
		assert.Equal(t, seconds(0, 5), s.times())
		assert.NotEqual(t, all[0].wire[1], all[1].wire[1], "a new request")
	})
	for _, c := range []struct {
		first  error
		causes []errcause.Cause
		calls  int
	}{
		{nil, nil, 1},
		{nak(errcause.SessionContextNotFound), nil, 2},
		{nak(errcause.ResourcesUnavailable), nil, 1},
		{nak(errcause.ResourcesUnavailable), []errcause.Cause{errcause.ResourcesUnavailable}, 2},
		{&dac.NoAnswerError{Sent: 1}, nil, 1},
	} {
		calls := 0
		_, err := dac.Resend(0, said(&calls, c.first), c.causes...)(t.Context())
		assert.Equal(t, c.first, err)
		assert.Equal(t, c.calls, calls)
	}
	t.Run("the context ends before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		calls := 0
		_, err := dac.Resend(time.Hour, said(&calls, nak(errcause.SessionContextNotFound)))(ctx)
		assert.ErrorIs(t, err, errcause.SessionContextNotFound, "the first result stands")
		assert.Equal(t, 1, calls)
		_, err = dac.After(time.Hour, said(&calls, nil))(ctx)
		assert.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, 1, calls)
	})
}

func TestUntilGone(t *testing.T) {
	silent, unsent, gone := error(&dac.NoAnswerError{Sent: 5}), error(&dac.NoAnswerError{}), nak(errcause.SessionContextNotFound)
	for _, c := range []struct {
		name  string
		n     int
		errs  []error
		want  error
		calls int
	}{
		{"at once", 3, []error{nil}, nil, 1},
		{"gone before anything was sent", 3, []error{gone}, gone, 1},
		{"gone after one's own missing answer", 3, []error{silent, gone}, nil, 2},
		{"and after two", 3, []error{silent, silent, gone}, nil, 3},
		{"an answer to the second", 3, []error{silent, nil}, nil, 2},
		{"not sent is not missing", 3, []error{unsent, gone}, gone, 2},
		{"another refusal", 3, []error{silent, nak(errcause.SessionContextNotRemovable)}, nak(errcause.SessionContextNotRemovable), 2},
		{"silent for good", 3, []error{silent}, silent, 3},
		{"once", 0, []error{silent, gone}, silent, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls := 0
			_, err := dac.UntilGone(c.n, said(&calls, c.errs...))(t.Context())
			assert.Equal(t, c.want, err)
			assert.Equal(t, c.calls, calls)
		})
	}
	t.Run("over the wire", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := script(t, dactest.Drop(4), dactest.NAK(errcause.SessionContextNotFound))
			resp, err := dac.UntilGone(2, s.Client.Attempt(dac.DisconnectJob(nasAddr, attrs.UserName.Of("bob"))))(t.Context())
			require.NoError(t, err)
			assert.Equal(t, errcause.SessionContextNotFound, resp.Cause())
		})
	})
	t.Run("a Job with an error", func(t *testing.T) {
		_, err := (&dac.Client{}).Attempt(dac.DisconnectJob(nasAddr, attrs.UserName.Of("")))(t.Context())
		assert.Error(t, err)
	})
}
