// SPDX-License-Identifier: Apache-2.0

package juniper_test

import (
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// One request ends a service, starts one with limits and changes the limits of another.
var services = []string{
	"1a 0e 0000130a  42 08     62726f6e7a65               ", // bronze
	"1a 16 0000130a  41 10  01 676f6c642831304d2c34304d29 ", // gold(10M,40M)
	"1a 0c 0000130a  43 06  01 000100                     ", // 256 MB
	"1a 0c 0000130a  44 06  01 004650                     ", // 18000 s
	"1a 0c 0000130a  45 06  01 000002                     ",
	"1a 0c 0000130a  8c 06  01 000258                     ", // 600 s
	"1a 0e 0000130a  b4 08  02 766f697065                 ", // voipe
	"1a 0c 0000130a  b3 06  02 000003                     ",
}

func TestJE20_JE23_JX6_ActionsMakeTheirOctets(t *testing.T) {
	set := attrtest.Attributes(t,
		juniper.Deactivate("bronze"),
		juniper.Activate(1, "gold(10M,40M)", juniper.Volume(256), juniper.Timeout(5*time.Hour), juniper.Statistics(juniper.TimeAndVolume), juniper.Interval(10*time.Minute)),
		juniper.Update(2, "voipe", juniper.VolumeGigawords(3)))
	assert.Equal(t, attrtest.Rows(services...), attrtest.Hex(set))
}

func TestJE23_OrdersHaveWhatHasTheirTag(t *testing.T) {
	orders, err := juniper.Orders(attrtest.Set(t, services...))
	require.NoError(t, err)
	assert.Equal(t, []juniper.Order{
		{Op: juniper.OpDeactivate, Service: juniper.Service{Name: "bronze"}},
		{Op: juniper.OpActivate, Tag: 1, Service: juniper.Service{Name: "gold", Args: []string{"10M", "40M"}}, Volume: ptr(uint32(256)),
			Timeout: ptr(5 * time.Hour), Statistics: ptr(juniper.TimeAndVolume), Interval: ptr(10 * time.Minute)},
		{Op: juniper.OpUpdate, Tag: 2, Service: juniper.Service{Name: "voipe"}, VolumeGigawords: ptr(uint32(3))},
	}, orders)
}

func TestJE22_JX9_OrdersStandInTheOrderOfTheRequest(t *testing.T) {
	set := attrtest.Attributes(t, juniper.Activate(0, "a"), juniper.Deactivate("b"), juniper.Update(0, "c"), juniper.Deactivate("d"), juniper.Activate(0, "e"))
	orders, err := juniper.Orders(set)
	require.NoError(t, err)
	assert.Equal(t, "a b c d e", names(orders))
	assert.Equal(t, "b d a c e", names(juniper.DeactivationsFirst(orders)))
	assert.Equal(t, "a c e b d", names(juniper.ActivationsFirst(orders)))
	assert.Equal(t, "a b c d e", names(orders), "orders were sorted in place")
}

func names(orders []juniper.Order) (s string) {
	for i, o := range orders {
		if i > 0 {
			s += " "
		}
		s += o.Service.Name
	}
	return s
}

func TestNoOrdersAreNoError(t *testing.T) {
	orders, err := juniper.Orders(attrtest.Attributes(t, attrs.UserName.Of("bob")))
	require.NoError(t, err)
	assert.Empty(t, orders)
}

func TestOrdersThatCannotBeRead(t *testing.T) {
	option := attrtest.Attributes(t, juniper.ServiceVolume.Of(attrs.Tag(2, uint32(1))))
	for name, c := range map[string]struct {
		set  []attrs.Attr
		want errcause.Cause
	}{
		"service without closing bracket": {[]attrs.Attr{juniper.ActivateService.Of(attrs.Tag(1, "gold(1"))}, errcause.InvalidRequest},
		"deactivated without a name":      {[]attrs.Attr{juniper.DeactivateService.Of("(1)")}, errcause.InvalidRequest},
		"limit without service":           {[]attrs.Attr{juniper.Activate(1, "gold"), juniper.ServiceVolume.Of(attrs.Tag(2, uint32(1)))}, errcause.MissingAttribute},
		"limit of a deactivation":         {[]attrs.Attr{juniper.Deactivate("gold"), juniper.ServiceTimeout.Of(attrs.Tag(0, time.Second))}, errcause.MissingAttribute},
		"two limits of one kind":          {[]attrs.Attr{juniper.Activate(1, "gold", juniper.Volume(1), juniper.Volume(2))}, errcause.InvalidRequest},
		"two services with its tag":       {[]attrs.Attr{juniper.Activate(1, "gold"), juniper.Activate(1, "silver", juniper.Volume(2))}, errcause.InvalidRequest},
		"limit of another length":         {[]attrs.Attr{juniper.Activate(1, "gold"), attrs.Vendor(juniper.Vendor, 67, []byte{1, 2})}, errcause.InvalidRequest},
	} {
		orders, err := juniper.Orders(attrtest.Attributes(t, c.set...))
		require.ErrorIs(t, err, c.want, name)
		assert.Nil(t, orders, name)
	}
	_, err := juniper.Orders(append(attrtest.Set(t, "1a 09 0000130a 41 06 01"), option...))
	require.ErrorIs(t, err, errcause.InvalidRequest, "a vendor attribute that is longer than its Vendor-Specific")
}

func TestActionsOutOfRange(t *testing.T) {
	for name, a := range map[string]attrs.Attr{
		"tag above 31":             juniper.Activate(32, "gold"),
		"options without tag":      juniper.Activate(0, "gold", juniper.Volume(1)),
		"nil option":               juniper.Activate(1, "gold", nil),
		"volume of four octets":    juniper.Activate(1, "gold", juniper.Volume(1<<24)),
		"timeout of four octets":   juniper.Update(1, "gold", juniper.Timeout(1<<24*time.Second)),
		"negative interval":        juniper.Update(1, "gold", juniper.Interval(-time.Second)),
		"no service":               juniper.Activate(1, ""),
		"deactivated no service":   juniper.Deactivate(""),
		"service in brackets only": juniper.Update(1, "(1)"),
	} {
		assert.Error(t, a.Err(), name)
	}
	assert.NoError(t, juniper.Activate(31, "gold", juniper.Volume(1<<24-1), juniper.Timeout(0)).Err())
}
