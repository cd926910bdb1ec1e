package main

import (
	"fmt"

	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

// planned is what --dry-run prints.
type planned struct {
	Data       string `json:"data"`
	Training   int    `json:"training"`
	Validation int    `json:"validation"`
	Steps      int64  `json:"steps"` // of the whole run

	StepsPerEpoch int64 `json:"steps_per_epoch"`

	Crops    string       `json:"crops"`
	Settings run.Config   `json:"settings"`
	Network  networkTable `json:"network"`
}

func (a *app) printPlan(p *train.Plan, json bool) error {
	table, err := newNetworkTable(p.Network)
	if err != nil {
		return err
	}
	result := planned{
		Data: p.Catalogue.Name, Training: len(p.Training), Validation: len(p.Validation),
		Crops: p.Preprocessing.String(), Settings: p.Values.Config, Network: table,
	}
	result.Steps, result.StepsPerEpoch = p.Steps()
	if json {
		return printJSON(a.term.Out, result)
	}
	fmt.Fprintf(a.term.Out, "# %s: %s galaxies to train on, %s held back; %s without an image, %s images without votes\n",
		result.Data, terminal.Count(result.Training), terminal.Count(result.Validation),
		terminal.Count(len(p.Catalogue.Missing)), terminal.Count(len(p.Catalogue.Unlabelled)))
	epochs := int((result.Steps + result.StepsPerEpoch - 1) / result.StepsPerEpoch)
	fmt.Fprintf(a.term.Out, "# %s\n", length(epochs, result.Steps, result.StepsPerEpoch))
	if err := p.Values.WriteYAML(a.term.Out); err != nil {
		return err
	}
	fmt.Fprintln(a.term.Out)
	table.print(a.term.Out)
	return nil
}
