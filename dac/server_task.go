// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/compose"
	"github.com/radius-dynauth/dynauth/dac/internal/exchange"
	"github.com/radius-dynauth/dynauth/dac/internal/netio"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"github.com/radius-dynauth/dynauth/dac/internal/rate"
	"github.com/radius-dynauth/dynauth/dac/internal/serve"
	"github.com/radius-dynauth/dynauth/dac/internal/show"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A serverHost is a Server as its engine sees it.
type serverHost struct {
	s            *Server
	log          *slog.Logger
	debug        bool         // the Logger takes what is logged of each packet
	sequencer    Sequencer    // nil: Handler is none
	lookahead    Lookahead    // nil: Handler is none
	asyncHandler asyncHandler // nil: Handler is none
	answerer     Answerer     // nil: Handler has none
	findPeer     PeersFunc
}

// Sender is what Peers say, fail closed.
func (h *serverHost) Sender(ctx context.Context, addr netip.AddrPort) (serve.Sender, error) {
	p, err := h.findPeer.Peer(ctx, addr)
	switch {
	case err != nil:
		return serve.Sender{}, err
	case p.Secret == "" || p.Via != nil:
		// With Via the peer is known by its certificate, and no datagram is its own.
		return serve.Sender{}, serve.ErrUnknownPeer
	}
	return senderOf(&p)
}

// senderOf is p for the engine. A Limit of which nothing says what it means is an error.
func senderOf(p *Peer) (serve.Sender, error) {
	if p.Limit != (Limit{}) {
		if err := p.Limit.check(); err != nil {
			return serve.Sender{}, err
		}
	}
	return serve.Sender{
		Name: p.Name, Secret: authn.Secret(p.Secret), Previous: authn.Secret(p.Previous), Limit: rate.Limit(p.Limit.bounded()),
		RequireMessageAuthenticator: p.RequireMessageAuthenticator, RequireEventTimestamp: p.RequireEventTimestamp,
		AnswerEventTimestamp: p.AnswerEventTimestamp, IgnoreEventTimestamp: p.IgnoreEventTimestamp,
		DenyDisconnect: p.DenyDisconnect, DenyCoA: p.DenyCoA,
	}, nil
}

// A serverLoop is what a Server keeps for one read loop.
type serverLoop struct {
	h     *serverHost
	batch forwardBatch // requests that are sent on; nil: none are
	told  []*Request   // of which ahead tells
}

func (h *serverHost) Loop() serve.Loop {
	l := &serverLoop{h: h}
	if h.asyncHandler != nil {
		l.batch = h.asyncHandler.newForwardBatch()
	}
	return l
}

func (l *serverLoop) Forward(o serve.Forward) { l.batch.add(o) }

func (l *serverLoop) Flush() {
	if l.batch != nil {
		l.batch.flush()
	}
}

// Ahead tells the Handler what is about to be handled, once.
func (l *serverLoop) Ahead(next []serve.Task) {
	for _, t := range next {
		l.told = append(l.told, &t.(*slab).r)
	}
	defer func() {
		clear(l.told)
		l.told = l.told[:0]
	}()
	defer show.Survive(l.h.log, "dac: Lookahead.Ahead panicked")
	l.h.lookahead.Ahead(l.told)
}

// Observe tells Trace and Logger.
func (h *serverHost) Observe(o serve.Observed) {
	e := Event{Time: time.Now(), Op: EventOp(o.Op), Local: o.From.Local, Peer: netio.Unmap(o.From.Remote), Wire: o.Wire, Cause: o.Cause, Err: o.Err, Transport: "udp"}
	version := RADIUS10
	if c := serve.ConnOf(o.From); c != nil {
		of := c.Note.(*connNote)
		e.Transport, e.PeerIdentity, version = of.info.Transport, of.identity, of.info.Version
	}
	if len(o.Wire) >= 2 {
		e.Code, e.ID = radius.Code(o.Wire[0]), packet.IDOf(o.Wire, version == RADIUS11)
	}
	if h.s.Trace != nil {
		h.trace(e)
	}
	if h.debug {
		h.log.LogAttrs(context.Background(), slog.LevelDebug, "dac: "+e.Op.String(), e.attrs()...)
	}
}

