package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/internal/timeline"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// Track is the timeline's track of the goroutine that trains. Its spans follow
// each other.
const Track = "train"

// Options are what a run needs besides its plan.
type Options struct {
	Command []string // as os.Args, for run.json
	Version string   // of the program
	// Observe, unless nil, is called with each event, in order, by the
	// goroutine that trains.
	Observe func(Event)
	// CropProgress, unless nil, is called while the crop cache is built.
	CropProgress func(done, total int)
	// Timeline, unless nil, hears what the run's goroutines do, and when.
	Timeline *timeline.Recorder
	// SaveAsked, unless nil, reports whether somebody has asked for a checkpoint
	// since it was called last. It is called after each step.
	SaveAsked func() bool
	// ExitCode, unless nil, gives the code that the program will exit with, for
	// run.json.
	ExitCode func(error) int
}

// loop is a run that is going.
type loop struct {
	plan    *Plan
	config  *run.Config
	options Options

	run      *run.Run
	info     *run.Info
	state    run.State
	metrics  metrics
	cache    *imageproc.Cache
	input    *input
	trainer  *graph.Trainer
	cluster  *graph.Cluster  // nil where this process computes
	initFrom *run.InitSource // nil where the weights are drawn, or those of a resumed run
	track    *timeline.Track // of the goroutine that trains

	saving    *saving         // nil where no checkpoint is being written
	note      string          // what a user should know of the precision
	warned    map[string]bool // kinds of warnings that were given
	overflows int             // steps in a row that left the range of float16

	clock clock
	last  Ended // what is known for the last event
}

// metrics are where a run's numbers go.
type metrics interface {
	WriteStep(run.Step) error
	WriteEpoch(run.Epoch) error
	Sync() error
	Close() error
}

// Run trains as planned and returns the last event. It stops between two steps
// when ctx ends, saves, and returns ErrInterrupted. Whatever happens after the
// first step, the run folder says how the run ended; a run that fails before it
// leaves no folder, unless its numbers were no numbers.
//
// An elastic run that loses workers goes on from its last checkpoint with those that are
// left, as if it were resumed: what is observed is an end and another start. One that
// does so again and again with no checkpoint between ends.
func (p *Plan) Run(ctx context.Context, o Options) (*Ended, error) {
	if o.Observe == nil {
		o.Observe = func(Event) {}
	}
	if o.SaveAsked == nil {
		o.SaveAsked = func() bool { return false }
	}
	return p.elastically(ctx, func(p *Plan) (*Ended, error) { return p.once(ctx, o) })
}

// once trains until the run ends for whatever cause.
func (p *Plan) once(ctx context.Context, o Options) (*Ended, error) {
	l := &loop{plan: p, config: &p.Values.Config, options: o, warned: map[string]bool{}, track: o.Timeline.Track(Track)}
	defer l.close()
	if err := l.open(ctx); err != nil {
		return nil, l.ofDevice(err)
	}
	lock, err := l.claim()
	if err != nil {
		return nil, err
	}
	defer lock.Release()

	err = l.begin()
	if err == nil {
		err = l.epochs(ctx)
	}
	return l.end(err)
}

// open prepares everything that needs no run folder.
func (l *loop) open(ctx context.Context) (err error) {
	p := l.plan
	if err = l.openCrops(ctx); err != nil {
		return err
	}
	if err = l.openTrainer(); err != nil {
		return err
	}
	if l.input, err = newInput(l.config, p.Catalogue, l.cache, p.Training, l.trainer.NewBatch); err != nil {
		return err
	}
	l.input.tracks = l.options.Timeline.Tracks("input", l.input.workers)
	return l.checkBatch()
}

// openTrainer builds the graph.
func (l *loop) openTrainer() (err error) {
	defer l.track.Start("graph").End()
	p, c := l.plan, l.config
	placement, err := l.place()
	if err != nil {
		return err
	}
	if n := len(placement.Towers); n > c.BatchSize {
		l.warn(WarnDevices, fmt.Sprintf("a step has fewer images, %d, than there are devices, %d: the others compute in vain", c.BatchSize, n))
	}
	if l.note, err = p.settlePrecision(placement, l.cluster); err != nil {
		return err
	}
	weights := graph.MSE()
	if c.Loss == run.LossWeightedMSE {
		weights = graph.WeightedMSE(p.Catalogue.Votes(p.Training))
	}
	options := graph.Options{
		LossWeights: weights, ClipNorm: c.ClipNorm, Seed: c.Seed, RateFactors: p.rates,
		Optimiser: graph.Optimiser(c.Optimiser), WeightDecay: c.WeightDecay, Momentum: c.Momentum, Average: c.Average,
		Precision: graph.Precision(c.Precision), XLA: c.XLA, Placement: placement,
		Feed: feedOf(c), CropSize: l.cache.Size(), Crops: p.Catalogue.Len(),
	}
	if c.LabelBias {
		options.OutputBias = graph.LabelBias(p.Network.Output, p.Catalogue.Votes(p.Training))
	}
	l.trainer, err = graph.NewTrainer(p.Network, options)
	if err == nil && c.InitFrom != "" && p.run == nil {
		l.initFrom, err = startFrom(l.trainer, p.Network, c)
	}
	if err == nil && feedOf(c) == graph.FeedRows {
		err = l.trainer.LoadCrops(l.cache.Crop)
	}
	return err
}

