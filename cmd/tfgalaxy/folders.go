package main

import (
	"fmt"
	"os"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// checkNew refuses a folder for results that is there already, before any work
// is done for it. An empty one passes where emptyWillDo. The flag named it.
func checkNew(flag, dir string, emptyWillDo bool) error {
	if _, err := os.Lstat(dir); err != nil {
		return nil // not there, or a fault that making it will tell of
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) == 0 && emptyWillDo {
		return nil
	}
	return &run.UsageError{
		Err:  fmt.Errorf("--%s %q is there already, and nothing is overwritten", flag, dir),
		Hint: "name a new folder, or remove that one",
	}
}

// isFolder reports whether a folder has that name.
func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}
