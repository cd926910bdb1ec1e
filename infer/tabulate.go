package infer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A Job is a table of predictions to be made.
type Job struct {
	Listing  *imageproc.Listing
	Shard    Shard
	Out      string // the table; its extension .csv, .jsonl or .parquet is its format
	Features string // the file of features, "" for none; see CreateFeatures
	Options  Options
	Answers  bool // a column with the walk through the tree in words
	// Submission asks for the table that Kaggle takes, of images whose ids are
	// numbers: 38 columns, sorted by id.
	Submission bool
	Strict     bool // the first image that cannot be read ends the job
	Resume     bool // go on with a job that was stopped, if there is one

	// Both may be nil.
	Progress func(done, total int)
	Fault    func(error) // hears of each image that cannot be read
}

// A Summary is what came out of a Job.
type Summary struct {
	Out        string  `json:"out"`
	Errors     string  `json:"errors,omitempty"`   // the list of images that could not be read
	Features   string  `json:"features,omitempty"` // the file of features
	Images     int     `json:"images"`             // of the shard
	Predicted  int     `json:"predicted"`
	Unreadable int     `json:"unreadable"`
	Resumed    int     `json:"resumed"` // images done before this time
	MeanMoved  float64 `json:"mean_moved,omitempty"`
	MaxMoved   float64 `json:"max_moved,omitempty"`
}

// Check returns a *run.UsageError where the job cannot be done by the ensemble, or
// would overwrite something.
func (j *Job) Check(e *Ensemble) error {
	if err := j.Options.Check(e); err != nil {
		return &run.UsageError{Err: err}
	}
	return j.CheckOutput()
}

// CheckOutput is the part of Check that wants no models.
func (j *Job) CheckOutput() error {
	files := []string{j.Out}
	if _, err := tableFormat(j.Out, j.Submission); err != nil {
		return &run.UsageError{Err: err}
	}
	if j.Features != "" {
		more, err := FeatureFiles(j.Features)
		if err != nil {
			return &run.UsageError{Err: err}
		}
		files = append(files, more...)
	}
	for i := range files {
		files[i] = filepath.Clean(files[i])
	}
	for i, path := range files {
		if slices.Contains(files[:i], path) {
			return &run.UsageError{Err: fmt.Errorf("%s would be the table and features at once", path), Hint: "name them apart"}
		}
		if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
			return &run.UsageError{Err: fmt.Errorf("%q is no folder to write %s to", filepath.Dir(path), filepath.Base(path)), Hint: "make the folder first"}
		}
		if !j.Resume && exists(path) {
			return overwrites(path)
		}
	}
	for extension := range tableFormats {
		if other := beside(files[0], extension); other != files[0] && exists(other) {
			return &run.UsageError{
				Err:  fmt.Errorf("%s is there, whose %s the table %s would overwrite", other, filepath.Base(metaFile(other)), filepath.Base(j.Out)),
				Hint: "name the table otherwise",
			}
		}
	}
	if j.Resume || exists(j.Out+journalSuffix) || j.Features == "" { // openJournal has a better word
		return nil
	}
	for _, path := range partialFeatures(j.Features) { // of a job with another table
		if exists(path) {
			return overwrites(path)
		}
	}
	return nil
}

func overwrites(path string) error {
	return &run.UsageError{
		Err:  fmt.Errorf("%q is there already, and nothing is overwritten", path),
		Hint: "name another file, or remove that one",
	}
}

// entries are those of the shard.
func (j *Job) entries() iter.Seq2[imageproc.Entry, error] {
	return func(yield func(imageproc.Entry, error) bool) {
		for entry, err := range j.Listing.All() {
			if (err != nil || j.Shard.Has(entry.ID)) && !yield(entry, err) {
				return
			}
		}
	}
}

