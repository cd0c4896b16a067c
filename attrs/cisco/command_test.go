// SPDX-License-Identifier: Apache-2.0

package cisco_test

import (
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/cisco"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	reauthenticateRow = "1a 29 00000009  01 23  737562736372696265723a636f6d6d616e643d 726561757468656e746963617465"             // subscriber:command= reauthenticate
	lastRow           = "1a 2b 00000009  01 25  737562736372696265723a726561757468656e7469636174652d747970653d 6c617374"         // subscriber:reauthenticate-type= last
	bounceRow         = "1a 2b 00000009  01 25  737562736372696265723a636f6d6d616e643d 626f756e63652d686f73742d706f7274"         // bounce-host-port
	disableRow        = "1a 2c 00000009  01 26  737562736372696265723a636f6d6d616e643d 64697361626c652d686f73742d706f7274"       // disable-host-port
	queryRow          = "1a 28 00000009  01 22  737562736372696265723a636f6d6d616e643d 73657373696f6e2d7175657279"               // session-query
	activateRow       = "1a 2b 00000009  01 25  737562736372696265723a636f6d6d616e643d 61637469766174652d73657276696365"         // activate-service
	deactivateRow     = "1a 2d 00000009  01 27  737562736372696265723a636f6d6d616e643d 646561637469766174652d73657276696365"     // deactivate-service
	serviceRow        = "1a 24 00000009  01 1e  737562736372696265723a736572766963652d6e616d653d 474f4c44"                       // subscriber:service-name= GOLD
	precedenceRow     = "1a 20 00000009  01 1a  737562736372696265723a707265636564656e63653d 3130"                               // subscriber:precedence= 10
	replaceRow        = "1a 2e 00000009  01 28  737562736372696265723a61637469766174696f6e2d6d6f64653d 7265706c6163652d616c6c"   // subscriber:activation-mode= replace-all
	logoffRow         = "1a 29 00000009  01 23  737562736372696265723a636f6d6d616e643d 6163636f756e742d6c6f676f6666"             // account-logoff
	statusRow         = "1a 2f 00000009  01 29  737562736372696265723a636f6d6d616e643d 6163636f756e742d7374617475732d7175657279" // account-status-query
)

func TestCI7_CI11_CommandsMakeTheirOctetsAndAreReadBack(t *testing.T) {
	ten := uint32(10)
	for name, c := range map[string]struct {
		action attrs.Attr
		octets []string
		want   cisco.Command
	}{
		"reauthenticate":   {cisco.Reauthenticate(cisco.Default), []string{reauthenticateRow}, cisco.Command{Verb: cisco.VerbReauthenticate}},
		"by last method":   {cisco.Reauthenticate(cisco.Last), []string{reauthenticateRow, lastRow}, cisco.Command{Verb: cisco.VerbReauthenticate, Type: cisco.Last}},
		"bounce":           {cisco.BounceHostPort(), []string{bounceRow}, cisco.Command{Verb: cisco.VerbBounceHostPort}},
		"disable":          {cisco.DisableHostPort(), []string{disableRow}, cisco.Command{Verb: cisco.VerbDisableHostPort}},
		"query":            {cisco.SessionQuery(), []string{queryRow}, cisco.Command{Verb: cisco.VerbSessionQuery}},
		"activate":         {cisco.ActivateService("GOLD"), []string{activateRow, serviceRow}, cisco.Command{Verb: cisco.VerbActivateService, Service: "GOLD"}},
		"deactivate":       {cisco.DeactivateService("GOLD"), []string{deactivateRow, serviceRow}, cisco.Command{Verb: cisco.VerbDeactivateService, Service: "GOLD"}},
		"logoff":           {cisco.AccountLogoff(), []string{logoffRow}, cisco.Command{Verb: cisco.VerbAccountLogoff}},
		"status":           {cisco.AccountStatusQuery(), []string{statusRow}, cisco.Command{Verb: cisco.VerbAccountStatusQuery}},
		"activate instead": {cisco.ActivateService("GOLD", cisco.Precedence(10), cisco.ReplaceAll()), []string{activateRow, serviceRow, precedenceRow, replaceRow}, cisco.Command{Verb: cisco.VerbActivateService, Service: "GOLD", Precedence: &ten, ReplaceAll: true}},
	} {
		assert.Equal(t, attrtest.Rows(c.octets...), attrtest.Hex(attrtest.Attributes(t, c.action)), name)
		got, err := cisco.Commands(attrtest.Set(t, c.octets...))
		require.NoError(t, err, name)
		assert.Equal(t, []cisco.Command{c.want}, got, name)
	}
	assert.Error(t, cisco.Reauthenticate("first").Err())
	assert.Error(t, cisco.ActivateService("").Err())
	assert.Error(t, cisco.ActivateService("GOLD", nil).Err())
	assert.Error(t, cisco.DeactivateService("").Err())
}

