package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// A Check is what Verify found of one part of a run.
type Check struct {
	Part  string // its name in the run folder
	Found string // what is there, in words; empty where Err is set
	Err   error  // nil where it is whole
	Mend  string // what to do about Err
	Note  string // what could not be checked
}

// Verify reads all of a run that a program reads again: its own files, both
// checkpoints and the model against their checksums, and the predictions. What a run
// has not come to yet is no fault. A run that another process works on gives a
// *LockedError: its files change while they are read.
func (r *Run) Verify() ([]Check, error) {
	if holder, held := r.Holder(); held {
		return nil, &LockedError{Dir: r.Dir, Holder: holder}
	}
	list, err := r.seal()
	if err != nil { // without it nothing can be said of what it lists
		return []Check{{Part: SumsFile, Err: err, Mend: "remove it, and verify the rest anew"}}, nil
	}
	mendRows := "remove it, and tfgalaxy train --resume " + r.Dir + " goes on without its lines"
	checks := []Check{
		r.part(ConfigFile, "", func() (string, error) {
			c, err := r.Config()
			return fmt.Sprintf("network %s", c.Network), err
		}),
		r.part(InfoFile, "remove it, and tfgalaxy train --resume "+r.Dir+" begins a new record", func() (string, error) {
			info, err := r.Info()
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("status %s", info.Status), nil
		}),
		r.part(MetricsCSV, mendRows, func() (string, error) {
			epochs, err := r.Epochs()
			return amount(len(epochs), "epoch", "epochs"), err
		}),
		r.part(MetricsJSONL, mendRows, func() (string, error) {
			steps, err := r.Steps()
			return amount(len(steps), "step", "steps"), err
		}),
	}
	for _, name := range []string{Last, Best} {
		checks = append(checks, r.summed("checkpoints/"+name, r.Checkpoint(name), r.otherCheckpoint(name), func() (string, error) {
			state, err := ReadState(r.Checkpoint(name))
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("epoch %d, step %d", state.Epoch, state.Step), nil
		}))
	}
	if _, err := os.Stat(r.Path(DivergedFile)); err == nil {
		checks = append(checks, r.part(DivergedFile, "nothing reads it but you: remove it", func() (string, error) {
			d, err := r.Divergence()
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("%s at step %d", d.What, d.Step), nil
		}))
	}
	checks = append(checks,
		r.summed(ModelFolder, r.SavedModel(), fmt.Sprintf("remove it, and tfgalaxy export --run %s --out %s writes it anew", r.Dir, r.SavedModel()),
			func() (string, error) { return "there", nil }),
		r.part("predictions/validation.csv", "only figures and reports read it; train --resume writes it anew with the next best epoch", func() (string, error) {
			votes, err := r.ReadPredictions()
			if err != nil {
				return "", err
			}
			return amount(len(votes.IDs), "galaxy", "galaxies"), nil
		}),
		r.part("samples", "only figures and reports show them; remove what is damaged", func() (string, error) {
			if err := r.samplesUnchanged(); err != nil {
				return "", err
			}
			_, err := os.Stat(r.Samples())
			return "there", err
		}),
	)
	for i := range checks {
		checks[i].compare(r, list)
	}
	return checks, nil
}

// compare makes a fault of what the list of the run's own files has and the run has
// not. A configuration that was edited is none: it agrees with the checkpoints.
func (c *Check) compare(r *Run, list []Sum) {
	i := slices.IndexFunc(list, func(s Sum) bool { return s.Name == c.Part })
	if i < 0 {
		return
	}
	path := r.Path(filepath.FromSlash(c.Part))
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		c.Err = &galaxyzoo.DataError{File: path, Err: fmt.Errorf("the file is missing, %s lists it", SumsFile)}
		c.Mend = "put it back from a copy, or go on without it"
	}
	if c.Part == ConfigFile && c.Err == nil && list[i].verify(context.Background(), r.Path(SumsFile)) != nil {
		c.Note = "edited since the run ended; it agrees with the checkpoints"
	}
}

// amount is a number of things, in words.
func amount(n int, one, many string) string {
	if n == 1 {
		many = one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// otherCheckpoint says what to do without a checkpoint.
func (r *Run) otherCheckpoint(name string) string {
	if name == Last {
		return fmt.Sprintf("tfgalaxy train --resume %s --checkpoint %s goes on from the best epoch", r.Dir, Best)
	}
	return fmt.Sprintf("tfgalaxy export --run %s --checkpoint %s takes the last epoch's weights", r.Dir, Last)
}

// part checks one file by reading it.
func (r *Run) part(name, mend string, read func() (string, error)) Check {
	c := Check{Part: name}
	found, err := read()
	switch {
	case errors.Is(err, fs.ErrNotExist) && name != ConfigFile && name != InfoFile:
		c.Found = "not there yet"
	case err != nil:
		c.Err, c.Mend = err, mend
	default:
		c.Found = found
	}
	return c
}

// summed checks a folder against its checksums, and then by reading it.
func (r *Run) summed(name, dir, mend string, read func() (string, error)) Check {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return Check{Part: name, Found: "not there yet"}
	}
	listed, err := VerifySums(dir)
	if err != nil {
		return Check{Part: name, Err: err, Mend: mend}
	}
	c := r.part(name, mend, read)
	if !listed && c.Err == nil {
		c.Note = "without " + SumsFile + ", as earlier versions wrote it: the content was not checked"
	}
	return c
}

// VerifiedState returns the state of a checkpoint, Last or Best, once all its files are
// found to be what was written. Errors are *galaxyzoo.DataError, and say what is
// left to do where the other checkpoint is whole, or a *LockedError where another
// process works on the run.
func (r *Run) VerifiedState(name string) (*State, error) {
	state, err := r.verifiedState(name)
	if err == nil {
		return state, nil
	}
	if holder, held := r.Holder(); held && holder.PID != os.Getpid() {
		return nil, &LockedError{Dir: r.Dir, Holder: holder} // which may have replaced it meanwhile
	}
	other := Last
	if name == Last {
		other = Best
	}
	if _, otherErr := r.verifiedState(other); otherErr != nil || !isDataError(err) {
		return nil, err
	}
	return nil, fmt.Errorf("%w; checkpoint %s is whole: %s", err, other, r.otherCheckpoint(name))
}

func (r *Run) verifiedState(name string) (*State, error) {
	if _, err := VerifySums(r.Checkpoint(name)); err != nil {
		return nil, err
	}
	return ReadState(r.Checkpoint(name))
}

func isDataError(err error) bool {
	_, is := errors.AsType[*galaxyzoo.DataError](err)
	return is
}
