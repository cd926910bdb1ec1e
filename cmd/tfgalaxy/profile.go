package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/internal/profile"
	"github.com/tfgalaxy/tfgalaxy/internal/timeline"
	"github.com/tfgalaxy/tfgalaxy/run"
)

var profileFlag = &cli.StringFlag{Name: "profile", Usage: "measure where the time goes: a table, and files for go tool pprof and ui.perfetto.dev in the new `FOLDER`"}

// checkProfile refuses a folder that is in use.
func checkProfile(ctx *cli.Context) error {
	if !ctx.IsSet(profileFlag.Name) {
		return nil
	}
	return checkNew(profileFlag.Name, ctx.String(profileFlag.Name), true)
}

// profiled does work and, where --profile asks for that, measures it. The profile
// of work that fails, or is interrupted, is kept too.
func (a *app) profiled(ctx *cli.Context, work func(*timeline.Recorder) error) error {
	if !ctx.IsSet(profileFlag.Name) {
		return work(nil)
	}
	p, err := profile.Start(ctx.String(profileFlag.Name))
	if err != nil {
		return &run.UsageError{Err: fmt.Errorf("--profile: %w", err), Hint: "name a folder that can be made and written to"}
	}
	workErr := work(p.Timeline)
	summary, err := p.Stop()
	if err != nil {
		return errors.Join(workErr, err)
	}
	if ctx.Bool("json") {
		printJSONLine(a.term.Out, summary)
	} else {
		fmt.Fprint(a.term.Err, summary)
	}
	return workErr
}
