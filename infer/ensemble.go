package infer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tfgalaxy/tfgalaxy/imageproc"
)

// An Ensemble predicts by the mean of its members, each fed with crops of its own
// preprocessing. One model is an ensemble of one.
type Ensemble struct {
	Members []*Model

	crops []imageproc.Preprocessing // those that differ
	crop  []int                     // of each member, a position in crops
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
		i := slices.Index(e.crops, m.Preprocessing)
		if i < 0 {
			i = len(e.crops)
			e.crops = append(e.crops, m.Preprocessing)
		}
		e.crop = append(e.crop, i)
	}
	return e, nil
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
