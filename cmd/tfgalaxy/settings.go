package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

// otherEnv are the variables of ours that are no settings of a run.
var otherEnv = []string{}

// settingFlags makes a flag for each of the settings named, or of all of them.
func settingFlags(keys ...string) []cli.Flag {
	var flags []cli.Flag
	for _, s := range run.Settings {
		if len(keys) > 0 && !slices.Contains(keys, s.Key) {
			continue
		}
		if s.Bool() {
			flags = append(flags, &cli.BoolFlag{Name: s.Key, Usage: s.Usage(), Category: s.Category, DefaultText: s.Default, Value: s.Default == "true"})
			continue
		}
		flags = append(flags, &cli.StringFlag{Name: s.Key, Usage: s.Usage(), Category: s.Category, DefaultText: s.Default})
	}
	return flags
}

// assignments returns the settings that were given by flags.
func assignments(ctx *cli.Context) []run.Assignment {
	var given []run.Assignment
	for _, s := range run.Settings {
		if !ctx.IsSet(s.Key) {
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

// configFlag names a configuration file.
var configFlag = &cli.StringFlag{Name: "config", Usage: "YAML file of settings, such as a run's config.yaml"}

// settings collects the settings from the preset, --config, the environment and
// the flags.
func (a *app) settings(ctx *cli.Context) (*run.Values, error) {
	return run.Resolver{
		Presets:  train.PresetSettings(),
		File:     ctx.String(configFlag.Name),
		Environ:  os.Environ(),
		OtherEnv: otherEnv,
		Flags:    assignments(ctx),
	}.Resolve()
}

// dataOf is the data that was named or, where none was, what there is: ./data,
// or else drawn galaxies, with a line that says so.
func (a *app) dataOf(values *run.Values) string {
	if values.Config.Data != "" {
		return values.Config.Data
	}
	name, why := "data", "found here"
	if !workingFolderHas(name) {
		name, why = fmt.Sprintf("synthetic:%d", train.DefaultSynthetic), "no data was named or found"
		fmt.Fprintf(a.term.Err, "no --data given and no ./data here: using %s, galaxies drawn by the program\n"+
			"for real ones see \"Real galaxies\" in the README, then --data FOLDER\n", name)
	}
	if err := values.Choose("data", name, why); err != nil {
		panic(err) // both names are texts that the setting takes
	}
	return name
}
