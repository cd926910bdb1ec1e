package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// A task is something that the program writes into an empty folder.
type task struct {
	name string
	args func(f *fixtures, dir string) []string
	// again goes on after a fault, or begins anew.
	again func(f *fixtures, dir string) []string
	// grows are patterns of files, by their names in the folder, that change while
	// the task goes on, and of those that differ from one time to the next.
	grows []string
	// unfinished are patterns of files that a task which failed may leave.
	unfinished []string
}

var tasks = []task{
	{
		name:  "train",
		args:  func(f *fixtures, dir string) []string { return f.trainingIn(dir) },
		again: (*fixtures).trainAgain,
		grows: []string{"run/*", "run/checkpoints/*", "run/saved_model/*", "run/predictions/*", "run/samples/*"},
	},
	{
		name: "predict",
		args: func(f *fixtures, dir string) []string {
			return []string{"predict", "--model", f.whole, "--images", f.data, "--threads", "1", "--answers",
				"--out", filepath.Join(dir, "votes.csv"), "--features", filepath.Join(dir, "features.npy")}
		},
		again:      resumed,
		unfinished: []string{"*.partial"},
	},
	{
		name: "predict into Parquet",
		args: func(f *fixtures, dir string) []string {
			return []string{"predict", "--model", f.whole, "--images", f.data, "--threads", "1",
				"--out", filepath.Join(dir, "votes.parquet"), "--features", filepath.Join(dir, "features.parquet")}
		},
		again:      resumed,
		unfinished: []string{"*.partial"},
	},
	{
		name: "export",
		args: func(f *fixtures, dir string) []string {
			return []string{"export", "--run", f.whole, "--out", filepath.Join(dir, "model")}
		},
		grows: []string{"model/saved_model.pb", "model/SHA256SUMS"}, // maps, in any order
	},
	{
		name: "prep",
		args: func(f *fixtures, dir string) []string {
			return []string{"prep", "--data", f.data, "--size", "16", "--out", filepath.Join(dir, "crops")}
		},
	},
	{
		name: "data synth",
		args: func(_ *fixtures, dir string) []string {
			return []string{"data", "synth", "--out", filepath.Join(dir, "data"), "--count", "12"}
		},
	},
	{
		name: "plot",
		args: func(f *fixtures, dir string) []string {
			return []string{"plot", "--run", f.whole, "--only", "loss,confusion,tree", "--out", filepath.Join(dir, "figures")}
		},
	},
	{
		name: "eval",
		args: func(f *fixtures, dir string) []string {
			return []string{"eval", "--run", f.whole, "--threads", "1", "--cache", filepath.Join(dir, "crops")}
		},
	},
}

// trainingIn trains into the folder, with everything that a run can write.
func (f *fixtures) trainingIn(dir string) []string {
	return append(f.training(filepath.Join(dir, "run"), filepath.Join(dir, "cache")), "--tensorboard")
}

// trainAgain resumes the run, or begins anew where it has no checkpoint.
func (f *fixtures) trainAgain(dir string) []string {
	folder := filepath.Join(dir, "run")
	if exists(filepath.Join(folder, "checkpoints", "last")) {
		return []string{"train", "--resume", folder}
	}
	os.RemoveAll(folder)
	return f.trainingIn(dir)
}

func resumed(f *fixtures, dir string) []string { return nil }

// A reference is what a task leaves when nobody disturbs it.
type reference struct {
	dir   string
	calls []call // by which it wrote
}

func (t *trial) reference(k task) (*reference, error) {
	return t.references.get(k.name, func() (*reference, error) {
		dir, err := t.place("by-" + strings.ReplaceAll(k.name, " ", "-"))
		if err := errors.Join(err, os.Mkdir(dir, 0o755)); err != nil {
			return nil, err
		}
		d := &disk{folder: dir, fault: sound}
		e, err := t.runOn(t, d, k.args(t.fixtures, dir)...)
		if err != nil {
			return nil, err
		}
		return &reference{dir, d.calls}, e.want(0, "")
	})
}

