package run

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// A Run is the folder of one training run.
type Run struct {
	Dir string

	parents []string // folders that Create had to make above Dir, deepest first
}

// folderName is how runs are numbered: a number of four digits or more, and a
// name. The number alone with a dot in front is held while a folder is made.
var (
	folderName = regexp.MustCompile(`^([0-9]{4,18})-.`)
	claimName  = regexp.MustCompile(`^\.([0-9]{4,18})$`)
	runName    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
)

// Create makes the next numbered folder in runs, "runs/0007-seed3" for the name
// seed3, and the folder runs itself where it is not there. Runs that are made
// at the same moment get different numbers.
func Create(runs, name string) (*Run, error) {
	if !runName.MatchString(name) {
		return nil, &UsageError{Err: fmt.Errorf("a run cannot be named %q, want letters, digits, dots, dashes and underscores", name)}
	}
	parents, err := makeParents(runs)
	if err != nil {
		return nil, fmt.Errorf("failed to make folder of runs %q: %w", runs, galaxyzoo.Reason(err))
	}
	dir, err := makeNumbered(runs, name)
	if err != nil {
		removeEmpty(parents)
		return nil, fmt.Errorf("failed to make run folder in %q: %w", runs, galaxyzoo.Reason(err))
	}
	return &Run{Dir: dir, parents: parents}, nil
}

// CreateAt makes the folder dir, and those above it. It returns a *UsageError
// where dir is there already.
func CreateAt(dir string) (*Run, error) {
	dir = filepath.Clean(dir)
	parents, err := makeParents(filepath.Dir(dir))
	if err != nil {
		return nil, fmt.Errorf("failed to make run folder %q: %w", dir, galaxyzoo.Reason(err))
	}
	switch err := os.Mkdir(dir, 0o755); {
	case errors.Is(err, fs.ErrExist):
		return nil, errTaken(dir)
	case err != nil:
		removeEmpty(parents)
		return nil, fmt.Errorf("failed to make run folder %q: %w", dir, galaxyzoo.Reason(err))
	}
	return &Run{Dir: dir, parents: parents}, nil
}

// CheckNew returns the *UsageError that CreateAt would, before there is anything
// to put into the folder.
func CheckNew(dir string) error {
	if _, err := os.Lstat(dir); err != nil {
		return nil // not there, or a fault that CreateAt will tell of
	}
	return errTaken(filepath.Clean(dir))
}

func errTaken(dir string) error {
	usage := &UsageError{
		Err:  fmt.Errorf("run folder %q is there already, and nothing is overwritten", dir),
		Hint: "name a folder that does not exist",
	}
	if isRun(dir) {
		usage.Hint = fmt.Sprintf("--resume %s continues it; or name a folder that does not exist", dir)
	}
	return usage
}

// Open returns the run in a folder. It returns a *UsageError where there is
// none, with a hint where the folder holds runs.
func Open(dir string) (*Run, error) {
	dir = filepath.Clean(dir)
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return nil, &UsageError{
			Err:  fmt.Errorf("failed to open run %q: %w", dir, galaxyzoo.Reason(err)),
			Hint: didYouMean(nearestRun(dir), "", ""),
		}
	case !info.IsDir():
		return nil, &UsageError{Err: fmt.Errorf("failed to open run %q: it is a file, want a run folder", dir)}
	case !isRun(dir):
		usage := &UsageError{Err: fmt.Errorf("failed to open run %q: the folder holds neither %s nor %s", dir, InfoFile, ConfigFile)}
		if runs, err := List(dir); err == nil && len(runs) > 0 {
			usage.Err = fmt.Errorf("failed to open run %q: it is a folder of runs, want one of the %d in it", dir, len(runs))
			usage.Hint = fmt.Sprintf("the latest is %s", runs[len(runs)-1].Dir)
		}
		return nil, usage
	}
	r := &Run{Dir: dir}
	r.recoverAbandoned()
	return r, nil
}

// nearestRun returns the run beside dir that was probably meant, or "".
func nearestRun(dir string) string {
	runs, err := List(filepath.Dir(dir))
	if err != nil {
		return ""
	}
	names := make([]string, len(runs))
	for i, r := range runs {
		names[i] = r.Dir
	}
	return Nearest(dir, names)
}

