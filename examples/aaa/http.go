// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
)

// An outcome is what became of one session.
type outcome struct {
	NAS           string  `json:"nas,omitempty"`
	Session       string  `json:"acct_session_id,omitempty"`
	Verdict       string  `json:"verdict,omitempty"`
	ErrorCause    uint32  `json:"error_cause,omitempty"`
	CauseName     string  `json:"error_cause_name,omitempty"`
	Error         string  `json:"error,omitempty"`
	Transmissions int     `json:"transmissions,omitempty"`
	Seconds       float64 `json:"seconds,omitempty"`

	status int
}

type answer struct {
	Outcomes []outcome `json:"outcomes,omitempty"`
	Error    string    `json:"error,omitempty"`
}

func (a *aaa) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /disconnect", a.guarded(func(r *http.Request) (int, any) { return a.one(r, false) }))
	mux.HandleFunc("POST /coa", a.guarded(func(r *http.Request) (int, any) { return a.one(r, true) }))
	mux.HandleFunc("GET /sessions", a.guarded(a.list))
	mux.HandleFunc("POST /batch", a.guarded(a.begin))
	mux.HandleFunc("GET /batch/{id}", a.guarded(a.progress))
	return mux
}

// guarded has h answer whom it trusts.
func (a *aaa) guarded(h func(r *http.Request) (int, any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status, body := a.admit(r)
		if status == 0 {
			status, body = h(r)
		}
		w.Header().Set("Content-Type", "application/json")
		if status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(body)
	}
}

// admit says why r is not listened to; status 0: it is.
func (a *aaa) admit(r *http.Request) (status int, body any) {
	if a.net.Load().token == "" && !command.AskedByAddress(r) {
		return http.StatusMisdirectedRequest, answer{Error: "ask by address, or for localhost; a name needs -token"}
	}
	if !a.trusted(r) {
		return http.StatusUnauthorized, answer{Error: "the token is missing or wrong"}
	}
	// A page in a browser cannot send this type to another host unasked.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.Method == http.MethodPost && (err != nil || kind != "application/json") {
		return http.StatusUnsupportedMediaType, answer{Error: "Content-Type is application/json"}
	}
	return 0, nil
}

// one does what r asks for.
func (a *aaa) one(r *http.Request, coa bool) (int, any) {
	var o order
	if err := readBody(r, maxBody, &o); err != nil {
		return http.StatusBadRequest, answer{Error: err.Error()}
	}
	t, err := o.read(coa, a.also)
	if err != nil {
		return http.StatusBadRequest, answer{Error: err.Error()}
	}
	sessions, status, err := a.find(r.Context(), t)
	if err != nil {
		return status, answer{Error: err.Error()}
	}
	// What was sent cannot be taken back: the HTTP client may go, the request goes on.
	return a.sendAll(context.WithoutCancel(r.Context()), sessions, t)
}

// trusted compares in a time that tells nothing.
func (a *aaa) trusted(r *http.Request) bool {
	token := a.net.Load().token
	if token == "" {
		return true
	}
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	want, have := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(want[:], have[:]) == 1 && ok
}

// find returns the sessions that are meant.
func (a *aaa) find(ctx context.Context, t *task) ([]route.Session, int, error) {
	found, err := a.sessions.Find(ctx, t.nas, t.id)
	switch {
	case errors.Is(err, errcause.SessionContextNotFound) || err == nil && len(found) == 0:
		return nil, http.StatusNotFound, errors.New("no such session is known")
	case errors.Is(err, errcause.MultipleSessionSelectionUnsupported):
		return nil, http.StatusConflict, err
	case err != nil:
		return nil, http.StatusServiceUnavailable, err
	}
	// A session of which something in who was never reported may be another one: it is not touched.
	known := len(found)
	found = slices.DeleteFunc(found, func(s route.Session) bool { return !a.fits(&s, t) })
	switch {
	case len(found) == 0:
		return nil, http.StatusNotFound, fmt.Errorf("of %d sessions that may be meant none is known to have all that who says", known)
	case len(found) > 1 && !t.all:
		return nil, http.StatusConflict, fmt.Errorf("%d sessions fit: say more about the one that is meant, or \"all\": true", len(found))
	}
	return found, http.StatusOK, nil
}

