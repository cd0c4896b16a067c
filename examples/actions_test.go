// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/accel"
	"github.com/radius-dynauth/dynauth/attrs/arista"
	"github.com/radius-dynauth/dynauth/attrs/aruba"
	"github.com/radius-dynauth/dynauth/attrs/cisco"
	"github.com/radius-dynauth/dynauth/attrs/dell"
	"github.com/radius-dynauth/dynauth/attrs/fortinet"
	"github.com/radius-dynauth/dynauth/attrs/hp"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"github.com/radius-dynauth/dynauth/attrs/pica8"
	"github.com/radius-dynauth/dynauth/attrs/redback"
	"github.com/radius-dynauth/dynauth/attrs/threegpp"
	"github.com/radius-dynauth/dynauth/attrs/threegpp2"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// vendorActions are the functions of vendors' packages that make attributes, by package and name.
func vendorActions() map[string]attrs.Attr {
	return map[string]attrs.Attr{
		"accel.LeaveVRF":           accel.LeaveVRF(),
		"accel.SetVRF":             accel.SetVRF("blue"),
		"arista.BlockMAC":          arista.BlockMAC("0010.a423.19c0"),
		"arista.BouncePort":        arista.BouncePort(),
		"arista.UnblockMAC":        arista.UnblockMAC("0010.a423.19c0"),
		"aruba.BouncePort":         aruba.BouncePort(12 * time.Second),
		"aruba.SetRole":            aruba.SetRole("guest"),
		"cisco.AccountLogoff":      cisco.AccountLogoff(),
		"cisco.AccountStatusQuery": cisco.AccountStatusQuery(),
		"cisco.ActivateService":    cisco.ActivateService("GOLD", cisco.Precedence(10), cisco.ReplaceAll()),
		"cisco.BounceHostPort":     cisco.BounceHostPort(),
		"cisco.DeactivateService":  cisco.DeactivateService("GOLD"),
		"cisco.DisableHostPort":    cisco.DisableHostPort(),
		"cisco.Pair":               cisco.Pair("ip:inacl", "7"),
		"cisco.Reauthenticate":     cisco.Reauthenticate(cisco.Last),
		"cisco.SessionQuery":       cisco.SessionQuery(),
		"dell.BounceHostPort":      dell.BounceHostPort(),
		"dell.DisableHostPort":     dell.DisableHostPort(),
		"dell.DisconnectUser":      dell.DisconnectUser(),
		"dell.Reauthenticate":      dell.Reauthenticate(),
		"dell.TerminateSession":    dell.TerminateSession(),
		"fortinet.BouncePort":      fortinet.BouncePort(),
		"fortinet.DisablePort":     fortinet.DisablePort(),
		"fortinet.Reauthenticate":  fortinet.Reauthenticate(),
		"hp.BouncePort":            hp.BouncePort(12 * time.Second),
		"hp.SetRole":               hp.SetRole("guest"),
		"juniper.Activate":         juniper.Activate(1, "gold(10M)", juniper.Volume(500), juniper.VolumeGigawords(1), juniper.Timeout(time.Hour), juniper.Statistics(juniper.TimeOnly), juniper.Interval(time.Minute)),
		"juniper.BouncePort":       juniper.BouncePort(),
		"juniper.Deactivate":       juniper.Deactivate("gold"),
		"juniper.Mirror":           juniper.Mirror(juniper.Mirroring{Action: juniper.MirrorOn, Handle: []byte{1, 2, 3, 4}, Device: netip.MustParseAddrPort("192.0.2.9:2152")}),
		"juniper.Update":           juniper.Update(1, "gold", juniper.Timeout(time.Hour)),
		"mikrotik.SetRateLimit":    mikrotik.SetRateLimit(mikrotik.Limit{Rate: mikrotik.Rates{Rx: 1e6, Tx: 1e7}}),
		"mikrotik.SetRecvLimit":    mikrotik.SetRecvLimit(5<<32 + 7),
		"mikrotik.SetTotalLimit":   mikrotik.SetTotalLimit(5<<32 + 7),
		"mikrotik.SetXmitLimit":    mikrotik.SetXmitLimit(5<<32 + 7),
		"pica8.BounceHostPort":     pica8.BounceHostPort(),
		"redback.Activate":         redback.Activate(1, "gold", redback.Accounted, "rate=10m"),
		"redback.Deactivate":       redback.Deactivate(1, "gold"),
		"redback.Outcome":          redback.Outcome(1, errcause.ResourcesUnavailable),
		"threegpp.Context":         threegpp.Context("262011234567890", 5),
		"threegpp2.SupportBoth":    threegpp2.SupportBoth(),
	}
}

// The list is whole: each exported function of a vendor's package that returns an attrs.Attr is in
// it, and makes one.
func TestVendorActionsAreAllTried(t *testing.T) {
	tried := vendorActions()
	for name, a := range tried {
		require.NoError(t, a.Err(), name)
		require.NotZero(t, a, name)
	}
	seen := 0
	require.NoError(t, filepath.WalkDir(filepath.Join(root, "attrs"), func(path string, d fs.DirEntry, err error) error {
		folder := filepath.Base(filepath.Dir(path))
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || folder == "attrs" {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !f.Name.IsExported() || f.Type.Results == nil || len(f.Type.Results.List) != 1 {
				continue
			}
			if result, ok := f.Type.Results.List[0].Type.(*ast.SelectorExpr); ok && result.Sel.Name == "Attr" {
				seen++
				assert.Contains(t, tried, folder+"."+f.Name.Name)
			}
		}
		return nil
	}))
	assert.Equal(t, len(tried), seen)
}
