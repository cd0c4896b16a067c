// SPDX-License-Identifier: Apache-2.0

package session

import (
	"cmp"
	"encoding/binary"
	"errors"
	"log/slog"
	"slices"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/termcause"
	"layeh.com/radius"
)

// accept makes the answer to what was done: an ACK, or the NAK of an Authorize Only that was
// started. It never fails for what the host wants to say beside: a session that was ended or
// changed is not to be refused.
func (d *Dispatcher[S]) accept(a *arrival, acted int) (resp *dac.Response, err error) {
	a.failed, a.cause = nil, 0
	switch {
	case a.urgent:
		resp = d.disconnected(a)
	case a.authorizeOnly:
		a.cause, a.failed = errcause.RequestInitiated, errcause.RequestInitiated
		resp, err = a.request.NAK(errcause.RequestInitiated, authorizeOnlyAttr)
	case a.into != nil:
		resp = a.into
		resp.Packet.Code = radius.CodeCoAACK
	default:
		resp, err = a.request.ACK()
	}
	if err != nil {
		return nil, err
	}
	if a.urgent {
		resp.After = a.disconnect.After
	} else {
		resp.After = a.change.After
	}
	if !a.authorizeOnly {
		resp.Sessions = acted
	}
	if reply := d.reply(a); len(reply) > 0 {
		resp.Packet.Attributes = append(resp.Packet.Attributes, reply...)
	}
	return resp, nil
}

// disconnected is a Disconnect-ACK and what it says (RFC 5176, sections 2.1 and 3.5).
// RFC 5176, section 3.6, has Acct-Terminate-Cause in a Disconnect-ACK: why the session ended as its
// accounting will say it.
func (d *Dispatcher[S]) disconnected(a *arrival) *dac.Response {
	resp, why := a.disconnectACK(cmp.Or(a.disconnect.TerminateCause, termcause.AdminReset))
	if !d.Policy.OmitTerminateCause {
		resp.Packet.Attributes = append(resp.Packet.Attributes, why)
	}
	if a.disconnect.Residual {
		a.cause = errcause.ResidualSessionContextRemoved
		resp.Packet.Attributes = append(resp.Packet.Attributes,
			&radius.AVP{Type: errorCauseID.Type, Attribute: binary.BigEndian.AppendUint32(nil, uint32(a.cause))})
	}
	return resp
}

// An ackRoom is a Disconnect-ACK that middleware may keep, and what it says mostly.
type ackRoom struct {
	resp   dac.Response
	packet radius.Packet
	set    [1]*radius.AVP
	why    terminateCause
}

// A terminateCause is an Acct-Terminate-Cause.
type terminateCause struct {
	avp   radius.AVP
	value [4]byte
}

func (t *terminateCause) of(cause termcause.Cause) *radius.AVP {
	t.avp = radius.AVP{Type: acctTerminateCauseID.Type, Attribute: binary.BigEndian.AppendUint32(t.value[:0], uint32(cause))}
	return &t.avp
}

// sharedCauses are for answers that no host sees: those of RFC 2866, section 5.10.
var sharedCauses = func() (all [termcause.HostRequest + 1]*radius.AVP) {
	for cause := range all {
		all[cause] = new(terminateCause).of(termcause.Cause(cause))
	}
	return all
}()

// disconnectACK returns an ACK, and beside it the attribute that says why the session has ended.
func (a *arrival) disconnectACK(cause termcause.Cause) (*dac.Response, *radius.AVP) {
	if a.into == nil {
		made := new(ackRoom)
		made.packet.Code, made.packet.Attributes = radius.CodeDisconnectACK, made.set[:0]
		made.resp.Packet = &made.packet
		return &made.resp, made.why.of(cause)
	}
	a.into.Packet.Code = radius.CodeDisconnectACK
	if cause < termcause.Cause(len(sharedCauses)) {
		return a.into, sharedCauses[cause]
	}
	return a.into, new(terminateCause).of(cause)
}

