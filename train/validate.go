package train

import (
	"context"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// sampleRows is how many training rows stand in for rows held back, where there
// are none.
const sampleRows = 1000

// validation is how the weights score in inference mode, without augmentation.
type validation struct {
	heldBack bool // on rows held back; otherwise on rows that were trained on
	votes    []galaxyzoo.Votes
	cast     []galaxyzoo.Votes
	score    galaxyzoo.Score
	meanVote float64 // RMSE of these rows' mean vote for every one of them
	loss     float64
}

// validate scores the rows held back. Where there are none it scores some of
// those that were trained on: a step of Adam can leave weights that fit a batch,
// whose statistics batch norm knows, and little else, and such an epoch is not
// the best one.
func (l *loop) validate() (validation, error) {
	v := validation{heldBack: len(l.plan.Validation) > 0}
	rows := l.plan.Validation
	if !v.heldBack {
		rows = l.plan.Training[:min(sampleRows, len(l.plan.Training))]
	}
	var err error
	validating := l.track.Start("validation")
	v.votes, err = infer.Votes(context.Background(), l.trainer, l.cache, rows, l.config.BatchSize, nil)
	validating.End()
	if err != nil {
		return v, err
	}
	v.cast = l.plan.Catalogue.Votes(rows)
	if v.score, err = galaxyzoo.NewScore(v.votes, v.cast); err != nil {
		return v, l.divergedAfter(&l.state, run.Divergence{What: "the network's votes are not numbers", Galaxies: l.ids(notNumbers(rows, v.votes))})
	}
	base, err := galaxyzoo.ScoreMeanVote(v.cast)
	if err != nil {
		return v, err
	}
	v.meanVote, v.loss = base.RMSE, l.trainer.Loss(v.votes, v.cast)
	return v, nil
}

// better reports whether an epoch beats the best before it. All epochs of a run
// are scored on the same rows.
func better(epoch, best *run.BestEpoch) bool {
	switch {
	case best == nil:
		return true
	case epoch.RMSE != nil && best.RMSE != nil:
		return *epoch.RMSE < *best.RMSE
	case epoch.TrainingRMSE != nil && best.TrainingRMSE != nil:
		return *epoch.TrainingRMSE < *best.TrainingRMSE
	default:
		return epoch.Loss < best.Loss
	}
}

// keepVotes writes the best weights' votes on the rows held back.
func (l *loop) keepVotes(votes []galaxyzoo.Votes) error {
	labels := &galaxyzoo.Labels{}
	for i, position := range l.plan.Validation {
		v := votes[i]
		for c := range v { // a linear output may leave the range
			v[c] = min(max(v[c], 0), 1)
		}
		labels.IDs = append(labels.IDs, l.plan.Catalogue.Galaxies[position].ID)
		labels.Votes = append(labels.Votes, v)
	}
	return l.run.WritePredictions(labels)
}
