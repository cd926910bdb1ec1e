package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"
)

// private FOLDERS... checks that no file in the folders has, in its name or anywhere
// in its content, a name that is of this machine alone.
func private(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: private FOLDERS...")
	}
	source, err := os.Getwd()
	ts.Check(err)
	secrets := map[string]string{
		"home": ts.Getenv("HOME"), "working folder": ts.Getenv("WORK"), "folder of temporary files": os.TempDir(), "source": source,
		"user": ts.Getenv("USER"),
	}
	host, err := os.Hostname()
	ts.Check(err)
	hostWord := regexp.MustCompile(`\b` + regexp.QuoteMeta(host) + `\b`)
	files := 0
	for _, dir := range args {
		dir = ts.MkAbs(dir)
		ts.Check(filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files++
			name, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			content = append([]byte(name+"\n"), content...)
			for what, secret := range secrets {
				if bytes.Contains(content, []byte(secret)) {
					ts.Fatalf("%s tells of the %s: %q", path, what, secret)
				}
			}
			// A host's name may be short enough for weights to spell it, and the model
			// card has a server of its own.
			if host != "localhost" && utf8.Valid(content) && hostWord.Match(content) {
				ts.Fatalf("%s tells of the host: %q", path, host)
			}
			return nil
		}))
	}
	if files == 0 {
		ts.Fatalf("there are no files in %q", args)
	}
}
