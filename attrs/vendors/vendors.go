// SPDX-License-Identifier: Apache-2.0

// Package vendors links in all vendor packages of this module, for programs that show or read any
// attribute by name:
//
//	import _ "github.com/radius-dynauth/dynauth/attrs/vendors"
package vendors

import (
	_ "github.com/radius-dynauth/dynauth/attrs/accel"      // 55999
	_ "github.com/radius-dynauth/dynauth/attrs/airespace"  // 14179
	_ "github.com/radius-dynauth/dynauth/attrs/arista"     // 30065
	_ "github.com/radius-dynauth/dynauth/attrs/aruba"      // 14823
	_ "github.com/radius-dynauth/dynauth/attrs/ascend"     // 529
	_ "github.com/radius-dynauth/dynauth/attrs/broadband"  // 3561
	_ "github.com/radius-dynauth/dynauth/attrs/chillispot" // 14559
	_ "github.com/radius-dynauth/dynauth/attrs/cisco"      // 9
	_ "github.com/radius-dynauth/dynauth/attrs/dell"       // 674 and 6027
	_ "github.com/radius-dynauth/dynauth/attrs/extreme"    // 1916
	_ "github.com/radius-dynauth/dynauth/attrs/fortinet"   // 12356
	_ "github.com/radius-dynauth/dynauth/attrs/h3c"        // 25506
	_ "github.com/radius-dynauth/dynauth/attrs/hp"         // 11
	_ "github.com/radius-dynauth/dynauth/attrs/huawei"     // 2011
	_ "github.com/radius-dynauth/dynauth/attrs/juniper"    // 2636 and 4874
	_ "github.com/radius-dynauth/dynauth/attrs/microsoft"  // 311
	_ "github.com/radius-dynauth/dynauth/attrs/mikrotik"   // 14988
	_ "github.com/radius-dynauth/dynauth/attrs/nokia"      // 6527
	_ "github.com/radius-dynauth/dynauth/attrs/pica8"      // 35098
	_ "github.com/radius-dynauth/dynauth/attrs/redback"    // 2352
	_ "github.com/radius-dynauth/dynauth/attrs/ruckus"     // 25053
	_ "github.com/radius-dynauth/dynauth/attrs/starent"    // 8164
	_ "github.com/radius-dynauth/dynauth/attrs/threegpp"   // 10415
	_ "github.com/radius-dynauth/dynauth/attrs/threegpp2"  // 5535
	_ "github.com/radius-dynauth/dynauth/attrs/wispr"      // 14122
	_ "github.com/radius-dynauth/dynauth/attrs/zte"        // 3902
)
