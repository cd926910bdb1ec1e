package train

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// folded are settings of a run of the folds given, of 60 drawn galaxies.
func folded(t *testing.T, folds, fold string) *run.Values {
	t.Helper()
	values, err := run.Resolver{Presets: PresetSettings(), Flags: []run.Assignment{
		{Key: "data", Value: "synthetic:60"}, {Key: "folds", Value: folds}, {Key: "fold", Value: fold}, {Key: "split-seed", Value: "9"},
	}}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// A plan holds the fold back that it is told to, and without folds the share.
func TestPlannedRows(t *testing.T) {
	ids := galaxyzoo.Synthetic(60, 1).IDs() // those of the data
	for fold, name := range []string{"1", "2", "3"} {
		p, err := NewPlan(folded(t, "3", name))
		if err != nil {
			t.Fatal(err)
		}
		training, held := galaxyzoo.Fold(ids, 3, fold+1, 9)
		if !slices.Equal(p.Training, training) || !slices.Equal(p.Validation, held) {
			t.Errorf("fold %s: holds %v back, want %v", name, p.Validation, held)
		}
		if share := HeldBackShare(&p.Values.Config); share != 1./3 {
			t.Errorf("fold %s: the share held back is %v, want a third", name, share)
		}
	}
	p, err := NewPlan(settings(t, "validation", "0.3", "split-seed", "9"))
	if err != nil {
		t.Fatal(err)
	}
	if _, held := galaxyzoo.Split(ids, 0.3, 9); !slices.Equal(p.Validation, held) || HeldBackShare(&p.Values.Config) != 0.3 {
		t.Errorf("without folds: holds %v back, want %v", p.Validation, held)
	}
}

func TestFoldsThatAreNone(t *testing.T) {
	for _, test := range []struct{ folds, fold, want string }{
		{"1", "1", "trains on none"},
		{"3", "4", "--fold 4 of --folds 3"},
		{"61", "1", "--folds 61 of 60 galaxies"},
	} {
		_, err := NewPlan(folded(t, test.folds, test.fold))
		if _, usage := errors.AsType[*run.UsageError](err); !usage || !strings.Contains(err.Error(), test.want) {
			t.Errorf("fold %s of %s: got %v, want a usage error with %q", test.fold, test.folds, err, test.want)
		}
	}
}
