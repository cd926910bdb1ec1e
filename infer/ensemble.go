package infer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// An Ensemble predicts by the mean of its members, each fed with views that suit
// it of crops of its own preprocessing. One model is an ensemble of one.
type Ensemble struct {
	Members []*Model

	feeds []feed // those that differ
	feed  []int  // of each member, a position in feeds
}

// A feed is what members are fed with that can share a batch.
type feed struct {
	crop      imageproc.Preprocessing
	symmetric bool // quarter turns and mirrors change nothing
}

// views returns n views, or all that there are, and one where n is 0.
func (f feed) views(n int) []imageproc.Transform {
	if f.symmetric {
		return imageproc.SymmetricViews(max(1, n))
	}
	return imageproc.Views(max(1, n))
}

// LoadEnsemble loads the models at the paths, as Load does. Close it after use.
func LoadEnsemble(paths []string) (*Ensemble, error) {
	if len(paths) == 0 {
		return nil, errors.New("failed to load models: none is named")
	}
	e := &Ensemble{}
	for _, path := range paths {
		m, err := Load(path)
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		e.Members = append(e.Members, m)
		f := feed{m.Preprocessing, m.Symmetric()}
		i := slices.Index(e.feeds, f)
		if i < 0 {
			i = len(e.feeds)
			e.feeds = append(e.feeds, f)
		}
		e.feed = append(e.feed, i)
	}
	return e, nil
}

// checkViews returns an error where no member has so many views. One that has
// fewer than another gets all that it has.
func (e *Ensemble) checkViews(n int) error {
	symmetric := !slices.ContainsFunc(e.feeds, func(f feed) bool { return !f.symmetric })
	switch {
	case symmetric && (n < 0 || n > imageproc.MaxSymmetricViews):
		says := "the network says"
		if len(e.Members) > 1 {
			says = "all these networks say"
		}
		return fmt.Errorf("%d views, want 1 to %d: %s the same of quarter turns and mirror images", n, imageproc.MaxSymmetricViews, says)
	case n < 0 || n > imageproc.MaxViews:
		return fmt.Errorf("%d views, want 1 to %d", n, imageproc.MaxViews)
	}
	return nil
}

// FeatureSize is the length of the vector of features, 0 where the ensemble has
// none: it has several members, or a model written without.
func (e *Ensemble) FeatureSize() int {
	if len(e.Members) > 1 {
		return 0
	}
	return e.Members[0].FeatureSize()
}

// HasDropout reports whether all members can draw dropout.
func (e *Ensemble) HasDropout() bool {
	return !slices.ContainsFunc(e.Members, func(m *Model) bool { return !m.HasDropout() })
}

// Close frees the models.
func (e *Ensemble) Close() error {
	var faults []error
	for _, m := range e.Members {
		if err := m.Close(); err != nil {
			faults = append(faults, fmt.Errorf("failed to close %s: %w", m.Dir, err))
		}
	}
	return errors.Join(faults...)
}
