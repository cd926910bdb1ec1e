package baseline

import (
	"fmt"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Options say how baselines are scored.
type Options struct {
	// Share of the galaxies that are held out, 0 to less than 1, by
	// galaxyzoo.Split with Seed; 0 holds none out.
	Share float64
	Seed  uint64
	// HeldOut says which galaxies are held out, by their ids, where it is not by
	// galaxyzoo.Split; else nil.
	HeldOut func(id int64) bool
	// Folds of the cross-validation, 2 or more; 0 leaves it out. Fold i of k
	// tests every k-th galaxy of the catalogue from the i-th.
	Folds int
}

// A Result is everything that is reported of the baselines.
type Result struct {
	Data     string  `json:"data"`
	Images   int     `json:"images"`
	Skipped  int     `json:"skipped"` // images that could not be read
	Share    float64 `json:"share"`   // held out, as asked for
	Seed     uint64  `json:"seed"`
	Training int     `json:"training"` // galaxies
	HeldOut  int     `json:"held_out"`
	Folds    int     `json:"folds"`

	Baselines []Baseline `json:"baselines"`
}

// A Baseline is one of the simple predictions and how well it does.
type Baseline struct {
	Name string `json:"name"` // "mean vote", "central pixel" or "average colour"
	// AllRows scores the galaxies that were fitted on, HoldOut those held out
	// of the fit, CrossValidation each galaxy by the fit of the other folds.
	// The latter two are absent where they were not asked for.
	AllRows         Scores  `json:"all_rows"`
	HoldOut         *Scores `json:"hold_out,omitempty"`
	CrossValidation *Scores `json:"cross_validation,omitempty"`
	// Model is the regression on the training rows; absent for the mean vote.
	Model *Linear `json:"model,omitempty"`
	// Note tells of colours that do not vary or depend on each other.
	Note string `json:"note,omitempty"`
}

// Scores are of predictions as they come, and brought into 0 to 1.
type Scores struct {
	Unclipped galaxyzoo.Score `json:"unclipped"`
	Clipped   galaxyzoo.Score `json:"clipped"`
}

// Evaluate fits and scores the three baselines. The error says which one could
// not be fitted and why, or which option is out of range.
func Evaluate(f *Features, o Options) (*Result, error) {
	if err := o.check(len(f.IDs)); err != nil {
		return nil, fmt.Errorf("failed to score the baselines: %w", err)
	}
	training, heldOut := o.split(f.IDs)
	r := &Result{
		Data: f.Data, Images: len(f.IDs), Skipped: len(f.Bad), Share: o.Share, Seed: o.Seed,
		Training: len(training), HeldOut: len(heldOut), Folds: o.Folds,
	}
	for _, kind := range []struct {
		name    string
		colours []Colour
	}{{"mean vote", nil}, {"central pixel", f.Central}, {"average colour", f.Average}} {
		b, err := evaluate(kind.colours, f.Votes, training, heldOut, o.Folds)
		if err != nil {
			return nil, fmt.Errorf("failed to score the baseline %q: %w", kind.name, err)
		}
		b.Name = kind.name
		r.Baselines = append(r.Baselines, *b)
	}
	return r, nil
}

func (o Options) check(rows int) error {
	switch {
	case rows == 0:
		return fmt.Errorf("no galaxies")
	case !(o.Share >= 0 && o.Share < 1):
		return fmt.Errorf("share held out is %v, want 0 or more and less than 1", o.Share)
	case o.Folds < 0 || o.Folds == 1:
		return fmt.Errorf("%d folds, want 2 or more, or 0 for none", o.Folds)
	case o.Folds > rows:
		return fmt.Errorf("%d folds of %d galaxies, want one galaxy or more in each", o.Folds, rows)
	}
	return nil
}

// split returns the positions in ids of the galaxies to fit on and of those held out.
func (o Options) split(ids []int64) (training, heldOut []int) {
	if o.HeldOut == nil {
		return galaxyzoo.Split(ids, o.Share, o.Seed)
	}
	for i, id := range ids {
		if o.HeldOut(id) {
			heldOut = append(heldOut, i)
		} else {
			training = append(training, i)
		}
	}
	return training, heldOut
}

func evaluate(colours []Colour, votes []galaxyzoo.Votes, training, heldOut []int, folds int) (*Baseline, error) {
	b := &Baseline{}
	all := make([]int, len(votes))
	for i := range all {
		all[i] = i
	}
	predicted := make([]galaxyzoo.Votes, len(votes))

	if _, err := fitAndPredict(predicted, colours, votes, all, all); err != nil {
		return nil, err
	}
	scores, err := score(predicted, votes)
	if err != nil {
		return nil, err
	}
	b.AllRows = *scores

	model, err := fitAndPredict(predicted, colours, votes, training, heldOut)
	if err != nil {
		return nil, fmt.Errorf("on the training rows: %w", err)
	}
	b.Model = model
	if model != nil && model.Rank < 3 {
		b.Note = fmt.Sprintf("only %d of 3 colours are independent; the slopes of least norm were taken", model.Rank)
	}
	if len(heldOut) > 0 {
		if b.HoldOut, err = score(rows(predicted, heldOut), rows(votes, heldOut)); err != nil {
			return nil, err
		}
	}

	for fold := range folds {
		var rest, test []int
		for _, i := range all {
			if i%folds == fold {
				test = append(test, i)
			} else {
				rest = append(rest, i)
			}
		}
		if _, err := fitAndPredict(predicted, colours, votes, rest, test); err != nil {
			return nil, fmt.Errorf("in fold %d of %d: %w", fold+1, folds, err)
		}
	}
	if folds > 0 {
		if b.CrossValidation, err = score(predicted, votes); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// fitAndPredict fits on the training rows and writes the predictions for the
// test rows. Without colours it predicts the mean vote and returns no model.
func fitAndPredict(predicted []galaxyzoo.Votes, colours []Colour, votes []galaxyzoo.Votes, training, test []int) (*Linear, error) {
	if len(training) == 0 {
		return nil, fmt.Errorf("no galaxy is left to fit on")
	}
	y := rows(votes, training)
	if colours == nil {
		mean := galaxyzoo.MeanVotes(y)
		for _, i := range test {
			predicted[i] = mean
		}
		return nil, nil
	}
	model, err := Fit(rows(colours, training), y)
	if err != nil {
		return nil, err
	}
	for _, i := range test {
		predicted[i] = model.Predict(colours[i])
	}
	return model, nil
}

func score(predicted, votes []galaxyzoo.Votes) (*Scores, error) {
	unclipped, err := galaxyzoo.NewScore(predicted, votes)
	if err != nil {
		return nil, err
	}
	inside := make([]galaxyzoo.Votes, len(predicted))
	for i, v := range predicted {
		inside[i] = Clip(v)
	}
	clipped, err := galaxyzoo.NewScore(inside, votes)
	if err != nil {
		return nil, err
	}
	return &Scores{Unclipped: unclipped, Clipped: clipped}, nil
}

func rows[T any](values []T, positions []int) []T {
	out := make([]T, len(positions))
	for k, i := range positions {
		out[k] = values[i]
	}
	return out
}
