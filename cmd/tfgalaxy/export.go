package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

func (a *app) exportCommand() *cli.Command {
	return &cli.Command{
		Name:  "export",
		Usage: "write a SavedModel from a run's checkpoint",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "`FOLDER` of the run"},
			&cli.StringFlag{Name: "out", Usage: "new `FOLDER` for the SavedModel"},
			&cli.StringFlag{Name: "checkpoint", Usage: "`NAME` of the checkpoint, best or last", Value: run.Best},
		},
		Action: a.export,
	}
}

// exported is what export prints.
type exported struct {
	Run        string `json:"run"`
	Checkpoint string `json:"checkpoint"`
	SavedModel string `json:"saved_model"`
	Signature  string `json:"signature"`
	Input      string `json:"input"`
	Output     string `json:"output"`
}

func (a *app) export(ctx *cli.Context) error {
	dir, out, checkpoint := ctx.String("run"), ctx.String("out"), ctx.String("checkpoint")
	switch {
	case dir == "":
		return &run.UsageError{Err: errors.New("want --run"), Hint: "tfgalaxy export --run runs/0001-small --out model"}
	case out == "":
		return &run.UsageError{Err: errors.New("want --out"), Hint: fmt.Sprintf("tfgalaxy export --run %s --out model", dir)}
	case checkpoint != run.Best && checkpoint != run.Last:
		return &run.UsageError{Err: fmt.Errorf("--checkpoint %q, want %s or %s", checkpoint, run.Best, run.Last)}
	}
	if err := checkNew(out, false); err != nil {
		return err
	}
	r, err := run.Open(dir)
	if err != nil {
		return err
	}
	if err := a.startRuntime(); err != nil {
		return err
	}
	if err := train.Export(r, checkpoint, out); err != nil {
		return err
	}
	result := exported{Run: r.Dir, Checkpoint: checkpoint, SavedModel: out, Signature: graph.ServingSignature, Input: graph.InputName, Output: graph.OutputName}
	if ctx.Bool("json") {
		return printJSON(a.term.Out, result)
	}
	fmt.Fprintf(a.term.Out, "SavedModel %s, from checkpoint %s of %s\n", result.SavedModel, checkpoint, r.Dir)
	return nil
}
