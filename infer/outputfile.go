package infer

import (
	"bufio"
	"fmt"
	"path/filepath"

	"github.com/google/renameio/v2"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// An outputFile appears under its name once it is whole.
type outputFile struct {
	*renameio.PendingFile
	w    *bufio.Writer
	path string
}

func createFile(path string) (*outputFile, error) {
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o644))
	if err != nil {
		return nil, fmt.Errorf("failed to write %s: %w", path, galaxyzoo.Reason(err))
	}
	return &outputFile{PendingFile: f, w: bufio.NewWriterSize(f, 1<<16), path: path}, nil
}

func (f *outputFile) Write(p []byte) (int, error) { return f.w.Write(p) }

func (f *outputFile) place() error {
	if err := f.w.Flush(); err != nil {
		return f.fail(err)
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return f.fail(err)
	}
	return nil
}

func (f *outputFile) fail(err error) error {
	return fmt.Errorf("failed to write %s: %w", f.path, galaxyzoo.Reason(err))
}
