// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/session"
)

// newBNG makes the sessions. What it tells of their ends goes to out.
func newBNG(o *options, out io.Writer) (*bng, error) {
	b := &bng{host: o.host, nas: o.nas, reasons: o.reasons}
	if o.verbose {
		b.log = slog.New(slog.NewTextHandler(out, nil))
	}
	if o.accounting {
		b.stops = out
	}
	if o.file != "" {
		return b, b.loadSessions(o.file, o.policy.Identifying)
	}
	return b, b.makeSessions(o.n)
}

// newDispatcher puts the rules between the packets and the sessions.
func newDispatcher(o *options, b *bng, out io.Writer) *session.Dispatcher[*subscriber] {
	d := session.NewDispatcher(b, slices.Concat(supported, o.supported)...)
	d.NAS = b.nas
	d.NASOf = b.nasOf(d.NAS)
	d.Policy = o.policy
	if o.max > 1 {
		d.Several = b
	}
	if len(o.realms) != 0 {
		d.Allow = session.AllowRealms(func(s *subscriber) string { return s.identity().UserName }, o.realms)
	}
	if len(o.context) != 0 {
		d.Context = func(r *dac.Request) string { return longest(o.context, r.Source.Addr()) }
	}
	if o.authorizeOnly {
		d.Reauthorize = b.reauthorize(out)
	}
	if o.audit {
		d.Audit = auditTo(out)
	}
	return d
}

// nasOf gives the sessions that have a NAS of their own their own. Where no session has one there
// is nothing to ask.
func (b *bng) nasOf(bngs attrs.NAS) func(*subscriber) attrs.NAS {
	if !b.ownNames {
		return nil
	}
	return func(s *subscriber) attrs.NAS {
		if s.nas != nil {
			return *s.nas
		}
		return bngs
	}
}

// named is how the NAS of s names itself to a RADIUS server: by the address that r came to, where
// it has no name.
func (b *bng) named(s *subscriber, r *dac.Request) attrs.NAS {
	nas := b.nas
	if s.nas != nil {
		nas = *s.nas
	}
	if nas.Identifier == "" && len(nas.Addrs) == 0 {
		nas.Addrs = []netip.Addr{r.Local.Addr().Unmap()}
	}
	return nas
}

// longest is what m says of the longest prefix that holds addr; "" when none does.
func longest(m map[netip.Prefix]string, addr netip.Addr) string {
	best, text := -1, ""
	for prefix, t := range m {
		if prefix.Contains(addr.Unmap()) && prefix.Bits() > best {
			best, text = prefix.Bits(), t
		}
	}
	return text
}

// reauthorize answers Authorize Only, and shows what a NAS would ask its RADIUS server next. A NAS
// that the request does not name names itself (RFC 2865, section 4.1).
func (b *bng) reauthorize(out io.Writer) func(context.Context, *subscriber, *session.Change) error {
	return func(_ context.Context, s *subscriber, c *session.Change) error {
		if s.refuses != 0 {
			return s.refuses
		}
		c.After = func(context.Context) {
			ask := c.AccessRequest()
			if nas := c.NAS(); nas.Identifier == "" && len(nas.Addrs) == 0 {
				if own, err := b.named(s, c.Request).Attr().AppendTo(nil); err == nil {
					ask = append(own, ask...)
				}
			}
			var text strings.Builder
			fmt.Fprintln(&text, "would send Access-Request")
			for _, a := range ask {
				fmt.Fprintf(&text, "\t%v\n", attrs.Raw(a.Type, a.Attribute))
			}
			io.WriteString(out, text.String())
		}
		return nil
	}
}

// An audited is an object of -audit.
type audited struct {
	Peer       string   `json:"peer"`
	Local      string   `json:"local"`
	Request    string   `json:"request"`
	Sessions   int      `json:"sessions"`
	Changes    []string `json:"changes,omitempty"`
	Verdict    string   `json:"verdict"`
	ErrorCause uint32   `json:"error_cause,omitempty"`
	CauseName  string   `json:"error_cause_name,omitempty"`
	Error      string   `json:"error,omitempty"`
	Seconds    float64  `json:"seconds"`
}

func auditTo(out io.Writer) func(context.Context, session.Audit) {
	var mu sync.Mutex
	enc := json.NewEncoder(out)
	return func(_ context.Context, a session.Audit) {
		o := audited{
			Peer: a.Request.Source.String(), Local: a.Request.Local.String(), Request: a.Request.Packet.Code.String(),
			Sessions: a.Sessions, Changes: a.Changes, Verdict: "ACK", Seconds: a.Duration.Seconds(),
		}
		if a.Err != nil {
			o.Verdict, o.Error = "NAK", a.Err.Error()
		}
		if a.Cause != 0 {
			o.ErrorCause, o.CauseName = uint32(a.Cause), a.Cause.String()
		}
		mu.Lock()
		defer mu.Unlock()
		enc.Encode(o)
	}
}
