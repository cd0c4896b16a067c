// SPDX-License-Identifier: Apache-2.0

package radsectest_test

import (
	"context"
	"crypto/tls"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/radsec"
	"github.com/radius-dynauth/dynauth/dac/radsec/radsectest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

func TestNASAnswersItsClientAndOthersOfItsCA(t *testing.T) {
	nas := radsectest.NewNAS(t, dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) {
		if r.Peer == radsectest.ClientName {
			return r.ACK()
		}
		return nil, errcause.AdministrativelyProhibited
	}))
	_, err := nas.Client.Disconnect(t.Context(), nas.Addr, attrs.UserName.Of("bob"))
	require.NoError(t, err)
	other := &dac.Client{Peers: nas.Peers(radsec.TLS(nas.CA.Config("other.example.net")))}
	defer other.Close()
	_, err = other.Disconnect(t.Context(), nas.Addr, attrs.UserName.Of("bob"))
	require.ErrorIs(t, err, errcause.AdministrativelyProhibited)
	require.EqualValues(t, 2, nas.Config.Stats().Opened)

	cert, key := radsectest.PEM(nas.CA.Issue([]string{"a.example.net"}))
	_, err = tls.X509KeyPair(cert, key)
	require.NoError(t, err)
	require.True(t, nas.CA.Pool().AppendCertsFromPEM(nas.CA.PEM()))
}
