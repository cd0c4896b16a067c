// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"

	"github.com/radius-dynauth/dynauth/dac"
)

// show prints each packet and where it would go.
func (s *sender) show(ctx context.Context) error {
	client := s.client(share{s.standard.limit, s.source})
	defer client.Close()
	var failed error
	for j := range s.jobs(share{}, false) {
		if ctx.Err() != nil {
			break
		}
		if j.Err == nil {
			j.Err = s.showOne(ctx, client, j)
		}
		if j.Err != nil {
			r := s.newRecord(dac.Outcome{Job: j, Err: j.Err})
			s.tally.add(&r)
			failed = fmt.Errorf("%s", r.Error)
		}
	}
	return failed
}

func (s *sender) showOne(ctx context.Context, client *dac.Client, j dac.Job) error {
	octets, err := client.DryRun(ctx, j.NAS, j.Request)
	if err != nil {
		return err
	}
	t := j.Tag.(*tag)
	var packet bytes.Buffer
	dac.Dump(&packet, octets) // into memory, which does not fail
	_, attributes, _ := bytes.Cut(packet.Bytes(), []byte("\n"))
	where := j.NAS.String()
	if t.nas != nil && t.nas.name != "" {
		where += " (" + t.nas.name + ")"
	}
	if t.line > 0 {
		where += ", " + s.place(t.line)
	}
	_, err = fmt.Fprintf(s.out, "Would send %v to %s\n%s", t.kind, where, attributes)
	return err
}