// trace calls the Trace of the host and survives it: what is traced goes its way all the same.
func (h *serverHost) trace(e Event) {
	defer show.Survive(h.log, "dac: Server.Trace panicked")
	h.s.Trace(e)
}

// A slab is the task of a request: all that a request needs and no host sees. It is used again.
type slab struct {
	j serve.Job
	*keepable
	resp *Response   // what the handler has answered, or what is answered for it
	into *answerRoom // that an Answerer may have written into; nil: there is none
}

// A keepable is what a host may keep of a request, in one piece with its attributes and octets
// where they are not many.
type keepable struct {
	r   Request
	p   radius.Packet
	ctx serve.Context // of its handler
}

// A piece is a keepable with room for attributes and octets.
type piece[A, S, O any] struct {
	keepable
	avps   A
	set    S
	octets O
}

// newKeepable makes a keepable of octets, which it copies. Each piece fits a size of the allocator.
func newKeepable(octets []byte) *keepable {
	switch n := packet.Count(octets); {
	case n <= 5 && len(octets) <= 88:
		k := new(piece[[5]radius.AVP, [5]*radius.AVP, [88]byte])
		return k.fill(append(k.octets[:0], octets...), k.avps[:0], k.set[:0])
	case n <= 6 && len(octets) <= 112:
		k := new(piece[[6]radius.AVP, [6]*radius.AVP, [112]byte])
		return k.fill(append(k.octets[:0], octets...), k.avps[:0], k.set[:0])
	case n <= 8 && len(octets) <= 160:
		k := new(piece[[8]radius.AVP, [8]*radius.AVP, [160]byte])
		return k.fill(append(k.octets[:0], octets...), k.avps[:0], k.set[:0])
	}
	return new(keepable).fill(slices.Clone(octets), nil, nil)
}

// fill makes k that of octets, which it keeps.
func (k *keepable) fill(octets []byte, avps []radius.AVP, set radius.Attributes) *keepable {
	octets = slices.Clip(octets)
	packet.Parse(&k.p, octets, avps, set)
	k.r.Packet, k.r.wire = &k.p, octets
	return k
}

var slabs = sync.Pool{New: func() any { return new(slab) }}

func (h *serverHost) Task(v *serve.Verified) serve.Task {
	t := slabs.Get().(*slab)
	t.keepable = newKeepable(v.Octets)
	t.r.Source, t.r.Local, t.r.Peer, t.r.reveal = netio.Unmap(v.From.Remote), netio.Unmap(v.From.Local), v.Peer, v.Key.Host.(revealer)
	if v.Conn != nil {
		of := v.Conn.Note.(*connNote)
		t.r.PeerIdentity, t.r.version = of.identity, of.info.Version
	}
	return t
}

func (h *serverHost) Over(t serve.Task) {
	over := t.(*slab)
	*over = slab{}
	slabs.Put(over)
}

func (t *slab) Base() (*serve.Job, *serve.Context) { return &t.j, &t.ctx }

func (t *slab) Wire() []byte      { return t.r.wire }
func (t *slab) host() *serverHost { return t.j.Host().(*serverHost) }

// code is the code of the request as it came, even where a handler changes its Packet.
func (t *slab) code() radius.Code { return radius.Code(t.r.wire[0]) }