// fits reports whether s has all that is asked for.
func (a *aaa) fits(s *route.Session, t *task) bool {
	if !t.id.Normal().Selects(s.Identity) || t.nas.Identifier != "" && t.nas.Identifier != s.NAS.Identifier {
		return false
	}
	for _, addr := range t.nas.Addrs {
		if !slices.Contains(s.NAS.Addrs, addr) && (addr != s.From.Addr() || a.isRelay(addr)) {
			return false
		}
	}
	return true
}

// sendAll asks about every session at once; the worst outcome is the status.
func (a *aaa) sendAll(ctx context.Context, sessions []route.Session, t *task) (int, answer) {
	outcomes := make([]outcome, len(sessions))
	var wg sync.WaitGroup
	for i, s := range sessions {
		wg.Go(func() { outcomes[i] = a.send(ctx, s, t) })
	}
	wg.Wait()
	status := http.StatusOK
	for _, o := range outcomes {
		status = max(status, o.status)
	}
	return status, answer{Outcomes: outcomes}
}

func (a *aaa) send(ctx context.Context, s route.Session, t *task) outcome {
	o := outcome{Session: s.Identity.AcctSessionID, status: http.StatusOK}
	fail := func(status int, err error) outcome {
		o.status, o.Error = status, err.Error()
		return o
	}
	to, err := a.target(ctx, s)
	if err != nil {
		return fail(http.StatusNotFound, err)
	}
	o.NAS = a.live.Label(to.Addr)
	who, err := a.about(s)
	if err != nil {
		return fail(http.StatusForbidden, err)
	}
	r, err := t.build(who, t.change)
	if err != nil {
		return fail(http.StatusBadRequest, err)
	}
	resp, err := a.client.RoundTrip(ctx, to.Addr, r)
	if err != nil {
		return fail(unanswered(err), err)
	}
	o.Verdict, o.Transmissions, o.Seconds = cmp.Or(resp.Packet.Code.String(), "?"), resp.Sent, resp.RTT.Seconds()
	if cause := resp.Cause(); cause != 0 {
		o.ErrorCause, o.CauseName = uint32(cause), cause.String()
	}
	if err := resp.Err(); err != nil {
		return fail(http.StatusConflict, err)
	}
	return o
}

// unanswered is the status for a request that has no answer: 504 where it may have been executed.
// Where it was not sent 403 says that it is denied, 502 that the NAS is not connected, and 503 all
// else.
func unanswered(err error) int {
	var silent *dac.NoAnswerError
	var fault *dac.PacketError
	unsent := errors.As(err, &silent) && silent.Sent == 0 || errors.As(err, &fault) && (fault.Op == "send" || fault.Op == "dial")
	switch {
	case unsent && errors.Is(err, errcause.AdministrativelyProhibited):
		return http.StatusForbidden
	case unsent && errors.Is(err, dac.ErrUnreachable):
		return http.StatusBadGateway
	case unsent:
		return http.StatusServiceUnavailable
	}
	return http.StatusGatewayTimeout
}

// about is the identification of s as NASes like it: the session by its number, where it has one,
// and its user.
func (a *aaa) about(s route.Session) (attrs.Attr, error) {
	s = a.withoutHandle(s)
	if s.Identity.AcctSessionID != "" {
		s.Identity = attrs.Identity{AcctSessionID: s.Identity.AcctSessionID, UserName: s.Identity.UserName}
	}
	if home := a.net.Load().home; len(home.Realms) > 0 {
		return home.Attr(s)
	}
	return s.Attr(), nil
}
