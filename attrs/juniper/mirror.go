// SPDX-License-Identifier: Apache-2.0

package juniper

import (
	"fmt"
	"math"
	"net/netip"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
)

// A MirrorAction is the value of ERX-LI-Action.
type MirrorAction uint32

// What to do with the mirroring of a session.
const (
	MirrorOff  MirrorAction = 0 // off
	MirrorOn   MirrorAction = 1 // on
	MirrorNoOp MirrorAction = 2 // noop: nothing, so that an onlooker learns nothing
)

// A Mirroring is where the traffic of a session goes, beside its way. It prints as [hidden], whole.
type Mirroring struct {
	Action MirrorAction
	Handle []byte         // of the mediation device; nil: none
	Device netip.AddrPort // IPv4; zero: none. A port of 0 is not sent
}

// Format prints [hidden] under every verb, since who is mirrored and where to is nobody's business who reads a log.
func (m Mirroring) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[hidden]")) }

// MarshalText returns [hidden], for JSON and slog.
func (m Mirroring) MarshalText() ([]byte, error) { return []byte("[hidden]"), nil }

// Mirror starts or stops the mirroring of a session, which the request names by Acct-Session-Id or User-Name; for MLPPP there is one request for
// each link. The values are hidden when the request is signed.
func Mirror(m Mirroring) attrs.Attr {
	all := []attrs.Attr{LIAction.Of(uint32(m.Action))}
	if len(m.Handle) > 0 {
		all = append(all, MedDevHandle.Of(m.Handle))
	}
	if m.Device.Addr().IsValid() {
		all = append(all, MedIPAddress.Of(m.Device.Addr()))
	}
	if m.Device.Port() != 0 {
		all = append(all, MedPortNumber.Of(uint32(m.Device.Port())))
	}
	return attrs.Join(all...)
}

// MirrorOf reads the mirroring that a request asks for; ok false: it has none of its attributes. A request without ERX-LI-Action that has
// others wraps errcause.MissingAttribute; what cannot be revealed or decoded, a port above 65535 too, errcause.InvalidRequest; an unknown
// action errcause.InvalidAttributeValue. No error repeats a value.
func MirrorOf(from attrs.Revealer) (m Mirroring, ok bool, err error) {
	action, hasAction, err := LIAction.Lookup(from)
	if err != nil {
		return Mirroring{}, false, err
	}
	handle, hasHandle, err := MedDevHandle.Lookup(from)
	if err != nil {
		return Mirroring{}, false, err
	}
	addr, hasAddr, err := MedIPAddress.Lookup(from)
	if err != nil {
		return Mirroring{}, false, err
	}
	port, hasPort, err := MedPortNumber.Lookup(from)
	switch {
	case err != nil:
	case !hasAction && !hasHandle && !hasAddr && !hasPort:
		return Mirroring{}, false, nil
	case !hasAction:
		err = fmt.Errorf("juniper: %v: %w", LIAction, errcause.MissingAttribute)
	case action > uint32(MirrorNoOp):
		err = fmt.Errorf("juniper: %v: %w", LIAction, errcause.InvalidAttributeValue)
	case port > math.MaxUint16:
		err = fmt.Errorf("juniper: %v is no port: %w", MedPortNumber, errcause.InvalidRequest)
	}
	if err != nil {
		return Mirroring{}, false, err
	}
	return Mirroring{MirrorAction(action), handle, netip.AddrPortFrom(addr, uint16(port))}, true, nil
}
