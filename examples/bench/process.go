// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"
)

// A process is this program in another role.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

// start starts a process on a core; -1 is any.
func start(core int, stderr io.Writer, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(self, args...)}
	p.cmd.Stderr = stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = json.NewDecoder(out)
	return p, onCore(core, p.cmd.Start)
}

// ask has a process do a task, and reads into result what it says of it.
func (p *process) ask(task, result any) error {
	if err := json.NewEncoder(p.in).Encode(task); err != nil {
		return err
	}
	err := p.out.Decode(result)
	if err == io.EOF {
		err = errors.New("the process ended")
	}
	return err
}

// doTasks is the life of a process that is asked: a result on stdout for each task on stdin.
func doTasks[T, R any](stdin io.Reader, stdout io.Writer, do func(T) R) error {
	dec, enc := json.NewDecoder(stdin), json.NewEncoder(stdout)
	for {
		var t T
		if err := dec.Decode(&t); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := enc.Encode(do(t)); err != nil {
			return err
		}
	}
}

// stop ends a process, which ends with its stdin, and waits for it.
func (p *process) stop() error {
	return errors.Join(p.in.Close(), p.cmd.Wait())
}

// A server is a process that serves, as the one who compares sees it.
type server struct {
	*process
	name string
	addr string
}

// serverSetup is how a server is started.
type serverSetup struct {
	name     string
	sessions int
	cores    int
	inFlight int
	block    time.Duration
	profile  string
}

// start starts a server and waits until it has made its sessions.
func (s serverSetup) start(stderr io.Writer) (*server, error) {
	core := -1
	if s.cores == 1 {
		core = serverCore()
	}
	args := []string{
		"-role", "server", "-servers", s.name, "-sessions", strconv.Itoa(s.sessions), "-cores", strconv.Itoa(s.cores),
		"-block", s.block.String(), "-in-flight", strconv.Itoa(s.inFlight), "-ports", strconv.Itoa(max(1, (s.inFlight+identifiers-1)/identifiers)),
	}
	if s.profile != "" {
		args = append(args, "-profile", s.profile)
	}
	p, err := start(core, stderr, args...)
	if err != nil {
		return nil, err
	}
	srv := &server{process: p, name: s.name}
	report, err := srv.report()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s did not start: %w", s.name, err), srv.stop())
	}
	srv.addr = report.Addr
	return srv, nil
}

// report is what the server has used so far.
func (s *server) report() (r serverReport, err error) {
	if s.addr != "" {
		if _, err := io.WriteString(s.in, "\n"); err != nil {
			return r, err
		}
	}
	return r, s.out.Decode(&r)
}

// A generator is the process that sends.
type generator struct{ *process }

func startGenerator(stderr io.Writer) (*generator, error) {
	p, err := start(generatorCore(), stderr, "-role", "generator")
	return &generator{p}, err
}

func (g *generator) do(t task) (r result, err error) {
	if err := g.ask(t, &r); err != nil {
		return r, err
	}
	if r.Err != "" {
		return r, errors.New(r.Err)
	}
	return r, nil
}

// serverCore and generatorCore are two cores, where there are two; else -1.
func serverCore() int {
	if pins && runtime.NumCPU() > 1 {
		return 1
	}
	return -1
}

func generatorCore() int {
	if serverCore() < 0 {
		return -1
	}
	return 0
}
