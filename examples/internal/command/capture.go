// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bufio"
	"errors"
	"os"

	"github.com/radius-dynauth/dynauth/dac"
)

// A Capture is a file of packets that Wireshark opens. The zero Capture has no file.
type Capture struct {
	f *os.File
	w *bufio.Writer
}

// Open makes the file and returns the Trace that writes to it; nil where name is "", and then there
// is none.
func (c *Capture) Open(name string) (func(dac.Event), error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	c.f, c.w = f, bufio.NewWriterSize(f, 64<<10)
	return dac.PcapTo(c.w), nil
}

// Close writes out what is buffered. Nothing may be traced any more.
func (c *Capture) Close() error {
	if c.f == nil {
		return nil
	}
	return errors.Join(c.w.Flush(), c.f.Close())
}
