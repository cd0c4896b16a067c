// SPDX-License-Identifier: Apache-2.0

package mikrotik

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
)

// Rates are bits per second as the router sees them: Rx is the client's upload, Tx its download.
type Rates struct{ Rx, Tx uint64 }

// Times are spans of whole seconds, in the directions of Rates.
type Times struct{ Rx, Tx time.Duration }

// A Limit is the value of Mikrotik-Rate-Limit.
type Limit struct {
	Rate      Rates // 0 is no limit
	Burst     Rates // allowed for a while; zero is no burst
	Threshold Rates // mean rate above which a burst ends; zero is Rate
	BurstTime Times // over which the mean is taken; zero is 1 s
	Priority  int   // 1, the highest, to 8; zero is left to the router
	Min       Rates // guaranteed, at most Rate; zero is left to the router
}

// SetRateLimit changes the rate of a session. A Limit out of the ranges of its fields makes an Attr
// with an error.
func SetRateLimit(l Limit) attrs.Attr {
	if err := l.check(); err != nil {
		return attrs.Failed(fmt.Errorf("mikrotik: rate limit: %w", err))
	}
	return RateLimit.Of(l.String())
}

func (l Limit) check() error {
	above := func(least, most uint64) bool { return most != 0 && least > most }
	switch {
	case l.Priority < 0 || l.Priority > 8:
		return errors.New("priority is not in 1..8")
	case above(l.Min.Rx, l.Rate.Rx) || above(l.Min.Tx, l.Rate.Tx):
		return errors.New("minimum is above the rate")
	}
	for _, t := range []time.Duration{l.BurstTime.Rx, l.BurstTime.Tx} {
		if t < 0 || t%time.Second != 0 {
			return errors.New("burst time is not a whole number of seconds")
		}
	}
	return nil
}

// String returns the text of the attribute: "10M/10M", "64k/64k 256k/256k 128k/128k 10/10".
func (l Limit) String() string {
	seconds := func(t Times) string {
		return strconv.FormatInt(int64(t.Rx/time.Second), 10) + "/" + strconv.FormatInt(int64(t.Tx/time.Second), 10)
	}
	fields := []string{l.Rate.String(), l.Burst.String(), l.Threshold.String(), seconds(l.BurstTime)}
	// What is left out takes its meaning from what stands before it, so zeros stand where something
	// follows.
	n := 1
	for i, set := range []bool{l.Burst != Rates{}, l.Threshold != Rates{}, l.BurstTime != Times{}} {
		if set {
			n = i + 2
		}
	}
	if l.Priority != 0 || l.Min != (Rates{}) {
		n = len(fields)
	}
	fields = fields[:n]
	if l.Priority != 0 {
		fields = append(fields, strconv.Itoa(l.Priority))
	}
	if l.Min != (Rates{}) {
		fields = append(fields, l.Min.String())
	}
	return strings.Join(fields, " ")
}

// String returns "10M/512k".
func (r Rates) String() string { return formatRate(r.Rx) + "/" + formatRate(r.Tx) }

func formatRate(n uint64) string {
	switch {
	case n == 0:
	case n%1e6 == 0:
		return strconv.FormatUint(n/1e6, 10) + "M"
	case n%1e3 == 0:
		return strconv.FormatUint(n/1e3, 10) + "k"
	}
	return strconv.FormatUint(n, 10)
}

// ParseRateLimit reads the value of Mikrotik-Rate-Limit as RouterOS does, for a NAS that honours
// it: a direction that is not given is that of the other. Its error wraps
// errcause.InvalidAttributeValue.
func ParseRateLimit(s string) (l Limit, err error) {
	defer func() {
		if err == nil {
			err = l.check()
		}
		if err != nil {
			l, err = Limit{}, fmt.Errorf("mikrotik: rate limit: %w: %w", err, errcause.InvalidAttributeValue)
		}
	}()
	fields := strings.Fields(s)
	if len(fields) == 0 || len(fields) > 6 {
		return l, errors.New("not of the form rate [burst [threshold [time [priority] [minimum]]]]")
	}
	for i, p := range []*Rates{&l.Rate, &l.Burst, &l.Threshold} {
		if i < len(fields) {
			if *p, err = parseRates(fields[i]); err != nil {
				return l, err
			}
		}
	}
	if len(fields) > 3 {
		if l.BurstTime, err = parseTimes(fields[3]); err != nil {
			return l, err
		}
	}
	rest := fields[min(4, len(fields)):]
	if len(rest) > 0 && len(rest[0]) == 1 && rest[0] >= "1" && rest[0] <= "8" {
		l.Priority, rest = int(rest[0][0]-'0'), rest[1:]
	}
	switch len(rest) {
	case 0:
	case 1:
		l.Min, err = parseRates(rest[0])
	default:
		err = errors.New("priority is not in 1..8")
	}
	return l, err
}

func parseRates(s string) (r Rates, err error) {
	rx, tx, both := strings.Cut(s, "/")
	if r.Rx, err = parseRate(rx); err != nil || !both {
		return Rates{r.Rx, r.Rx}, err
	}
	r.Tx, err = parseRate(tx)
	return r, err
}

func parseRate(s string) (uint64, error) {
	unit := uint64(1)
	if n := len(s); n > 0 {
		switch s[n-1] {
		case 'k', 'K':
			unit, s = 1e3, s[:n-1]
		case 'm', 'M':
			unit, s = 1e6, s[:n-1]
		case 'g', 'G':
			unit, s = 1e9, s[:n-1]
		}
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > math.MaxUint64/unit {
		return 0, errors.New("a rate is a number with or without k, M or G")
	}
	return n * unit, nil
}

func parseTimes(s string) (t Times, err error) {
	rx, tx, both := strings.Cut(s, "/")
	if t.Rx, err = parseSeconds(rx); err != nil || !both {
		return Times{t.Rx, t.Rx}, err
	}
	t.Tx, err = parseSeconds(tx)
	return t, err
}

func parseSeconds(s string) (time.Duration, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, errors.New("a burst time is a number of seconds")
	}
	return time.Duration(n) * time.Second, nil
}
