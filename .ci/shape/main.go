// SPDX-License-Identifier: Apache-2.0

// Shape says where the repository is not laid out as it should be: which package imports what,
// which files know one another in a circle, what has no doc, no licence or no example. It prints
// one line for each fault and exits with 1 where there is any.
//
//	go run -C .ci ./shape [-report] [-root ..]
//
// With -report the sizes and circles of the rooms are printed and no fault.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

const module = "github.com/radius-dynauth/dynauth"

func main() {
	report := flag.Bool("report", false, "print sizes and circles of the rooms instead of judging them")
	root := flag.String("root", "..", "of the repository")
	flag.Parse()
	r, err := load(*root)
	if err != nil {
		fmt.Fprintln(os.Stderr, "shape:", err)
		os.Exit(2)
	}
	faults := slices.Concat(r.topLevel(), r.texts(), r.docs(), r.examples(), r.imports(), r.readme())
	rooms, err := r.rooms()
	if err != nil {
		fmt.Fprintln(os.Stderr, "shape:", err)
		os.Exit(2)
	}
	if !*report {
		faults = append(faults, rooms.faults...)
	}
	fmt.Print(rooms.table)
	for _, f := range rooms.faults {
		if *report {
			fmt.Println("reported:", f)
		}
	}
	for _, f := range faults {
		fmt.Println("fault:", f)
	}
	if len(faults) > 0 {
		os.Exit(1)
	}
}

// A repository is the packages of the module, as go list shows them on this platform.
type repository struct {
	root     string
	packages []listed
}

// A listed is a package as the go command sees it.
type listed struct {
	ImportPath, Name, Dir, Doc, Export string
	GoFiles, IgnoredGoFiles            []string
	Imports, TestImports, XTestImports []string
	TestGoFiles, XTestGoFiles          []string
}

// path is where a package stands in the repository: "dac/dactest".
func (p *listed) path() string { return pathOf(p.ImportPath) }

func pathOf(importPath string) string {
	below, ours := strings.CutPrefix(importPath, module+"/")
	if !ours {
		return ""
	}
	return below
}

// top is the folder of the repository that an import path stands in; "" for other modules.
func top(importPath string) string {
	first, _, _ := strings.Cut(pathOf(importPath), "/")
	return first
}

func load(root string) (*repository, error) {
	all, err := goList(root, "./...")
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("no packages")
	}
	return &repository{root, all}, nil
}

func goList(root string, args ...string) (all []listed, err error) {
	fields := "ImportPath,Name,Dir,Doc,Export,GoFiles,IgnoredGoFiles,Imports,TestImports,XTestImports,TestGoFiles,XTestGoFiles"
	cmd := exec.Command("go", append([]string{"list", "-json=" + fields}, args...)...)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, &stderr)
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		switch err := dec.Decode(&p); {
		case err == io.EOF:
			return all, nil
		case err != nil:
			return nil, err
		}
		all = append(all, p)
	}
}
