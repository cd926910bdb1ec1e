package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/internal/scratch"
)

// A TreeSums is what the SumsFile of a folder says of the files in it and in the
// folders below. Hidden files and runs take no part.
type TreeSums struct {
	Listed  bool        `json:"listed"` // there is a list
	Written bool        `json:"written"`
	Files   int         `json:"files"`  // in the list
	Faults  []TreeFault `json:"faults"` // in the order of names
}

// A TreeFault is a file that is not as the list says.
type TreeFault struct {
	Name  string `json:"file"` // in the folder, with slashes
	Fault string `json:"fault"`
	Mend  string `json:"mend"`
}

// mostFaults is how many faults of a folder are told one by one.
const mostFaults = 20

// Err returns, joined, a *galaxyzoo.DataError for each of the first faults, and how
// many more there are in the folder.
func (t *TreeSums) Err(dir string) error {
	var told []error
	for i, f := range t.Faults {
		if i == mostFaults {
			told = append(told, fmt.Errorf("and %d more faults", len(t.Faults)-i))
			break
		}
		told = append(told, &galaxyzoo.DataError{File: filepath.Join(dir, filepath.FromSlash(f.Name)), Err: fmt.Errorf("%s; %s", f.Fault, f.Mend)})
	}
	return errors.Join(told...)
}

// VerifyTree reads all files of a folder, on all processors, against its SumsFile; where
// there is none, it says so at once. Errors about the list and the folder itself are
// *galaxyzoo.DataError. Of files it keeps names and sums alone, under a kilobyte of
// each. progress may be nil; its calls do not overlap.
func VerifyTree(ctx context.Context, dir string, progress func(done, total int)) (*TreeSums, error) {
	list := filepath.Join(dir, SumsFile)
	t := &TreeSums{Faults: []TreeFault{}}
	sums, err := readSums(list)
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err != nil {
		return nil, err
	}
	t.Listed, t.Files = true, len(sums)
	there, err := treeFiles(ctx, dir)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	err = eachSum(ctx, sums, progress, func(ctx context.Context, s *Sum) error {
		fault := s.verify(ctx, list)
		if fault != nil && ctx.Err() == nil {
			mu.Lock()
			defer mu.Unlock()
			t.Faults = append(t.Faults, TreeFault{s.Name, fault.Error(), "unpack it anew"})
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	listed := make(map[string]bool, len(sums))
	for i := range sums {
		listed[sums[i].Name] = true
	}
	for _, name := range there {
		if !listed[name] {
			t.Faults = append(t.Faults, TreeFault{name, SumsFile + " does not list it",
				"move it away if it is no part of the data; if it is, remove the list, and tfgalaxy data verify --write-sums writes another"})
		}
	}
	slices.SortFunc(t.Faults, func(a, b TreeFault) int { return cmp.Compare(a.Name, b.Name) })
	return t, nil
}

// WriteTree writes the SumsFile of a folder that has none, with all files in it and in
// the folders below but hidden ones. It reads them as VerifyTree does.
func WriteTree(ctx context.Context, dir string, progress func(done, total int)) (*TreeSums, error) {
	list := filepath.Join(dir, SumsFile)
	scratch.RemoveFiles(dir, SumsFile)
	names, err := treeFiles(ctx, dir)
	if err != nil {
		return nil, err
	}
	sums := make([]Sum, len(names))
	for i, name := range names {
		if strings.ContainsAny(name, "\n\r\\") {
			return nil, &galaxyzoo.DataError{File: filepath.Join(dir, filepath.FromSlash(name)), Err: errors.New("a list of checksums cannot have such a name; rename the file, or remove it")}
		}
		sums[i].Name = name
	}
	err = eachSum(ctx, sums, progress, func(ctx context.Context, s *Sum) (err error) {
		s.SHA256, err = sumOf(ctx, s.path(list))
		if err != nil && ctx.Err() == nil {
			err = &galaxyzoo.DataError{File: s.path(list), Err: fmt.Errorf("failed to read: %w", galaxyzoo.Reason(err))}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := writeList(list, sums); err != nil {
		return nil, fmt.Errorf("failed to write %s: %w", list, galaxyzoo.Reason(err))
	}
	return &TreeSums{Listed: true, Written: true, Files: len(sums), Faults: []TreeFault{}}, nil
}

// eachSum calls work for each, on all processors, until one fails or ctx ends.
func eachSum(ctx context.Context, sums []Sum, progress func(done, total int), work func(context.Context, *Sum) error) error {
	group, going := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	var mu sync.Mutex
	done := 0
	for i := range sums {
		if going.Err() != nil {
			break
		}
		group.Go(func() error {
			if err := work(going, &sums[i]); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if done++; progress != nil {
				progress(done, len(sums))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// treeFiles lists the files in a folder and in those below, but hidden ones and
// SumsFile, by their names with slashes, sorted. Links are followed.
func treeFiles(ctx context.Context, dir string) ([]string, error) {
	var names []string
	var visit func(below string, above []fs.FileInfo) error
	visit = func(below string, above []fs.FileInfo) error {
		folder := filepath.Join(dir, filepath.FromSlash(below))
		fail := func(err error) error {
			return &galaxyzoo.DataError{File: folder, Err: fmt.Errorf("failed to list the folder: %w", galaxyzoo.Reason(err))}
		}
		info, err := os.Stat(folder)
		if err != nil {
			return fail(err)
		}
		if slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, info) }) {
			return fail(errors.New("it is a link to a folder that it lies in"))
		}
		entries, err := os.ReadDir(folder)
		if err != nil {
			return fail(err)
		}
		above = append(slices.Clone(above), info)
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				return err
			}
			name := path.Join(below, e.Name())
			if strings.HasPrefix(e.Name(), ".") || name == SumsFile {
				continue
			}
			isDir := e.IsDir()
			if e.Type()&fs.ModeSymlink != 0 {
				info, err := os.Stat(filepath.Join(folder, e.Name()))
				isDir = err == nil && info.IsDir()
			}
			if isDir && isRun(filepath.Join(folder, e.Name())) {
				continue
			}
			if !isDir {
				names = append(names, name)
			} else if err := visit(name, above); err != nil {
				return err
			}
		}
		return nil
	}
	err := visit("", nil)
	slices.Sort(names)
	return names, err
}
