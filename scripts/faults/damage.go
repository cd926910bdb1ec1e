package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// damages are the attacks by files that a bad disk, or a user, has changed.
var damages = []kind{
	{"damaged checkpoint", 2, 50, damagedCheckpoint},
	{"damaged model", 1, 30, damagedModel},
	{"damaged record of a run", 2, 50, damagedRecord},
	{"damaged configuration", 1, 30, damagedConfig},
	{"damaged crop cache", 1, 30, damagedCache},
	{"damaged table or features", 2, 50, damagedTable},
	{"damaged predictions of a job that was stopped", 1, 30, damagedJournal},
}

// damage changes a file at a drawn place: a bit flips, the file is cut, or a block is
// zeros. It returns what it did.
func (t *trial) damage(path string) (string, error) {
	whole, err := os.ReadFile(path)
	if err != nil || len(whole) == 0 {
		return "", errors.Join(fmt.Errorf("%s cannot be damaged, %d bytes", path, len(whole)), err)
	}
	content := bytes.Clone(whole)
	// One region of eight after the other is as likely, so that starts and ends are
	// not rare in large files.
	at := min((t.dice.IntN(8)*len(whole)+t.dice.IntN(len(whole)))/8, len(whole)-1)
	what := fmt.Sprintf("bit of byte %d of %d flipped", at, len(whole))
	switch t.dice.IntN(3) {
	case 0:
		what = fmt.Sprintf("cut after %d of %d bytes", at, len(whole))
		content = content[:at]
	case 1:
		end := min(at+1+t.dice.IntN(512), len(whole))
		what = fmt.Sprintf("bytes %d to %d of %d zeroed", at, end, len(whole))
		clear(content[at:end])
	}
	if bytes.Equal(content, whole) {
		content[at] ^= 1 << t.dice.IntN(8)
	}
	return what, os.WriteFile(path, content, 0o644)
}

// draw returns one of the files below a folder that match the patterns.
func (t *trial) draw(dir string, patterns ...string) (string, error) {
	names, err := files(dir)
	names = slices.DeleteFunc(names, func(name string) bool { return !matches(patterns, name) })
	if err != nil || len(names) == 0 {
		return "", errors.Join(fmt.Errorf("no file of %q in %s", patterns, dir), err)
	}
	return names[t.dice.IntN(len(names))], nil
}

// copyOf copies a folder into the trial's.
func (t *trial) copyOf(dir, name string) (string, error) {
	to := filepath.Join(t.dir, name)
	return to, os.CopyFS(to, os.DirFS(dir))
}

// noticed has the program use what was damaged: it has to end with exit code 2 or 3 and
// name the file.
func (t *trial) noticed(name, what string, args ...string) error {
	e := t.run(t, args...)
	return told(e, name, what, 2, 3)
}

func told(e *ended, name, what string, codes ...int) error {
	if !slices.Contains(codes, e.code) || !strings.Contains(e.errors+e.out, filepath.Base(name)) {
		return fmt.Errorf("%s, %s, was not named: %w", name, what, e)
	}
	if err := calm(e); err != nil {
		return fmt.Errorf("%s, %s: %w: %s", name, what, err, e.errors)
	}
	return nil
}

// more has the undisturbed run, or a copy, go on for an epoch.
func more(run, cache string) []string {
	return []string{"train", "--resume", run, "--epochs", "5", "--cache", cache}
}

// longer is the undisturbed run, gone on with for that epoch.
func (t *trial) longer() (string, error) {
	o, err := t.outputs.get("longer", func() (output, error) {
		run, err := t.place("longer")
		if err := errors.Join(err, os.CopyFS(run, os.DirFS(t.whole))); err != nil {
			return output{}, err
		}
		return output{path: run}, t.run(t, more(run, t.cache)...).want(0, "")
	})
	return o.path, err
}

