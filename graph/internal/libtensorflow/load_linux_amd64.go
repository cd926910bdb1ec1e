package libtensorflow

/*
#cgo LDFLAGS: -ldl
#include "load_linux_amd64.h"
*/
import "C"

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func load() error {
	if fault := C.load_tensorflow(); fault != nil {
		return fmt.Errorf("%s; looked for in %s", C.GoString(fault), strings.Join(append(folders(), "the system's folders"), ", "))
	}
	return nil
}

// folders are those in which the dynamic linker looks for the program's libraries
// before it does in the system's.
func folders() []string {
	all := filepath.SplitList(os.Getenv("LD_LIBRARY_PATH"))
	self, err := os.Executable()
	if err != nil {
		return all
	}
	program, err := elf.Open(self)
	if err != nil {
		return all
	}
	defer program.Close()
	for _, tag := range []elf.DynTag{elf.DT_RPATH, elf.DT_RUNPATH} {
		paths, _ := program.DynString(tag)
		for _, path := range paths {
			path = strings.ReplaceAll(path, "$ORIGIN", filepath.Dir(self))
			for _, dir := range filepath.SplitList(path) {
				all = append(all, filepath.Clean(dir))
			}
		}
	}
	return all
}
