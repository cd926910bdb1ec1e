package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

// A settingFlag is the flag of a setting, whose text run reads.
type settingFlag struct {
	*cli.StringFlag
	valueName string
}

// ValueName is what the help calls the flag's value.
func (f *settingFlag) ValueName() string { return f.valueName }

// settingFlags makes a flag for each of the settings named. The defaults that the
// help shows are those of run.Default.
func settingFlags(keys ...string) []cli.Flag {
	var flags []cli.Flag
	defaults := run.Default()
	for _, s := range run.Settings {
		if slices.Contains(keys, s.Key) {
			flags = append(flags, newSettingFlag(s, &defaults))
		}
	}
	return flags
}

// allSettingFlags makes a flag for every setting. The defaults that the help
// shows are those that a run gets, which the default preset has a say in.
func allSettingFlags() []cli.Flag {
	values, err := run.Resolver{Presets: train.PresetSettings()}.Resolve()
	if err != nil {
		panic(err) // a fault of the table of presets, caught by its test
	}
	var flags []cli.Flag
	for _, s := range run.Settings {
		flags = append(flags, newSettingFlag(s, &values.Config))
	}
	return flags
}

func newSettingFlag(s run.Setting, defaults *run.Config) cli.Flag {
	usual := s.Format(defaults)
	if s.Bool() {
		return &cli.BoolFlag{Name: s.Key, Usage: s.Usage(), Category: s.Category, DefaultText: usual, Value: usual == "true"}
	}
	return &settingFlag{
		StringFlag: &cli.StringFlag{Name: s.Key, Usage: s.Usage(), Category: s.Category, DefaultText: usual},
		valueName:  valueName(s),
	}
}

func valueName(s run.Setting) string {
	_, notNumber := strconv.ParseFloat(s.Default, 64)
	switch {
	case s.Choices() != nil:
		return "WORD"
	case notNumber == nil:
		return "N"
	case s.Key == "devices":
		return "DEVICES"
	case s.Key == "workers":
		return "ADDRESSES"
	case s.Category == run.CategoryFolders:
		return "FOLDER"
	case s.Category == run.CategoryData:
		return "DATA"
	}
	return "NAME"
}

// assignments returns the settings that were given by flags.
func assignments(ctx *cli.Context) []run.Assignment {
	var given []run.Assignment
	for _, s := range run.Settings {
		if !ctx.IsSet(s.Key) || !takesSetting(ctx.Command.Flags, s) {
			continue
		}
		value := ctx.String(s.Key)
		if s.Bool() {
			value = strconv.FormatBool(ctx.Bool(s.Key))
		}
		given = append(given, run.Assignment{Key: s.Key, Value: value})
	}
	return given
}

// takesSetting reports whether one of the flags is the setting's. A command may have
// a flag of its own by that name.
func takesSetting(flags []cli.Flag, s run.Setting) bool {
	return slices.ContainsFunc(flags, func(f cli.Flag) bool {
		_, is := f.(*settingFlag)
		return f.Names()[0] == s.Key && (is || s.Bool())
	})
}

// configFlag names a configuration file.
var configFlag = &cli.StringFlag{Name: "config", Usage: "YAML `FILE` of settings, such as a run's config.yaml"}

// settings collects the settings that a command has flags for, from the preset,
// --config, the environment and the flags. A command that takes no preset has the
// plain defaults.
func (a *app) settings(ctx *cli.Context) (*run.Values, error) {
	return a.settingsOf(ctx, ctx.String(configFlag.Name))
}

// settingsOf is settings with another file than --config, or none.
func (a *app) settingsOf(ctx *cli.Context, file string) (*run.Values, error) {
	var foreign []string // variables of settings that this command knows nothing of
	for _, s := range run.Settings {
		if !takesSetting(ctx.Command.Flags, s) {
			foreign = append(foreign, s.Env())
		}
	}
	r := run.Resolver{
		File:     file,
		Environ:  os.Environ(),
		OtherEnv: foreign,
		Flags:    assignments(ctx),
	}
	if slices.Contains(flagNames(ctx.Command.Flags), "preset") {
		r.Presets = train.PresetSettings()
	}
	return r.Resolve()
}

// Why a run has data that nobody named.
const (
	dataFound = "found here"
	dataDrawn = "no data was named or found"
)

// dataOf is the data that was named or, where none was, what there is: ./data,
// or else drawn galaxies.
func (a *app) dataOf(values *run.Values) string {
	if values.Config.Data != "" {
		return values.Config.Data
	}
	name, why := "data", dataFound
	if !isFolder(name) {
		name, why = fmt.Sprintf("synthetic:%d", train.DefaultSynthetic), dataDrawn
	}
	if err := values.Choose("data", name, why); err != nil {
		panic(err) // both names are texts that the setting takes
	}
	return name
}

// openData opens what dataOf says.
func (a *app) openData(values *run.Values) (*galaxyzoo.Catalogue, error) {
	c, err := train.OpenData(a.dataOf(values))
	if err == nil {
		a.noteDrawn(values)
	}
	return c, err
}

// noteDrawn says so where galaxies are drawn that nobody asked for.
func (a *app) noteDrawn(values *run.Values) {
	if values.Origin("data") == dataDrawn {
		fmt.Fprintf(a.term.Err, "no --data given and no ./data here: using %s (drawn galaxies)\n"+
			"for real ones see \"Real galaxies\" in the README, then --data FOLDER\n", values.Config.Data)
	}
}
