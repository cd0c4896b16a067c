// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	module = "github.com/radius-dynauth/dynauth"
	root   = ".." // of the repository, from this folder
)

// A listed is a package as the go command sees it.
type listed struct {
	ImportPath, Name, Dir, Doc, Export string
	Standard                           bool
	GoFiles, IgnoredGoFiles            []string
	Imports, TestImports, XTestImports []string
	TestGoFiles, XTestGoFiles          []string
}

func goList(args ...string) ([]listed, error) {
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Name,Dir,Doc,Export,Standard,GoFiles,IgnoredGoFiles,Imports,TestImports,XTestImports,TestGoFiles,XTestGoFiles"}, args...)...)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.Join(err, errors.New(stderr.String()))
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

var ours = sync.OnceValues(func() ([]listed, error) { return goList("./...") })

// packages are those of this module, as go list shows them on this platform.
func packages(t *testing.T) []listed {
	t.Helper()
	all, err := ours()
	require.NoError(t, err)
	require.NotEmpty(t, all)
	return all
}

// files calls f with every file of the repository whose name ends so, hidden folders apart.
func files(t *testing.T, suffix string, f func(path string, text []byte)) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, suffix):
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			seen++
			f(strings.TrimPrefix(filepath.ToSlash(path), root+"/"), text)
		}
		return err
	})
	require.NoError(t, err)
	require.NotZero(t, seen, "no file ends in %s", suffix)
}
