package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

func (a *app) exportCommand() *cli.Command {
	return &cli.Command{
		Name:  "export",
		Usage: "write a SavedModel from a run's checkpoint",
		Description: "The model's README.md tells what it was trained on, how it scores, and how other\n" +
			"programs load it.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "`FOLDER` of the run"},
			&cli.StringFlag{Name: "out", Usage: "new `FOLDER` for the SavedModel"},
			&cli.StringFlag{Name: "checkpoint", Usage: "`NAME` of the checkpoint, best or last", Value: run.Best},
			&cli.BoolFlag{Name: "frozen", Usage: "put the weights into the graph as constants, without variables"},
		},
		Action: a.export,
	}
}

// exported is what export prints.
type exported struct {
	Run        string `json:"run"`
	Checkpoint string `json:"checkpoint"`
	SavedModel string `json:"saved_model"`
	Frozen     bool   `json:"frozen"`
	// Of the signature that is meant where none is named.
	Signature  string                     `json:"signature"`
	Input      string                     `json:"input"`
	Output     string                     `json:"output"`
	Signatures map[string]graph.Signature `json:"signatures"`

	listed []graph.Signature // in their order
}

// checkCheckpoint checks the flag that names a checkpoint.
func checkCheckpoint(name string) error {
	if name != run.Best && name != run.Last {
		return &run.UsageError{Err: fmt.Errorf("--checkpoint %q, want %s or %s", name, run.Best, run.Last)}
	}
	return nil
}

func (a *app) export(ctx *cli.Context) error {
	dir, out, checkpoint := ctx.String("run"), ctx.String("out"), ctx.String("checkpoint")
	switch {
	case dir == "":
		return &run.UsageError{Err: errors.New("want --run"), Hint: "tfgalaxy export --run runs/0001-small --out model"}
	case out == "":
		return &run.UsageError{Err: errors.New("want --out"), Hint: fmt.Sprintf("tfgalaxy export --run %s --out model", dir)}
	}
	if err := checkCheckpoint(checkpoint); err != nil {
		return err
	}
	if err := checkNew("out", out, false); err != nil {
		return err
	}
	r, err := run.Open(dir)
	if err != nil {
		return err
	}
	if err := a.startRuntime(nil); err != nil {
		return err
	}
	signatures, err := train.Export(r, checkpoint, out, ctx.Bool("frozen"))
	if err != nil {
		return err
	}
	result := exported{
		Run: r.Dir, Checkpoint: checkpoint, SavedModel: out, Frozen: ctx.Bool("frozen"),
		Signature: graph.ServingSignature, Input: graph.InputName, Output: graph.OutputName,
		Signatures: map[string]graph.Signature{}, listed: signatures,
	}
	for _, s := range signatures {
		result.Signatures[s.Name] = s
	}
	if ctx.Bool("json") {
		return printJSON(a.term.Out, result)
	}
	result.print(a.term.Out)
	return nil
}

func (e *exported) print(w io.Writer) {
	form := ""
	if e.Frozen {
		form = "frozen "
	}
	fmt.Fprintf(w, "%sSavedModel %s, from checkpoint %s of %s\n", form, e.SavedModel, e.Checkpoint, e.Run)
	for _, s := range e.listed {
		fmt.Fprintf(w, "\n%s: %s\n", s.Name, s.Doc)
		printTensors(w, "in", s.Inputs)
		printTensors(w, "out", s.Outputs)
	}
}

func printTensors(w io.Writer, side string, tensors map[string]graph.TensorSpec) {
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		fmt.Fprintf(w, "  %-3s  %-8s  %s\n", side, name, tensors[name])
	}
}
