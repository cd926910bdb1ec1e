package main

import (
	"fmt"
	"path/filepath"
	"time"
)

// killExport kills an export: there is a whole model or none, and another try
// makes one.
func killExport(t *trial) error {
	want, length, err := t.done("model", "export", "--run", t.whole, "--out")
	if err != nil {
		return err
	}
	model := filepath.Join(t.dir, "model")
	args := []string{"export", "--run", t.whole, "--out", model}
	if err := t.killedFolder(length, model, args, func() error { return sameModel(model, want) }); err != nil {
		return err
	}
	return leftovers(t.dir)
}

// killPrep kills the writing of crops.
func killPrep(t *trial) error {
	want, length, err := t.done("crops", "prep", "--data", t.data, "--size", "128", "--out")
	if err != nil {
		return err
	}
	crops := filepath.Join(t.dir, "crops")
	args := []string{"prep", "--data", t.data, "--size", "128", "--out", crops}
	if err := t.killedFolder(length, crops, args, func() error { return sameTree(crops, want) }); err != nil {
		return err
	}
	return leftovers(t.dir)
}

// killSynth kills the drawing of galaxies.
func killSynth(t *trial) error {
	want, length, err := t.done("drawn", "data", "synth", "--count", "48", "--out")
	if err != nil {
		return err
	}
	data := filepath.Join(t.dir, "data")
	args := []string{"data", "synth", "--count", "48", "--out", data}
	if err := t.killedFolder(length, data, args, func() error { return sameTree(data, want) }); err != nil {
		return err
	}
	return leftovers(t.dir)
}

// killedFolder kills a command that makes a folder: it is whole or not there, and
// then made by the same command.
func (t *trial) killedFolder(length time.Duration, dir string, args []string, check func() error) error {
	if err := t.killedOnce(length, args...); err != nil {
		return err
	}
	if exists(dir) {
		t.hit("after the end")
		return check()
	}
	if err := leftovers(t.dir); err != nil {
		t.hit("while writing")
	} else {
		t.hit("before the first file")
	}
	if e := t.run(t, args...); e.code != 0 {
		return fmt.Errorf("a second try: %w", e)
	}
	return check()
}

// predict is a prediction of some seconds; --out or more is to follow.
func (t *trial) predict() []string { return t.predictBy(t.whole) }

func (t *trial) predictBy(model string) []string {
	images := filepath.Join(t.data, "images_training_rev1")
	return []string{"predict", "--model", model, "--images", images, "--batch-size", "4", "--tta", "24"}
}

// killPredict kills a prediction and, perhaps, what goes on with it. The table
// becomes that of an undisturbed one to the byte.
func killPredict(t *trial) error {
	command := t.predict()
	want, length, err := t.done("votes.csv", append(command, "--out")...)
	if err != nil {
		return err
	}
	table := filepath.Join(t.dir, "votes.csv")
	args := append(command, "--out", table)
	for range 1 + t.dice.IntN(3) {
		if err := t.killedOnce(length, args...); err != nil {
			return err
		}
		switch partial := exists(table + ".partial"); {
		case exists(table) && partial:
			t.hit("after the table was there, before the end")
		case exists(table):
			t.hit("after the end")
		case partial:
			t.hit("while predicting")
		default:
			t.hit("before the first row")
		}
		args = append(command, "--resume", "--out", table)
	}
	if e := t.run(t, args...); e.code != 0 {
		return e
	}
	for _, name := range []string{"votes.csv", "votes.meta.json", "votes.csv.sha256"} {
		if err := sameTree(filepath.Join(t.dir, name), filepath.Join(filepath.Dir(want), name)); err != nil {
			return err
		}
	}
	return leftovers(t.dir)
}
