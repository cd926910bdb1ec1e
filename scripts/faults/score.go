package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// epochOfCard finds, in a model's card, which epoch its weights are of.
var epochOfCard = regexp.MustCompile(`\| checkpoint \| \w+, after epoch (\d+), `)

// scoresAsItSays checks that a model has the weights of the epoch that its card
// names: that it scores, on the rows held back, as that epoch did.
func (t *trial) scoresAsItSays(w *training, model string) error {
	if _, err := run.VerifySums(model); err != nil {
		return err
	}
	card, err := os.ReadFile(filepath.Join(model, "README.md"))
	if err != nil {
		return err
	}
	match := epochOfCard.FindSubmatch(card)
	if match == nil {
		return fmt.Errorf("the card of %s names no epoch", model)
	}
	epoch, err := strconv.Atoi(string(match[1]))
	if err != nil {
		return err
	}
	whole := &run.Run{Dir: w.run}
	epochs, err := whole.Epochs()
	if err != nil {
		return err
	}
	heldBack, err := whole.ReadPredictions()
	if err != nil {
		return err
	}
	var list strings.Builder
	for _, id := range heldBack.IDs {
		fmt.Fprintln(&list, filepath.Join(t.data, "images_training_rev1", fmt.Sprintf("%d.jpg", id)))
	}
	images, votes := model+".txt", model+".csv"
	if err := os.WriteFile(images, []byte(list.String()), 0o644); err != nil {
		return err
	}
	if e := t.run(t, "predict", "--model", model, "--images", images, "--out", votes); e.code != 0 {
		return e
	}
	e := t.run(t, "score", "--predictions", votes, "--labels", t.data, "--json")
	if e.code != 0 {
		return e
	}
	var score struct{ RMSE float64 }
	if err := json.Unmarshal([]byte(e.out), &score); err != nil {
		return err
	}
	// The table has 7 decimals.
	if want := *epochs[epoch-1].RMSE; math.Abs(score.RMSE-want) > 1e-6 {
		return fmt.Errorf("%s is said to be of epoch %d, which scored %.7f, and scores %.7f", model, epoch, want, score.RMSE)
	}
	return nil
}
