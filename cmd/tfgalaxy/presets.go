package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/train"
)

func (a *app) presetsCommand() *cli.Command {
	return &cli.Command{
		Name:   "presets",
		Usage:  "list the presets, and the networks with shapes and weights per layer",
		Action: a.presets,
	}
}

// networkTable is a network as it is printed.
type networkTable struct {
	Name         string            `json:"name"`
	Doc          string            `json:"doc"`
	Size         int               `json:"size"`
	Weights      int               `json:"weights"`
	MultiplyAdds int64             `json:"multiply_adds"`
	Layers       []graph.LayerInfo `json:"layers"`
}

func newNetworkTable(n *graph.Network) (networkTable, error) {
	layers, err := n.Table()
	t := networkTable{Name: n.Name, Doc: n.Doc, Size: n.Size, Layers: layers}
	for _, l := range layers {
		t.Weights += l.Weights
		t.MultiplyAdds += l.MultiplyAdds
	}
	return t, err
}

func (a *app) presets(ctx *cli.Context) error {
	var tables []networkTable
	for _, n := range graph.Networks() {
		t, err := newNetworkTable(&n)
		if err != nil {
			return err
		}
		tables = append(tables, t)
	}
	if ctx.Bool("json") {
		return printJSON(a.term.Out, map[string]any{"presets": train.Presets, "networks": tables})
	}
	fmt.Fprintln(a.term.Out, "Presets (tfgalaxy train --preset NAME)")
	for _, p := range train.Presets {
		settings := make([]string, len(p.Settings))
		for i, s := range p.Settings {
			settings[i] = s.Key + " " + s.Value
		}
		fmt.Fprintf(a.term.Out, "\n  %s: %s\n    for %s; %s\n", p.Name, p.Doc, p.Hardware, strings.Join(settings, ", "))
	}
	for _, t := range tables {
		fmt.Fprintln(a.term.Out)
		t.print(a.term.Out)
	}
	return nil
}

func (t networkTable) print(w io.Writer) {
	fmt.Fprintf(w, "Network %s: %s\n", t.Name, t.Doc)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "  layer\toutput\tweights\tmultiply-adds\t")
	for _, l := range t.Layers {
		output := graph.Shape(l.Output).String()
		if l.Parts > 1 {
			output = fmt.Sprintf("%d times %s", l.Parts, output)
		}
		fmt.Fprintf(tw, "  %s\t%s\t%s\t%s\t  %s\n", l.Name, output,
			terminal.Count(l.Weights), terminal.Count(int(l.MultiplyAdds)), l.Settings)
	}
	fmt.Fprintf(tw, "  all\t\t%s\t%s\t\n", terminal.Count(t.Weights), terminal.Count(int(t.MultiplyAdds)))
	tw.Flush()
}
