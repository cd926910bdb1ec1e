package main

import (
	"io/fs"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// modes UMASK PATHS... checks that all files and folders at and below the paths have
// the modes that the umask leaves of 666 and 777.
func modes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: modes UMASK PATHS...")
	}
	mask, err := strconv.ParseUint(args[0], 8, 9)
	ts.Check(err)
	wrong := 0
	for _, path := range args[1:] {
		ts.Check(filepath.WalkDir(ts.MkAbs(path), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			want := fs.FileMode(0o666)
			if entry.IsDir() {
				want = 0o777
			}
			want &^= fs.FileMode(mask)
			if got := info.Mode().Perm(); got != want {
				wrong++
				ts.Logf("%s has mode %o, want %o", path, got, want)
			}
			return nil
		}))
	}
	if wrong > 0 {
		ts.Fatalf("%d modes are not what umask %s leaves", wrong, args[0])
	}
}
