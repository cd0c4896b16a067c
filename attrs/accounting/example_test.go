// SPDX-License-Identifier: Apache-2.0

package accounting_test

import (
	"fmt"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/accounting"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/termcause"
)

// What does a NAS tell its accounting server of a session that an idle timer ended?
func ExampleStop() {
	stop := accounting.Stop{
		NAS:      attrs.NAS{Identifier: "bng"},
		Identity: attrs.Identity{UserName: "bob", AcctSessionID: "4f2a"},
		Reason:   termcause.Reason{Family: "ppp", Name: "authenticate-inactivity-timeout"},
		Table:    termcause.Junos(),
	}
	set, err := stop.Attributes()
	if err != nil {
		panic(err)
	}
	for line := range attrs.Format(set) {
		fmt.Println(line)
	}
	// Output:
	// Acct-Status-Type = Stop
	// NAS-Identifier = "bng"
	// User-Name = "bob"
	// Acct-Session-Id = "4f2a"
	// Acct-Terminate-Cause = Idle-Timeout
}

// What does it tell of a service of that session, which a volume limit ended, and of one that ended
// with the session?
func ExampleStop_OfService() {
	stop := accounting.Stop{NAS: attrs.NAS{Identifier: "bng"}, Identity: attrs.Identity{AcctSessionID: "4f2a"}, Table: termcause.Junos(), Cause: termcause.UserRequest}
	for _, reason := range []string{"service-shutdown-volume-limit", "service-shutdown-subscriber-logout"} {
		service := stop.OfService("4f2a:7", juniper.ServiceSession.Of("gold(10M)"), termcause.Reason{Family: "aaa", Name: reason})
		fmt.Println(service.Service, service.TerminateCause())
	}
	// Output:
	// ERX-Service-Session = "gold(10M)" NAS-Request
	// ERX-Service-Session = "gold(10M)" User-Request
}
