// SPDX-License-Identifier: Apache-2.0

package errcause

// A class is the range of numbers that a cause is in: RFC 5176, section 3.5, and for the last two
// RFC 7930.
type class uint8

const (
	classUndefined class = iota // from 800
	classReserved               // 0 to 199, 300 to 399
	classSuccess                // 200 to 299
	classDAC                    // 400 to 499
	classDAS                    // 500 to 599
	classServer                 // 600 to 699
	classClient                 // 700 to 799
)

func classOf(c Cause) class {
	switch c / 100 {
	case 0, 1, 3:
		return classReserved
	case 2:
		return classSuccess
	case 4:
		return classDAC
	case 5:
		return classDAS
	case 6:
		return classServer
	case 7:
		return classClient
	}
	return classUndefined
}

// packets returns those that an unregistered cause of the class may stand in.
func (c class) packets() packets {
	switch c {
	case classSuccess:
		return disconnectACK | coaACK
	case classDAC, classDAS, classServer, classClient:
		return disconnectNAK | coaNAK | protocolError
	}
	return 0
}

func (c class) description() string {
	switch c {
	case classReserved:
		return "This value is reserved and has no meaning."
	case classSuccess:
		return "The request succeeded, with a note that is not registered."
	case classDAC:
		return "The request is at fault in a way that is not registered."
	case classDAS:
		return "The NAS or a proxy failed in a way that is not registered."
	case classServer:
		return "A RADIUS server failed in a way that is not registered."
	case classClient:
		return "A RADIUS client failed in a way that is not registered."
	}
	return "This value is in no range that is defined."
}

// packets is a set of the packet codes that may carry a cause.
type packets uint8

const (
	disconnectACK packets = 1 << iota // 41
	disconnectNAK                     // 42
	coaACK                            // 44
	coaNAK                            // 45
	protocolError                     // 52

	bothNAKs = disconnectNAK | coaNAK
)

func packetOf(code int) packets {
	switch code {
	case 41:
		return disconnectACK
	case 42:
		return disconnectNAK
	case 44:
		return coaACK
	case 45:
		return coaNAK
	case 52:
		return protocolError
	}
	return 0
}