// Tabulate does a job that passes its Check. A job that is ended early, be it by
// ctx, a fault or a power cut, leaves its rows in Out + ".partial", with which a
// job that resumes goes on.
func (e *Ensemble) Tabulate(ctx context.Context, j *Job) (*Summary, error) {
	total := 0
	for entry, err := range j.entries() {
		if err == nil && j.Submission {
			if _, err = galaxyzoo.ParseID(entry.ID); err != nil {
				fault := &galaxyzoo.DataError{File: entry.File, Err: err}
				if entry.Line > 0 {
					fault.File, fault.Line = j.Listing.Where, entry.Line
				}
				err = fault
			}
		}
		if err != nil {
			return nil, err
		}
		total++
	}
	meta, err := e.meta(j)
	if err != nil {
		return nil, err
	}
	if finished, err := j.finished(meta, total); finished != nil || err != nil {
		return finished, err
	}
	log, err := openJournal(j.Out, meta, j.Resume, func() (int, error) { return j.featuresKept(e) })
	if err != nil {
		return nil, err
	}
	removeTemporary(j.Out)
	s := &Summary{Out: j.Out, Features: j.Features, Images: total, Resumed: log.rows}
	rows := &sheet{job: j, log: log}
	if err := rows.fill(ctx, e, total); err != nil {
		if more := rows.suspend(); more != nil && more.Error() != err.Error() { // a full disk is full again
			err = errors.Join(err, more)
		}
		return nil, err
	}
	table, err := log.writeTable(j.Out, j.Submission)
	if err != nil {
		return nil, errors.Join(err, log.close())
	}
	s.MeanMoved, s.MaxMoved = table.meanMoved, table.maxMoved
	s.Predicted, s.Unreadable = log.good, log.rows-log.good
	if s.Unreadable > 0 {
		s.Errors = errorsFile(j.Out)
	}
	return s, log.remove()
}

// meta describes the job's table.
func (e *Ensemble) meta(j *Job) (*Meta, error) {
	m := &Meta{
		Views: max(1, j.Options.Views), Consistent: j.Options.Consistent, Stretch: j.Options.Decoder.Stretch,
		Columns: j.columns(), Shard: j.Shard.String(), Listed: j.Listing.Count,
		Submission: j.Submission, Features: fileBeside(j.Out, j.Features),
	}
	if j.Options.Uncertainty {
		m.DropoutSamples = j.Options.DropoutSamples
	}
	for _, member := range e.Members {
		digest, err := member.Digest()
		if err != nil {
			return nil, err
		}
		m.Models = append(m.Models, ModelID{Name: member.Name(), Digest: digest})
	}
	return m, nil
}

// finished returns the summary of a job that is to be resumed and was finished,
// else nil.
func (j *Job) finished(meta *Meta, total int) (*Summary, error) {
	if !j.Resume || !exists(j.Out) {
		return nil, nil
	}
	if err := run.VerifySumsBeside(j.Out, false); err != nil {
		return nil, err
	}
	done, err := readMeta(j.Out)
	if err != nil {
		return nil, err
	}
	if what := meta.otherThan(done); what != "" {
		return nil, &run.UsageError{Err: fmt.Errorf("%s is there already, made with %s", j.Out, what), Hint: "name another file, or remove that one"}
	}
	if exists(j.Out + journalSuffix) { // it was stopped before it had removed that
		if log, err := openJournal(j.Out, meta, true, func() (int, error) { return math.MaxInt, nil }); err == nil {
			if err := log.remove(); err != nil {
				return nil, err
			}
		}
	}
	s := &Summary{Out: j.Out, Features: j.Features, Images: total, Predicted: done.Predicted, Unreadable: done.Unreadable, Resumed: total}
	if s.Unreadable > 0 {
		s.Errors = errorsFile(j.Out)
	}
	return s, nil
}

