package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
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
			fmt.Fprintf(term.Err, "tfgalaxy: internal error: %v\nhint: this is a fault of the program; --verbose and the command line help to find it\n", fault)
			code = exitFailure
		}
	}()
	a := &app{term: term, args: args}
	ctx, stop := a.handleSignals(context.Background())
	defer stop()
	err := a.cli().RunContext(ctx, args)
	if err != nil {
		report(term.Err, err)
	}
	return a.exitCode(err)
}

func (a *app) cli() *cli.App {
	// The library's own version flag and help command take part in nothing here.
	cli.VersionFlag = &cli.BoolFlag{Name: "version", Usage: "print the version", DisableDefaultText: true}
	application := &cli.App{
		Name:  "tfgalaxy",
		Usage: "train convolutional networks on Galaxy Zoo images, with TensorFlow from Go",
		Description: "Exit codes: 0 done, 1 failure, 2 usage or configuration, 3 bad data,\n" +
			"4 no TensorFlow or device, 130 interrupted, 143 terminated.",
		Version:         version,
		Writer:          a.term.Out,
		ErrWriter:       a.term.Err,
		HideHelpCommand: true,
		ExitErrHandler:  func(*cli.Context, error) {}, // execute reports and exits
		OnUsageError:    a.usageError,
		Action:          a.noCommand,
		Commands: []*cli.Command{
			a.trainCommand(), a.evalCommand(), a.baselineCommand(), a.plotCommand(), a.exportCommand(), a.prepCommand(),
			a.presetsCommand(), a.dataCommand(), a.doctorCommand(), a.versionCommand(),
		},
	}
	for _, c := range application.Commands {
		a.harden(c)
	}
	return application
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
		&cli.BoolFlag{Name: "json", Usage: "print results as JSON", DisableDefaultText: true},
		&cli.BoolFlag{Name: "verbose", Usage: "show TensorFlow's own log", DisableDefaultText: true},
	)
	action := c.Action
	c.Action = func(ctx *cli.Context) error {
		if ctx.Args().Present() {
			return stray(ctx)
		}
		return action(ctx)
	}
}

// stray is the error for a word that is no flag.
func stray(ctx *cli.Context) error {
	words := ctx.Args().Slice()
	err := &run.UsageError{
		Err:  fmt.Errorf("unexpected argument %q", words[0]),
		Hint: fmt.Sprintf("every value of %s is given by a flag; see %s --help", ctx.Command.HelpName, ctx.Command.HelpName),
	}
	for _, word := range words[1:] {
		if strings.HasPrefix(word, "-") {
			err.Err = fmt.Errorf("unexpected argument %q before %s", words[0], word)
			break
		}
	}
	return err
}

// noCommand is the action where a command is missing or unknown.
func (a *app) noCommand(ctx *cli.Context) error {
	commands := ctx.App.Commands
	name := "tfgalaxy"
	if ctx.Command != nil && len(ctx.Command.Subcommands) > 0 {
		commands = ctx.Command.Subcommands
		if ctx.Command.Name != ctx.App.Name {
			name = "tfgalaxy " + ctx.Command.Name
		}
	}
	if !ctx.Args().Present() {
		if name == "tfgalaxy" {
			return cli.ShowAppHelp(ctx)
		}
		return cli.ShowSubcommandHelp(ctx)
	}
	var names []string
	for _, c := range commands {
		names = append(names, c.Name)
	}
	word := ctx.Args().First()
	hint := fmt.Sprintf("%s --help lists the commands", name)
	if near := run.Nearest(word, names); near != "" {
		hint = fmt.Sprintf("did you mean %s %s?", name, near)
	}
	return &run.UsageError{Err: fmt.Errorf("%s has no command %q", name, word), Hint: hint}
}

// usageError turns the flag parser's errors into ours.
func (a *app) usageError(ctx *cli.Context, err error, _ bool) error {
	const unknown = "flag provided but not defined: -"
	text := err.Error()
	if !strings.HasPrefix(text, unknown) {
		return &run.UsageError{Err: errors.New(strings.ReplaceAll(text, "flag -", "flag --"))}
	}
	name := strings.TrimPrefix(text, unknown)
	var names []string
	flags := ctx.App.Flags
	if ctx.Command != nil {
		flags = ctx.Command.Flags
	}
	for _, f := range flags {
		names = append(names, f.Names()...)
	}
	name = strings.TrimLeft(name, "-")
	hint := "--help lists the flags"
	if near := run.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean --%s?", near)
	}
	return &run.UsageError{Err: fmt.Errorf("unknown flag --%s", name), Hint: hint}
}

// workingFolderHas reports whether ./name is there.
func workingFolderHas(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
