// Command baselinedump writes what package baseline measures, fits and scores,
// for scripts/check_baseline.py to do again with scikit-learn:
//
//	features.csv  a row a galaxy: id, central pixel, average colour, whether it
//	              is held out (0 or 1), then the 37 votes
//	labels.csv    the votes in the form of the label file
//	result.json   the scores, and how many galaxies have a vote of 0.5 or more
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/baseline"
	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/plots"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("baselinedump: ")
	data := flag.String("data", "synthetic:300", "folder in Kaggle's layout, or synthetic:N")
	out := flag.String("out", "", "folder to write to")
	share := flag.Float64("validation", 0.2, "share of the galaxies held out")
	seed := flag.Uint64("seed", 1, "seed of the split")
	folds := flag.Int("folds", 5, "folds of the cross-validation")
	flag.Parse()
	if err := dump(*data, *out, baseline.Options{Share: *share, Seed: *seed, Folds: *folds}); err != nil {
		log.Fatal(err)
	}
}

func dump(data, out string, o baseline.Options) error {
	c, err := open(data)
	if err != nil {
		return err
	}
	f, err := baseline.ReadFeatures(context.Background(), c, nil)
	if err != nil {
		return err
	}
	result, err := baseline.Evaluate(f, o)
	if err != nil {
		return err
	}
	encoded, err := json.Marshal(struct {
		*baseline.Result
		ClassCounts [galaxyzoo.NumAnswers]int `json:"class_counts"`
	}{result, plots.CountMajorities(f.Votes)})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "result.json"), encoded, 0o666); err != nil {
		return err
	}
	if err := writeLabels(filepath.Join(out, "labels.csv"), f); err != nil {
		return err
	}
	return writeFeatures(filepath.Join(out, "features.csv"), f, o)
}

func open(data string) (*galaxyzoo.Catalogue, error) {
	count, ok := strings.CutPrefix(data, "synthetic:")
	if !ok {
		return galaxyzoo.OpenCatalogue(data)
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		return nil, fmt.Errorf("%q, want synthetic:N with N of 1 or more", data)
	}
	return galaxyzoo.Synthetic(n, 1), nil
}

func writeLabels(path string, f *baseline.Features) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	labels := galaxyzoo.Labels{IDs: f.IDs, Votes: f.Votes}
	if err := labels.Write(file); err != nil {
		return err
	}
	return file.Close()
}

func writeFeatures(path string, f *baseline.Features, o baseline.Options) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	heldOut := make([]int, len(f.IDs))
	_, positions := galaxyzoo.Split(f.IDs, o.Share, o.Seed)
	for _, i := range positions {
		heldOut[i] = 1
	}
	w := bufio.NewWriter(file)
	for i, id := range f.IDs {
		row := []string{strconv.FormatInt(id, 10)}
		number := func(x float64) { row = append(row, strconv.FormatFloat(x, 'g', -1, 64)) }
		for _, x := range f.Central[i] {
			number(x)
		}
		for _, x := range f.Average[i] {
			number(x)
		}
		number(float64(heldOut[i]))
		for _, x := range f.Votes[i] {
			number(x)
		}
		fmt.Fprintln(w, strings.Join(row, ","))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return file.Close()
}
