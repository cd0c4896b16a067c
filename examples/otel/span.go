// SPDX-License-Identifier: Apache-2.0

package dacotel

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Handler is next with a span around each request. It keeps the order of arrival where next does
// (dac.Sequencer).
func Handler(next dac.Handler, t trace.Tracer) dac.Handler {
	if q, ok := next.(dac.Sequencer); ok {
		return tracedSequencer{q, t}
	}
	return traced{next, t}
}

type traced struct {
	next   dac.Handler
	tracer trace.Tracer
}

func (h traced) Handle(ctx context.Context, r *dac.Request) (*dac.Response, error) {
	return handle(ctx, h.tracer, h.next, r)
}

type tracedSequencer struct {
	dac.Sequencer
	tracer trace.Tracer
}

func (h tracedSequencer) Handle(ctx context.Context, r *dac.Request) (*dac.Response, error) {
	return handle(ctx, h.tracer, h.Sequencer, r)
}

func handle(ctx context.Context, t trace.Tracer, next dac.Handler, r *dac.Request) (*dac.Response, error) {
	name := "CoA"
	if r.Disconnect() {
		name = "Disconnect"
	}
	ctx, span := t.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(append(address(r.Source), attribute.String("dynauth.peer", utf8Of(r.Peer)))...))
	defer span.End()
	resp, err := next.Handle(ctx, r)
	refusal := dac.Verdict(resp, err)
	tell(span, refusal)
	if _, said := errcause.Of(refusal); !said && verdict(refusal) == nak {
		span.SetStatus(codes.Error, utf8Of(refusal.Error())) // the host failed, and the NAK does not say why
	}
	return resp, err
}

// Attempt is a with a span, of kind client, around it. nas is the address that it asks; name is
// what the span is called, "Disconnect" or "CoA".
func Attempt(t trace.Tracer, name string, nas netip.AddrPort, a dac.Attempt) dac.Attempt {
	return func(ctx context.Context) (*dac.Response, error) {
		ctx, span := t.Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(address(nas)...))
		defer span.End()
		resp, err := a(ctx)
		tell(span, err)
		if resp != nil {
			span.SetAttributes(attribute.Int("dynauth.transmissions", resp.Sent))
		}
		if err != nil {
			span.SetStatus(codes.Error, utf8Of(err.Error()))
		}
		return resp, err
	}
}

// utf8Of is text as an attribute, which is UTF-8 or is not exported: octets of another text are
// there as \xff.
func utf8Of(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for rest := text; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, rest[0])
		} else {
			b.WriteString(rest[:n])
		}
		rest = rest[n:]
	}
	return b.String()
}

func address(a netip.AddrPort) []attribute.KeyValue {
	return []attribute.KeyValue{attribute.String("network.peer.address", utf8Of(a.Addr().String())), attribute.Int("network.peer.port", int(a.Port()))}
}

// tell says of span what became of its request.
func tell(span trace.Span, err error) {
	span.SetAttributes(attribute.String("dynauth.verdict", verdict(err)))
	if cause, ok := errcause.Of(err); ok {
		span.SetAttributes(attribute.String("error.type", cause.String()))
	}
}

const ack, nak, none = "ack", "nak", "none"

// verdict is what err says of an answer: none, where nothing was answered or nothing came.
func verdict(err error) string {
	var refusal *dac.NAKError
	refused := errors.As(err, &refusal)
	switch {
	case err == nil:
		return ack
	case !refused, errors.Is(refusal, dac.ErrDiscard), errors.Is(refusal, dac.ErrSilent):
		return none
	}
	return nak
}
