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

	"github.com/radius-dynauth/dynauth/errcause"
)

// Results is the file of -results: an object a line, as outcomes come. It also knows what an earlier run wrote there, in four octets
// for each packet of the file that was answered for good. Safe for concurrent use.
type results struct {
	done []uint32 // fingerprint by row - 1; 0: to be sent
	f    *os.File
	w    *output
}

// openResults reads what an earlier run left in the file, calls earlier with each outcome that was final, and opens the file for more.
func openResults(name string, earlier func(*record)) (*results, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	r := &results{f: f, w: newOutput(f)}
	if err := r.read(earlier); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), f.Close())
	}
	return r, nil
}

func (r *results) read(earlier func(*record)) error {
	in := bufio.NewReader(r.f)
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		switch {
		case err == io.EOF && len(line) == 0:
			return nil
		case err == io.EOF: // a run was killed while it wrote: what the line told is sent again
			return r.add([]byte("\n"))
		case err != nil:
			return err
		}
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
		if err := r.remember(&old, earlier); err != nil {
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

func (r *results) remember(old *record, earlier func(*record)) error {
	fingerprint, err := strconv.ParseUint(old.Packet, 16, 32)
	if err != nil || fingerprint == 0 || old.Row < 1 || old.Row > 1<<30 {
		return errors.New("is not of a file of packets")
	}
	if !old.final() {
		return nil
	}
	for len(r.done) < old.Row {
		r.done = append(r.done, 0)
	}
	if r.done[old.Row-1] == 0 {
		old.Cause = errcause.Cause(old.CauseNumber)
		earlier(old)
	}
	r.done[old.Row-1] = uint32(fingerprint)
	return nil
}

// answered says that an earlier run has the final answer to the packet. A packet that is another one than that run saw is an error.
func (r *results) answered(seed uint32, p *packet) (bool, error) {
	if r == nil || p.row > len(r.done) || r.done[p.row-1] == 0 {
		return false, nil
	}
	if r.done[p.row-1] != p.fingerprint(seed) {
		return false, fmt.Errorf("packet %d, line %d: the results are of another request: was the file or the command changed?", p.row, p.line)
	}
	return true, nil
}

// add appends an outcome.
func (r *results) add(text []byte) error {
	if r == nil {
		return nil
	}
	_, err := r.w.Write(text)
	return err
}

// flush hands what was added to the system.
func (r *results) flush() error {
	if r == nil {
		return nil
	}
	return r.w.flush()
}

func (r *results) close() error {
	if r == nil {
		return nil
	}
	return errors.Join(r.flush(), r.f.Close())
}
