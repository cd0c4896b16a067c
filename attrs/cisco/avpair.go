// SPDX-License-Identifier: Apache-2.0

package cisco

import (
	"errors"
	"fmt"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
)

// Text attributes that hold several kinds of things, told apart by what they begin with.
var (
	AVPair      = attrs.Text.Key(id(1), "Cisco-AVPair").Packs("=")
	AccountInfo = attrs.Text.Key(id(250), "Cisco-Account-Info").Packs("") // the first octet says what follows
)

// What identifies a session: to be named where identification is listed (attrs.IdentityOf, the
// Policy of a Dispatcher).
var (
	AuditSessionID     = pair("audit-session-id")
	AccountInfoSession = attrs.Text.Key(attrs.ID{Type: 26, Vendor: Vendor, Sub: 250, Name: "S"}, "Cisco-Account-Info(S)") // without the S
)

// Pairs of which commands are made.
var (
	SubscriberCommand      = pair("subscriber:command")
	ReauthenticateTypePair = pair("subscriber:reauthenticate-type")
	ServiceNamePair        = pair("subscriber:service-name")
	PrecedencePair         = pair("subscriber:precedence")
	ActivationModePair     = pair("subscriber:activation-mode")
	InterfaceTemplateName  = pair("interface-template-name")
	SubscriberPasswordPair = pair("subscriber:password").Sensitive()
)

// LawfulIntercept has the pairs of lawful intercept, intercept-id and li-action among them, each
// hidden whole. A CoA-Request with them names the session by Acct-Session-Id.
var LawfulIntercept = attrs.Text.HiddenKey(id(36), "Cisco-Lawful-Intercept")

// Pairs that are hidden when they come in clear.
func init() {
	for _, name := range []string{"intercept-id", "li-action", "md-ip-addr", "md-port-number", "md-dscp", "vpdn:l2tp-tunnel-password", "psk"} {
		pair(name).Sensitive()
	}
}

// pair is the Key of one pair.
func pair(name string) attrs.Key[string] {
	return attrs.Text.Key(attrs.ID{Type: 26, Vendor: Vendor, Sub: 1, Name: name}, "Cisco-AVPair("+name+")")
}

// Pair makes the Cisco-AVPair name=value. A name that is empty or has = or * in it makes an Attr
// with an error, which does not repeat the value.
func Pair(name, value string) attrs.Attr {
	if err := checkPairName(name); err != nil {
		return attrs.Failed(fmt.Errorf("cisco: %w", err))
	}
	return AVPair.Of(name + "=" + value)
}

func checkPairName(name string) error {
	if name == "" || strings.ContainsAny(name, "=*") {
		return errors.New("the name of a pair is empty or has = or * in it")
	}
	return nil
}

// CutPair splits a Cisco-AVPair at the first = (mandatory) or * (optional), whichever comes first;
// ok false: it has neither.
func CutPair(s string) (name, value string, optional, ok bool) {
	i := strings.IndexAny(s, "=*")
	if i < 0 {
		return s, "", false, false
	}
	return s[:i], s[i+1:], s[i] == '*', true
}

// Identifying is what identifies sessions here beside the attributes of RFC 5176: for
// attrs.IdentityOf and the Policy of a Dispatcher.
func Identifying() []attrs.AnyKey { return []attrs.AnyKey{AuditSessionID, AccountInfoSession} }
