package train

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A Plan is a run that has been checked against its data and not begun: nothing
// has been written, and no device touched.
type Plan struct {
	Values        *run.Values
	Network       *graph.Network
	Preprocessing imageproc.Preprocessing // of the crops that training cuts from
	Catalogue     *galaxyzoo.Catalogue
	Training      []int // positions in Catalogue
	Validation    []int // the rows held back

	rates map[string]float64 // of the variables; see rateFactors

	// The run that is resumed, and where it stands; nil for a new one.
	run        *run.Run
	state      *run.State
	checkpoint string // run.Last or run.Best
}

// NewPlan checks a new run. Errors are *run.UsageError or *galaxyzoo.DataError.
func NewPlan(values *run.Values) (*Plan, error) { return planNew(values, OpenData) }

// An opener opens data by its name, as OpenData does.
type opener func(name string) (*galaxyzoo.Catalogue, error)

func planNew(values *run.Values, open opener) (*Plan, error) {
	p, err := newPlan(values, open)
	if err == nil {
		err = checkInitFrom(p.Network, &values.Config)
	}
	return p, err
}

// newPlan checks all but what weights are to start from: a resume has them.
func newPlan(values *run.Values, open opener) (*Plan, error) {
	c := &values.Config
	if err := checkFolds(c); err != nil {
		return nil, err
	}
	network, err := Network(c)
	if err != nil {
		return nil, err
	}
	p := &Plan{Values: values, Network: network, Preprocessing: Preprocessing(c)}
	if p.rates, err = rateFactors(network, c); err != nil {
		return nil, err
	}
	if err := p.fitPreset(); err != nil {
		return nil, err
	}
	if c.RunDir != "" {
		if err := run.CheckNew(c.RunDir); err != nil {
			return nil, err
		}
	}
	if p.Catalogue, err = open(c.Data); err != nil {
		return nil, err
	}
	if p.Training, p.Validation, err = Rows(c, p.Catalogue.IDs()); err != nil {
		return nil, err
	}
	if len(p.Training) == 0 {
		return nil, &galaxyzoo.DataError{File: c.Data, Err: fmt.Errorf(
			"all %d galaxies are held back for validation; lower --validation from %g", p.Catalogue.Len(), c.Validation)}
	}
	return p, nil
}

// fitPreset checks the crop and gives it its margin. A preset's oversampling and
// margin are lowered to what fits the size and crop that were asked for.
func (p *Plan) fitPreset() error {
	crop, plain := &p.Preprocessing, p.Preprocessing
	plain.Oversample = 0
	if !p.Values.Given("oversample") && crop.Check() != nil && plain.Check() == nil {
		if err := p.lower("oversample", "1"); err != nil {
			return err
		}
		*crop = plain
	}
	if err := crop.Check(); err != nil {
		return &run.UsageError{Err: err}
	}
	crop.Margin = p.Values.Config.Margin
	if fit := crop.FitMargin(); !p.Values.Given("margin") && fit != crop.Margin {
		crop.Margin = fit
		return p.lower("margin", strconv.Itoa(fit))
	}
	if err := crop.Check(); err != nil {
		return &run.UsageError{Err: err}
	}
	return nil
}

// lower gives a preset's setting the value that fits.
func (p *Plan) lower(key, value string) error {
	setting, _ := run.Lookup(key)
	why := fmt.Sprintf("%s, whose %s does not fit", p.Values.Origin(key), setting.Format(&p.Values.Config))
	return p.Values.Choose(key, value, why)
}

// PlanResume checks the continuation of the run in a folder from one of its
// checkpoints, run.Last or run.Best. Flags may only change what a continuation leaves free: see
// resumable. Errors are *run.UsageError or *galaxyzoo.DataError.
func PlanResume(dir, checkpoint string, flags []run.Assignment) (*Plan, error) {
	return planResume(dir, checkpoint, flags, OpenData)
}