func TestSeveralCommandsStandInTheOrderOfTheRequest(t *testing.T) {
	got, err := cisco.Commands(attrtest.Attributes(t, cisco.AuditSessionID.Of("0A"), cisco.DeactivateService("A"), cisco.ActivateService("B"), cisco.Pair("ip:inacl", "7")))
	require.NoError(t, err)
	assert.Equal(t, []cisco.Command{{Verb: cisco.VerbDeactivateService, Service: "A"}, {Verb: cisco.VerbActivateService, Service: "B"}}, got)
}

func TestPairsBeforeTheCommandBelongToIt(t *testing.T) {
	got, err := cisco.Commands(attrtest.Set(t, lastRow, reauthenticateRow))
	require.NoError(t, err)
	assert.Equal(t, []cisco.Command{{Verb: cisco.VerbReauthenticate, Type: cisco.Last}}, got)
}

func TestUnknownVerbIsLeftToTheHost(t *testing.T) {
	got, err := cisco.Commands(attrtest.Attributes(t, cisco.SubscriberCommand.Of("dance")))
	require.NoError(t, err)
	assert.Equal(t, []cisco.Command{{Verb: "dance"}}, got)
}

func TestCommandsThatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		set  []attrs.Attr
		want errcause.Cause
	}{
		"type without command":     {[]attrs.Attr{cisco.ReauthenticateTypePair.Of("last")}, errcause.MissingAttribute},
		"service command alone":    {[]attrs.Attr{cisco.SubscriberCommand.Of("activate-service")}, errcause.MissingAttribute},
		"two services of one":      {[]attrs.Attr{cisco.ActivateService("A"), cisco.ServiceNamePair.Of("B")}, errcause.InvalidRequest},
		"empty service":            {[]attrs.Attr{cisco.SubscriberCommand.Of("activate-service"), cisco.AVPair.Of("subscriber:service-name=")}, errcause.InvalidRequest},
		"empty command":            {[]attrs.Attr{cisco.AVPair.Of("subscriber:command=")}, errcause.InvalidRequest},
		"unknown type":             {[]attrs.Attr{cisco.SubscriberCommand.Of("reauthenticate"), cisco.ReauthenticateTypePair.Of("first")}, errcause.InvalidAttributeValue},
		"unknown mode":             {[]attrs.Attr{cisco.ActivateService("A"), cisco.ActivationModePair.Of("merge")}, errcause.InvalidAttributeValue},
		"precedence not a number":  {[]attrs.Attr{cisco.ActivateService("A"), cisco.PrecedencePair.Of("high")}, errcause.InvalidRequest},
		"precedence twice":         {[]attrs.Attr{cisco.ActivateService("A", cisco.Precedence(1), cisco.Precedence(1))}, errcause.InvalidRequest},
		"vendor attribute cut off": {[]attrs.Attr{cisco.SessionQuery(), attrs.Raw(26, []byte{0, 0, 0, 9, 1, 9, 'x'})}, errcause.InvalidRequest},
	} {
		got, err := cisco.Commands(attrtest.Attributes(t, c.set...))
		require.ErrorIs(t, err, c.want, name)
		assert.Nil(t, got, name)
	}
}

func FuzzCommands(f *testing.F) {
	for _, text := range []string{"subscriber:command=reauthenticate", "subscriber:service-name=a", "subscriber:precedence=7", "a*b", "=", ""} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		set, err := attrs.Join(cisco.AVPair.Of(a), cisco.AVPair.Of(b)).AppendTo(nil)
		if err != nil {
			return
		}
		commands, err := cisco.Commands(set)
		require.LessOrEqual(t, len(commands), 2)
		if err != nil {
			_, known := errcause.Of(err)
			require.True(t, known)
		}
	})
}
