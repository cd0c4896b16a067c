// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/csv"
	"errors"
	"os"
	"strconv"
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
	return c.w.Write([]string{number(r.Row), number(r.Line), nas, r.NASName, r.Request, r.Who.get("User-Name"), r.Who.get("Acct-Session-Id"),
		r.Who.get("Calling-Station-Id"), r.Who.get("Framed-IP-Address"), r.Who.String(), string(r.Verdict), r.Answer, cause, r.CauseName, gone,
		r.Message, r.Reason, number(r.Sent), rtt, at, r.Error})
}

func (c *csvFile) close() error {
	if c == nil {
		return nil
	}
	c.w.Flush()
	return errors.Join(c.w.Error(), c.f.Close())
}