func planResume(dir, checkpoint string, flags []run.Assignment, open opener) (*Plan, error) {
	r, err := run.Open(dir)
	if err != nil {
		return nil, err
	}
	before, err := r.Config()
	if err != nil {
		return nil, err
	}
	// Without presets: of a setting that the run did not know yet, it had the default,
	// whatever its preset says today.
	values, err := run.Resolver{File: r.Path(run.ConfigFile), Flags: flags}.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkResume(r, &before, &values.Config); err != nil {
		return nil, err
	}
	if checkpoint, err = startingPoint(r, checkpoint); err != nil {
		return nil, err
	}
	state, err := r.VerifiedState(checkpoint)
	if err != nil {
		return nil, fmt.Errorf("failed to resume %s: %w", r.Dir, err)
	}
	if err := checkLeft(r, dir, state, &values.Config); err != nil {
		return nil, err
	}
	p, err := newPlan(values, open)
	if values.Config.Data == before.Data {
		err = whereNow(err, r.Dir, &before)
	}
	if err != nil {
		return nil, err
	}
	if digest := p.Network.Digest(); digest != state.NetworkDigest {
		return nil, &run.UsageError{
			Err: fmt.Errorf("run %s was trained with another network %s (%s) than this program's (%s)",
				r.Name(), state.Network, state.NetworkDigest, digest),
			Hint: "resume it with the version of tfgalaxy that " + r.Path(run.InfoFile) + " names",
		}
	}
	if p.Catalogue.Fingerprint() != state.Data {
		return nil, &galaxyzoo.DataError{File: values.Config.Data, Err: fmt.Errorf(
			"this is not the data that run %s was trained on: rows, votes or images have changed", r.Name())}
	}
	p.run, p.state, p.checkpoint = r, state, checkpoint
	return p, nil
}

// startingPoint returns the checkpoint to go on from, of that name where it is
// there. A run that was stopped while it wrote its first has that as its best one
// alone.
func startingPoint(r *run.Run, name string) (string, error) {
	missing := func(name string) bool {
		_, err := os.Stat(r.Checkpoint(name))
		return errors.Is(err, fs.ErrNotExist)
	}
	switch {
	case name != run.Last || !missing(run.Last):
		return name, nil
	case !missing(run.Best):
		return run.Best, nil
	}
	if holder, held := r.Holder(); held {
		return "", &run.LockedError{Dir: r.Dir, Holder: holder}
	}
	return "", &run.UsageError{
		Err:  fmt.Errorf("run %s has no checkpoint yet: it was stopped before the end of its first epoch", r.Name()),
		Hint: fmt.Sprintf("tfgalaxy train --config %s starts another like it; then remove this one", r.Path(run.ConfigFile)),
	}
}

// checkLeft insists on something that is left to do: steps, or what comes after the
// last one in a run that was stopped there.
func checkLeft(r *run.Run, dir string, state *run.State, c *run.Config) error {
	key, done, all, more := "epochs", int64(state.Epoch), int64(c.Epochs), int64(5)
	if c.Steps > 0 {
		key, done, all, more = "steps", state.Step, int64(c.Steps), 1000
	}
	if done < all {
		return nil
	}
	info, err := r.Info()
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Status != run.StatusDone {
		return nil
	}
	if err != nil {
		return err
	}
	return &run.UsageError{
		Err:  fmt.Errorf("run %s has done all of its %s: %d", r.Name(), key, done),
		Hint: fmt.Sprintf("tfgalaxy train --resume %s --%s %d goes on", dir, key, done+more),
	}
}

// whereabouts are the settings that say where a run computes and where its data lies.
var whereabouts = []string{"data", "input-threads", "threads", "devices", "workers", "worker-timeout", "elastic", "cache", "crops-on", "tensorboard"}

