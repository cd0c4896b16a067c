// SPDX-License-Identifier: Apache-2.0

package cisco

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// A Verb is what a command does: the value of subscriber:command.
type Verb string

// The commands of IOS and IOS XE, and of ISG.
const (
	VerbReauthenticate     Verb = "reauthenticate"
	VerbBounceHostPort     Verb = "bounce-host-port"  // down for ten seconds and up again
	VerbDisableHostPort    Verb = "disable-host-port" // down until an operator brings it up
	VerbSessionQuery       Verb = "session-query"     // the answer has attributes of the session
	VerbActivateService    Verb = "activate-service"
	VerbDeactivateService  Verb = "deactivate-service"
	VerbAccountLogoff      Verb = "account-logoff"       // ISG
	VerbAccountStatusQuery Verb = "account-status-query" // ISG
)

// A ReauthenticateType says how to authenticate again.
type ReauthenticateType string

// How to authenticate again.
const (
	Default ReauthenticateType = ""      // as the NAS thinks fit
	Last    ReauthenticateType = "last"  // by the method that succeeded last
	Rerun   ReauthenticateType = "rerun" // by all methods, from the first
)

// Reauthenticate authenticates the host of a session again.
func Reauthenticate(t ReauthenticateType) attrs.Attr {
	switch t {
	case Default:
		return command(VerbReauthenticate)
	case Last, Rerun:
		return attrs.Join(command(VerbReauthenticate), ReauthenticateTypePair.Of(string(t)))
	}
	return attrs.Failed(errors.New("cisco: a type of reauthentication is last or rerun"))
}

// BounceHostPort takes the port of a session down for ten seconds, so that its hosts ask for
// addresses anew.
func BounceHostPort() attrs.Attr { return command(VerbBounceHostPort) }

// DisableHostPort takes the port of a session down until an operator brings it up.
func DisableHostPort() attrs.Attr { return command(VerbDisableHostPort) }

// SessionQuery asks for the attributes of a session, which come in the ACK.
func SessionQuery() attrs.Attr { return command(VerbSessionQuery) }

// AccountLogoff ends a session of ISG. The request names it by AccountInfoSession, Acct-Session-Id
// or Framed-IP-Address.
func AccountLogoff() attrs.Attr { return command(VerbAccountLogoff) }

// AccountStatusQuery asks ISG for the state of a session, which comes in the ACK.
func AccountStatusQuery() attrs.Attr { return command(VerbAccountStatusQuery) }

// A ServiceOption is more about a service template that is activated.
type ServiceOption func() attrs.Attr

// Precedence ranks the template among those of the session.
func Precedence(n uint32) ServiceOption {
	return func() attrs.Attr { return PrecedencePair.Of(strconv.FormatUint(uint64(n), 10)) }
}

// ReplaceAll lets the template replace all others of the session.
func ReplaceAll() ServiceOption {
	return func() attrs.Attr { return ActivationModePair.Of(replaceAll) }
}

// replaceAll is the one value of subscriber:activation-mode.
const replaceAll = "replace-all"

// ActivateService activates a service template on a session.
func ActivateService(name string, options ...ServiceOption) attrs.Attr {
	all := []attrs.Attr{command(VerbActivateService), ServiceNamePair.Of(name)}
	for _, option := range options {
		if option == nil {
			return attrs.Failed(errors.New("cisco: an option is nil"))
		}
		all = append(all, option())
	}
	return attrs.Join(all...)
}

// DeactivateService takes a service template from a session.
func DeactivateService(name string) attrs.Attr {
	return attrs.Join(command(VerbDeactivateService), ServiceNamePair.Of(name))
}

func command(v Verb) attrs.Attr { return SubscriberCommand.Of(string(v)) }

// A Command is what a request asks a NAS to do, with the pairs that belong to it. What it does not
// have is zero.
type Command struct {
	Verb       Verb
	Type       ReauthenticateType
	Service    string
	Precedence *uint32
	ReplaceAll bool
}

// Commands reads the commands of a CoA-Request in its order; none is no error. Pairs that belong to
// a command stand after it; those before the first one belong to that. A service command without
// service, and pairs without a command, wrap errcause.MissingAttribute; a pair given twice for one
// command or a precedence that is no number errcause.InvalidRequest; a type or mode that is unknown
// errcause.InvalidAttributeValue. An unknown verb is no error: the host refuses it, mostly with
// errcause.UnsupportedService.
func Commands(set radius.Attributes) ([]Command, error) {
	var r commandReader
	for text, err := range AVPair.All(set) {
		if err != nil {
			return nil, err
		}
		name, value, _, _ := CutPair(text)
		if err := r.read(name, value); err != nil {
			return nil, fmt.Errorf("cisco: %s: %w", name, err)
		}
	}
	if r.open != (Command{}) {
		return nil, fmt.Errorf("cisco: %v: %w", SubscriberCommand, errcause.MissingAttribute)
	}
	for _, c := range r.all {
		if c.Service == "" && (c.Verb == VerbActivateService || c.Verb == VerbDeactivateService) {
			return nil, fmt.Errorf("cisco: %v: %w", ServiceNamePair, errcause.MissingAttribute)
		}
	}
	return r.all, nil
}

// A commandReader collects pairs into commands.
type commandReader struct {
	all  []Command
	open Command // of pairs before the first command
}

var (
	errTwice   = fmt.Errorf("twice for one command: %w", errcause.InvalidRequest)
	errNoValue = fmt.Errorf("empty: %w", errcause.InvalidRequest)
)

// read takes one pair.
func (r *commandReader) read(name, value string) error {
	c := &r.open
	if len(r.all) > 0 {
		c = &r.all[len(r.all)-1]
	}
	switch name {
	case SubscriberCommand.ID().Name:
		if value == "" {
			return errNoValue
		}
		next := r.open
		next.Verb, r.open = Verb(value), Command{}
		r.all = append(r.all, next)
	case ReauthenticateTypePair.ID().Name:
		return setOnce(&c.Type, ReauthenticateType(value), value == string(Last) || value == string(Rerun))
	case ServiceNamePair.ID().Name:
		if value == "" {
			return errNoValue
		}
		return setOnce(&c.Service, value, true)
	case PrecedencePair.ID().Name:
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return fmt.Errorf("not a number from 0 to 4294967295: %w", errcause.InvalidRequest)
		}
		number := uint32(n)
		return setOnce(&c.Precedence, &number, true)
	case ActivationModePair.ID().Name:
		return setOnce(&c.ReplaceAll, true, value == replaceAll)
	}
	return nil
}

// setOnce sets *p, which is zero until then.
func setOnce[T comparable](p *T, v T, known bool) error {
	var zero T
	switch {
	case *p != zero:
		return errTwice
	case !known:
		return fmt.Errorf("unknown value: %w", errcause.InvalidAttributeValue)
	}
	*p = v
	return nil
}