// List returns the runs in a folder: first those whose folders were named by
// hand, then the numbered ones in order, so that the latest of them is the last.
// A folder that is not there holds none.
func List(runs string) ([]*Run, error) {
	entries, err := os.ReadDir(runs)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("failed to list runs in %q: %w", runs, galaxyzoo.Reason(err))
	}
	var list []*Run
	for _, e := range entries {
		if dir := filepath.Join(runs, e.Name()); isRun(dir) {
			list = append(list, &Run{Dir: dir})
		}
	}
	slices.SortStableFunc(list, func(a, b *Run) int { return cmp.Compare(a.number(), b.number()) })
	return list, nil
}

// Discard removes the folder of a run that failed before its first step, and
// the folders that were made for it. It leaves a run that has taken steps or
// has a checkpoint, and reports whether it removed.
func (r *Run) Discard() (bool, error) {
	steps, err := r.Steps()
	if err != nil || len(steps) > 0 {
		return false, err
	}
	for _, name := range []string{Last, Best} {
		if _, err := os.Stat(r.Checkpoint(name)); err == nil {
			return false, nil
		}
	}
	if err := os.RemoveAll(r.Dir); err != nil {
		return false, fmt.Errorf("failed to remove run folder: %w", err)
	}
	removeEmpty(r.parents)
	return true, nil
}

// number is the run's number, or -1 where its folder has none.
func (r *Run) number() int64 { return numberIn(folderName, r.Name()) }

func numberIn(pattern *regexp.Regexp, name string) int64 {
	match := pattern.FindStringSubmatch(name)
	if match == nil {
		return -1
	}
	n, err := strconv.ParseInt(match[1], 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func isRun(dir string) bool {
	for _, name := range []string{ConfigFile, InfoFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}

// makeNumbered makes the folder with the next number. The number is claimed
// first, by a folder that only one can make; folders of the same number and
// different names would not keep each other out.
func makeNumbered(runs, name string) (string, error) {
	for {
		highest, err := highestNumber(runs, true)
		if err != nil {
			return "", err
		}
		next := highest + 1
		claim := filepath.Join(runs, fmt.Sprintf(".%04d", next))
		if err := os.Mkdir(claim, 0o755); errors.Is(err, fs.ErrExist) {
			continue
		} else if err != nil {
			return "", err
		}
		dir := filepath.Join(runs, fmt.Sprintf("%04d-%s", next, name))
		made, err := makeClaimed(runs, dir, next)
		if gone := os.Remove(claim); !errors.Is(gone, fs.ErrNotExist) { // see removeClaims
			err = errors.Join(err, gone)
		}
		if err != nil {
			return "", err
		}
		if made {
			removeClaims(runs, next)
			return dir, nil
		}
	}
}

// removeClaims removes the claims to numbers below that of a folder that is there.
// They are of processes that were killed, or that will see the folder and take
// another number.
func removeClaims(runs string, number int64) {
	entries, err := os.ReadDir(runs)
	if err != nil {
		return
	}
	for _, e := range entries {
		if n := numberIn(claimName, e.Name()); n >= 0 && n < number {
			os.Remove(filepath.Join(runs, e.Name())) //nolint:errcheck // it is in nobody's way
		}
	}
}

// makeClaimed makes dir unless, before its number was claimed, another folder
// got that number and gave up its claim.
func makeClaimed(runs, dir string, claimed int64) (bool, error) {
	highest, err := highestNumber(runs, false)
	if err != nil || highest >= claimed {
		return false, err
	}
	return true, os.Mkdir(dir, 0o755)
}

func highestNumber(runs string, claims bool) (int64, error) {
	entries, err := os.ReadDir(runs)
	if err != nil {
		return 0, err
	}
	var highest int64
	for _, e := range entries {
		highest = max(highest, numberIn(folderName, e.Name()))
		if claims {
			highest = max(highest, numberIn(claimName, e.Name()))
		}
	}
	return highest, nil
}

// makeParents makes a folder and those above it, and returns those that it
// made, deepest first. Where it fails it leaves none of them.
func makeParents(dir string) (made []string, err error) {
	if info, err := os.Stat(dir); err == nil {
		if !info.IsDir() {
			return nil, fmt.Errorf("%s is a file", dir)
		}
		return nil, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if parent := filepath.Dir(dir); parent != dir {
		if made, err = makeParents(parent); err != nil {
			return nil, err
		}
	}
	switch err := os.Mkdir(dir, 0o755); {
	case errors.Is(err, fs.ErrExist):
		return made, nil // another run made it meanwhile
	case err != nil:
		removeEmpty(made)
		return nil, err
	}
	return append([]string{dir}, made...), nil
}

// removeEmpty removes the folders that are still empty, in their order.
func removeEmpty(dirs []string) {
	for _, dir := range dirs {
		os.Remove(dir) //nolint:errcheck // one that is not empty stays
	}
}