// resumable are the settings that a resume may change: none alters a step that
// was made, and of those to come at most the order of sums and, by the number of devices,
// how many images batch norm measures together. Epochs and steps only say when to stop
// (with the cosine schedule, also how fast the learning rate falls from here on). After an
// epoch that steps cut short comes the next one.
var resumable = append([]string{"epochs", "steps", "patience"}, whereabouts...)

// unfixed are the settings that a checkpoint does not vouch for: besides those, names
// of files and folders.
var unfixed = append(slices.Clone(resumable), "runs", "run-dir", "init-from")

func checkResume(r *run.Run, before, now *run.Config) error {
	for _, s := range run.Settings {
		was, is := s.Format(before), s.Format(now)
		if was == is || slices.Contains(resumable, s.Key) {
			continue
		}
		return &run.UsageError{
			Err: fmt.Errorf("--%s %s: run %s was started with %s, and a resume goes on as it began",
				s.Key, strconv.Quote(is), r.Name(), strconv.Quote(was)),
			Hint: fmt.Sprintf("leave --%s out, or start a new run without --resume; a resume may change %s",
				s.Key, strings.Join(resumable, ", ")),
		}
	}
	return nil
}

// Network returns the network that a configuration names, with its input size
// and output. Errors are *run.UsageError.
func Network(c *run.Config) (*graph.Network, error) {
	network, err := graph.LookUp(c.Network)
	if err != nil {
		hint := "tfgalaxy presets lists the networks"
		if near := run.Nearest(c.Network, graph.NetworkNames()); near != "" {
			hint = fmt.Sprintf("did you mean %s?", near)
		}
		return nil, &run.UsageError{Err: err, Hint: hint}
	}
	network.Size = c.Size
	network.Output = graph.Output(c.Output)
	if _, err := network.Table(); err != nil {
		return nil, &run.UsageError{Err: err, Hint: fmt.Sprintf("--size %d may be too small for it", c.Size)}
	}
	return network, nil
}

// Preprocessing returns how a configuration cuts what its network sees, without
// the margin that training may have around it.
func Preprocessing(c *run.Config) imageproc.Preprocessing {
	p := imageproc.Preprocessing{Crop: imageproc.CropKind(c.Crop), Size: c.Size}
	if p.Crop == imageproc.CropCentre {
		p.Width = c.CropWidth
	}
	if c.Oversample != 1 { // as models from before there was such a setting have it
		p.Oversample = c.Oversample
	}
	return p
}

// syntheticName begins the name of a data set that is drawn.
const syntheticName = "synthetic"

// OpenData opens a folder in Kaggle's layout, or draws "synthetic" or
// "synthetic:N" galaxies. Errors are *run.UsageError or *galaxyzoo.DataError.
func OpenData(name string) (*galaxyzoo.Catalogue, error) {
	kind, count, counted := strings.Cut(name, ":")
	if kind != syntheticName {
		return galaxyzoo.OpenCatalogue(name)
	}
	n := DefaultSynthetic
	if counted {
		var err error
		if n, err = strconv.Atoi(count); err != nil || n < 1 || n > MaxSynthetic {
			return nil, &run.UsageError{
				Err:  fmt.Errorf("--data %q: want synthetic:N with N from 1 to %d", name, MaxSynthetic),
				Hint: fmt.Sprintf("--data synthetic:%d", DefaultSynthetic),
			}
		}
	}
	return galaxyzoo.Synthetic(n, syntheticSeed), nil
}

const (
	// DefaultSynthetic is how many galaxies "synthetic" means.
	DefaultSynthetic = 2000
	// MaxSynthetic is the largest number of drawn galaxies: more than Kaggle's
	// whole set, and the crops of all are still a file of a few gigabytes.
	MaxSynthetic = 1_000_000
	// syntheticSeed is the same for every run, so that their scores compare.
	syntheticSeed = 1
)

// ErrInterrupted reports that a run was asked to stop and did, with its last
// checkpoint written.
var ErrInterrupted = errors.New("interrupted")