// goOn finishes a task after a fault.
func (k task) goOn(t *trial) *ended {
	if k.again != nil {
		if args := k.again(t.fixtures, t.dir); args != nil {
			return t.run(t, args...)
		}
		return t.run(t, append(k.args(t.fixtures, t.dir), "--resume")...)
	}
	return t.run(t, k.args(t.fixtures, t.dir)...)
}

// files are the regular files below a folder, by their names in it.
func files(dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			name, relErr := filepath.Rel(dir, path)
			names, err = append(names, name), relErr
		}
		return err
	})
	return names, err
}

// matches reports whether a file, or a folder above it, has a name of a pattern.
func matches(patterns []string, name string) bool {
	for ; name != "."; name = filepath.Dir(name) {
		if slices.ContainsFunc(patterns, func(p string) bool { is, err := filepath.Match(p, name); return is && err == nil }) {
			return true
		}
	}
	return false
}

// wholeFiles returns an error where the folder has a file under the name of a
// finished one that is not it, or a file that the task does not leave.
func (k task) wholeFiles(dir string, r *reference) error {
	left, err := files(dir)
	if err != nil {
		return err
	}
	for _, name := range left {
		if matches(k.grows, name) || matches(k.unfinished, name) {
			continue
		}
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		want, err := os.ReadFile(filepath.Join(r.dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("it left a file %s, of %d bytes", name, len(got))
		}
		if err != nil {
			return err
		}
		if !k.close(name, bytes.ReplaceAll(got, []byte(dir), []byte(r.dir)), want) {
			return fmt.Errorf("file %s is not what it is without a fault", name)
		}
	}
	return nil
}

// near reports whether numbers, of features up to some tens, differ by rounding alone.
func near(a, b float64) bool { return math.Abs(a-b) < 1e-4 }

// close reports whether a file is what it is without a fault. What is predicted in
// batches of another size, as after a resume, is so but for rounding.
func (k task) close(name string, got, want []byte) bool {
	if bytes.Equal(got, want) || k.unfinished == nil {
		return bytes.Equal(got, want)
	}
	switch filepath.Ext(name) {
	case ".npy":
		number := func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }
		same := len(got) == len(want)
		for i := 128; same && i < len(got); i += 4 { // behind the header
			same = near(number(got[i:]), number(want[i:]))
		}
		return same
	case ".csv":
		cells := func(b []byte) []string {
			return strings.FieldsFunc(string(b), func(r rune) bool { return r == ',' || r == '\n' })
		}
		return slices.EqualFunc(cells(got), cells(want), func(a, b string) bool {
			x, errX := strconv.ParseFloat(a, 64)
			y, errY := strconv.ParseFloat(b, 64)
			return a == b || errX == nil && errY == nil && near(x, y)
		})
	case ".parquet":
		return sameRows(got, want)
	case ".sha256": // sameOutcome looks at the sums
		sum := regexp.MustCompile(`(?m)^[0-9a-f]{64} `)
		return bytes.Equal(sum.ReplaceAll(got, nil), sum.ReplaceAll(want, nil))
	}
	return false
}

// sameOutcome returns an error unless the folder has all that the reference has.
func (k task) sameOutcome(dir string, r *reference) error {
	if err := k.wholeFiles(dir, r); err != nil {
		return err
	}
	if left, err := files(dir); err != nil || slices.ContainsFunc(left, func(name string) bool { return matches(k.unfinished, name) }) {
		return errors.Join(fmt.Errorf("unfinished files are left: %q", left), err)
	}
	names, err := files(r.dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(dir, name)); err != nil && !matches(k.grows, name) {
			return err
		}
	}
	switch k.name {
	case "train":
		return sameRun(filepath.Join(dir, "run"), filepath.Join(r.dir, "run"))
	case "export":
		return sameModel(filepath.Join(dir, "model"), filepath.Join(r.dir, "model"))
	}
	for _, name := range names {
		if file, is := strings.CutSuffix(name, ".sha256"); is {
			if err := run.VerifySumsBeside(filepath.Join(dir, file), false); err != nil {
				return err
			}
		}
	}
	return nil
}
