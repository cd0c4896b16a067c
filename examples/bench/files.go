// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// fileLengths are how many packets the files of -files have.
var fileLengths = []int{100_000, 300_000}

// compareFiles has dacctl and a client by hand send as many requests in turns.
func (s *suite) compareFiles(folder string) (err error) {
	if s.dacctl == "" {
		if s.dacctl, err = buildExample(folder, "dacctl"); err != nil {
			return err
		}
	}
	nas, err := startNASes(1, s.stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, nas.stop()) }()
	fmt.Fprintln(s.stdout, "\ndacctl -f, from its start to its end, beside a client by hand that reads no file")
	w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "packets\tby hand/s\tdacctl/s\tof it\tleast\tmost\tby hand CPU µs\tdacctl CPU µs\tof it\t\n")
	for _, n := range fileLengths {
		if s.quick {
			n /= 100
		}
		if err := s.compareFile(w, folder, nas, n); err != nil {
			return err
		}
	}
	return w.Flush()
}

// compareFile writes a row for files of n packets. The ratio is the median of those of the rounds,
// so that what else the machine does meets both.
func (s *suite) compareFile(w *tabwriter.Writer, folder string, nas *process, n int) error {
	file, err := requestFile(folder, n)
	if err != nil {
		return err
	}
	hand := clientTurn{byHand(), clientTask{NASes: nas.addrs, Requests: int64(n)}}
	var by, ours []measure
	var ratios []float64
	for range s.rounds {
		a, err := hand.takeOn(-1, "", s.stderr)
		if err != nil {
			return err
		}
		b, err := s.sendFile(file, nas.addrs[0].String(), n)
		if err != nil {
			return err
		}
		by, ours, ratios = append(by, a), append(ours, b), append(ratios, b.perSecond/a.perSecond)
	}
	a, b := medians(by), medians(ours)
	fmt.Fprintf(w, "%d\t%.0f\t%.0f\t%.2f x\t%.2f x\t%.2f x\t%.2f\t%.2f\t%.2f x\t\n", n, a.perSecond, b.perSecond,
		median(ratios), slices.Min(ratios), slices.Max(ratios), a.cpu, b.cpu, b.cpu/a.cpu)
	return nil
}

// byHand is the fastest client by hand of this platform.
func byHand() string {
	if _, ok := clientKinds["batched"]; ok {
		return "batched"
	}
	return "plain"
}

// sendFile is dacctl from its start to its end.
func (s *suite) sendFile(file, nas string, n int) (m measure, err error) {
	cmd := exec.Command(s.dacctl, "disconnect", "-nas", nas, "-secret", secret, "-f", file)
	began := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(began).Seconds()
	if want := fmt.Sprintf("%d ACK, 0 NAK, 0 no answer", n); err != nil || strings.TrimSpace(string(out)) != want {
		return m, errors.Join(fmt.Errorf("dacctl said %q and not %q", out, want), err)
	}
	used := used{CPU: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()}
	return measureOf(used, n, took), nil
}

// requestFile writes a file of n packets.
func requestFile(folder string, n int) (name string, err error) {
	f, err := os.Create(filepath.Join(folder, fmt.Sprintf("packets-%d", n)))
	if err != nil {
		return "", err
	}
	w := bufio.NewWriter(f)
	for i := range n {
		fmt.Fprintf(w, "Acct-Session-Id = \""+sessionIDFormat+"\"\nUser-Name = \""+userNameFormat+"\"\n\n", i, i)
	}
	return f.Name(), errors.Join(w.Flush(), f.Close())
}