func damagedCheckpoint(t *trial) error {
	run, err := t.copyOf(t.whole, "run")
	if err != nil {
		return err
	}
	pattern := "checkpoints/*"
	toItsEnd := t.number%8 == 0 // which takes seconds
	if toItsEnd {
		pattern = "checkpoints/last"
	}
	name, err := t.draw(run, pattern)
	if err != nil {
		return err
	}
	what, err := t.damage(filepath.Join(run, name))
	if err != nil {
		return err
	}
	if strings.HasPrefix(name, "checkpoints/best") {
		out := filepath.Join(t.dir, "model")
		if err := t.noticed(name, what, "export", "--run", run, "--out", out); err != nil {
			return err
		}
		if e := t.run(t, "export", "--run", run, "--out", out, "--checkpoint", "last"); e.code != 0 {
			return fmt.Errorf("the other checkpoint is not used: %w", e)
		}
		return nil
	}
	e := t.run(t, more(run, t.cache)...)
	if err := told(e, name, what, 3); err != nil {
		return err
	}
	if !strings.Contains(e.errors, "--checkpoint best") {
		return fmt.Errorf("%s, %s: nothing is said of the other checkpoint: %w", name, what, e)
	}
	if err := t.noticed(name, what, "runs", "verify", "--run", run); err != nil {
		return err
	}
	if !toItsEnd {
		return nil
	}
	t.hit("gone on from the other checkpoint")
	if e := t.run(t, append(more(run, t.cache), "--checkpoint", "best")...); e.code != 0 {
		return fmt.Errorf("%s, %s: the best checkpoint is not gone on from: %w", name, what, e)
	}
	return nil
}

func damagedModel(t *trial) error {
	run, err := t.copyOf(t.whole, "run")
	if err != nil {
		return err
	}
	name, err := t.draw(run, "saved_model/*.pb", "saved_model/SHA256SUMS", "saved_model/variables", "saved_model/assets.extra")
	if err != nil {
		return err
	}
	what, err := t.damage(filepath.Join(run, name))
	if err != nil {
		return err
	}
	use := [][]string{
		{"eval", "--run", run, "--cache", filepath.Join(t.dir, "cache"), "--threads", "1"},
		{"predict", "--model", run, "--images", t.data, "--out", filepath.Join(t.dir, "votes.csv")},
		{"runs", "verify", "--run", run},
	}
	return t.noticed(name, what, use[t.dice.IntN(len(use))]...)
}

// damagedRecord damages what a run has written for its readers.
func damagedRecord(t *trial) error {
	run, err := t.copyOf(t.whole, "run")
	if err != nil {
		return err
	}
	patterns := []string{"run.json", "metrics.*", "predictions", "samples/kernels.npy", "samples/*.png", "SHA256SUMS"}
	if t.number%8 == 0 {
		patterns = patterns[:len(patterns)-1]
	}
	name, err := t.draw(run, patterns...)
	if err != nil {
		return err
	}
	what, err := t.damage(filepath.Join(run, name))
	if err != nil {
		return err
	}
	if err := t.noticed(name, what, "runs", "verify", "--run", run); err != nil {
		return err
	}
	// A list that has lost no more than a name says so to verify alone, and samples are
	// read by nothing else that goes on with a run.
	if name == "SHA256SUMS" || strings.HasPrefix(name, "samples/") {
		return nil
	}
	if err := t.noticed(name, what, more(run, t.cache)...); err != nil || t.number%8 > 0 { // the rest takes seconds
		return err
	}
	t.hit("gone on without a record")
	if err := os.Remove(filepath.Join(run, name)); err != nil {
		return err
	}
	if e := t.run(t, more(run, t.cache)...); e.code != 0 {
		return fmt.Errorf("%s, %s and then removed: the run does not go on: %w", name, what, e)
	}
	return nil
}