func (l *loop) close() {
	if l.metrics != nil {
		l.metrics.Close()
	}
	l.closeTrainer()
	if l.cluster != nil {
		l.cluster.Close()
	}
	if l.cache != nil {
		l.cache.Close()
	}
}

// closeTrainer frees the memory that training takes; it may be called again.
func (l *loop) closeTrainer() {
	if l.trainer != nil {
		l.trainer.Close()
		l.trainer = nil
	}
}

// claim makes the run folder, or takes the one that is resumed.
func (l *loop) claim() (*run.Lock, error) {
	var err error
	switch {
	case l.plan.run != nil:
		l.run = l.plan.run
	case l.config.RunDir != "":
		l.run, err = run.CreateAt(l.config.RunDir)
	default:
		l.run, err = run.Create(l.config.Runs, l.config.Preset)
	}
	if err != nil {
		return nil, err
	}
	lock, err := l.run.Lock()
	if err != nil && l.plan.run == nil { // a disk that is full
		_, discardErr := l.run.Discard()
		err = errors.Join(err, discardErr)
	}
	return lock, err
}

// begin writes what is known before the first step, or takes up a
// checkpoint.
func (l *loop) begin() error {
	defer l.track.Start("begin").End()
	weights, err := l.plan.Network.Weights()
	if err != nil {
		return err
	}
	device, err := l.trainer.Device()
	if err != nil {
		return err
	}
	if l.plan.run == nil {
		l.fresh(weights, device)
	} else if err := l.resume(weights, device); err != nil {
		return err
	}
	if err := l.run.RemoveDivergence(); err != nil {
		return err
	}
	if err := l.run.WriteConfig(l.plan.Values); err != nil {
		return err
	}
	if err := l.run.WriteInfo(l.info); err != nil {
		return err
	}
	m, err := l.run.OpenMetrics(l.state.Step)
	if err != nil {
		return err
	}
	l.metrics = m
	if l.plan.run == nil {
		if err := l.sampleInput(); err != nil {
			return err
		}
		if l.cluster != nil { // a worker that is lost has all weights of its own with it
			if err := l.save(false, false); err != nil {
				return err
			}
		}
	}
	if l.config.TensorBoard {
		if err := l.openBoard(); err != nil {
			return err
		}
	}
	l.options.Observe(Started{
		Event: "start", Run: l.run.Dir, Network: l.plan.Network.Name, Weights: weights,
		Device: device, Precision: l.config.Precision, Note: l.notes(device),
		Training: len(l.plan.Training), Validation: len(l.plan.Validation),
		Epochs: l.epochsInAll(), Steps: stepsInAll(l.config, int64(l.input.batches())), StepsPerEpoch: int64(l.input.batches()),
		FromStep: l.state.Step,
	})
	return l.checkMemory()
}

// notes are what a user should know of the precision and of the network's symmetry.
func (l *loop) notes(device string) string {
	notes := []string{cmp.Or(slowNote(l.config.Precision, device), l.note), l.plan.Network.SymmetryNote()}
	return strings.Join(slices.DeleteFunc(notes, func(note string) bool { return note == "" }), "; ")
}

func (l *loop) fresh(weights int, device string) {
	c, p := l.config, l.plan
	l.state = run.State{
		Network: p.Network.Name, NetworkDigest: p.Network.Digest(), Data: p.Catalogue.Fingerprint(),
		Seed: c.Seed, SplitSeed: c.SplitSeed, Validation: HeldBackShare(c),
		Settings: p.Values.Fixed(unfixed...),
	}
	l.info = l.newInfo(weights, device)
}

// newInfo is the record of a run that begins.
func (l *loop) newInfo(weights int, device string) *run.Info {
	c, p := l.config, l.plan
	return &run.Info{
		Command:  run.PortableCommand(l.options.Command),
		Versions: run.Versions{TFGalaxy: l.options.Version, Go: runtime.Version(), TensorFlow: graph.Version()},
		Device:   device, Seed: c.Seed,
		Data: run.DataInfo{
			Name: run.PortablePath(p.Catalogue.Name), Fingerprint: p.Catalogue.Fingerprint(),
			Training: len(p.Training), Validation: len(p.Validation),
		},
		Network: p.Network.Name, Weights: int64(weights), InitFrom: l.initFrom,
		Status: run.StatusRunning, Started: time.Now().UTC(),
	}
}

