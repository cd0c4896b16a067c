// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/csv"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"
)

// csvColumns are those of -csv: whose session first, then what became of it.
var csvColumns = []string{"row", "line", "nas", "nas_name", "request", "user_name", "acct_session_id", "calling_station_id", "framed_ip_address", "who",
	"verdict", "answer", "error_cause", "error_cause_name", "gone", "reply_message", "reason", "transmissions", "rtt", "time", "error"}

// A csvFile has a line for each packet of the file, whichever run sent it. A nil csvFile is none.
type csvFile struct {
	f *os.File
	w *csv.Writer
}

func createCSV(name string) (*csvFile, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	c := &csvFile{f, csv.NewWriter(f)}
	return c, c.w.Write(csvColumns)
}

func (c *csvFile) add(r *record) error {
	if c == nil {
		return nil
	}
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	nas, cause, at, rtt, gone := "", "", "", "", ""
	if r.NAS.IsValid() {
		nas = r.NAS.String()
	}
	if r.CauseNumber != 0 {
		cause = strconv.FormatUint(uint64(r.CauseNumber), 10)
	}
	if !r.Time.IsZero() {
		at = r.Time.Format(time.RFC3339Nano)
	}
	if r.RTT != 0 {
		rtt = strconv.FormatFloat(r.RTT, 'f', 6, 64)
	}
	if r.Gone {
		gone = "yes"
	}
	return c.w.Write([]string{number(r.Row), number(r.Line), nas, noFormula(r.NASName), r.Request, noFormula(r.Who.get("User-Name")), noFormula(r.Who.get("Acct-Session-Id")),
		noFormula(r.Who.get("Calling-Station-Id")), r.Who.get("Framed-IP-Address"), r.Who.String(), string(r.Verdict), r.Answer, cause, r.CauseName, gone,
		noFormula(r.Message), r.Reason, number(r.Sent), rtt, at, r.Error})
}

// noFormula is text with ' before what a spreadsheet would take for a formula: subscribers choose
// names, and NASes what they say. A number with its sign is none.
func noFormula(text string) string {
	if text == "" || strings.IndexByte("=@\t\r+-", text[0]) < 0 {
		return text
	}
	if (text[0] == '+' || text[0] == '-') && strings.Trim(text[1:], "0123456789 .:-()/") == "" {
		return text
	}
	return "'" + text
}

// comma is what stands between the columns of a table, by the line with their names: a semicolon
// where spreadsheets have the comma in numbers, or a tab.
func comma(names string) rune {
	names, _, _ = strings.Cut(names, "\n")
	for _, c := range "\t,;" {
		if strings.ContainsRune(names, c) {
			return c
		}
	}
	return ','
}

func (c *csvFile) close() error {
	if c == nil {
		return nil
	}
	c.w.Flush()
	return errors.Join(c.w.Error(), c.f.Close())
}
