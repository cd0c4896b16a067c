// SPDX-License-Identifier: Apache-2.0

package juniper

import (
	"errors"
	"fmt"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
)

// An Option is a limit or a setting of a service that is activated or updated. It gets the tag of
// the service.
type Option func(tag byte) attrs.Attr

// Volume limits the traffic of the service, in MB of 0 to 16777215; 0 is no limit.
func Volume(megabytes uint32) Option { return tagged(ServiceVolume, megabytes) }

// VolumeGigawords is the part of the limit that Volume cannot hold, as Service-Volume-Gigawords
// counts it, 0 to 16777215.
func VolumeGigawords(n uint32) Option { return tagged(ServiceVolumeGigawords, n) }

// Timeout ends the service after d, 0 to 16777215 s; 0 is never.
func Timeout(d time.Duration) Option { return tagged(ServiceTimeout, d) }

// Statistics says what the accounting of the service has. JunosE counts for Volume and Timeout only
// where there are statistics.
func Statistics(m StatisticsMode) Option { return tagged(ServiceStatistics, uint32(m)) }

// Interval is the time between interim accounting of the service, 0 to 16777215 s.
func Interval(d time.Duration) Option { return tagged(ServiceInterval, d) }

func tagged[T any](key attrs.Key[attrs.Tagged[T]], v T) Option {
	return func(tag byte) attrs.Attr { return key.Of(attrs.Tag(tag, v)) }
}

// A StatisticsMode is what is counted of a service.
type StatisticsMode uint32

// Statistics of a service.
const (
	NoStatistics  StatisticsMode = 0 // disabled
	TimeOnly      StatisticsMode = 1 // time
	TimeAndVolume StatisticsMode = 2 // time-volume
)

// Activate starts a service, "gold(10M,40M)". The tag, 1 to 31 and another for each service of the
// request, joins the options to it; without options it may be 0. What is out of range makes an Attr
// with an error.
func Activate(tag byte, service string, options ...Option) attrs.Attr {
	return order(ActivateService, tag, service, options)
}

// Update changes the options of a service that runs, as Activate starts one.
func Update(tag byte, service string, options ...Option) attrs.Attr {
	return order(UpdateService, tag, service, options)
}

// Deactivate ends a service, by its name and, where several with different arguments run, these
// too.
func Deactivate(service string) attrs.Attr {
	if _, err := parseService(service); err != nil {
		return attrs.Failed(fmt.Errorf("juniper: %w", err))
	}
	return DeactivateService.Of(service)
}

func order(key attrs.Key[attrs.Tagged[string]], tag byte, service string, options []Option) attrs.Attr {
	if _, err := parseService(service); err != nil {
		return attrs.Failed(fmt.Errorf("juniper: %w", err))
	}
	if tag == 0 && len(options) > 0 {
		return attrs.Failed(errors.New("juniper: a service with options needs a tag, 1 to 31"))
	}
	all := make([]attrs.Attr, 1, 1+len(options))
	all[0] = key.Of(attrs.Tag(tag, service))
	for _, option := range options {
		if option == nil {
			return attrs.Failed(errors.New("juniper: an option is nil"))
		}
		all = append(all, option(tag))
	}
	return attrs.Join(all...)
}
