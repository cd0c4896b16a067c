// SPDX-License-Identifier: Apache-2.0

package dictionary_test

import (
	"fmt"
	"testing/fstest"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/dictionary"
)

// A vendor's dictionary is read when the program starts, from a folder (os.DirFS) or from files
// that the program embeds.
func ExampleLoad() {
	folder := fstest.MapFS{
		"dictionary.example": {Data: []byte(`
VENDOR        Example       55899
BEGIN-VENDOR  Example
ATTRIBUTE     Example-Line  1      string
ATTRIBUTE     Example-Tier  2      integer
VALUE         Example-Tier  gold   3
END-VENDOR    Example
`)},
		"dictionary.wrong": {Data: []byte("ATTRIBUTE Example-Line 1 sting\n")},
	}
	if _, err := dictionary.Load(folder, "dictionary.example"); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(attrs.Parse("Example-Tier", "gold"))
	_, err := dictionary.Load(folder, "dictionary.wrong")
	fmt.Println(err)
	// Output:
	// Example-Tier = gold <nil>
	// dictionary: dictionary.wrong:1: unknown type "sting"
}
