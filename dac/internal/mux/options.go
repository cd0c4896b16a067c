// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/internal/packet"
	"layeh.com/radius"
)

// Options are what a Conn needs to know of its connection, and its limits.
type Options struct {
	Package       string // that errors and log lines begin with: "radsec", "dtls"
	Transport     string // "tls" or "dtls"
	Version       dac.Version
	Secret        dac.Secret // of RADIUS/1.0: "radsec", "radius/dtls"
	Identity      *dac.PeerIdentity
	Local, Remote netip.AddrPort
	Client        bool // this end opened the connection: it alone sends Status-Server
	Datagrams     bool // each Read is one packet, octets past its Length are padding (DTLS)
	Coalesce      bool // several packets may share one record

	MaxLen       int           // octets of a packet; 0 is 4,096, 65,535 the most (RFC 7930)
	FrameTimeout time.Duration // from the first octet of a packet to its last; 0 is 30 s
	WriteTimeout time.Duration // of the other end, to take 64 KiB; 0 is 5 s
	CloseTimeout time.Duration // of the other end, to answer close_notify; 0 is 1 s
	// In octets wait to be read by one View, and Out to be written; 0 is 64 and 256 KiB.
	In, Out int

	// Watchdog is Tw of RFC 3539, section 3.4.1: how long a Client waits for any packet before it
	// sends a Status-Server. 0 is 30 s, 6 s the least; negative: none is sent.
	Watchdog    time.Duration
	IdleTimeout time.Duration // without a packet either way; 0 is none
	// MaxAge and MaxRecords make a connection old: crypto/tls never updates keys on its own
	// account. 0 is 24 h and 2^23.
	MaxAge     time.Duration
	MaxRecords int64

	// Handler gets Access- and Accounting-Requests. Nil: they are answered with Protocol-Error 406.
	Handler     radius.Handler
	MaxHandlers int // that run at once for this connection; 0 is 256, what comes beyond is 506
	// Unexpected is the answer to a Disconnect- or CoA-Request where nothing serves them.
	Unexpected dac.UnexpectedReverse
	Logger     *slog.Logger // nil: silent
}

// What zeros of Options mean. The times are those of the deployed servers, or of the RFCs.
const (
	defaultFrameTimeout = 30 * time.Second
	defaultWriteTimeout = 5 * time.Second
	defaultCloseTimeout = time.Second
	defaultIn           = 64 << 10
	defaultOut          = 256 << 10
	defaultWatchdog     = 30 * time.Second
	leastWatchdog       = 6 * time.Second
	mostWatchdog        = 100 * 365 * 24 * time.Hour // more is no bound either, and can be added to
	defaultMaxAge       = 24 * time.Hour
	defaultMaxRecords   = 1 << 23
	defaultMaxHandlers  = 256
	mostLen             = 1<<16 - 1
)

// filled is o with defaults in place of zeros.
func (o Options) filled() Options {
	o.MaxLen = min(max(o.MaxLen, packet.MaxLen), mostLen)
	o.FrameTimeout = cmp.Or(o.FrameTimeout, defaultFrameTimeout)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, defaultWriteTimeout)
	o.CloseTimeout = cmp.Or(o.CloseTimeout, defaultCloseTimeout)
	o.In, o.Out = cmp.Or(o.In, defaultIn), cmp.Or(o.Out, defaultOut)
	if o.Watchdog = cmp.Or(o.Watchdog, defaultWatchdog); o.Watchdog > 0 {
		o.Watchdog = min(max(o.Watchdog, leastWatchdog), mostWatchdog)
	}
	o.MaxAge = cmp.Or(o.MaxAge, defaultMaxAge)
	o.MaxRecords = cmp.Or(o.MaxRecords, defaultMaxRecords)
	o.MaxHandlers = cmp.Or(o.MaxHandlers, defaultMaxHandlers)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// fault is an error for the host, who knows the package that uses this one.
func (o *Options) fault(format string, args ...any) error {
	return fmt.Errorf(o.Package+": "+format, args...)
}