// featuresKept is how many galaxies have their features in files, where these are
// asked for. A stop may leave fewer of them than there are rows.
func (j *Job) featuresKept(e *Ensemble) (int, error) {
	if j.Features == "" || exists(j.Features) {
		return math.MaxInt, nil
	}
	return flushedFeatures(j.Features, e.FeatureSize())
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// flushEvery is how many rows are at most lost by a kill.
const flushEvery = 64

// A sheet is a job's rows while they grow.
type sheet struct {
	job      *Job
	log      *journal
	features *FeatureWriter // nil for none
	first    string         // what is wrong with the first image that could not be read
}

// fill appends the predictions that the sheet lacks, with the features in their
// place at the end.
func (s *sheet) fill(ctx context.Context, e *Ensemble, total int) error {
	next, stop := iter.Pull2(s.job.entries())
	defer stop()
	if err := s.log.matches(next); err != nil {
		return err
	}
	switch path := s.job.Features; {
	case path == "":
	case !exists(path):
		var err error
		if s.features, err = ResumeFeatures(path, e.FeatureSize(), s.log.good); err != nil {
			return err
		}
		if err := s.features.verify(s.log.features); err != nil {
			return err
		}
	case s.log.rows < total || total == 0: // else it was stopped between its last two files
		return overwrites(path)
	}
	rest := func(yield func(imageproc.Entry, error) bool) {
		for entry, err, ok := next(); ok; entry, err, ok = next() {
			if !yield(entry, err) {
				return
			}
		}
	}
	for p, err := range e.Predict(ctx, rest, s.job.Options) {
		if err == nil && s.job.Strict {
			err = p.Err
		}
		if err == nil {
			err = s.add(&p)
		}
		if err != nil {
			return err
		}
		if s.job.Progress != nil {
			s.job.Progress(s.log.rows, total)
		}
	}
	// A shard may be small, and its others good.
	if s.log.good == 0 && s.job.Shard == Whole {
		return &galaxyzoo.DataError{File: s.job.Listing.Where, Err: fmt.Errorf("none of the %d images could be read%s", total, s.first)}
	}
	if s.features == nil {
		return nil
	}
	// Features in their place have all their rows in the journal.
	if err := errors.Join(s.features.Flush(), s.log.sync()); err != nil {
		return err
	}
	return s.features.Close()
}

func (s *sheet) add(p *Prediction) error {
	row := &journalRow{ID: p.Entry.ID, File: fileName(p.Entry.File)}
	if p.Err != nil {
		if s.first == "" {
			s.first = "; the first: " + p.Err.Error()
		}
		if s.job.Fault != nil {
			s.job.Fault(p.Err)
		}
		row.Error = p.Err.Error()
		if data, ok := errors.AsType[*galaxyzoo.DataError](p.Err); ok && data.File == p.Entry.File {
			row.Error = data.Err.Error() // the file has a column of its own
		}
	} else {
		row.Cells = s.job.cells(p)
		if s.features != nil {
			if err := s.features.Write(row.ID, p.Entry.File, p.Features); err != nil {
				return err
			}
			row.Features = featureSum(row.ID, p.Entry.File, p.Features)
		}
	}
	if err := s.log.add(row); err != nil {
		return err
	}
	if s.log.rows%flushEvery > 0 {
		return nil
	}
	if s.features != nil { // before the rows that vouch for them
		if err := s.features.Flush(); err != nil {
			return err
		}
	}
	return s.log.flush()
}

// suspend leaves the rows for a job that resumes, or nothing where none is good.
func (s *sheet) suspend() error {
	var err error
	switch {
	case s.features == nil:
	case s.log.good == 0:
		err = s.features.Abort()
	default:
		err = s.features.Suspend()
	}
	if s.log.good == 0 {
		return errors.Join(err, s.log.remove())
	}
	return errors.Join(err, s.log.close())
}

// matches reads the entries that the journal has rows for, and returns an error
// where these are others.
func (j *journal) matches(next func() (imageproc.Entry, error, bool)) error {
	if j.rows == 0 {
		return nil
	}
	changed := func(row *journalRow, what string) error {
		return &run.UsageError{
			Err:  fmt.Errorf("%s goes on from other images: it has %s where there is now %s", j.path, row.ID, what),
			Hint: "name the images as at first, or remove it and start afresh",
		}
	}
	err := j.each(func(*Meta, int64) error { return nil }, func(row *journalRow, _ int64) error {
		entry, err, ok := next()
		switch {
		case err != nil:
			return err
		case !ok:
			return changed(row, "none")
		case entry.ID != row.ID:
			return changed(row, entry.ID)
		}
		return nil
	})
	return err
}
