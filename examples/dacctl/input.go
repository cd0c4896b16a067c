// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"time"
)

// pause is how long standard input may say nothing before what it has said so far is sent.
const pause = time.Second

// A piece is what one Read returned.
type piece struct {
	text []byte
	err  error
}

// readAhead reads r to its end, so that all of it can be looked at before anything is sent. Where
// it pauses it is a stream, which has what was read before it and goes on; not where whole says
// that the end has to be seen.
func readAhead(ctx context.Context, r io.Reader, whole bool) (text []byte, stream io.Reader, err error) {
	pieces := make(chan piece)
	done := ctx.Done()
	go func() {
		for {
			buf := make([]byte, 64<<10)
			n, err := r.Read(buf)
			select {
			case pieces <- piece{buf[:n], err}:
			case <-done:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	idle := time.NewTimer(pause)
	defer idle.Stop()
	for {
		select {
		case p := <-pieces:
			text = append(text, p.text...)
			if p.err == io.EOF {
				return text, nil, nil
			}
			if p.err != nil {
				return nil, nil, p.err
			}
			idle.Reset(pause)
		case <-idle.C:
			if !whole {
				return nil, io.MultiReader(bytes.NewReader(text), &pieceReader{ctx: ctx, pieces: pieces}), nil
			}
		case <-done:
			return nil, nil, ctx.Err()
		}
	}
}

// A pieceReader reads on where readAhead stopped.
type pieceReader struct {
	ctx    context.Context
	pieces <-chan piece
	rest   piece
}

// Read waits for the next piece, or for the end of ctx.
func (p *pieceReader) Read(b []byte) (int, error) {
	for len(p.rest.text) == 0 && p.rest.err == nil {
		select {
		case p.rest = <-p.pieces:
		case <-p.ctx.Done():
			return 0, io.EOF
		}
	}
	n := copy(b, p.rest.text)
	p.rest.text = p.rest.text[n:]
	if n > 0 {
		return n, nil
	}
	return 0, p.rest.err
}
