// SPDX-License-Identifier: Apache-2.0

package mikrotik_test

import (
	"fmt"
	"time"

	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
)

// How does a CoA-Request change the rate of a session?
func ExampleSetRateLimit() {
	fmt.Println(mikrotik.SetRateLimit(mikrotik.Limit{
		Rate:      mikrotik.Rates{Rx: 2e6, Tx: 10e6}, // 2 Mbit/s up, 10 Mbit/s down
		Burst:     mikrotik.Rates{Rx: 4e6, Tx: 20e6},
		BurstTime: mikrotik.Times{Rx: 10 * time.Second, Tx: 10 * time.Second},
	}))
	// Output: Mikrotik-Rate-Limit = "2M/10M 4M/20M 0/0 10/10"
}

// How does a NAS read it?
func ExampleParseRateLimit() {
	l, err := mikrotik.ParseRateLimit("64k/128M")
	fmt.Println(l.Rate.Rx, l.Rate.Tx, err)
	// Output: 64000 128000000 <nil>
}

// How is a limit of more than 32 bits sent?
func ExampleSetTotalLimit() {
	fmt.Println(mikrotik.SetTotalLimit(5e9))
	// Output: Mikrotik-Total-Limit = 705032704, Mikrotik-Total-Limit-Gigawords = 1
}