// refuse makes the answer to what was not done. Where the error alone says it, the error alone is
// returned.
func (d *Dispatcher[S]) refuse(a *arrival, err error) (*dac.Response, error) {
	a.failed = err
	if unanswered(err) {
		return nil, err
	}
	cause, has := errcause.Of(err)
	said := cause
	switch {
	case !has:
	case !mayNAK(a, cause):
		d.log(a, slog.LevelError, "session: a NAS must not send this Error-Cause here, so it sends none", "cause", cause, "err", err)
		said = 0
	case d.Policy.Causes != nil && !slices.Contains(d.Policy.Causes, cause):
		said = 0
	}
	a.cause = said
	reply := d.reply(a)
	if !a.acted && d.Refusal != nil {
		reply = d.refusal(a, said, err)
	}
	nested := errors.As(err, new(*dac.NAKError))
	if said == cause && len(reply) == 0 && !nested {
		return nil, err
	}
	nak := &dac.NAKError{Cause: said, Err: unsaid{err}}
	resp, nakErr := a.request.NAK(said)
	if nakErr != nil {
		return nil, cmp.Or[error](nak, nakErr)
	}
	resp.Packet.Attributes = append(resp.Packet.Attributes, reply...)
	nak.Response = resp
	return nil, nak
}

// mayNAK reports whether a NAS may say c in the NAK for a (RFC 5176, section 3.5).
// A cause that says success cannot stand in a NAK (RFC 5176, section 3.5: 201 is for ACKs).
func mayNAK(a *arrival, c errcause.Cause) bool {
	switch c {
	case errcause.RequestNotRoutable: // proxies alone
		return false
	case errcause.RequestInitiated: // the good answer to an Authorize Only, and no refusal
		return false
	case errcause.UnsupportedService: // of a Service-Type, which a Disconnect-Request does not have
		return !a.urgent
	}
	return c.AllowedIn(int(a.request.Packet.Code) + 2)
}

// unanswered reports an error that leaves the request without an answer.
func unanswered(err error) bool {
	return errors.Is(err, dac.ErrDiscard) || errors.Is(err, dac.ErrSilent)
}

// unsaid is an error whose Cause, or answer, is not to be sent. It is for the log.
type unsaid struct{ err error }

func (e unsaid) Error() string { return e.err.Error() }

// notForReply is what the signer or the verdict sets.
var notForReply = []attrs.ID{
	attrs.ProxyState.ID(), stateID, attrs.MessageAuthenticator.ID(), errorCauseID, serviceTypeID, acctTerminateCauseID,
}

// reply returns what the host wants to say beside.
// A host that says more in its answer: Reply-Message, or a vendor's own reason.
func (d *Dispatcher[S]) reply(a *arrival) radius.Attributes {
	switch {
	case a.disconnect != nil:
		return d.encode(a, a.disconnect.Reply)
	case a.change != nil:
		return d.encode(a, a.change.Reply)
	}
	return nil
}

// refusal returns what the host wants to say beside a refusal that is the Dispatcher's. A panic of
// Refusal leaves the NAK as it is.
func (d *Dispatcher[S]) refusal(a *arrival, cause errcause.Cause, err error) (set radius.Attributes) {
	defer func() {
		if p := recover(); p != nil {
			d.log(a, slog.LevelError, "session: Dispatcher.Refusal panicked", "panic", p)
		}
	}()
	return d.encode(a, d.Refusal(a.request, cause, err))
}

// encode leaves out what belongs to the packet, or to the verdict: it is not the host's to say
// here.
func (d *Dispatcher[S]) encode(a *arrival, reply []attrs.Attr) (set radius.Attributes) {
	for _, one := range reply {
		with, err := one.AppendTo(set)
		if err != nil {
			d.log(a, slog.LevelError, "session: an attribute of Reply cannot be encoded, so it is left out", "err", err)
			continue
		}
		set = with
	}
	return slices.DeleteFunc(set, func(avp *radius.AVP) bool {
		id := attrs.ID{Type: avp.Type}
		if !slices.Contains(notForReply, id) {
			return false
		}
		d.log(a, slog.LevelWarn, "session: an attribute of Reply is not for the host to set, so it is left out", "attribute", id.String())
		return true
	})
}
