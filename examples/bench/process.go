// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// A process is this program in another role.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *json.Decoder
	addrs []netip.AddrPort // of the NASes that it is
}

// start starts this program on a core; -1 is any.
func start(core int, stderr io.Writer, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return startProgram(self, core, stderr, args...)
}

// startProgram starts another build of this program.
func startProgram(file string, core int, stderr io.Writer, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(file, args...)}
	p.cmd.Stderr = stderr
	var err error
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

// buildExample builds a program of examples into a folder.
func buildExample(folder, name string) (string, error) {
	file := filepath.Join(folder, name)
	build := exec.Command("go", "build", "-o", file, "github.com/radius-dynauth/dynauth/examples/"+name)
	build.Env = environ("")
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build examples/%s, so run bench inside the module, or give a file with -nas or -dacctl: %w: %s", name, err, text)
	}
	return file, nil
}

// environ is the environment of this process with a setting of the runtime beside those there are.
// With an empty one there are none: they are not meant for the compiler.
func environ(setting string) []string {
	var all []string
	settings := setting
	for _, one := range os.Environ() {
		if value, ok := strings.CutPrefix(one, "GODEBUG="); !ok {
			all = append(all, one)
		} else if setting != "" && value != "" {
			settings = value + "," + setting
		}
	}
	return append(all, "GODEBUG="+settings)
}

// A server is a process that serves, as its parent process sees it.
type server struct {
	kind string
	addr string
	subject
}

// A subject is a process that is measured.
type subject interface {
	report() (serverReport, error)
	sentAgain(n int) // so many requests were, and may be duplicates
	stop() error     // an error too where the subject has counted what a run must not have
}

// serverSetup is how a server is started.
type serverSetup struct {
	program  string // another build of this one; "": this one
	kind     string
	sessions int
	cores    int
	inFlight int
	block    time.Duration
	window   time.Duration
	memory   int
	profile  string
	nas      string // examples/nas, built
	next     string // where a proxy sends
	tls      bool
}

func (s serverSetup) core() int {
	if s.cores == 1 {
		return serverCore()
	}
	return -1
}

// start starts a server and waits until it has made its sessions.
func (s serverSetup) start(stderr io.Writer) (*server, error) {
	if serverKinds[s.kind].serve == nil && !s.tls {
		return s.startNAS(stderr)
	}
	args := []string{
		"-role", "server", "-servers", s.kind, "-sessions", strconv.Itoa(s.sessions), "-cores", strconv.Itoa(s.cores),
		"-block", s.block.String(), "-in-flight", strconv.Itoa(s.inFlight), "-ports", strconv.Itoa(portsFor(s.inFlight)),
		"-memory", strconv.Itoa(s.memory), "-next", s.next,
	}
	if s.tls {
		args = append(args, "-tls")
	}
	if s.window == longWindow {
		args = append(args, "-default-window")
	}
	if s.profile != "" {
		args = append(args, "-profile", s.profile)
	}
	var p *process
	var err error
	if s.program == "" {
		p, err = start(s.core(), stderr, args...)
	} else {
		p, err = startProgram(s.program, s.core(), stderr, args...)
	}
	if err != nil {
		return nil, err
	}
	own := &ownServer{process: p}
	report, err := own.report()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s did not start: %w", s.kind, err), own.process.stop())
	}
	return &server{kind: s.kind, addr: report.Addr, subject: own}, nil
}

// portsFor is how many ports have room for so many requests in flight.
func portsFor(inFlight int) int { return max(1, (inFlight+identifiers-1)/identifiers) }

// An ownServer is this program in the role of a server.
type ownServer struct {
	*process
	asked  bool
	resent int
}

func (s *ownServer) report() (r serverReport, err error) {
	if s.asked {
		if _, err := io.WriteString(s.in, "\n"); err != nil {
			return r, err
		}
	}
	s.asked = true
	return r, s.out.Decode(&r)
}

func (s *ownServer) sentAgain(n int) { s.resent += n }

func (s *ownServer) stop() error {
	r, err := s.report()
	if err == nil {
		err = r.err(s.resent)
	}
	return errors.Join(err, s.process.stop())
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