func (l *loop) resume(weights int, device string) error {
	info, err := l.run.Info()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if info == nil { // removed, as it was damaged
		info = l.newInfo(weights, device)
		if c := l.config; c.InitFrom != "" {
			info.InitFrom = &run.InitSource{Path: run.PortablePath(c.InitFrom), Layers: c.InitLayers}
		}
	}
	// Read again under the lock: the run may have gone on since it was planned.
	state, err := l.run.VerifiedState(l.plan.checkpoint)
	if err != nil {
		return err
	}
	if err := l.trainer.Restore(l.run.Checkpoint(l.plan.checkpoint)); err != nil {
		return err
	}
	if err := l.run.Unseal(); err != nil {
		return err
	}
	info.Resumes = append(info.Resumes, run.Resume{
		At: time.Now().UTC(), FromEpoch: state.Epoch, FromStep: state.Step, Command: run.PortableCommand(l.options.Command),
	})
	info.Status, info.ExitCode, info.Finished, info.Device = run.StatusRunning, nil, time.Time{}, device
	l.state, l.info = *state, info
	rows, err := l.run.Epochs()
	if i := slices.IndexFunc(rows, func(e run.Epoch) bool { return e.Epoch == state.Epoch }); i >= 0 {
		l.last.Loss = rows[i].Loss
	}
	return err
}

// epochs trains until the configured number of epochs or steps, or the end of
// patience.
func (l *loop) epochs(ctx context.Context) error {
	for !l.done() {
		if l.config.Patience > 0 && l.state.EpochsSinceBest >= l.config.Patience {
			return nil
		}
		if err := l.epoch(ctx); err != nil {
			return err
		}
		if err := l.finishEpoch(ctx); err != nil {
			return err
		}
	}
	return nil
}

// end writes how the run ended and, from whatever best checkpoint there is, its
// model.
func (l *loop) end(cause error) (*Ended, error) {
	unsaved := l.settle()
	cause = l.goesOn(errors.Join(l.ofDevice(cause), unsaved))
	var diverged *DivergedError
	if cause != nil && l.state.Step == 0 && l.plan.run == nil && !errors.As(cause, &diverged) { // of which the folder tells
		if removed, err := l.run.Discard(); removed || err != nil {
			return nil, errors.Join(cause, err)
		}
	}
	if l.info == nil { // nothing was begun, and run.json says how the run was left
		return nil, cause
	}
	status := run.StatusDone
	switch {
	case errors.Is(cause, ErrInterrupted):
		status = run.StatusInterrupted
	case cause != nil:
		status = run.StatusFailed
	}
	err := cause
	if _, noBest := os.Stat(l.run.Checkpoint(run.Best)); noBest == nil && status != run.StatusFailed {
		if exportErr := l.finish(); exportErr != nil {
			err, status = errors.Join(cause, exportErr), run.StatusFailed
		}
	}
	if infoErr := l.record(status, err); infoErr != nil {
		return nil, errors.Join(err, infoErr)
	}
	if sealErr := l.seal(); sealErr != nil {
		err, status = errors.Join(err, sealErr), run.StatusFailed
		if infoErr := l.record(status, err); infoErr != nil {
			return nil, errors.Join(err, infoErr)
		}
	}
	l.last.Event, l.last.Run, l.last.Status = "end", l.run.Dir, status
	l.last.Epochs, l.last.Step, l.last.Seconds = l.state.Epoch, l.state.Step, l.state.Seconds
	if best := l.state.Best; best != nil {
		l.last.BestEpoch, l.last.RMSE = best.Epoch, best.RMSE
	}
	l.last.ImagesPerSecond, l.last.DataWait = l.clock.total.rate(), l.clock.total.share()
	l.options.Observe(l.last)
	return &l.last, err
}

// record writes how the run ended into run.json.
func (l *loop) record(status run.Status, err error) error {
	code := 0
	if l.options.ExitCode != nil {
		code = l.options.ExitCode(err)
	}
	l.info.Status, l.info.ExitCode, l.info.Finished, l.info.Seconds = status, &code, time.Now().UTC(), l.state.Seconds
	return l.run.WriteInfo(l.info)
}

// seal lists the run's files by their checksums, once they are on the disk.
func (l *loop) seal() error {
	if l.metrics != nil {
		if err := l.metrics.Sync(); err != nil {
			return err
		}
	}
	return l.run.Seal()
}
