package infer

import (
	"context"
	"fmt"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// A FoldScore is that of one fold's model on the rows held back from it.
type FoldScore struct {
	Fold int    `json:"fold"`
	Run  string `json:"run"` // its folder
	galaxyzoo.Score
}

// A Fold is a model and the galaxies that it was not trained on.
type Fold struct {
	Fold      int    // its number, from 1 on
	Run       string // folder of the run
	Positions []int  // in the catalogue
}

// CrossValidate scores each fold's model on the fold's galaxies, and all of them
// at once, of so many folds that there are.
func CrossValidate(ctx context.Context, c *galaxyzoo.Catalogue, folds []Fold, of int, s Scoring) (*Evaluation, error) {
	var positions []int
	var votes []galaxyzoo.Votes
	var scores []galaxyzoo.Score
	var parts []FoldScore
	var models []string
	total := 0
	for _, f := range folds {
		total += len(f.Positions)
	}
	for _, f := range folds {
		part := s
		if s.Progress != nil {
			part.Progress = func(done, _ int) { s.Progress(len(positions)+done, total) }
		}
		dir, own, err := f.votes(ctx, c, part)
		if err != nil {
			return nil, err
		}
		score, err := galaxyzoo.NewScore(own, c.Votes(f.Positions))
		if err != nil {
			return nil, fmt.Errorf("fold %d: %w", f.Fold, err)
		}
		positions, votes = append(positions, f.Positions...), append(votes, own...)
		scores, parts = append(scores, score), append(parts, FoldScore{f.Fold, f.Run, score})
		models = append(models, dir)
	}
	result, err := newEvaluation(c, positions, votes, s)
	if err != nil {
		return nil, err
	}
	result.Models, result.Folds, result.Of = models, parts, of
	if len(folds) > 1 {
		errors := galaxyzoo.NewScoreErrors(scores)
		result.ScoreErrors = &errors
	}
	return result, nil
}

// votes are those of the fold's model, which is loaded for as long as that takes,
// and the model's folder.
func (f Fold) votes(ctx context.Context, c *galaxyzoo.Catalogue, s Scoring) (dir string, votes []galaxyzoo.Votes, err error) {
	e, err := LoadEnsemble([]string{f.Run})
	if err != nil {
		return "", nil, err
	}
	defer e.Close()
	votes, err = e.Votes(ctx, c, f.Positions, s)
	return e.Members[0].Dir, votes, err
}
