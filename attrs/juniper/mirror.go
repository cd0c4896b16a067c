// SPDX-License-Identifier: Apache-2.0

package juniper

import (
	"errors"
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
	Handle []byte         // of the mediation device, the Mirror-Identifier: 4 or 8 octets; nil: none
	Device netip.AddrPort // IPv4; zero: none. A port of 0 is not sent
}

// Format prints [hidden] under every verb, since who is mirrored and where to concerns no operator
// of the NAS who reads a log.
func (m Mirroring) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[hidden]")) }

// MarshalText returns [hidden], for JSON and slog.
func (m Mirroring) MarshalText() ([]byte, error) { return []byte("[hidden]"), nil }

// Mirror starts or stops the mirroring of a session, which the request names by Acct-Session-Id or
// User-Name; for MLPPP there is one request for each link. The values are hidden when the request
// is signed. A Mirroring that JunosE would refuse makes an Attr with an error: an unknown action, a
// handle that is not of 4 or 8 octets, a device without an IPv4 address.
func Mirror(m Mirroring) attrs.Attr {
	if err := m.check(); err != nil {
		return attrs.Failed(fmt.Errorf("juniper: mirroring: %w", err))
	}
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

func (m *Mirroring) check() error {
	err := checkAction(uint32(m.Action))
	if m.Handle != nil {
		err = errors.Join(err, checkHandle(m.Handle))
	}
	switch addr := m.Device.Addr(); {
	case addr.IsValid():
		err = errors.Join(err, checkDevice(addr))
	case m.Device.Port() != 0:
		err = errors.Join(err, errors.New("a port without an address"))
	}
	return err
}

// The checks of single values, whose errors do not repeat them.

func checkAction(action uint32) error {
	if action > uint32(MirrorNoOp) {
		return errors.New("an action that is not 0 (off), 1 (on) or 2 (noop)")
	}
	return nil
}

func checkHandle(handle []byte) error {
	if n := len(handle); n != 4 && n != 8 {
		return fmt.Errorf("a handle of %d octets, not 4 or 8", n)
	}
	return nil
}

func checkDevice(addr netip.Addr) error {
	if !addr.Is4() || addr.IsUnspecified() {
		return errors.New("a device without an IPv4 address")
	}
	return nil
}

func checkPort(port uint32) error {
	if port > math.MaxUint16 {
		return errors.New("not a port")
	}
	return nil
}

// MirrorOf reads the mirroring that a request asks for; ok false: it has none of its attributes. A
// request without ERX-LI-Action that has others wraps errcause.MissingAttribute. What cannot be
// revealed or decoded wraps errcause.InvalidRequest, and so do an unknown action, a handle that is
// not of 4 or 8 octets, a port above 65535, and two different values of one attribute. No error
// repeats a value.
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
	}
	if err != nil {
		return Mirroring{}, false, err
	}
	return Mirroring{MirrorAction(action), handle, netip.AddrPortFrom(addr, uint16(port))}, true, nil
}
