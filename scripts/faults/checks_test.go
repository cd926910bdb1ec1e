package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/parquet-go/parquet-go"
)

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Folders are the same to the byte or not.
func TestSameTree(t *testing.T) {
	for _, test := range []struct {
		name, file, content string
		want                string
	}{
		{"nothing", "a", "12", ""},
		{"a byte", "a", "13", "differs"},
		{"a byte below", "b/c", "35", "differs"},
		{"a shorter file", "a", "1", "differs"},
		{"a file more", "d", "", "no such file"},
	} {
		got, want := t.TempDir(), t.TempDir()
		for _, dir := range []string{got, want} {
			write(t, dir, "a", "12")
			write(t, dir, "b/c", "34")
		}
		write(t, got, test.file, test.content)
		for _, err := range []error{sameTree(got, want), sameTree(want, got)} {
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v, want %q", test.name, err, test.want)
			}
		}
	}
}

// What should be there for a moment only is named, and nothing else.
func TestLeftovers(t *testing.T) {
	for name, left := range map[string]bool{
		"votes.csv": false, "a/last": false, "newer": false, "locks": false,
		"a/last.new": true, "last.old": true, "crops.bin.tmp": true, "votes.csv.partial": true, "run/lock": true, "a/.votes.csv12": true,
	} {
		dir := t.TempDir()
		write(t, dir, name, "")
		if err := leftovers(dir); (err != nil) != left {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An error of the disk is told well by the code, the reason and the file together,
// where the error itself has them.
func TestTellsOf(t *testing.T) {
	const progress, told = "train: into /d/run\n", "tfgalaxy: failed to write /d/run/a: no space left on device\n"
	for _, test := range []struct {
		name, said string
		code       int
		want       string
	}{
		{"well", progress + told + "hint: make room\n", 1, ""},
		{"alone", told, 1, ""},
		{"after another", "tfgalaxy: disk on fire\n" + told, 1, ""},
		{"with another code", told, 3, "exit code 3"},
		{"nothing", progress, 1, "no error is told"},
		{"without the file", progress + "tfgalaxy: no space left on device\n", 1, "name of the file"},
		{"the file in the hint", "tfgalaxy: no space left on device\nhint: see /d/run\n", 1, "name of the file"},
		{"without the reason", "no space left on device\ntfgalaxy: failed to write /d/run/a\n", 1, "want \"no space"},
	} {
		err := tellsOf(&ended{code: test.code, errors: test.said}, syscall.ENOSPC, "/d")
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

// parquetOf are the bytes of a table of one column.
func parquetOf(t *testing.T, values ...float64) string {
	t.Helper()
	type row struct{ X float64 }
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b)
	for _, v := range values {
		if _, err := w.Write([]row{{v}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Files of predictions are the same but for rounding, all others to the byte.
func TestClose(t *testing.T) {
	exact, rounded := task{}, task{unfinished: []string{"*.partial"}}
	header := strings.Repeat(" ", 128)
	sum := strings.Repeat("0a", 32)
	table := parquetOf(t, 1, 2)
	for _, test := range []struct {
		k               task
		name, got, want string
		close           bool
	}{
		{exact, "a.csv", "1.0", "1.0", true},
		{exact, "a.csv", "1.0", "1.00", false},
		{rounded, "a.csv", "id,v\n1,0.50001\n", "id,v\n1,0.50002\n", true},
		{rounded, "a.csv", "id,v\n1,0.51\n", "id,v\n1,0.52\n", false},
		{rounded, "a.csv", "id,v\n", "id,v\n1,0.52\n", false},
		{rounded, "a.csv", "id,w\n1,1\n", "id,v\n1,1\n", false},
		{rounded, "a.npy", header + "\x00\x00\x80\x3f", header + "\x01\x00\x80\x3f", true},
		{rounded, "a.npy", header + "\x00\x00\x80\x3f", header + "\x00\x00\x81\x3f", false},
		{rounded, "a.npy", header, header + "\x00\x00\x80\x3f", false},
		{rounded, "a.parquet", parquetOf(t, 1, 2.00001), table, true},
		{rounded, "a.parquet", parquetOf(t, 1, 2.1), table, false},
		{rounded, "a.parquet", parquetOf(t, 1), table, false},
		{rounded, "a.parquet", table[:len(table)/2], table, false},
		{rounded, "a.sha256", "1b" + sum[2:] + "  a\n# 1 files\n", sum + "  a\n# 1 files\n", true},
		{rounded, "a.sha256", sum + "  b\n# 1 files\n", sum + "  a\n# 1 files\n", false},
		{rounded, "a.sha256", "", sum + "  a\n# 1 files\n", false},
		{rounded, "a.json", "1", "1.00001", false},
	} {
		if got := test.k.close(test.name, []byte(test.got), []byte(test.want)); got != test.close {
			t.Errorf("%s of %q and %q: %t", test.name, test.got, test.want, got)
		}
	}
}
