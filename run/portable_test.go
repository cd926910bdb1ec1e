package run

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// atHome makes a home folder and a working folder outside of it, and returns the
// folder of both.
func atHome(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"home/stella/galaxies", "scratch/work/~"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", filepath.Join(dir, "home", "stella"))
	t.Chdir(filepath.Join(dir, "scratch", "work"))
	return dir
}

func TestPortablePath(t *testing.T) {
	dir := atHome(t)
	for path, want := range map[string]string{
		"":                                 "",
		"data":                             "data",
		"../data":                          "../data",
		"~/data":                           "~/data",
		"synthetic:40":                     "synthetic:40",
		dir + "/home/stella/galaxies":      "~/galaxies",
		dir + "/home/stella/.cache/x":      "~/.cache/x",
		dir + "/home/stella/":              "~/.",
		dir + "/home/stellar":              "../../home/stellar",
		dir + "/home/stella/../other/data": "../../home/other/data",
		dir + "/scratch/work":              ".",
		dir + "/scratch/work/data":         "data",
		dir + "/scratch/work/~/data":       "./~/data",
		dir + "/scratch/crops":             "../crops",
	} {
		if got := PortablePath(path); got != want {
			t.Errorf("PortablePath(%q) = %q, want %q", path, got, want)
		}
		// Read back, it is the same place.
		back, err := filepath.Abs(ExpandHome(want))
		if err != nil {
			t.Fatal(err)
		}
		if filepath.IsAbs(path) && back != filepath.Clean(path) {
			t.Errorf("%q leads to %q, want %q", want, back, path)
		}
	}
}

// Where a home or a working folder is reached by a link, the path still leads to the
// same file.
func TestPortablePathFollowsLinks(t *testing.T) {
	dir := atHome(t)
	if err := os.WriteFile(filepath.Join(dir, "home", "stella", "galaxies", "a"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "outside"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"users": "home", "home/stella/deep": "../../scratch/work"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", filepath.Join(dir, "users", "stella"))
	if got, want := PortablePath(filepath.Join(dir, "home", "stella", "galaxies", "a")), "~/galaxies/a"; got != want {
		t.Errorf("below a home that is a link: %q, want %q", got, want)
	}
	t.Chdir(filepath.Join(dir, "home", "stella", "deep")) // truly scratch/work
	got := PortablePath(filepath.Join(dir, "outside"))
	if _, err := os.Stat(got); err != nil || filepath.IsAbs(got) {
		t.Errorf("from a folder that is a link: %q: %v", got, err)
	}
}

func TestPortablePathWithoutHome(t *testing.T) {
	dir := atHome(t)
	for _, home := range []string{"", "relative"} {
		t.Setenv("HOME", home)
		if got, want := PortablePath(filepath.Join(dir, "home", "stella")), "../../home/stella"; got != want {
			t.Errorf("HOME=%q: %q, want %q", home, got, want)
		}
	}
	t.Setenv("HOME", "")
	if got := ExpandHome("~/data"); got != "~/data" {
		t.Errorf("ExpandHome without a home: %q", got)
	}
}

func TestExpandHome(t *testing.T) {
	t.Setenv("HOME", "/home/stella")
	for path, want := range map[string]string{
		"~/data": "/home/stella/data", "~/": "/home/stella", "~": "~", "~other/data": "~other/data", "./~/data": "./~/data", "a/~/b": "a/~/b", "": "",
	} {
		if got := ExpandHome(path); got != want {
			t.Errorf("ExpandHome(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestPortableCommand(t *testing.T) {
	dir := atHome(t)
	args := []string{dir + "/bin/tfgalaxy", "train", "--data", dir + "/home/stella/galaxies", "--cache=" + dir + "/scratch/crops", "--data=a=/b", "--freeze", "conv*", "--rotate=false"}
	before := slices.Clone(args)
	want := []string{"tfgalaxy", "train", "--data", "~/galaxies", "--cache=../crops", "--data=a=/b", "--freeze", "conv*", "--rotate=false"}
	if got := PortableCommand(args); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if !slices.Equal(args, before) {
		t.Error("the command itself was changed")
	}
}

// Every setting that is a path is read with ~/ from wherever it is named, written
// without the folders above, and means the same when it is read again. What names no
// path is left alone.
func TestPathSettings(t *testing.T) {
	dir := atHome(t)
	for _, key := range []string{"data", "init-from", "cache", "runs", "run-dir"} {
		s, _ := Lookup(key)
		file := filepath.Join(dir, "home", "stella", "mine.yaml")
		if err := os.WriteFile(file, []byte(key+": ~/x\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, r := range []Resolver{
			{File: file}, {Environ: []string{s.Env() + "=~/x"}}, {Flags: []Assignment{{key, "~/x"}}},
		} {
			v, err := r.Resolve()
			if err != nil {
				t.Fatal(err)
			}
			var c Config
			if err := s.Parse(&c, filepath.Join(dir, "home", "stella", "x")); err != nil {
				t.Fatal(err)
			}
			now := v.Config
			if got := s.Format(&now); got != "~/x" || s.value.print(&c) != got {
				t.Errorf("%s = ~/x is printed as %q", key, got)
			}
			if err := s.Parse(&now, "~/x"); err != nil || now != v.Config {
				t.Errorf("%s is not read again as it was: %v", key, err)
			}
			var out bytes.Buffer
			if err := v.WriteYAML(&out); err != nil {
				t.Fatal(err)
			}
			if text := out.String(); strings.Contains(text, dir) || strings.Contains(text, "stella") || key != "run-dir" && !strings.Contains(text, key+": ~/x ") {
				t.Errorf("%s:\n%s", key, text)
			}
		}
	}
	freeze, _ := Lookup("freeze")
	var c Config
	if err := freeze.Parse(&c, "/conv"); err != nil || freeze.Format(&c) != "/conv" {
		t.Errorf("freeze = /conv: %v, %q", err, c.Freeze)
	}
}
