// Package elftest makes programs for tests that do not find their libraries.
package elftest

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// nowhere is the folder in which a program of HideLibraries looks.
const nowhere = "/nowhere"

// HideLibraries writes a copy of the running program, which has to be an ELF file
// with an rpath. The copy's leads to /nowhere.
func HideLibraries(path string) error {
	fail := func(err error) error { return fmt.Errorf("failed to hide libraries: %w", err) }
	self, err := os.Executable()
	if err != nil {
		return fail(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		return fail(err)
	}
	if err := leadNowhere(program); err != nil {
		return fail(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fail(err)
	}
	return os.WriteFile(path, program, 0o777)
}

func leadNowhere(program []byte) error {
	file, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return err
	}
	found := false
	for _, tag := range []elf.DynTag{elf.DT_RPATH, elf.DT_RUNPATH} {
		rpaths, err := file.DynString(tag)
		if err != nil {
			return err
		}
		for _, rpath := range rpaths {
			strings := program[file.Section(".dynstr").Offset:]
			at := bytes.Index(strings, append([]byte(rpath), 0))
			if at < 0 || len(rpath) < len(nowhere) {
				return fmt.Errorf("there is no room for another rpath in %q", rpath)
			}
			copy(strings[at:], nowhere+"\x00")
			found = true
		}
	}
	if !found {
		return errors.New("the program has no rpath")
	}
	return nil
}