// damagedConfig damages the configuration, which users may edit: what a comment says is
// no harm, another value is never used.
func damagedConfig(t *trial) error {
	run, err := t.copyOf(t.whole, "run")
	if err != nil {
		return err
	}
	what, err := t.damage(filepath.Join(run, "config.yaml"))
	if err != nil {
		return err
	}
	verified := t.run(t, "runs", "verify", "--run", run)
	if verified.code != 0 || !strings.Contains(verified.out, "edited since the run ended") {
		if err := told(verified, "config.yaml", what, 2, 3); err != nil {
			return err
		}
	}
	eval := func(run string) *ended {
		return t.run(t, "eval", "--run", run, "--data", t.data, "--cache", filepath.Join(t.dir, "cache"), "--threads", "1")
	}
	e, want := eval(run), eval(t.whole)
	if e.code != 0 {
		return told(e, "config.yaml", what, 2, 3)
	}
	if strings.ReplaceAll(e.out, run, t.whole) != want.out {
		return fmt.Errorf("config.yaml, %s: another score: %s, want %s", what, e.out, want.out)
	}
	longer, err := t.longer()
	if err != nil {
		return err
	}
	if e := t.run(t, more(run, t.cache)...); e.code != 0 {
		return told(e, "config.yaml", what, 2, 3)
	}
	t.hit("gone on with a changed configuration")
	if err := sameRun(run, longer); err != nil {
		return fmt.Errorf("config.yaml, %s: it went on to another end: %w", what, err)
	}
	return nil
}

// damagedCache damages the crops, which are then cut anew.
func damagedCache(t *trial) error {
	name, err := t.draw(t.cache, "crops-*+*.bin")
	if err != nil {
		return err
	}
	cache := filepath.Join(t.dir, "cache")
	whole, err := os.ReadFile(filepath.Join(t.cache, name))
	if err := errors.Join(err, os.Mkdir(cache, 0o755), os.WriteFile(filepath.Join(cache, name), whole, 0o644)); err != nil {
		return err
	}
	what, err := t.damage(filepath.Join(cache, name))
	if err != nil {
		return err
	}
	// Trained and not evaluated: the crops of training have a margin.
	run, err := t.copyOf(t.whole, "run")
	if err != nil {
		return err
	}
	if e := t.run(t, more(run, cache)...); e.code != 0 {
		return fmt.Errorf("%s, %s: %w", name, what, e)
	}
	return sameTree(filepath.Join(cache, name), filepath.Join(t.cache, name))
}

func damagedTable(t *trial) error {
	k := tasks[1+t.dice.IntN(2)]
	r, err := t.reference(k)
	if err != nil {
		return err
	}
	dir, err := t.copyOf(r.dir, "predicted")
	if err != nil {
		return err
	}
	drawn := "*"
	if k.name != "predict" { // of its tables only CSV is read again, but for a resume
		drawn = "features*"
	}
	name, err := t.draw(dir, drawn)
	if err != nil {
		return err
	}
	what, err := t.damage(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	table, features := filepath.Join(dir, "votes.csv"), filepath.Join(dir, "features.npy")
	if k.name != "predict" {
		table, features = filepath.Join(dir, "votes.parquet"), filepath.Join(dir, "features.parquet")
	}
	if strings.HasPrefix(name, "features") {
		return t.noticed(name, what, "similar", "--features", features, "--id", "1")
	}
	use := [][]string{
		{"merge", "--part", table, "--out", filepath.Join(t.dir, "merged.csv")},
		{"score", "--predictions", table, "--labels", t.data},
	}
	return t.noticed(name, what, use[t.dice.IntN(len(use))]...)
}

// damagedJournal damages what a job has left that the disk has stopped.
func damagedJournal(t *trial) error {
	k := tasks[1]
	r, err := t.reference(k)
	if err != nil {
		return err
	}
	d := &disk{folder: t.dir, fault: func(_ int, c call) (syscall.Errno, time.Duration) {
		if strings.Contains(c.path, "features.npy.sha256") {
			return syscall.ENOSPC, 0
		}
		return 0, 0
	}}
	if e, err := t.runOn(t, d, k.args(t.fixtures, t.dir)...); err != nil || e.code != 1 {
		return fmt.Errorf("not stopped: %v, %w", e, err)
	}
	name, err := t.draw(t.dir, "*.partial")
	if err != nil {
		return err
	}
	what, err := t.damage(filepath.Join(t.dir, name))
	if err != nil {
		return err
	}
	e := k.goOn(t)
	if e.code != 0 {
		return told(e, name, what, 2, 3)
	}
	// What is cut off at the end is done again.
	if err := k.sameOutcome(t.dir, r); err != nil {
		return fmt.Errorf("%s, %s: it went on to another end: %w", name, what, err)
	}
	return nil
}
