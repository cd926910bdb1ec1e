package run

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The keys of a sweep's file.
const (
	sweepRuns     = "runs"
	sweepSettings = "settings"
	sweepPresets  = "presets"
	sweepSeeds    = "seeds"
	sweepGrid     = "grid"
)

var sweepKeys = []string{sweepRuns, sweepSettings, sweepPresets, sweepSeeds, sweepGrid}

// sweepTakes are the settings that a sweep has a say in, and what to do instead.
var sweepTakes = map[string]string{
	runsKey:          "runs: FOLDER, not below another key, names the folder of the sweep's runs",
	runDirKey:        "the sweep names the folders of its runs; runs: FOLDER is where they lie",
	"devices":        "tfgalaxy sweep --devices all, or gpu:0,gpu:1, says what the runs are spread over",
	workersKey:       "leave it out: each run of a sweep is computed by one device of this machine",
	"worker-timeout": "leave it out: each run of a sweep is computed by one device of this machine",
	"elastic":        "leave it out: each run of a sweep is computed by one device of this machine",
}

// gridTakes are those that have another place than the grid.
var gridTakes = map[string]string{
	presetKey: "presets: [small, d4], beside grid, lists presets",
	seedKey:   "seeds: [1, 2, 3], beside grid, lists seeds",
	"threads": "put it under settings: one process computes all runs",
}

// sweepReader is a file as far as it has been read.
type sweepReader struct {
	file   string
	runs   string
	fixed  []assigned
	axes   []axis
	lineOf map[string]int // where each setting was given
}

// An axis is a setting with the values that it is to have.
type axis struct {
	key    string
	values []assigned
}

func (r *sweepReader) section(e entry) error {
	switch e.key {
	case sweepRuns:
		text, err := plainValue(e.value, r.file, e.key)
		if err == nil && strings.TrimSpace(text) == "" {
			err = wrongLine(r.file, e.line, "runs is empty, want a folder")
		}
		r.runs = ExpandHome(text)
		return err
	case sweepPresets:
		return r.axis(entry{presetKey, e.line, e.value}, e.key)
	case sweepSeeds:
		return r.axis(entry{seedKey, e.line, e.value}, e.key)
	case sweepSettings, sweepGrid:
		return r.mapping(e)
	}
	err := &UsageError{
		Err:  fmt.Errorf("%s: unknown key %q, want %s", placeOf(r.file, e.line), e.key, strings.Join(sweepKeys, ", ")),
		Hint: didYouMean(Nearest(e.key, sweepKeys), "", ""),
	}
	if _, is := Lookup(e.key); is && err.Hint == "" {
		err.Hint = fmt.Sprintf("put %s under settings or, with a list of values, under grid", e.key)
	}
	return err
}

// mapping reads settings or grid.
func (r *sweepReader) mapping(e entry) error {
	if e.value.Kind != yaml.MappingNode {
		return wrongLine(r.file, e.line, "%s is %s, want a mapping from settings to values", e.key, describe(e.value))
	}
	entries, err := entriesOf(e.value, r.file)
	if err != nil {
		return err
	}
	if e.key == sweepGrid {
		for _, of := range entries {
			if err := r.axis(of, of.key); err != nil {
				return err
			}
		}
		return nil
	}
	given, err := assignments(entries, r.file)
	if err != nil {
		return err
	}
	for i, a := range given {
		if err := r.take(a.Key, entries[i].line, false); err != nil {
			return err
		}
		if _, err := a.canonical(); err != nil {
			return err
		}
	}
	r.fixed = append(r.fixed, given...)
	return nil
}

// axis reads a list of a setting's values, which the file calls called.
func (r *sweepReader) axis(e entry, called string) error {
	if err := r.take(e.key, e.line, called == e.key); err != nil {
		return err
	}
	if e.value.Kind != yaml.SequenceNode {
		return wrongLine(r.file, e.line, "%s is %s, want a list such as [A, B]", called, describe(e.value))
	}
	if len(e.value.Content) == 0 {
		return wrongLine(r.file, e.line, "%s is an empty list", called)
	}
	of := axis{key: e.key}
	for _, n := range e.value.Content {
		text, err := plainValue(n, r.file, called)
		if err != nil {
			return err
		}
		a := assigned{Assignment{e.key, text}, origin{fromFile, placeOf(r.file, n.Line)}}
		if a.Value, err = a.canonical(); err != nil {
			return err
		}
		if slices.ContainsFunc(of.values, func(b assigned) bool { return b.Value == a.Value }) {
			return wrongLine(r.file, n.Line, "%s has %s twice", called, a.Value)
		}
		of.values = append(of.values, a)
	}
	r.axes = append(r.axes, of)
	return nil
}

// take notes that a setting is given, which must not have been before.
func (r *sweepReader) take(key string, line int, inGrid bool) error {
	hint := sweepTakes[key]
	if inGrid {
		hint = cmp.Or(hint, gridTakes[key])
	}
	if hint != "" {
		return &UsageError{Err: fmt.Errorf("%s: %s has no place here", placeOf(r.file, line), key), Hint: hint}
	}
	if first, seen := r.lineOf[key]; seen {
		return wrongLine(r.file, line, "%s was already given on line %d", key, first)
	}
	r.lineOf[key] = line
	return nil
}

// canonical is the value as the setting prints it, by which equal ones are known.
func (a assigned) canonical() (string, error) {
	var v Values
	v.Config, v.origins = Default(), map[string]origin{}
	if err := v.assign(a); err != nil {
		return "", err
	}
	s, _ := Lookup(a.Key)
	return s.Format(&v.Config), nil
}
