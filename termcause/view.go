// SPDX-License-Identifier: Apache-2.0

package termcause

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
)

// A View is a form in which Write and WriteJSON show a table. None lists an inherited reason that
// is not remapped.
type View uint8

const (
	Summary View = iota // summary: each family, with the number of its reasons, of those remapped, and of those without a code
	Brief               // brief: each reason with its code
	Detail              // detail: each reason with its code, the code's name, its default and its description
	Reverse             // reverse: each code with its reasons
)

var views = [...]string{Summary: "summary", Brief: "brief", Detail: "detail", Reverse: "reverse"}

// String returns the name of v, "summary" to "reverse", or "View(9)".
func (v View) String() string {
	if int(v) < len(views) {
		return views[v]
	}
	return "View(" + strconv.Itoa(int(v)) + ")"
}

// MarshalText returns String, or an error when v is none of the four.
func (v View) MarshalText() ([]byte, error) {
	if int(v) >= len(views) {
		return nil, fmt.Errorf("termcause: there is no %v", v)
	}
	return []byte(v.String()), nil
}

// UnmarshalText takes the name of a view, so that [flag.TextVar] does.
func (v *View) UnmarshalText(text []byte) error {
	i := slices.Index(views[:], string(text))
	if i < 0 {
		return fmt.Errorf("termcause: %.40q is no view; there are %q", text, views)
	}
	*v = View(i)
	return nil
}

// Write prints the table, or only those families, as aligned text with a header line. A code that
// is not known is "-". A family that the table does not have is an error, as is a v that is none of
// the four.
func (t *Table) Write(w io.Writer, v View, families ...string) error {
	list, err := t.listed(families)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	switch v {
	case Summary:
		fmt.Fprintln(tw, "FAMILY\tREASONS\tREMAPPED\tNO CODE")
		for _, s := range summarize(list) {
			fmt.Fprintf(tw, "%s\t%d\t%d\t%d\n", s.Family, s.Reasons, s.Remapped, s.NoCode)
		}
	case Brief:
		fmt.Fprintln(tw, "FAMILY\tREASON\tCODE")
		for _, e := range list {
			fmt.Fprintf(tw, "%s\t%s\t%s\n", e.Reason.Family, e.Reason.Name, dash(e.Cause))
		}
	case Detail:
		fmt.Fprintln(tw, "FAMILY\tREASON\tCODE\tCAUSE\tDEFAULT\tDESCRIPTION")
		for _, e := range list {
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\n", e.Reason.Family, e.Reason.Name, dash(e.Cause), name(e.Cause), e.defaultText(), e.Description)
		}
	case Reverse:
		fmt.Fprintln(tw, "CODE\tCAUSE\tFAMILY\tREASON")
		for _, c := range reverse(list) {
			for _, r := range c.Reasons {
				fmt.Fprintf(tw, "%d\t%s\t%s\t%s\n", c.Code, name(Cause(c.Code)), r.Family, r.Name)
			}
		}
	default:
		return fmt.Errorf("termcause: there is no %v", v)
	}
	tw.Flush() // into memory, which does not fail
	_, err = w.Write(b.Bytes())
	return err
}

// WriteJSON writes what Write prints as a JSON array: of families for Summary, of reasons for Brief
// and Detail, of codes with their reasons for Reverse. A code that is not known is left out.
// (MarshalJSON is the operator's remappings alone.)
func (t *Table) WriteJSON(w io.Writer, v View, families ...string) error {
	list, err := t.listed(families)
	if err != nil {
		return err
	}
	var out any
	switch v {
	case Summary:
		out = summarize(list)
	case Brief, Detail:
		out = rowsOf(list, v == Detail)
	case Reverse:
		out = reverse(list)
	default:
		return fmt.Errorf("termcause: there is no %v", v)
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err == nil {
		_, err = w.Write(append(b, '\n'))
	}
	return err
}

// listed returns the rows of families, or all, that a view lists.
func (t *Table) listed(families []string) ([]Entry, error) {
	list := t.entries()
	for _, f := range families {
		if !slices.ContainsFunc(list, func(e Entry) bool { return e.Reason.Family == f }) {
			return nil, fmt.Errorf("termcause: the table has no family %.40q", f)
		}
	}
	return slices.DeleteFunc(list, func(e Entry) bool {
		return e.Inherited && e.Cause == 0 || len(families) > 0 && !slices.Contains(families, e.Reason.Family)
	}), nil
}

type familyView struct {
	Family   string `json:"family"`
	Reasons  int    `json:"reasons"`
	Remapped int    `json:"remapped"`
	NoCode   int    `json:"no_code"`
}

func summarize(list []Entry) []familyView {
	all := []familyView{}
	for _, e := range list {
		if len(all) == 0 || all[len(all)-1].Family != e.Reason.Family {
			all = append(all, familyView{Family: e.Reason.Family})
		}
		s := &all[len(all)-1]
		s.Reasons++
		if e.Cause != e.Default {
			s.Remapped++
		}
		if e.Cause == 0 {
			s.NoCode++
		}
	}
	return all
}

type rowView struct {
	Family      string `json:"family"`
	Name        string `json:"name"`
	Code        uint32 `json:"code,omitzero"`
	Cause       string `json:"cause,omitzero"`
	Default     uint32 `json:"default,omitzero"`
	Inherited   bool   `json:"inherited,omitzero"`
	Description string `json:"description,omitzero"`
}

func rowsOf(list []Entry, detail bool) []rowView {
	all := []rowView{}
	for _, e := range list {
		r := rowView{Family: e.Reason.Family, Name: e.Reason.Name, Code: uint32(e.Cause)}
		if detail {
			r.Default, r.Inherited, r.Description = uint32(e.Default), e.Inherited, e.Description
			if e.Cause != 0 {
				r.Cause = e.Cause.String()
			}
		}
		all = append(all, r)
	}
	return all
}

type codeView struct {
	Code    uint32       `json:"code"`
	Cause   string       `json:"cause"`
	Reasons []reasonView `json:"reasons"`
}

type reasonView struct {
	Family string `json:"family"`
	Name   string `json:"name"`
}

func reverse(list []Entry) []codeView {
	slices.SortStableFunc(list, func(a, b Entry) int { return cmp.Compare(a.Cause, b.Cause) })
	all := []codeView{}
	for _, e := range list {
		if e.Cause == 0 {
			continue
		}
		if len(all) == 0 || Cause(all[len(all)-1].Code) != e.Cause {
			all = append(all, codeView{Code: uint32(e.Cause), Cause: e.Cause.String()})
		}
		c := &all[len(all)-1]
		c.Reasons = append(c.Reasons, reasonView(e.Reason))
	}
	return all
}

func dash(c Cause) string {
	if c == 0 {
		return "-"
	}
	return c.number()
}

// name is for the column behind the number.
func name(c Cause) string {
	if c == 0 || c >= Cause(len(table)) {
		return "-"
	}
	return c.String()
}
