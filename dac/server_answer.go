// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"crypto/md5"
	"encoding/binary"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// What a handler returned, made into the answer that leaves.

// encode makes the octets of the answer, not signed yet, whatever happens: what was done is acknowledged even where its attributes do not fit. Beside
// Proxy-State and State, which are the request's, the verdict goes before what else the handler says, and all of that before the time.
func (j *job) encode(resp *Response, b []byte, now time.Time) (*Response, []byte) {
	var stamp time.Time
	if j.stamp {
		stamp = now
	}
	made, err := resp.appendUnsigned(b, j.req, stamp)
	if err == nil {
		return resp, made
	}
	j.log(slog.LevelError, "dac: an answer that cannot be encoded goes without some of its attributes", slog.Any("err", err))
	for _, less := range []*Response{resp, resp.only(typeErrorCause, typeServiceType), resp.only()} {
		resp = less
		if made, err = resp.appendUnsigned(b, j.req, time.Time{}); err == nil {
			return resp, made
		}
	}
	// The Proxy-State of the request alone fills the packet: there is no answer that would keep the rules.
	return resp, b
}

// answer is the Response for what a handler returned.
func (j *job) answer(resp *Response, err error) *Response {
	if err != nil {
		return j.refusal(err)
	}
	switch {
	case resp == nil || resp.Packet == nil:
		j.log(slog.LevelError, "dac: bug: the handler returned neither an answer nor an error")
		return j.nak(0)
	case resp.Packet.Code == codeProtocolError:
		// One hop only (RFC 7930, section 4): who asked gets the ordinary NAK.
		return j.nakIf(resp.Cause())
	case !answers(resp.Packet.Code, j.code()):
		j.log(slog.LevelError, "dac: bug: the handler answered with a code that does not fit", slog.String("answer", codeName(resp.Packet.Code)))
		return j.nak(0)
	case !resp.received && !causesAllowed(resp):
		j.log(slog.LevelError, "dac: bug: the handler answered with an Error-Cause that may not be there", slog.Any("cause", resp.Cause()))
		return withoutCause(resp)
	}
	return resp
}

// refusal is the NAK for an error.
func (j *job) refusal(err error) *Response {
	j.log(slog.LevelInfo, "dac: refused", slog.Any("err", err))
	if nak, ok := errors.AsType[*NAKError](err); ok && nak != nil && nak.Response != nil {
		if nak.Response.Packet != nil && nak.Response.ACK() {
			j.log(slog.LevelError, "dac: bug: the handler returned an error with an ACK in it")
			return j.nak(0)
		}
		return j.answer(nak.Response, nil)
	}
	cause, ok := errcause.Of(err)
	if !ok && j.st.s.MapError != nil {
		cause, _ = errcause.Of(j.mapped(err))
	}
	return j.nakIf(cause)
}

// mapped is what the host's MapError makes of err.
func (j *job) mapped(err error) (out error) {
	defer func() {
		if p := recover(); p != nil {
			j.log(slog.LevelError, "dac: Server.MapError panicked", slog.Any("panic", p))
			out = err
		}
	}()
	return j.st.s.MapError(err)
}

// nakIf is a NAK with cause, or without where this NAK may not carry it.
func (j *job) nakIf(cause errcause.Cause) *Response {
	if cause != 0 && !cause.AllowedIn(int(j.code())+2) {
		j.log(slog.LevelError, "dac: bug: an Error-Cause that may not be in this NAK", slog.Any("cause", cause))
		cause = 0
	}
	return j.nak(cause)
}

func (j *job) nak(cause errcause.Cause) *Response {
	resp, _ := newResponse(j.code()+2, cause, nil)
	return resp
}

// causesAllowed reports whether every Error-Cause of a made answer may be in it.
func causesAllowed(r *Response) bool {
	for _, a := range r.Packet.Attributes {
		if a == nil || a.Type != typeErrorCause {
			continue
		}
		if len(a.Attribute) != 4 || !errcause.Cause(binary.BigEndian.Uint32(a.Attribute)).AllowedIn(int(r.Packet.Code)) {
			return false
		}
	}
	return true
}

// withoutCause is r without its Error-Cause.
func withoutCause(r *Response) *Response {
	bare, p := *r, *r.Packet
	p.Attributes = slices.DeleteFunc(slices.Clone(p.Attributes), func(a *radius.AVP) bool { return a == nil || a.Type == typeErrorCause })
	bare.Packet = &p
	return &bare
}

// remember has the answer b kept for retransmissions, and silence where it is empty. It returns who else asked.
func (j *job) remember(b []byte, now time.Time) []origin {
	if len(b) == 0 {
		return j.st.memory.answer(j.ref, 0, nil, uint32(now.Unix()))
	}
	first := headerLen
	if at, _ := findMessageAuthenticator(b); at != 0 { // the first of them
		first = at + md5.Size
	}
	return j.st.memory.answer(j.ref, b[0], b[first:], uint32(now.Unix()))
}
