// SPDX-License-Identifier: Apache-2.0

// Package dictionary reads the dictionary files of FreeRADIUS at run time and makes their
// attributes known to package attrs, for an operator whose vendor has no package there:
//
//	d, err := dictionary.LoadFile("/etc/dynauth/dictionary")
//	line, _ := d.Key("Acme-Line-Id")              // for Policy.Identifying, Dispatcher.Supported
//	a, err := attrs.Parse("Acme-Profile", "gold") // as radclient writes it
//
// # What is read
//
// VENDOR with format=, ATTRIBUTE, VALUE, BEGIN-VENDOR and END-VENDOR (with
// format=Extended-Vendor-Specific-1 to -6 for RFC 6929 too), BEGIN-TLV and END-TLV, FLAGS internal,
// $INCLUDE and $INCLUDE-. Flags of an attribute are has_tag, encrypt=1 to 3 (or User-Password,
// Tunnel-Password and Ascend-Secret), secret, array, concat and virtual. Numbers are decimal,
// hexadecimal or, after a dot, extended: 241.5.
//
// Attributes that no packet of these carries are passed over, and Skipped says which and why:
// numbers above 255 without a vendor, those within a TLV, and those of vendors with a continuation
// octet (format=1,1,c). So is a name of a number that has another name with other values (the
// Ascend attributes below those of later RFCs): the last one has it, or that of package attrs.
// What the file says and package attrs knows already stays as it is there; names of values are
// added.
//
// # Errors
//
// An error is an *Error with file and line. After one nothing has been registered.
package dictionary
