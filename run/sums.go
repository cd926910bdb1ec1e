package run

import (
	"bytes"
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

// WriteSums writes SumsFile into a finished folder. It leaves out the files of the
// names given, which may be edited without harm.
func WriteSums(dir string, except ...string) error {
	var list bytes.Buffer
	files := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || name == SumsFile || slices.Contains(except, name) {
			return err
		}
		sum, err := sumOf(path)
		if err != nil {
			return err
		}
		files++
		fmt.Fprintf(&list, "%s  %s\n", sum, filepath.ToSlash(name))
		return nil
	})
	if err == nil {
		fmt.Fprintln(&list, endOfSums(files))
		err = os.WriteFile(filepath.Join(dir, SumsFile), list.Bytes(), 0o644)
	}
	if err != nil {
		return fmt.Errorf("failed to write the checksums of %s: %w", dir, err)
	}
	return nil
}

// VerifySums reads all files that SumsFile lists in a folder and returns, joined, a
// *galaxyzoo.DataError for each that is missing or is not what was written. It reports
// whether there was a list: folders that earlier versions wrote have none.
func VerifySums(dir string) (listed bool, err error) {
	path := filepath.Join(dir, SumsFile)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, &galaxyzoo.DataError{File: path, Err: fmt.Errorf("failed to read the checksums: %w", galaxyzoo.Reason(err))}
	}
	lines := strings.Split(string(content), "\n")
	count := len(lines) - 2 // behind the end is an empty one
	if count < 0 || lines[count] != endOfSums(count) || lines[count+1] != "" {
		return true, &galaxyzoo.DataError{File: path, Err: errors.New("the list of checksums is damaged: it has not the end that was written")}
	}
	var faults []error
	for i, line := range lines[:count] {
		want, name, _ := strings.Cut(line, "  ")
		name = filepath.FromSlash(name)
		if len(want) != 2*sha256.Size || !filepath.IsLocal(name) {
			faults = append(faults, &galaxyzoo.DataError{File: path, Line: i + 1, Err: errors.New("the list of checksums is damaged: want a SHA-256, two spaces, and the name of a file in this folder")})
			continue
		}
		if err := verifySum(filepath.Join(dir, name), want); err != nil {
			faults = append(faults, err)
		}
	}
	return true, errors.Join(faults...)
}

// endOfSums is the last line of a list, without which it may have lost others. To
// sha256sum it is a comment.
func endOfSums(files int) string { return fmt.Sprintf("# %d files", files) }

// verifySum returns a *galaxyzoo.DataError unless the file has that sum.
func verifySum(path, want string) error {
	sum, err := sumOf(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = fmt.Errorf("the file is missing, %s lists it", SumsFile)
	case err != nil:
		err = fmt.Errorf("failed to read: %w", galaxyzoo.Reason(err))
	case sum != want:
		err = fmt.Errorf("damaged or changed: its SHA-256 is not that of %s", SumsFile)
	default:
		return nil
	}
	return &galaxyzoo.DataError{File: path, Err: err}
}

// sumOf returns a file's SHA-256 in hexadecimal digits.
func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
