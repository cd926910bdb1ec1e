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
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// SumsFile, in a checkpoint, in a SavedModel, in a data folder and in a run that has
// ended, has the SHA-256 of each of its files, in the form that the program sha256sum
// writes and checks.
const SumsFile = "SHA256SUMS"

// A Sum is a line of a list: the SHA-256 of a file, in hexadecimal digits, and the
// file's name in the list's folder, with slashes.
type Sum struct{ SHA256, Name string }

// WriteSums writes SumsFile into a finished folder. It leaves out the files of the
// names given, which may be edited without harm.
func WriteSums(dir string, except ...string) error {
	var names []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if name != SumsFile && !slices.Contains(except, name) {
			names = append(names, name)
		}
		return err
	})
	if err == nil {
		err = writeSums(filepath.Join(dir, SumsFile), names)
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
	list := filepath.Join(dir, SumsFile)
	sums, err := readSums(list)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return true, errors.Join(err, verifySums(list, sums))
}

// Unreplaced reads a folder by read, which verifies it, once more where another process
// has replaced the folder meanwhile: the files may have been of both.
func Unreplaced(dir string, read func() error) error {
	sums := func() []byte {
		content, _ := galaxyzoo.ReadList(filepath.Join(dir, SumsFile)) //nolint:errcheck // earlier versions wrote none
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

// SumsSuffix ends the name of a list that lies beside a file.
const SumsSuffix = ".sha256"

// WriteSumsBeside writes the list of a file and of those in its folder that belong to it.
func WriteSumsBeside(path string, sums []Sum) error {
	list := path + SumsSuffix
	if err := writeList(list, sums); err != nil {
		return fmt.Errorf("failed to write %s: %w", list, galaxyzoo.Reason(err))
	}
	return nil
}

// VerifySumsBeside returns a *galaxyzoo.DataError where a file, or one that belongs to
// it, is not what the list beside it says; with alone, it looks at that file only. A
// file without a list passes.
func VerifySumsBeside(path string, alone bool) error {
	list := path + SumsSuffix
	sums, err := readSums(list)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if alone {
		sums = slices.DeleteFunc(sums, func(s Sum) bool { return s.Name != filepath.Base(path) })
	}
	if err := errors.Join(err, verifySums(list, sums)); err != nil {
		return fmt.Errorf("%w; if you changed it yourself, remove %s", err, list)
	}
	return nil
}

// writeSums writes a list of the files of those names in its folder.
func writeSums(list string, names []string) error {
	sums := make([]Sum, len(names))
	for i, name := range names {
		sum, err := SumOf(filepath.Join(filepath.Dir(list), name))
		if err != nil {
			return err
		}
		sums[i] = Sum{sum, filepath.ToSlash(name)}
	}
	return writeList(list, sums)
}

func writeList(list string, sums []Sum) error {
	var text bytes.Buffer
	for _, s := range sums {
		fmt.Fprintf(&text, "%s  %s\n", s.SHA256, s.Name)
	}
	fmt.Fprintln(&text, endOfSums(len(sums)))
	if text.Len() > galaxyzoo.MaxList {
		return fmt.Errorf("a list of %d files takes more than the %d MiB that are read again", len(sums), galaxyzoo.MaxList>>20)
	}
	return renameio.WriteFile(list, text.Bytes(), 0o644, renameio.WithTempDir(filepath.Dir(list)))
}

// endOfSums is the last line of a list, without which it may have lost others. To
// sha256sum it is a comment.
func endOfSums(files int) string { return fmt.Sprintf("# %d files", files) }

// readSums reads a list. Errors are fs.ErrNotExist, or a *galaxyzoo.DataError for each
// damaged line, beside which the others stand.
func readSums(list string) ([]Sum, error) {
	fault := func(line int, err error) error { return &galaxyzoo.DataError{File: list, Line: line, Err: err} }
	content, err := galaxyzoo.ReadList(list)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, fault(0, fmt.Errorf("failed to read the checksums: %w", err))
	}
	lines := strings.Split(string(content), "\n")
	count := len(lines) - 2 // behind the end is an empty one
	if count < 0 || lines[count] != endOfSums(count) || lines[count+1] != "" {
		return nil, fault(0, errors.New("the list of checksums is damaged: it has not the end that this program writes; remove it if another one made it"))
	}
	sums := make([]Sum, 0, count)
	var faults []error
	for i, line := range lines[:count] {
		digits, name, _ := strings.Cut(line, "  ")
		if value, err := hex.DecodeString(digits); err != nil || len(value) != sha256.Size || !filepath.IsLocal(filepath.FromSlash(name)) {
			faults = append(faults, fault(i+1, errors.New("the list of checksums is damaged: want a SHA-256, two spaces, and the name of a file in this folder")))
			continue
		}
		sums = append(sums, Sum{digits, name})
	}
	return sums, errors.Join(faults...)
}

// verifySums returns, joined, a *galaxyzoo.DataError for each file that is not as its
// list says.
func verifySums(list string, sums []Sum) error {
	var faults []error
	for _, s := range sums {
		if fault := s.verify(context.Background(), list); fault != nil {
			faults = append(faults, &galaxyzoo.DataError{File: s.path(list), Err: fault})
		}
	}
	return errors.Join(faults...)
}

func (s *Sum) path(list string) string {
	return filepath.Join(filepath.Dir(list), filepath.FromSlash(s.Name))
}

// verify returns what is wrong unless the file is as its list says.
func (s *Sum) verify(ctx context.Context, list string) error {
	value, err := sumOf(ctx, s.path(list))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the file is missing, %s lists it", filepath.Base(list))
	case err != nil:
		return fmt.Errorf("failed to read: %w", galaxyzoo.Reason(err))
	case !strings.EqualFold(value, s.SHA256):
		return fmt.Errorf("damaged or changed: its SHA-256 is not that of %s", filepath.Base(list))
	}
	return nil
}

// SumOf returns a file's SHA-256 in hexadecimal digits.
func SumOf(path string) (string, error) { return sumOf(context.Background(), path) }

// sumOf is SumOf that ends with ctx.
func sumOf(ctx context.Context, path string) (string, error) {
	f, err := galaxyzoo.OpenFile(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	hash, buffer := sha256.New(), make([]byte, 1<<18)
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := f.Read(buffer)
		hash.Write(buffer[:n])
		if err == io.EOF {
			return hex.EncodeToString(hash.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}
