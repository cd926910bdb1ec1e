package imageproc

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// imageExtensions are those that an image is known by where nobody has named it
// one by one, and the order in which the image of an id is looked for. What it
// holds is seen from its content alone.
var imageExtensions = extensions{".jpg", ".jpeg", ".png", ".fits", ".fit", ".fts"}

type extensions []string

func (x extensions) of(file string) bool {
	return slices.Contains(x, strings.ToLower(filepath.Ext(file)))
}

func (x extensions) String() string {
	return strings.Join(x[:len(x)-1], ", ") + " or " + x[len(x)-1]
}

// locate returns the image of an id; where there is none, what it might be.
func (x extensions) locate(folder, id string) string {
	for _, extension := range x {
		file := filepath.Join(folder, id+extension)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			return file
		}
	}
	return filepath.Join(folder, id+x[0])
}

// found is the entry of a file that has no id but its name.
func found(file string) Entry {
	id := filepath.Base(file)
	// J0836.2+1502 has no extension, and .jpg is nothing but one.
	if stem := strings.TrimSuffix(id, filepath.Ext(id)); stem != "" && imageExtensions.of(id) {
		id = stem
	}
	return Entry{ID: id, File: file}
}

// inFolder goes through the images in a folder and in those below it.
func inFolder(dir string) iter.Seq2[Entry, error] {
	keep := func(d fs.DirEntry) bool {
		return !strings.HasPrefix(d.Name(), ".") && (d.IsDir() || imageExtensions.of(d.Name()))
	}
	var visit func(dir string, yield func(Entry, error) bool) bool
	visit = func(dir string, yield func(Entry, error) bool) bool {
		for d, err := range sortedFolder(dir, folderBatch, keep) {
			if err != nil {
				yield(Entry{}, err)
				return false
			}
			file := filepath.Join(dir, d.Name())
			switch {
			case d.IsDir():
				if !visit(file, yield) {
					return false
				}
			case !isFile(file, d):
			case !yield(found(file), nil):
				return false
			}
		}
		return true
	}
	return func(yield func(Entry, error) bool) { visit(dir, yield) }
}

// isFile follows links. What a link leads nowhere for is an image that will turn
// out unreadable; a pipe or a device is none.
func isFile(path string, d fs.DirEntry) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return d.Type().IsRegular()
	}
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular()
}

// folderBatch is how many names of a folder are held at once: some megabytes.
const folderBatch = 1 << 16

// sortedFolder goes through what keep keeps of a folder, in the order of names.
// A folder of more than batch such entries is read again for each further batch.
func sortedFolder(dir string, batch int, keep func(fs.DirEntry) bool) iter.Seq2[fs.DirEntry, error] {
	return func(yield func(fs.DirEntry, error) bool) {
		after := "" // every name is greater
		for {
			entries, err := nextOfFolder(dir, after, batch, keep)
			if err != nil {
				yield(nil, &galaxyzoo.DataError{File: dir, Err: fmt.Errorf("failed to list images: %w", galaxyzoo.Reason(err))})
				return
			}
			for _, d := range entries {
				if !yield(d, nil) {
					return
				}
			}
			if len(entries) < batch {
				return
			}
			after = entries[batch-1].Name()
		}
	}
}

// nextOfFolder returns the first entries by name, batch at most, that come after
// the given name.
func nextOfFolder(dir, after string, batch int, keep func(fs.DirEntry) bool) ([]fs.DirEntry, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var entries []fs.DirEntry
	first := func() {
		slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
		if len(entries) > batch {
			clear(entries[batch:])
			entries = entries[:batch]
		}
	}
	for {
		some, err := f.ReadDir(1024)
		for _, d := range some {
			if d.Name() > after && keep(d) {
				entries = append(entries, d)
			}
		}
		if errors.Is(err, io.EOF) {
			first()
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
		if len(entries) >= 2*batch {
			first()
		}
	}
}

func isPattern(path string) bool { return strings.ContainsAny(path, "*?[") }

// globbed goes through the images that match a pattern, folder by folder in the
// order of names.
func globbed(pattern string) iter.Seq2[Entry, error] {
	start := "."
	if filepath.IsAbs(pattern) {
		start = "/"
	}
	parts := strings.FieldsFunc(pattern, func(r rune) bool { return r == '/' })
	return func(yield func(Entry, error) bool) { glob(start, parts, yield) }
}

func glob(dir string, parts []string, yield func(Entry, error) bool) bool {
	part, rest := parts[0], parts[1:]
	visit := func(path string) bool {
		info, err := os.Stat(path)
		switch {
		case len(rest) > 0:
			return err != nil || !info.IsDir() || glob(path, rest, yield)
		case !imageExtensions.of(path), err == nil && !info.Mode().IsRegular():
			return true
		}
		return yield(found(path), nil)
	}
	if !strings.ContainsAny(part, `*?[\`) {
		path := filepath.Join(dir, part)
		_, err := os.Lstat(path)
		return err != nil || visit(path)
	}
	keep := func(d fs.DirEntry) bool {
		matched, _ := filepath.Match(part, d.Name()) // the pattern was checked
		return matched && (part[0] == '.' || !strings.HasPrefix(d.Name(), "."))
	}
	for d, err := range sortedFolder(dir, folderBatch, keep) {
		if err != nil {
			yield(Entry{}, err)
			return false
		}
		if !visit(filepath.Join(dir, d.Name())) {
			return false
		}
	}
	return true
}
