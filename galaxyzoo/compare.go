package galaxyzoo

import (
	"fmt"
	"io"
	"os"
	"slices"
)

// ReadSubmission reads a file in the form of Kaggle's submissions. See
// ParseSubmission for what it insists on.
func ReadSubmission(path string) (*Labels, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &DataError{File: path, Err: fmt.Errorf("failed to open the predictions: %w", Reason(err))}
	}
	defer f.Close()
	return ParseSubmission(f, path)
}

// ParseSubmission reads a table of predicted votes as the competition took them:
// it differs from ParsePredictions in that any finite number is a vote, as the
// programs of others do not all keep to 0 to 1.
func ParseSubmission(r io.Reader, name string) (*Labels, error) {
	return parse(r, name, anyNumbers)
}

// A Comparison is the score of a table of predictions by a table of labels.
type Comparison struct {
	Score // of the galaxies that are in both
	// MeanVote is the score of predicting the mean vote of these same galaxies
	// for every one of them: what a model has to beat.
	MeanVote    float64 `json:"mean_vote_rmse"`
	Unlabelled  int     `json:"unlabelled"`   // predictions without a label
	Unpredicted int     `json:"unpredicted"`  // labels without a prediction
	OutOfRange  int     `json:"out_of_range"` // galaxies scored with a prediction outside [0, 1]
}

// Compare scores predictions by the labels of the same ids, whatever the order of
// the two. It returns an error where no id is in both. No id may be twice in
// either, which reading them has made sure of.
func Compare(predictions, labels *Labels) (Comparison, error) {
	rows := make(map[int64]int, len(predictions.IDs))
	for i, id := range predictions.IDs {
		rows[id] = i
	}
	var c Comparison
	var predicted, cast []Votes
	for i, id := range labels.IDs {
		row, ok := rows[id]
		if !ok {
			c.Unpredicted++
			continue
		}
		v := predictions.Votes[row]
		if slices.Min(v[:]) < 0 || slices.Max(v[:]) > 1 {
			c.OutOfRange++
		}
		predicted = append(predicted, v)
		cast = append(cast, labels.Votes[i])
	}
	c.Unlabelled = len(predictions.IDs) - len(cast)
	if len(cast) == 0 {
		return c, fmt.Errorf("failed to score: no galaxy is in both, with %d predictions and %d labels", len(predictions.IDs), len(labels.IDs))
	}
	var err error
	if c.Score, err = NewScore(predicted, cast); err != nil {
		return c, err
	}
	base, err := ScoreMeanVote(cast)
	c.MeanVote = base.RMSE
	return c, err
}

// ScoreMeanVote scores the mean of the votes cast as the prediction for every one
// of the galaxies.
func ScoreMeanVote(cast []Votes) (Score, error) {
	return NewScore(slices.Repeat([]Votes{MeanVotes(cast)}, len(cast)), cast)
}
