package main

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/graph"
	"github.com/tfgalaxy/tfgalaxy/run"
)

func (a *app) versionCommand() *cli.Command {
	return &cli.Command{
		Name:   "version",
		Usage:  "print the versions of the program, of Go and of TensorFlow",
		Action: a.version,
	}
}

func (a *app) version(ctx *cli.Context) error {
	missing := graph.Load()
	v := run.Versions{TFGalaxy: version, Go: runtime.Version(), TensorFlow: graph.Version()}
	var err error
	switch {
	case ctx.Bool("json"):
		err = printJSON(a.term.Out, v)
	case missing != nil:
		_, err = fmt.Fprintf(a.term.Out, "tfgalaxy %s, %s, no TensorFlow\n", v.TFGalaxy, v.Go)
	default:
		_, err = fmt.Fprintf(a.term.Out, "tfgalaxy %s, %s, TensorFlow %s\n", v.TFGalaxy, v.Go, v.TensorFlow)
	}
	return errors.Join(missing, err)
}
