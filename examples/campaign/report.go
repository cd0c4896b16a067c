// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"text/tabwriter"
)

// A line is so many jobs of one NAS with one verdict, or in one state where they have none yet.
type line struct {
	Queue, State, Verdict string
	Jobs                  int
}

// report counts all jobs.
func (d *database) report(ctx context.Context) (all []line, err error) {
	rows, err := d.QueryContext(ctx, `SELECT queue, state, `+d.verdict()+`, count(*) FROM river_job WHERE kind = 'dynauth' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var l line
		var verdict sql.NullString
		if err := rows.Scan(&l.Queue, &l.State, &verdict, &l.Jobs); err != nil {
			return nil, err
		}
		l.Verdict = verdict.String
		all = append(all, l)
	}
	return all, rows.Err()
}

// over reports whether nothing is left to do.
func (d *database) over(ctx context.Context) (over bool, err error) {
	err = d.QueryRowContext(ctx, `SELECT NOT EXISTS (SELECT 1 FROM campaign_lease WHERE `+unfinished+`)`).Scan(&over)
	return over, err
}

func printReport(w io.Writer, all []line) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "NAS\tstate\tverdict\tsessions")
	for _, l := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\n", l.Queue, l.State, cmp.Or(l.Verdict, "-"), l.Jobs)
	}
	return t.Flush()
}

var page = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>campaign</title>
<style>body{font-family:sans-serif;margin:2em}td,th{padding:.2em 1em;text-align:left}td:last-child{text-align:right}</style>
<h1>Campaign</h1><table><tr><th>NAS<th>state<th>verdict<th>sessions</tr>
{{range .}}<tr><td>{{.Queue}}<td>{{.State}}<td>{{.Verdict}}<td>{{.Jobs}}</tr>
{{end}}</table></html>
`))

// ServeHTTP shows the report as a page.
func (d *database) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	all, err := d.report(r.Context())
	if err != nil {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, all)
}
