// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"

	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// What is known of a packet from an earlier run.
const (
	untried = iota // or tried without effect: to be sent
	maybe          // it left, or may have left, and no answer is known: it may have been executed
	settled        // answered for good
)

// past is what an earlier run wrote of one packet.
type past struct {
	fingerprint uint32 // 0: nothing
	state       uint8
	pending     bool   // it says that a request was about to be sent, and no outcome yet
	length      uint32 // of the object of its outcome, and where it stands in the file
	at          int64
}

// Results is the file of -results: an object a line. Before a request is sent the file says so
// (verdict "sending"), and its outcome follows as soon as it is known, each handed to the system by
// itself: whenever the process is killed, the file says of every request whether it may have been
// executed. Safe for concurrent use.
type results struct {
	rows []past // by row - 1

	mu sync.Mutex // guards the file
	f  *os.File
}

// openResults reads what an earlier run left in the file and opens it for more. One run at a time
// has it.
func openResults(name string) (*results, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: another run is using it: %w", name, err), f.Close())
	}
	r := &results{f: f}
	if err := r.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), f.Close())
	}
	return r, nil
}

func (r *results) read() error {
	in, at := bufio.NewReaderSize(r.f, 256<<10), int64(0)
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		switch {
		case err == io.EOF && len(line) == 0:
			return nil
		case err == io.EOF: // a run was killed while it wrote
			return r.add([]byte("\n"))
		case err != nil:
			return err
		}
		begin := at
		at += int64(len(line))
		if len(line) == 1 {
			continue
		}
		var old record
		if err := json.Unmarshal(line, &old); err != nil {
			if torn(line) {
				continue
			}
			return fmt.Errorf("line %d is no outcome: %w", number, err)
		}
		if err := r.remember(&old, begin, len(line)); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
}

// torn tells the beginning of an outcome that a killed run left behind.
func torn(line []byte) bool {
	const head = `{"time":`
	line = bytes.TrimSuffix(line, []byte("\n"))
	n := min(len(line), len(head))
	return string(line[:n]) == head[:n] && !json.Valid(line)
}

func (r *results) remember(old *record, at int64, length int) error {
	fingerprint, err := strconv.ParseUint(old.Packet, 16, 32)
	if err != nil || fingerprint == 0 || old.Row < 1 || old.Row > 1<<30 {
		return errors.New("is not of a file of packets")
	}
	for len(r.rows) < old.Row {
		r.rows = append(r.rows, past{})
	}
	p := &r.rows[old.Row-1]
	if p.fingerprint != 0 && p.fingerprint != uint32(fingerprint) {
		return fmt.Errorf("packet %d is another one than before: one file of results for each file of packets", old.Row)
	}
	p.fingerprint = uint32(fingerprint)
	if p.state == settled {
		return nil
	}
	p.pending = old.Verdict == sending
	switch {
	case old.Verdict == silent, old.Verdict == unknown:
		p.state = maybe
	case old.final():
		p.state = settled
	case old.Verdict == refused: // it was not executed, and may be later
		p.state = untried
	} // what was not sent this time may have been executed before: its state stays
	if old.Verdict != sending {
		p.at, p.length = at, uint32(length)
	}
	return nil
}

// executed reports whether the request may have been executed without an answer that is known.
func (p past) executed() bool { return p.state == maybe || p.pending && p.state != settled }

// of is what an earlier run knows of a packet. A packet that is another one than that run saw is an
// error.
func (r *results) of(p *parsed) (past, error) {
	if r == nil || p.row > len(r.rows) || r.rows[p.row-1].fingerprint == 0 {
		return past{}, nil
	}
	if known := r.rows[p.row-1]; known.fingerprint == p.fingerprint {
		return known, nil
	}
	return past{}, fmt.Errorf("packet %d, line %d: the results are of another request: was the file or the command changed?", p.row, p.line)
}

// outcome reads back what the file says of a packet.
func (r *results) outcome(p past) (record, error) {
	text := make([]byte, p.length)
	var old record
	if _, err := r.f.ReadAt(text, p.at); err != nil {
		return old, err
	}
	err := json.Unmarshal(text, &old)
	old.Cause = errcause.Cause(old.CauseNumber)
	return old, err
}

// add appends text, one object or several, in one piece.
func (r *results) add(text []byte) error {
	if r == nil || len(text) == 0 {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := r.f.Write(text)
	return err
}

// appendSending appends the object that says that a request is about to be sent.
func appendSending(b []byte, t *tag, now string) []byte {
	kind := "CoA-Request"
	if t.kind == radius.CodeDisconnectRequest {
		kind = "Disconnect-Request"
	}
	return fmt.Appendf(b, `{"time":"%s","row":%d,"line":%d,"packet":"%08x","request":"%s","verdict":"%s"}`+"\n", now, t.row, t.line, t.fingerprint, kind, sending)
}

func (r *results) close() error {
	if r == nil {
		return nil
	}
	return r.f.Close()
}
