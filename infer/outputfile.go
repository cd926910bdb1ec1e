package infer

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	stdhash "hash"
	"io"
	"path/filepath"

	"github.com/google/renameio/v2"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// An outputFile appears under its name once it is whole.
type outputFile struct {
	*renameio.PendingFile
	w    *bufio.Writer
	hash stdhash.Hash // SHA-256 of what was flushed
	path string
}

func createFile(path string) (*outputFile, error) {
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o644))
	if err != nil {
		return nil, fmt.Errorf("failed to write %s: %w", path, galaxyzoo.Reason(err))
	}
	hash := sha256.New()
	return &outputFile{PendingFile: f, w: bufio.NewWriterSize(io.MultiWriter(f, hash), 1<<16), hash: hash, path: path}, nil
}

func (f *outputFile) Write(p []byte) (int, error) { return f.w.Write(p) }

// sum is that of all that was written.
func (f *outputFile) sum() (run.Sum, error) {
	if err := f.w.Flush(); err != nil {
		return run.Sum{}, f.fail(err)
	}
	return run.Sum{SHA256: hex.EncodeToString(f.hash.Sum(nil)), Name: filepath.Base(f.path)}, nil
}

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
