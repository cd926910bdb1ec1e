package train

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// How a run of a sweep may stand, besides what it says itself.
const (
	StatusWaiting   run.Status = "waiting"   // it has no folder yet
	StatusElsewhere run.Status = "elsewhere" // another process has it
)

// SweepSettings are what the runs of a sweep depend on besides its file.
type SweepSettings struct {
	Dir      string            // the folder of the runs
	Resolver run.Resolver      // of each run's settings
	Data     func(*run.Values) // names data where the settings name none; nil for nothing
	Shard    infer.Shard       // every Of-th run, from the Number-th on
	Retry    bool              // runs that have failed too
}

// A Sweep is many runs that have been checked and are trained one a device.
type Sweep struct {
	Dir   string
	Runs  []*SweepRun // all, in the order of the file
	Extra []string    // names of runs in the folder that are not the sweep's

	settings   SweepSettings
	catalogues map[string]*galaxyzoo.Catalogue
}

// A SweepRun is one run of a sweep, and how it stands.
type SweepRun struct {
	run.SweepPoint
	Dir    string
	Mine   bool // of the shard that this process trains
	Status run.Status
	Info   *run.Info // nil where the folder does not tell
	Err    error     // why it failed in this process or cannot be read
	Epochs int       // of the whole run
	Steps  int64     // of the whole run
}

// PlanSweep checks all runs of a sweep before the first of them begins. A run that is
// there already has to have the settings that the sweep gives it. Errors are
// *run.UsageError or *galaxyzoo.DataError.
func PlanSweep(file *run.Sweep, settings SweepSettings) (*Sweep, error) {
	s := &Sweep{Dir: settings.Dir, settings: settings, catalogues: map[string]*galaxyzoo.Catalogue{}}
	for i, point := range file.Points {
		r := &SweepRun{SweepPoint: point, Dir: filepath.Join(s.Dir, point.Name)}
		r.Mine = i%settings.Shard.Of == settings.Shard.Number-1
		s.Runs = append(s.Runs, r)
		plan, err := s.planNew(r)
		if err == nil {
			var each int64
			r.Steps, each = plan.Steps()
			r.Epochs = int((r.Steps + each - 1) / each)
			if err = r.look(); err == nil {
				err = r.checkUnchanged(plan)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", r.Name, err)
		}
	}
	return s, s.findExtra()
}

// planNew plans a run that is to begin, or would be.
func (s *Sweep) planNew(r *SweepRun) (*Plan, error) {
	values, err := r.Resolve(s.settings.Resolver)
	if err != nil {
		return nil, err
	}
	if s.settings.Data != nil {
		s.settings.Data(values)
	}
	return planNew(values, s.open)
}

// open opens data once for all runs that share it.
func (s *Sweep) open(name string) (*galaxyzoo.Catalogue, error) {
	if c, has := s.catalogues[name]; has {
		return c, nil
	}
	c, err := OpenData(name)
	if err == nil {
		s.catalogues[name] = c
	}
	return c, err
}

// look finds how the run stands. The error is of a folder that is no run's.
func (r *SweepRun) look() error {
	r.Status, r.Info, r.Err = StatusWaiting, nil, nil
	if _, err := os.Lstat(r.Dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	of := &run.Run{Dir: r.Dir}
	if _, held := of.Holder(); held {
		r.Status = StatusElsewhere
		return nil
	}
	if _, err := os.Lstat(of.Path(run.InfoFile)); errors.Is(err, fs.ErrNotExist) {
		r.Status = run.StatusKilled // as it began, or with a run.json that was removed
		return r.checkFolder()
	}
	r.Status, r.Info, r.Err = of.Standing()
	return nil
}

// checkFolder refuses a folder that holds what no run has begun with.
func (r *SweepRun) checkFolder() error {
	if _, err := run.Open(r.Dir); err == nil {
		return nil
	}
	entries, err := os.ReadDir(r.Dir)
	if err != nil {
		return &run.UsageError{Err: fmt.Errorf("failed to read its folder: %w", err)}
	}
	for _, e := range entries {
		if name := e.Name(); name != run.LockFile && !strings.HasPrefix(name, ".") {
			return &run.UsageError{
				Err:  fmt.Errorf("%s is there, and is no run: it holds %s", r.Dir, name),
				Hint: "give the sweep a folder of its own by --runs",
			}
		}
	}
	return nil
}

// checkUnchanged insists on a run that was begun with the settings it has now.
func (r *SweepRun) checkUnchanged(plan *Plan) error {
	if r.Info == nil {
		return nil
	}
	before, err := (&run.Run{Dir: r.Dir}).Config()
	if err != nil {
		r.Status, r.Err = run.StatusDamaged, err
		return nil
	}
	changed := func(what, was, is string) error {
		return &run.UsageError{
			Err:  fmt.Errorf("%s has %s %q, and the sweep now says %q", r.Dir, what, was, is),
			Hint: "write the old value back, remove the run, or give the sweep another folder by --runs",
		}
	}
	free := append([]string{"runs", "run-dir"}, whereabouts...)
	now := &plan.Values.Config
	for _, setting := range run.Settings {
		was, is := setting.Format(&before), setting.Format(now)
		chosen := setting.Key == "precision" && is == run.PrecisionAuto // by the device it began on
		if was != is && !chosen && !slices.Contains(free, setting.Key) {
			return changed(setting.Key, was, is)
		}
	}
	if r.Info.Data.Fingerprint != plan.Catalogue.Fingerprint() {
		return &galaxyzoo.DataError{File: now.Data, Err: fmt.Errorf("this is not the data that %s was trained on: rows, votes or images have changed", r.Dir)}
	}
	return nil
}

// findExtra finds the runs in the folder that the sweep knows nothing of.
func (s *Sweep) findExtra() error {
	there, err := run.List(s.Dir)
	if err != nil {
		return err
	}
	for _, of := range there {
		if !slices.ContainsFunc(s.Runs, func(r *SweepRun) bool { return r.Name == of.Name() }) {
			s.Extra = append(s.Extra, of.Name())
		}
	}
	return nil
}

// Todo reports whether the run is this process's to train, as it stands.
func (s *Sweep) Todo(r *SweepRun) bool {
	return r.Mine && r.Status != run.StatusDone && r.Status != StatusElsewhere && (s.settings.Retry || !r.Failed())
}

// Failed reports whether the run has failed, and is only tried again where that is
// asked for.
func (r *SweepRun) Failed() bool {
	return slices.Contains([]run.Status{run.StatusFailed, run.StatusDiverged, run.StatusDamaged}, r.Status)
}

// Compare sets the runs that have begun side by side.
func (s *Sweep) Compare() *run.Comparison {
	var begun []*run.Run
	for _, r := range s.Runs {
		if _, err := os.Lstat(r.Dir); err == nil {
			begun = append(begun, &run.Run{Dir: r.Dir})
		}
	}
	return run.Compare(begun)
}
