// SPDX-License-Identifier: Apache-2.0

// Command campaign ends or changes many sessions and survives its own crash: what is to be done
// stands in a table of jobs (River), put there in the transaction of the billing change that is its
// reason, and workers, on one machine or on ten, do it. It is a module of its own.
//
//	go run .        a billing change over 2,000 sessions at four NASes in this process, in SQLite,
//	                with its report
//	go run . -database postgres://user@host/billing  the same in PostgreSQL
//
// # For real
//
//	campaign enqueue -database D -file orders.txt
//	campaign work    -database D -nases nases.json [-rate 50] [-in-flight 32] [-http 127.0.0.1:8081]
//	campaign report  -database D
//
// D is the name of a file (SQLite: one machine) or postgres://... (any number of them). A line of
// orders.txt is the address of a NAS, disconnect or coa, and attributes as radclient writes them;
// all lines are put into the table in one transaction:
//
//	192.0.2.1:3799 disconnect Acct-Session-Id = "4f2a", User-Name = "bob"
//	192.0.2.1:3799 coa Acct-Session-Id = "4f2b", Filter-Id = "gold"
//
// nases.json has the secrets: [{"prefix": "192.0.2.0/24", "secret_file": "/etc/dynauth/bngs"}],
// "secret" and "secret_env" as well. A billing system calls Enqueue with its own transaction
// instead, as the demonstration does.
//
// # What is kept
//
// A job is done once its NAS has answered, and never sent again after the answer stands in the
// table. A worker notes that it takes a job before it sends, so after a crash it is known which
// requests may have been executed: a Disconnect of these is sent again, and "no such session" (503)
// is then the proof that it was; a CoA is not, and is reported as possibly executed. A refusal that
// may pass (errcause.Cause.Retryable), silence and a NAS that cannot be reached are tried again, up
// to a day; every other refusal is reported.
//
// One worker at a time asks a NAS: it holds the lease of that NAS, a row that it renews twice a
// second and that runs out after three seconds. So -rate and -in-flight, which are for each NAS,
// hold over all workers together, a NAS that is dead holds up none but itself, and the NASes of a
// worker that was killed are another's three seconds later. The order of the jobs of a NAS is not
// kept.
//
// A worker takes up and reports many jobs with one statement, and has no more of them in memory
// than may be in flight, and results that are not written yet, however many are in the table.
// README.md has what bounds it, with figures.
//
// The report is a query:
//
//	SELECT queue, state, metadata->'output'->>'verdict', count(*)
//	FROM river_job WHERE kind = 'dynauth' GROUP BY 1, 2, 3;
package main
