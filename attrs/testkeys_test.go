// SPDX-License-Identifier: Apache-2.0

package attrs

// Attributes of vendors that do not exist, one for each way to lay them out.
const (
	testVendor = 65533
	wideVendor = 65532 // two octets of type and of length
	bareVendor = 65531 // four octets of type and no length
	oddVendor  = 65530 // whose content is not attributes at all
)

var (
	_ = RegisterVendor(wideVendor, VendorFormat{2, 2})
	_ = RegisterVendor(bareVendor, VendorFormat{4, 0})

	testText     = Text.Key(VendorID(testVendor, 1), "Test-Text")
	testTagged   = TaggedText.Key(VendorID(testVendor, 2), "Test-Tagged")
	testHidden   = Integer.HiddenKey(VendorID(testVendor, 3), "Test-Hidden")
	testSecret   = Text.Key(VendorID(testVendor, 4), "Test-Secret").Sensitive()
	testBoth     = TaggedInteger.HiddenKey(VendorID(testVendor, 5), "Test-Hidden-Tagged")
	testPair     = Text.Key(VendorID(testVendor, 6), "Test-AVPair").Packs("=")
	testSession  = Text.Key(ID{Type: 26, Vendor: testVendor, Sub: 6, Name: "audit-session-id"}, "Test-Audit-Session-Id")
	testCommand  = Text.Key(VendorID(testVendor, 7), "Test-Command").Packs("")
	testService  = Text.Key(ID{Type: 26, Vendor: testVendor, Sub: 7, Name: "S"}, "Test-Service")
	testPassPair = Text.Key(ID{Type: 26, Vendor: testVendor, Sub: 6, Name: "password"}, "Test-Pair-Password").Sensitive()
	testOwn      = NewKey(VendorID(testVendor, 8), "Test-Own", func(v ownType) ([]byte, error) { return []byte{byte(v)}, nil },
		func(b []byte) (ownType, error) { return ownType(b[0]), nil }).Named(Value{1, "One"}, Value{2, "Two"}, Value{2, "Zwei"})
	testBlob = NewKey(VendorID(testVendor, 10), "Test-Blob", func(v struct{ b byte }) ([]byte, error) { return []byte{v.b}, nil },
		func(b []byte) (struct{ b byte }, error) { return struct{ b byte }{b[0]}, nil })
	testArray = NewKey(VendorID(testVendor, 11), "Test-Array", func(v [3]byte) ([]byte, error) { return v[:], nil },
		func(b []byte) ([3]byte, error) { return [3]byte(append(b, 0, 0, 0)), nil })
	testTaggedSeconds = TaggedSeconds.Key(VendorID(testVendor, 12), "Test-Tagged-Seconds")
	testLong64        = Integer64.Key(VendorID(testVendor, 13), "Test-Integer64")
	testShort         = Short.Key(VendorID(testVendor, 14), "Test-Short")
	testByte          = Byte.Key(VendorID(testVendor, 15), "Test-Byte")
	testTaggedOctets  = TaggedOctets.Key(VendorID(testVendor, 16), "Test-Tagged-Octets")

	wideText   = Text.Key(VendorID(wideVendor, 300), "Wide-Text")
	bareText   = Text.Key(VendorID(bareVendor, 70000), "Bare-Text")
	oddContent = Octets.Key(VendorID(oddVendor, 0), "Odd-Content")

	testExtended     = Text.Key(ID{Type: 241, Vendor: testVendor, Sub: 88}, "Test-Extended")
	testLongExtended = Octets.Key(ID{Type: 246, Vendor: testVendor, Sub: 7}, "Test-Long-Extended")
	testLongHidden   = TaggedOctets.HiddenKey(ID{Type: 245, Vendor: testVendor, Sub: 8}, "Test-Long-Hidden")
	testExtHidden    = Octets.HiddenKey(ID{Type: 242, Vendor: testVendor, Sub: 9}, "Test-Extended-Hidden")
)

// ownType is a number of a host's own.
type ownType uint8