// Arrive gives the request its number and tells the Handler where it wants to know.
func (t *slab) Arrive(seq uint64) {
	t.r.Seq = seq
	h := t.host()
	if h.sequencer == nil {
		return
	}
	defer func() {
		if p := recover(); p != nil { // its Handle follows all the same
			t.j.Log(slog.LevelError, "dac: Sequencer.Arrive panicked", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		}
	}()
	h.sequencer.Arrive(&t.r)
}

// Handle calls the Handler.
func (t *slab) Handle(ctx context.Context) serve.Outcome {
	var resp *Response
	var err error
	switch h := t.host(); {
	case h.asyncHandler != nil:
		resp, err = h.asyncHandler.handleAsync(t)
	case h.answerer != nil:
		// Until the answer is encoded, which an error may have there too.
		t.into = answerRooms.Get().(*answerRoom)
		resp, err = h.answerer.Answer(ctx, &t.r, &t.into.r)
	default:
		resp, err = h.s.Handler.Handle(ctx, &t.r)
	}
	if err == errPending { // t is another goroutine's by now
		return serve.IsDeferred
	}
	return t.settle(resp, err)
}

// An answerRoom is a Response that an Answerer writes into, with what it needs mostly. No host sees
// it, so it is used again once it is encoded.
type answerRoom struct {
	r   Response
	p   radius.Packet
	set [answerAttributes]*radius.AVP
}

var answerRooms = sync.Pool{New: func() any { return new(answerRoom).clear() }}

func (a *answerRoom) clear() *answerRoom {
	*a = answerRoom{}
	a.p.Attributes, a.r.Packet = a.set[:0], &a.p
	return a
}

func (a *answerRoom) putBack() { answerRooms.Put(a.clear()) }

// settle notes what is answered where a handler has returned resp and err.
func (t *slab) settle(resp *Response, err error) serve.Outcome {
	switch {
	case errors.Is(err, ErrSilent) && t.j.Reliable():
		t.resp = t.answer(nil, fmt.Errorf("%w: %w", errcause.OtherProxyProcessingError, err))
		return serve.ToAnswer
	case errors.Is(err, ErrSilent): // before the others: what may have been done is not done again
		return serve.ToRemember
	case errors.Is(err, exchange.ErrUnwanted) && t.j.SentOnce():
		// Not where a handler has asked another next hop before.
		t.resp = t.answer(nil, err)
		return serve.ToRefuse
	case errors.Is(err, ErrDiscard):
		t.j.Log(slog.LevelDebug, "dac: request discarded by its handler", slog.Any("err", err))
		return serve.ToForget
	}
	t.resp = t.answer(resp, err)
	return serve.ToAnswer
}

// Refuse makes the answer a NAK for a reason of the engine's own, of which MapError is not asked.
func (t *slab) Refuse(why error) {
	t.logRefused(why)
	cause, _ := errcause.Of(why)
	t.resp = t.nakIf(cause)
}

func (t *slab) logRefused(why error) {
	t.j.Log(slog.LevelInfo, "dac: refused", slog.Any("session", show.Session{Packet: t.r.Packet}), slog.Any("err", why))
}

// An asyncHandler is a Handler that sends requests on and has them answered later, with no
// goroutine that waits for each.
type asyncHandler interface {
	Handler
	answersLater(s *Server) bool
	// handleAsync sends the request of t on and returns errPending, or returns what is to be
	// answered at once. What it leaves in its unsent is to be sent.
	handleAsync(t *slab) (*Response, error)
	newForwardBatch() forwardBatch
}

// errPending is what becomes of a job that is answered later.
var errPending = errors.New("dac: answered later")

// A forwardBatch sends together what is put into it.
type forwardBatch interface {
	add(o serve.Forward)
	flush()
}

// What a handler returned, made into the answer that leaves.

// Encode makes the octets of the answer, not signed yet, in every case: what was done is
// acknowledged even where its attributes do not fit. Beside Proxy-State and State, which are the
// request's, the verdict goes before what else the handler says, and all of that before the time.
func (t *slab) Encode(b []byte, stamp time.Time) ([]byte, serve.Verdict) {
	resp, b := t.appendAnswer(b, stamp)
	said := serve.Verdict{
		ACK: resp.ACK(), AuthorizeOnly: packet.AuthorizeOnly(resp.Packet.Attributes), Cause: resp.Cause(), Sessions: resp.Sessions, After: resp.After,
	}
	if t.into != nil {
		t.into.putBack()
		t.into, t.resp = nil, nil
	}
	return b, said
}

func (t *slab) appendAnswer(b []byte, stamp time.Time) (*Response, []byte) {
	resp := t.resp
	if resp.flaw != nil {
		t.j.Log(slog.LevelError, "dac: bug: what the handler wanted in the answer cannot be there, so it goes without", slog.Any("err", resp.flaw.err))
	}
	made, err := resp.appendUnsigned(b, &t.r, stamp)
	if err == nil {
		return resp, made
	}
	t.j.Log(slog.LevelError, "dac: bug: an answer that cannot be encoded goes without some of its attributes", slog.Any("err", err))
	whole := resp.with(compose.Encodable(resp.Packet))
	verdict := resp.with(compose.Only(resp.Packet, packet.TypeErrorCause, packet.TypeServiceType))
	bare := resp.with(compose.Only(resp.Packet))
	for _, less := range []struct {
		*Response
		stamp time.Time
	}{{whole, stamp}, {whole, time.Time{}}, {verdict, time.Time{}}, {bare, time.Time{}}} {
		resp = less.Response
		if made, err = resp.appendUnsigned(b, &t.r, less.stamp); err == nil {
			return resp, made
		}
	}
	// The Proxy-State of the request alone fills the packet: there is no answer that would keep the
	// rules.
	return resp, b
}

// answer is the Response for what a handler returned.
func (t *slab) answer(resp *Response, err error) *Response {
	if err != nil {
		return t.refusal(err)
	}
	switch {
	case resp == nil || resp.Packet == nil:
		t.j.Log(slog.LevelError, "dac: bug: the handler returned neither an answer nor an error")
		return t.nak(0)
	case resp.Packet.Code == packet.ProtocolError:
		// One hop only (RFC 7930, section 4): who asked gets the ordinary NAK.
		return t.nakIf(resp.Cause())
	case !packet.Answers(resp.Packet.Code, t.code()):
		t.j.Log(slog.LevelError, "dac: bug: the handler answered with a code that does not fit", slog.String("answer", packet.CodeName(resp.Packet.Code)))
		return t.nak(0)
	case !resp.received && !compose.CausesAllowed(resp.Packet):
		t.j.Log(slog.LevelError, "dac: bug: the handler answered with an Error-Cause that may not be there", slog.Any("cause", resp.Cause()))
		bare := *resp
		bare.Packet = compose.WithoutCause(resp.Packet)
		return &bare
	}
	return resp
}

// refusal is the NAK for an error.
func (t *slab) refusal(err error) *Response {
	t.logRefused(err)
	var nak *NAKError
	if errors.As(err, &nak) && nak != nil && nak.Response != nil {
		if nak.Response.Packet != nil && nak.Response.ACK() {
			t.j.Log(slog.LevelError, "dac: bug: the handler returned an error with an ACK in it")
			return t.nak(0)
		}
		return t.answer(nak.Response, nil)
	}
	cause, ok := errcause.Of(err)
	if !ok && t.host().s.MapError != nil {
		cause, _ = errcause.Of(t.mapped(err))
	}
	return t.nakIf(cause)
}

// mapped is what the host's MapError makes of err.
func (t *slab) mapped(err error) (out error) {
	defer func() {
		if p := recover(); p != nil {
			t.j.Log(slog.LevelError, "dac: Server.MapError panicked", slog.Any("panic", p))
			out = err
		}
	}()
	return t.host().s.MapError(err)
}

// nakIf is a NAK with cause, or without where this NAK may not carry it.
func (t *slab) nakIf(cause errcause.Cause) *Response {
	if cause != 0 && !cause.AllowedIn(int(t.code())+2) {
		t.j.Log(slog.LevelError, "dac: bug: an Error-Cause that may not be in this NAK", slog.Any("cause", cause))
		cause = 0
	}
	return t.nak(cause)
}

func (t *slab) nak(cause errcause.Cause) *Response {
	return newResponse(t.code()+2, cause, nil)
}
