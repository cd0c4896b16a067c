// SPDX-License-Identifier: Apache-2.0

package netio

// IsICMP reports whether err is that of a packet that did not arrive, and not of the socket. The
// kernel gives it to the next call on a connected socket, a Read or a Write of another packet.
func IsICMP(err error) bool { return isErrno(err, icmpErrors) }

// IsShort reports whether err is that of a system that is short of something for the moment: the
// same packet may leave at the next try.
func IsShort(err error) bool { return isErrno(err, shortErrors) }

// IsExhausted reports whether err says that there is no descriptor left.
func IsExhausted(err error) bool { return isErrno(err, exhaustedErrors) }

// IsPassing reports whether err is one of the system, and not of a socket that is no good any
// more.
func IsPassing(err error) bool {
	_, ok := errnoOf(err)
	return ok && !isErrno(err, finalErrors)
}

// IsInUse reports whether err is that of an address at which another socket listens.
func IsInUse(err error) bool { return isErrno(err, inUseErrors) }

// IsNoAddress reports whether err is that of an address which is not this machine's.
func IsNoAddress(err error) bool { return isErrno(err, addressErrors) }

// isTooLong reports whether err is that of a datagram of more octets than a RADIUS packet has:
// it is dropped. Other systems than Windows cut it off.
func isTooLong(err error) bool { return err != nil && isErrno(err, tooLongErrors) }
