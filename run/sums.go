package run

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// SumsFile, in a checkpoint and in a SavedModel, has the SHA-256 of each of its
// files, in the form that the program sha256sum writes and checks.
const SumsFile = "SHA256SUMS"

// A sum is a line of SumsFile.
type sum struct {
	name  string // of a file in the folder, with slashes
	value [sha256.Size]byte
}

// WriteSums writes SumsFile into a finished folder. It leaves out the files of the
// names given, which may be edited without harm.
func WriteSums(dir string, except ...string) error {
	var sums []sum
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || name == SumsFile || slices.Contains(except, name) {
			return err
		}
		value, err := sumOf(context.Background(), path)
		sums = append(sums, sum{filepath.ToSlash(name), value})
		return err
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, SumsFile), formatSums(sums), 0o644)
	}
	if err != nil {
		return fmt.Errorf("failed to write the checksums of %s: %w", dir, err)
	}
	return nil
}

func formatSums(sums []sum) []byte {
	var list bytes.Buffer
	for _, s := range sums {
		fmt.Fprintf(&list, "%x  %s\n", s.value, s.name)
	}
	fmt.Fprintln(&list, endOfSums(len(sums)))
	return list.Bytes()
}

// VerifySums reads all files that SumsFile lists in a folder and returns, joined, a
// *galaxyzoo.DataError for each that is missing or is not what was written. It reports
// whether there was a list: folders that earlier versions wrote have none.
func VerifySums(dir string) (listed bool, err error) {
	sums, err := readSums(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	faults := []error{err}
	for _, s := range sums {
		path := filepath.Join(dir, filepath.FromSlash(s.name))
		if fault := s.verify(context.Background(), path); fault != nil {
			faults = append(faults, &galaxyzoo.DataError{File: path, Err: fault})
		}
	}
	return true, errors.Join(faults...)
}

// readSums reads SumsFile. Errors are fs.ErrNotExist, or a *galaxyzoo.DataError for
// each damaged line, beside which the others stand.
func readSums(dir string) ([]sum, error) {
	path := filepath.Join(dir, SumsFile)
	fault := func(line int, err error) error { return &galaxyzoo.DataError{File: path, Line: line, Err: err} }
	content, err := galaxyzoo.ReadList(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, fault(0, fmt.Errorf("failed to read the checksums: %w", err))
	}
	lines := strings.Split(string(content), "\n")
	count := len(lines) - 2 // behind the end is an empty one
	if count < 0 || lines[count] != endOfSums(count) || lines[count+1] != "" {
		return nil, fault(0, errors.New("the list of checksums is damaged: it has not the end that was written"))
	}
	sums := make([]sum, 0, count)
	var faults []error
	for i, line := range lines[:count] {
		value, name, _ := strings.Cut(line, "  ")
		s := sum{name: name}
		n, err := hex.Decode(s.value[:], []byte(value[:min(len(value), 2*sha256.Size)]))
		if err != nil || n != sha256.Size || len(value) != 2*sha256.Size || !filepath.IsLocal(filepath.FromSlash(name)) {
			faults = append(faults, fault(i+1, errors.New("the list of checksums is damaged: want a SHA-256, two spaces, and the name of a file in this folder")))
			continue
		}
		sums = append(sums, s)
	}
	return sums, errors.Join(faults...)
}

// Unreplaced reads a folder by read, which verifies it, once more where another process
// has replaced the folder meanwhile: the files may have been of both.
func Unreplaced(dir string, read func() error) error {
	sums := func() []byte {
		content, _ := os.ReadFile(filepath.Join(dir, SumsFile)) //nolint:errcheck // earlier versions wrote none
		return content
	}
	const tries = 5
	for range tries {
		before := sums()
		if err := read(); bytes.Equal(before, sums()) {
			return err
		}
	}
	return fmt.Errorf("failed to read %s: another process replaced it again and again meanwhile; try once more", dir)
}

// endOfSums is the last line of a list, without which it may have lost others. To
// sha256sum it is a comment.
func endOfSums(files int) string { return fmt.Sprintf("# %d files", files) }

// verify returns what is wrong unless the file at the path has that sum.
func (s *sum) verify(ctx context.Context, path string) error {
	value, err := sumOf(ctx, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("the file is missing, " + SumsFile + " lists it")
	case err != nil:
		return fmt.Errorf("failed to read: %w", galaxyzoo.Reason(err))
	case value != s.value:
		return errors.New("damaged or changed: its SHA-256 is not that of " + SumsFile)
	}
	return nil
}

// sumOf returns the SHA-256 of a file, or the error of ctx where that ends before.
func sumOf(ctx context.Context, path string) (value [sha256.Size]byte, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return value, err
	}
	if !info.Mode().IsRegular() { // to open a pipe would wait for its other end
		return value, errors.New("is no file")
	}
	f, err := os.Open(path)
	if err != nil {
		return value, err
	}
	defer f.Close()
	hash := sha256.New()
	for err == nil {
		if err := ctx.Err(); err != nil {
			return value, err
		}
		_, err = io.CopyN(hash, f, 1<<20)
	}
	if err != io.EOF {
		return value, err
	}
	return [sha256.Size]byte(hash.Sum(nil)), nil
}
