package run

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// An Assignment gives a setting a value, as text.
type Assignment struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// A Resolver collects what a run was told, from the weakest source to the
// strongest: the defaults of Settings, a preset, a configuration file, the
// environment and flags.
type Resolver struct {
	// Presets are the assignments of each preset by its name. Where the map is
	// nil a preset is a mere name, neither checked nor applied.
	Presets map[string][]Assignment
	File    string   // a YAML file; "" for none
	Environ []string // as of os.Environ; nil for none
	// OtherEnv are variables that begin with TFGALAXY_ and are no settings.
	OtherEnv []string
	Flags    []Assignment

	lines []assigned // of another file, in place of File
}

// Values is a Config with the origin of each of its values.
type Values struct {
	Config  Config
	origins map[string]origin
	idle    map[string]string // settings that have no effect, and why
}

// The sources of a value, weakest first.
type source int

const (
	fromDefault source = iota
	fromPreset
	fromFile
	fromEnvironment
	fromFlag
)

// An origin says where a value came from; place is the preset's name, file:line,
// the variable or, of a default, why the program chose it.
type origin struct {
	source source
	place  string
}

// An assigned value is an Assignment and where it was made.
type assigned struct {
	Assignment
	origin
}

// Resolve returns the configuration with every value read and checked, the
// overridden ones too. The preset is named by the strongest source that names
// one. Errors are *UsageError.
func (r Resolver) Resolve() (*Values, error) {
	var given []assigned // by the user, weakest first: the last one counts
	if r.File != "" {
		file, err := r.file()
		if err != nil {
			return nil, err
		}
		given = append(given, file...)
	}
	given = append(given, r.lines...)
	environment, err := r.environment()
	if err != nil {
		return nil, err
	}
	given = append(given, environment...)
	for _, a := range r.Flags {
		given = append(given, assigned{a, origin{fromFlag, ""}})
	}

	v := &Values{Config: Default(), origins: map[string]origin{}}
	for _, a := range given {
		if a.Key == presetKey {
			if err := v.assign(a); err != nil {
				return nil, err
			}
		}
	}
	preset, err := r.preset(v)
	if err != nil {
		return nil, err
	}
	for _, a := range slices.Concat(preset, given) {
		if err := v.assign(a); err != nil {
			return nil, err
		}
	}
	return v, v.settle()
}

func (r Resolver) file() ([]assigned, error) {
	f, err := os.Open(r.File)
	if err != nil {
		return nil, &UsageError{Err: fmt.Errorf("failed to read configuration: %w", err)}
	}
	defer f.Close()
	lines, err := readYAML(f, r.File)
	if err != nil {
		return nil, err
	}
	for i, a := range lines {
		// A number of workers is what earlier versions called the threads of the input.
		if _, err := strconv.ParseUint(a.Value, 10, 64); err == nil && a.Key == workersKey {
			lines[i].Key = inputThreadsKey
		}
	}
	return lines, nil
}

func (r Resolver) environment() ([]assigned, error) {
	var known []string
	keys := map[string]string{}
	for _, s := range Settings {
		known = append(known, s.Env())
		keys[s.Env()] = s.Key
	}
	known = append(known, r.OtherEnv...)

	var given []assigned
	for _, entry := range r.Environ {
		variable, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(variable, EnvPrefix) || slices.Contains(r.OtherEnv, variable) {
			continue
		}
		key, ok := keys[variable]
		if !ok {
			return nil, &UsageError{
				Err:  fmt.Errorf("unknown environment variable %s", variable),
				Hint: didYouMean(Nearest(variable, known), "", "unset it: no setting has that name"),
			}
		}
		if value == "" {
			continue // set to nothing is how a variable is taken back
		}
		given = append(given, assigned{Assignment{key, value}, origin{fromEnvironment, variable}})
	}
	return given, nil
}

func (r Resolver) preset(v *Values) ([]assigned, error) {
	if r.Presets == nil {
		return nil, nil
	}
	name := v.Config.Preset
	assignments, ok := r.Presets[name]
	if !ok {
		names := slices.Sorted(maps.Keys(r.Presets))
		return nil, &UsageError{
			Err:  fmt.Errorf("unknown preset %q (%s), want one of %s", name, v.Origin(presetKey), strings.Join(names, ", ")),
			Hint: didYouMean(Nearest(name, names), "", "tfgalaxy presets lists them"),
		}
	}
	var given []assigned
	for _, a := range assignments {
		if a.Key == presetKey || a.Key == runDirKey {
			return nil, &UsageError{Err: fmt.Errorf("preset %s: a preset cannot set %s", name, a.Key)}
		}
		given = append(given, assigned{a, origin{fromPreset, name}})
	}
	return given, nil
}

func (v *Values) assign(a assigned) error {
	s, ok := Lookup(a.Key)
	if !ok {
		keys := make([]string, len(Settings))
		for i, s := range Settings {
			keys[i] = s.Key
		}
		return a.unknown(Nearest(a.Key, keys))
	}
	if err := s.Parse(&v.Config, a.Value); err != nil {
		return a.unwanted(s)
	}
	v.origins[a.Key] = a.origin
	return nil
}

// dash is what the key is typed with.
func (a assigned) dash() string {
	if a.source == fromFlag {
		return "--"
	}
	return ""
}

// subject names the setting as the user wrote it, with its place.
func (a assigned) subject() string {
	switch a.source {
	case fromFlag:
		return "--" + a.Key
	case fromEnvironment:
		return a.place
	case fromPreset:
		return "preset " + a.place + ": " + a.Key
	case fromDefault:
		return a.Key
	default:
		return a.place + ": " + a.Key
	}
}

func (a assigned) unknown(nearest string) error {
	err := fmt.Errorf("unknown setting %q", a.dash()+a.Key)
	switch a.source {
	case fromFile:
		err = fmt.Errorf("%s: %w", a.place, err)
	case fromPreset:
		err = fmt.Errorf("preset %s: %w", a.place, err)
	}
	return &UsageError{Err: err, Hint: didYouMean(nearest, a.dash(), "tfgalaxy train --help lists the settings")}
}

func (a assigned) unwanted(s Setting) error {
	err := fmt.Errorf("%s = %q, want %s", a.subject(), a.Value, s.value.want)
	return &UsageError{Err: err, Hint: didYouMean(Nearest(a.Value, s.value.words), "", "")}
}

// Choose gives a setting that the user left open the value that the program
// found for it; why becomes its origin.
func (v *Values) Choose(key, value, why string) error {
	return v.assign(assigned{Assignment{key, value}, origin{fromDefault, why}})
}

// Origin says where the value of a key came from: "default", "preset seed3",
// "config.yaml:12", "environment TFGALAXY_EPOCHS" or "flag --epochs", or the
// reason given to Choose.
func (v *Values) Origin(key string) string {
	o := v.origins[key]
	switch o.source {
	case fromPreset:
		return "preset " + o.place
	case fromFile:
		return o.place
	case fromEnvironment:
		return "environment " + o.place
	case fromFlag:
		return "flag --" + key
	default:
		return cmp.Or(o.place, "default")
	}
}

// Given reports whether the user gave the key a value, by a file, the
// environment or a flag.
func (v *Values) Given(key string) bool { return v.origins[key].source >= fromFile }
