package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// listFile is the list of a data folder's checksums.
const listFile = "SHA256SUMS"

// sums are the attacks on a data folder and its list of checksums.
var sums = []kind{
	{"change a file of the data", 3, 100, spoilData},
	{"kill while checksums are written", 1, 40, killSums},
}

// spoilData changes one file, be it the list, by one bit or more. The check has to
// name it.
func spoilData(t *trial) error {
	data, files, err := t.copyData()
	if err != nil {
		return err
	}
	name := files[t.dice.IntN(len(files))]
	path := filepath.Join(data, name)
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	at := t.dice.IntN(len(content))
	how := ""
	switch n := t.dice.IntN(4); {
	case n == 0:
		how = fmt.Sprintf("cut at %d", at)
		err = os.WriteFile(path, content[:at], 0o644)
	case n == 1:
		how = "longer"
		err = os.WriteFile(path, append(content, 0), 0o644)
	case n == 2 && name != listFile: // without it there is nothing to check by
		how = "removed"
		err = os.Remove(path)
	default:
		how = fmt.Sprintf("a bit of byte %d flipped", at)
		content[at] ^= 1 // of a digit of the list, one that changes it
		err = os.WriteFile(path, content, 0o644)
	}
	if err != nil {
		return err
	}
	e := t.run(t, "data", "verify", "--data", data)
	if e.code != 3 || name != listFile && !strings.Contains(e.errors, path) {
		return fmt.Errorf("%s, %s: %w", name, how, e)
	}
	return nil
}

// killSums kills the program while it writes a list. There is none then, or a whole
// one, and the next is written as if nothing had been.
func killSums(t *trial) error {
	undisturbed, err := t.outputs.get("sums", func() (output, error) {
		data, err := t.place("sums")
		err = errors.Join(err, os.CopyFS(data, os.DirFS(t.data)), os.Remove(filepath.Join(data, listFile)))
		if err != nil {
			return output{}, err
		}
		begin := time.Now()
		err = t.run(t, "data", "verify", "--data", data, "--write-sums").want(0, "")
		return output{data, time.Since(begin)}, err
	})
	if err != nil {
		return err
	}
	data, err := t.copyOf(t.data, "data")
	if err != nil {
		return err
	}
	list := filepath.Join(data, listFile)
	want, err := os.ReadFile(list)
	if err := errors.Join(err, os.Remove(list)); err != nil {
		return err
	}
	if err := t.killedOnce(undisturbed.took*5/4, "data", "verify", "--data", data, "--write-sums"); err != nil {
		return err
	}
	got, err := os.ReadFile(list)
	if err == nil {
		t.hit("after the list was there")
	}
	if errors.Is(err, fs.ErrNotExist) {
		t.hit("before the list was there")
		if e := t.run(t, "data", "verify", "--data", data, "--write-sums"); e.code != 0 {
			return e
		}
		got, err = os.ReadFile(list)
	}
	if err != nil || !bytes.Equal(got, want) {
		return fmt.Errorf("the list is another: %v\n%s", err, got)
	}
	return leftovers(data)
}

// copyData copies the data folder, and lists its files.
func (t *trial) copyData() (dir string, names []string, err error) {
	if dir, err = t.copyOf(t.data, "data"); err == nil {
		names, err = files(dir)
	}
	// Every other attack is on a file that is not one of the many images.
	if t.dice.IntN(2) == 0 {
		names = slices.DeleteFunc(names, func(name string) bool { return filepath.Ext(name) == ".jpg" })
	}
	return dir, names, err
}
