package run

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// MaxSweep is the largest number of runs of a sweep: more than a mistyped grid should
// begin.
const MaxSweep = 1000

// A Sweep is what a file asks for that describes many runs: each preset with each
// combination of the grid's values and each seed.
type Sweep struct {
	Runs   string // the folder of the runs; "" where the file names none
	Points []SweepPoint
}

// A SweepPoint is one run of a sweep.
type SweepPoint struct {
	// Name is that of the run's folder, "d4-learning-rate=0.002-seed=1". It says what the
	// run is, and so stays the same in a sweep to which values are added.
	Name   string
	Varied []Assignment // what tells it from the other runs

	given []assigned // by the file, what is the same for all runs too
}

// SweepForeign returns the environment variables of settings that a sweep has a say
// in, for Resolver.OtherEnv.
func SweepForeign() []string {
	var names []string
	for _, s := range Settings {
		if sweepTakes[s.Key] != "" {
			names = append(names, s.Env())
		}
	}
	return names
}

// ReadSweep reads the file of a sweep. Errors are *UsageError.
func ReadSweep(file string) (*Sweep, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, &UsageError{Err: fmt.Errorf("failed to read sweep: %w", err)}
	}
	defer f.Close()
	entries, err := readMapping(f, file)
	if err != nil {
		return nil, err
	}
	r := sweepReader{file: file, lineOf: map[string]int{}}
	for _, e := range entries {
		if err := r.section(e); err != nil {
			return nil, err
		}
	}
	if len(r.fixed)+len(r.axes) == 0 {
		return nil, &UsageError{
			Err:  fmt.Errorf("%s describes no runs", file),
			Hint: "a line such as seeds: [1, 2, 3] is a sweep",
		}
	}
	sweep := &Sweep{Runs: r.runs}
	sweep.Points, err = r.points()
	return sweep, err
}

// points returns the runs: presets, then the grid as the file has it, then seeds, of
// which the last changes fastest.
func (r *sweepReader) points() ([]SweepPoint, error) {
	rank := func(a axis) int {
		switch a.key {
		case presetKey:
			return 0
		case seedKey:
			return 2
		}
		return 1
	}
	slices.SortStableFunc(r.axes, func(a, b axis) int { return rank(a) - rank(b) })
	n := 1
	for _, a := range r.axes {
		if n *= len(a.values); n > MaxSweep {
			return nil, &UsageError{
				Err:  fmt.Errorf("%s describes more than %d runs", r.file, MaxSweep),
				Hint: "take values away, or make several sweeps of it",
			}
		}
	}
	points := make([]SweepPoint, n)
	for i := range points {
		p := &points[i]
		p.given = slices.Clone(r.fixed)
		each := n
		for _, a := range r.axes {
			each /= len(a.values)
			value := a.values[i/each%len(a.values)]
			p.given = append(p.given, value)
			p.Varied = append(p.Varied, value.Assignment)
		}
		p.Name = p.name()
	}
	return points, nil
}

var (
	notInName  = regexp.MustCompile(`[^A-Za-z0-9._,+=-]+`)
	longestRun = 180 // bytes of a name, of the 255 that file systems have
)

// name is the preset and what varies besides it.
func (p *SweepPoint) name() string {
	name := Default().Preset
	for _, a := range p.given {
		if a.Key == presetKey {
			name = a.Value
		}
	}
	for _, a := range p.Varied {
		if a.Key != presetKey {
			name += "-" + a.Key + "=" + a.Value
		}
	}
	plain := strings.Trim(notInName.ReplaceAllString(name, "_"), ".-")
	if len(plain) > longestRun {
		plain = plain[:longestRun]
	}
	if plain == name {
		return name
	}
	sum := sha256.Sum256([]byte(name)) // two names may have become the same
	return plain + "-" + hex.EncodeToString(sum[:4])
}

// Resolve returns the run's configuration: what the file says is stronger than the
// preset, and weaker than the resolver's environment and flags, which must not set what
// the sweep varies. Errors are *UsageError.
func (p *SweepPoint) Resolve(r Resolver) (*Values, error) {
	r.lines = p.given
	v, err := r.Resolve()
	if err != nil {
		return nil, err
	}
	for _, a := range p.Varied {
		if source := v.origins[a.Key].source; source > fromFile {
			return nil, &UsageError{
				Err:  fmt.Errorf("%s sets %s, and the sweep varies it", v.Origin(a.Key), a.Key),
				Hint: "take one of the two away",
			}
		}
	}
	return v, nil
}

// SweepFolder is the folder of the runs of a sweep whose file names none:
// "sweeps/first" for "first.yaml".
func SweepFolder(file string) string {
	name := filepath.Base(file)
	return filepath.Join("sweeps", strings.TrimSuffix(name, filepath.Ext(name)))
}
