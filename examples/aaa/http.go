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
	"io"
	"maps"
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

// An order is the body of a request.
type order struct {
	Who    map[string]values `json:"who"`
	Change map[string]values `json:"change"`
	All    bool              `json:"all"`
}

// Values are those of one attribute: a string, a number, or a list of these.
type values []string

// UnmarshalJSON reads one, or a list.
func (v *values) UnmarshalJSON(b []byte) error {
	var one any
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	if err := d.Decode(&one); err != nil {
		return err
	}
	list, ok := one.([]any)
	if !ok {
		list = []any{one}
	}
	for _, item := range list {
		switch item := item.(type) {
		case string:
			*v = append(*v, item)
		case json.Number:
			*v = append(*v, item.String())
		default:
			return errors.New("a value is a string, a number, or a list of these")
		}
	}
	return nil
}

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

const maxBody = 64 << 10

func (a *aaa) handler() http.Handler {
	mux := http.NewServeMux()
	for path, build := range map[string]func(...attrs.Attr) (*dac.Request, error){"disconnect": dac.NewDisconnect, "coa": dac.NewCoA} {
		mux.HandleFunc("POST /"+path, func(w http.ResponseWriter, r *http.Request) {
			status, body := a.handle(r, build, path == "coa")
			w.Header().Set("Content-Type", "application/json")
			if status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
			w.WriteHeader(status)
			json.NewEncoder(w).Encode(body)
		})
	}
	return mux
}

// handle does what r asks for.
func (a *aaa) handle(r *http.Request, build func(...attrs.Attr) (*dac.Request, error), coa bool) (int, answer) {
	if a.token == "" && !command.AskedByAddress(r) {
		return http.StatusMisdirectedRequest, answer{Error: "ask by address, or for localhost; a name needs -token"}
	}
	if !a.trusted(r) {
		return http.StatusUnauthorized, answer{Error: "the token is missing or wrong"}
	}
	// A page in a browser cannot send this type to another host unasked.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return http.StatusUnsupportedMediaType, answer{Error: "Content-Type is application/json"}
	}
	o, err := readOrder(r)
	if err == nil && coa != (len(o.Change) > 0) {
		err = errors.New("/coa has a change, and /disconnect has none")
	}
	if err != nil {
		return http.StatusBadRequest, answer{Error: err.Error()}
	}
	change, err := parseAttrs(o.Change)
	if err != nil {
		return http.StatusBadRequest, answer{Error: err.Error()}
	}
	sessions, status, err := a.find(r.Context(), o)
	if err != nil {
		return status, answer{Error: err.Error()}
	}
	// What was sent cannot be taken back: whoever asked may go, the request goes on.
	return a.sendAll(context.WithoutCancel(r.Context()), sessions, change, build)
}

// trusted compares in a time that tells nothing.
func (a *aaa) trusted(r *http.Request) bool {
	if a.token == "" {
		return true
	}
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	want, have := sha256.Sum256([]byte(a.token)), sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(want[:], have[:]) == 1 && ok
}

func readOrder(r *http.Request) (*order, error) {
	o := &order{}
	d := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(o); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the request")
	}
	return o, nil
}

// parseAttrs makes attributes, those of one name in their order.
func parseAttrs(all map[string]values) (attrs.Attr, error) {
	var made []attrs.Attr
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, v := range all[name] {
			one, err := attrs.Parse(name, v)
			if err != nil {
				return attrs.Attr{}, err
			}
			made = append(made, one)
		}
	}
	joined := attrs.Join(made...)
	return joined, joined.Err()
}

// find returns the sessions that are meant.
func (a *aaa) find(ctx context.Context, o *order) ([]route.Session, int, error) {
	who, err := parseAttrs(o.Who)
	if err != nil {
		return nil, http.StatusBadRequest, err
	}
	set, err := who.AppendTo(nil)
	if err != nil {
		return nil, http.StatusBadRequest, err
	}
	nas, id, err := attrs.IdentityOf(set)
	switch {
	case err != nil:
		return nil, http.StatusBadRequest, err
	case id.IsZero():
		return nil, http.StatusBadRequest, errors.New("who names no session: User-Name or Acct-Session-Id, say")
	}
	found, err := a.sessions.Find(ctx, nas, id)
	switch {
	case errors.Is(err, errcause.SessionContextNotFound) || err == nil && len(found) == 0:
		return nil, http.StatusNotFound, errors.New("no such session is known")
	case errors.Is(err, errcause.MultipleSessionSelectionUnsupported):
		return nil, http.StatusConflict, err
	case err != nil:
		return nil, http.StatusServiceUnavailable, err
	case len(found) > 1 && !o.All:
		return nil, http.StatusConflict, fmt.Errorf("%d sessions fit: say more about the one that is meant, or \"all\": true", len(found))
	}
	return found, http.StatusOK, nil
}

// sendAll asks about every session at once; the worst outcome is the status.
func (a *aaa) sendAll(ctx context.Context, sessions []route.Session, change attrs.Attr, build func(...attrs.Attr) (*dac.Request, error)) (int, answer) {
	outcomes := make([]outcome, len(sessions))
	var wg sync.WaitGroup
	for i, s := range sessions {
		wg.Go(func() { outcomes[i] = a.send(ctx, s, change, build) })
	}
	wg.Wait()
	status := http.StatusOK
	for _, o := range outcomes {
		status = max(status, o.status)
	}
	return status, answer{Outcomes: outcomes}
}

func (a *aaa) send(ctx context.Context, s route.Session, change attrs.Attr, build func(...attrs.Attr) (*dac.Request, error)) outcome {
	o := outcome{Session: s.Identity.AcctSessionID, status: http.StatusOK}
	fail := func(status int, err error) outcome {
		o.status, o.Error = status, err.Error()
		return o
	}
	to, err := a.target(ctx, s)
	if err != nil {
		return fail(http.StatusNotFound, err)
	}
	o.NAS = to.Addr.String()
	who, err := a.about(s)
	if err != nil {
		return fail(http.StatusForbidden, err)
	}
	r, err := build(who, change)
	if err != nil {
		return fail(http.StatusBadRequest, err)
	}
	resp, err := a.client.Do(ctx, to.Addr, r)
	if err != nil {
		return fail(http.StatusGatewayTimeout, err)
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

// about is the identification of s as NASes like it: the session by its number, where it has one, and its user.
func (a *aaa) about(s route.Session) (attrs.Attr, error) {
	if s.Identity.AcctSessionID != "" {
		s.Identity = attrs.Identity{AcctSessionID: s.Identity.AcctSessionID, UserName: s.Identity.UserName}
	}
	if len(a.home.Realms) > 0 {
		return a.home.Attr(s)
	}
	return s.Attr(), nil
}
