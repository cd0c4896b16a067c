// SPDX-License-Identifier: Apache-2.0

package show

import (
	"fmt"
	"io"
	"reflect"
)

// Fields prints v, a value without a Format of its own, with the verb that asks what is in it how
// it wants to be printed: under one that a field does not have, fmt prints what the field points to
// as it is.
func Fields(f fmt.State, verb rune, v any) {
	if verb == 'v' && !f.Flag('+') && !f.Flag('#') {
		fmt.Fprintf(f, "%v", v)
		return
	}
	fmt.Fprintf(f, "%+v", v)
}

// Exported prints the exported fields of the struct that p points to, with its ampersand. The
// others belong to what is in use, and may be changing: they are not read. What is printed is a
// copy, of a type without the Format that called Exported.
func Exported[T any](f fmt.State, verb rune, p *T) {
	if p == nil {
		io.WriteString(f, "<nil>")
		return
	}
	all := reflect.ValueOf(p).Elem()
	var fields []reflect.StructField
	for _, field := range reflect.VisibleFields(all.Type()) {
		if field.IsExported() {
			fields = append(fields, reflect.StructField{Name: field.Name, Type: field.Type})
		}
	}
	shown := reflect.New(reflect.StructOf(fields)).Elem()
	for i, field := range fields {
		shown.Field(i).Set(all.FieldByName(field.Name))
	}
	io.WriteString(f, "&")
	Fields(f, verb, shown.Interface())
}
