package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// stray is the error for a word that is no flag.
func stray(ctx *cli.Context) error {
	words := ctx.Args().Slice()
	name := ctx.Command.HelpName
	usage := &run.UsageError{
		Err:  fmt.Errorf("unexpected argument %q", words[0]),
		Hint: fmt.Sprintf("every value of %s is given by a flag; see %s --help", name, name),
	}
	for _, word := range words[1:] {
		if strings.HasPrefix(word, "-") {
			usage.Err = fmt.Errorf("unexpected argument %q before %s", words[0], word)
			break
		}
	}
	if _, err := os.Stat(words[0]); err == nil && ctx.IsSet("images") {
		usage.Hint = "a pattern is quoted, so that the shell leaves it alone: --images 'FOLDER/*.jpg'"
	}
	if words[0] == "true" || words[0] == "false" {
		usage.Hint = fmt.Sprintf("a flag that is true or false takes its value after an equals sign: --FLAG=%s", words[0])
	}
	return usage
}

// emptyValue refuses a text that was given and is empty: most likely a shell's
// variable that is not set, without which the command would do something else.
func emptyValue(ctx *cli.Context) error {
	for _, f := range ctx.Command.Flags {
		name := f.Names()[0]
		if text, ok := ctx.Value(name).(string); ok && text == "" && ctx.IsSet(name) {
			return &run.UsageError{Err: fmt.Errorf("--%s is empty, want a value", name), Hint: fmt.Sprintf("leave --%s out if it is not wanted", name)}
		}
	}
	return nil
}

// noCommand is the action where a command is missing or unknown.
func (a *app) noCommand(ctx *cli.Context) error {
	name := ctx.Command.HelpName
	if !ctx.Args().Present() {
		if ctx.Command.Name == ctx.App.Name {
			return cli.ShowAppHelp(ctx)
		}
		return cli.ShowSubcommandHelp(ctx)
	}
	var names []string
	for _, c := range ctx.Command.Subcommands {
		names = append(names, c.Name)
	}
	word := ctx.Args().First()
	hint := fmt.Sprintf("%s --help lists the commands", name)
	if near := run.Nearest(word, names); near != "" {
		hint = fmt.Sprintf("did you mean %s %s?", name, near)
	}
	return &run.UsageError{Err: fmt.Errorf("%s has no command %q", name, word), Hint: hint}
}

// The flag parser's errors. The name is without dashes where a value is wrong.
var (
	undefinedFlag = regexp.MustCompile(`^flag provided but not defined: -(.*)$`)
	missingValue  = regexp.MustCompile(`^flag needs an argument: -+(.*)$`)
	invalidValue  = regexp.MustCompile(`^invalid (boolean )?value (".*") for (?:flag )?-+([^ ]+): `)
)

// usageError turns the flag parser's errors into ours.
func (a *app) usageError(ctx *cli.Context, err error, _ bool) error {
	text := err.Error()
	if match := undefinedFlag.FindStringSubmatch(text); match != nil {
		return unknownFlag(ctx, strings.TrimLeft(match[1], "-"))
	}
	if match := missingValue.FindStringSubmatch(text); match != nil {
		return &run.UsageError{Err: fmt.Errorf("--%s wants a value", match[1]), Hint: seeHelp(ctx)}
	}
	if match := invalidValue.FindStringSubmatch(text); match != nil {
		want := "a whole number of at least 0"
		if match[1] != "" {
			want = "true or false"
		}
		return &run.UsageError{Err: fmt.Errorf("--%s = %s, want %s", match[3], match[2], want)}
	}
	return &run.UsageError{Err: errors.New(text), Hint: seeHelp(ctx)}
}

func unknownFlag(ctx *cli.Context, name string) error {
	dash := "--"
	if len(name) == 1 {
		dash = "-"
	}
	names := flagNames(ctx.Command.Flags)
	err := &run.UsageError{Err: fmt.Errorf("unknown flag %s%s", dash, name), Hint: seeHelp(ctx)}
	if near := run.Nearest(name, names); near != "" {
		err.Hint = fmt.Sprintf("did you mean --%s?", near)
	} else if command := owner(ctx.Command, name); command != nil {
		err.Hint = fmt.Sprintf("flags follow their command: %s --%s", command.HelpName, name)
	}
	return err
}

// owner finds the command below c that knows the flag.
func owner(c *cli.Command, flag string) *cli.Command {
	for _, sub := range c.Subcommands {
		if slices.Contains(flagNames(sub.Flags), flag) {
			return sub
		}
	}
	return nil
}

func flagNames(flags []cli.Flag) []string {
	var names []string
	for _, f := range flags {
		names = append(names, f.Names()...)
	}
	return names
}

func seeHelp(ctx *cli.Context) string { return ctx.Command.HelpName + " --help lists the flags" }
