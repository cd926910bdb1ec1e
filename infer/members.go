package infer

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// Members are the models that stand for what was named as one.
type Members struct {
	Path    string   // as it was named
	Models  []string // Path itself or, of a folder of runs, those that are done
	LeftOut []string // the others, "small-seed=2 (failed)"
}

// ListMembers returns the models that paths stand for: each for itself, whether it is a
// model or not, but a folder of runs, such as a sweep's, for all runs in it that are
// done. Where none is, the error is a *galaxyzoo.DataError.
func ListMembers(paths []string) ([]Members, error) {
	all := make([]Members, len(paths))
	for i, path := range paths {
		m := Members{Path: path, Models: []string{path}}
		if runs := runsIn(path); len(runs) > 0 {
			m.Models = nil
			for _, r := range runs {
				if status, _, _ := r.Standing(); status == run.StatusDone {
					m.Models = append(m.Models, r.Dir)
				} else {
					m.LeftOut = append(m.LeftOut, fmt.Sprintf("%s (%s)", r.Name(), status))
				}
			}
			if len(m.Models) == 0 {
				return nil, &galaxyzoo.DataError{File: path, Err: fmt.Errorf("none of the runs in it is done: %s", strings.Join(m.LeftOut, ", "))}
			}
		}
		all[i] = m
	}
	return all, nil
}

// runsIn returns the runs in a folder that is neither a run nor a model.
func runsIn(path string) []*run.Run {
	if _, err := os.Stat(filepath.Join(path, graph.ModelFile)); err == nil {
		return nil
	}
	if _, err := run.Open(path); err == nil {
		return nil
	}
	runs, err := run.List(path)
	if err != nil {
		return nil // as Find tells
	}
	return runs
}
