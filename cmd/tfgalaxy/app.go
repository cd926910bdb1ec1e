package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/cmd/tfgalaxy/internal/tflog"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
)

// A command's action gets the program's surroundings from here.
type app struct {
	term *terminal.Terminal
	args []string
	stop *stopper
}

// execute runs the program with its arguments and returns its exit code.
func execute(args []string, term *terminal.Terminal) (code int) {
	defer func() {
		if fault := recover(); fault != nil {
			fmt.Fprintf(term.Err, "tfgalaxy: internal error: %v\n", fault)
			if slices.Contains(args, "--verbose") {
				term.Err.Write(debug.Stack())
			} else {
				fmt.Fprintln(term.Err, "hint: this is a fault of the program; --verbose shows where it is")
			}
			code = exitFailure
		}
	}()
	out := &output{w: term.Out}
	watched := *term
	watched.Out = out
	a := &app{term: &watched, args: args}
	ctx, stop := a.handleSignals(context.Background())
	defer stop()
	err := a.cli().RunContext(ctx, args)
	if err == nil {
		err = out.err
	}
	if err != nil {
		report(term.Err, err)
	}
	return a.exitCode(err)
}

func (a *app) cli() *cli.App {
	cli.HelpPrinter = printHelp
	cli.VersionFlag = &cli.BoolFlag{Name: "version", Usage: "print the version", DisableDefaultText: true}
	application := &cli.App{
		Name:  "tfgalaxy",
		Usage: "train convolutional networks on Galaxy Zoo images, with TensorFlow from Go",
		Description: "tfgalaxy COMMAND --help explains a command and lists its flags.\n\n" +
			"Exit codes: 0 done, 1 failure, 2 usage or configuration, 3 bad data,\n" +
			"4 no TensorFlow or device, 130 interrupted, 143 terminated.",
		Version:         version,
		Writer:          a.term.Out,
		ErrWriter:       a.term.Err,
		HideHelpCommand: true,
		ExitErrHandler:  func(*cli.Context, error) {}, // execute reports and exits
		OnUsageError:    a.usageError,
		Action:          a.noCommand,
		Commands:        a.commands(),
	}
	for _, c := range application.Commands {
		a.harden(c)
	}
	return application
}

// commands are the commands in the order of the help.
func (a *app) commands() []*cli.Command {
	return []*cli.Command{
		a.trainCommand(), a.sweepCommand(), a.evalCommand(), a.predictCommand(), a.mergeCommand(), a.scoreCommand(), a.similarCommand(),
		a.baselineCommand(), a.plotCommand(), a.exportCommand(), a.serveCommand(), a.workerCommand(), a.prepCommand(),
		a.presetsCommand(), a.runsCommand(), a.dataCommand(), a.doctorCommand(), a.versionCommand(),
	}
}

// harden gives a command and those below it the flags that all have, and makes
// words that are no flag an error: the library would stop reading flags there
// and drop the rest without a word.
func (a *app) harden(c *cli.Command) {
	c.HideHelpCommand = true
	c.OnUsageError = a.usageError
	for _, sub := range c.Subcommands {
		a.harden(sub)
	}
	if len(c.Subcommands) > 0 {
		c.Action = a.noCommand
		return
	}
	c.Flags = append(c.Flags,
		&cli.BoolFlag{Name: "json", Usage: "print the result as JSON", DisableDefaultText: true},
		&cli.BoolFlag{Name: "verbose", Usage: "show TensorFlow's own log", DisableDefaultText: true},
	)
	action := c.Action
	c.Action = func(ctx *cli.Context) error {
		if ctx.Args().Present() {
			return stray(ctx)
		}
		if err := emptyValue(ctx); err != nil {
			return err
		}
		tflog.SetLevel(ctx.Bool("verbose"))
		return action(ctx)
	}
}
