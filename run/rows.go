package run

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// A column is one column of metrics.csv. Whole numbers of a run are exact as
// float64: they stay far below 2^53.
type column struct {
	name string
	get  func(e *Epoch) *float64 // nil: an empty cell
	set  func(e *Epoch, x *float64)
	kind columnKind
}

type columnKind int

const (
	count    columnKind = iota // a whole number of at least 1
	real                       // a finite number
	optional                   // a finite number or an empty cell
)

var columns = []column{
	{"epoch", func(e *Epoch) *float64 { return new(float64(e.Epoch)) }, func(e *Epoch, x *float64) { e.Epoch = int(*x) }, count},
	{"step", func(e *Epoch) *float64 { return new(float64(e.Step)) }, func(e *Epoch, x *float64) { e.Step = int64(*x) }, count},
	{"loss", func(e *Epoch) *float64 { return &e.Loss }, func(e *Epoch, x *float64) { e.Loss = *x }, real},
	{"validation_loss", func(e *Epoch) *float64 { return e.ValidationLoss }, func(e *Epoch, x *float64) { e.ValidationLoss = x }, optional},
	{"rmse", func(e *Epoch) *float64 { return e.RMSE }, func(e *Epoch, x *float64) { e.RMSE = x }, optional},
	{"learning_rate", func(e *Epoch) *float64 { return &e.LearningRate }, func(e *Epoch, x *float64) { e.LearningRate = *x }, real},
	{"images_per_second", func(e *Epoch) *float64 { return &e.ImagesPerSecond }, func(e *Epoch, x *float64) { e.ImagesPerSecond = *x }, real},
	{"data_wait", func(e *Epoch) *float64 { return &e.DataWait }, func(e *Epoch, x *float64) { e.DataWait = *x }, real},
	{"seconds", func(e *Epoch) *float64 { return &e.Seconds }, func(e *Epoch, x *float64) { e.Seconds = *x }, real},
}

func csvHeader() string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return strings.Join(names, ",") + "\n"
}

// appendCSV prints the row so that every number reads back as it was.
func (e *Epoch) appendCSV(line []byte) []byte {
	for i, c := range columns {
		if i > 0 {
			line = append(line, ',')
		}
		switch x := c.get(e); {
		case x == nil:
		case c.kind == count:
			line = strconv.AppendInt(line, int64(*x), 10)
		default:
			line = strconv.AppendFloat(line, *x, 'g', -1, 64)
		}
	}
	return append(line, '\n')
}

func parseEpoch(line string) (Epoch, error) {
	var e Epoch
	cells := strings.Split(line, ",")
	if len(cells) != len(columns) {
		return e, fmt.Errorf("%d columns, want %d", len(cells), len(columns))
	}
	for i, c := range columns {
		switch {
		case cells[i] == "" && c.kind == optional:
		case c.kind == count:
			n, err := strconv.ParseInt(cells[i], 10, 53)
			if err != nil || n < 1 {
				return e, fmt.Errorf("%s = %q, want a whole number of at least 1", c.name, cells[i])
			}
			c.set(&e, new(float64(n)))
		default:
			x, err := strconv.ParseFloat(cells[i], 64)
			if err != nil || finite(c.name, x) != nil {
				return e, fmt.Errorf("%s = %q, want a finite number", c.name, cells[i])
			}
			c.set(&e, &x)
		}
	}
	return e, nil
}

// check returns an error where the row cannot follow that of an epoch.
func (e *Epoch) check(last int) error {
	if e.Epoch <= last {
		return fmt.Errorf("epoch = %d after epoch %d, want them to rise", e.Epoch, last)
	}
	if e.Step < 1 {
		return fmt.Errorf("step = %d, want at least 1", e.Step)
	}
	for _, c := range columns {
		if x := c.get(e); x != nil {
			if err := finite(c.name, *x); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Step) appendJSON(line []byte) []byte {
	data, err := json.Marshal(s)
	if err != nil {
		panic("run: " + err.Error()) // check has let only finite numbers through
	}
	return append(append(line, data...), '\n')
}

func parseStep(line string) (Step, error) {
	var fields struct {
		Step         *int64   `json:"step"`
		Epoch        *int     `json:"epoch"`
		Loss         *float64 `json:"loss"`
		LearningRate *float64 `json:"learning_rate"`
	}
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&fields); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the object ends early")
		}
		return Step{}, err
	}
	if strings.TrimSpace(line[decoder.InputOffset():]) != "" {
		return Step{}, errors.New("something follows the object")
	}
	if fields.Step == nil || fields.Epoch == nil || fields.Loss == nil || fields.LearningRate == nil {
		return Step{}, errors.New("want step, epoch, loss and learning_rate")
	}
	return Step{*fields.Step, *fields.Epoch, *fields.Loss, *fields.LearningRate}, nil
}

func (s *Step) check(last int64) error {
	switch {
	case s.Step <= last:
		return fmt.Errorf("step = %d after step %d, want them to rise", s.Step, last)
	case s.Epoch < 1:
		return fmt.Errorf("epoch = %d, want at least 1", s.Epoch)
	}
	if err := finite("loss", s.Loss); err != nil {
		return err
	}
	return finite("learning_rate", s.LearningRate)
}

// Epochs reads metrics.csv. A run that is going may be read: a last line that
// is not whole yet is left out, and a file that is not there has no rows.
// Faults in the others are *galaxyzoo.DataError.
func (r *Run) Epochs() ([]Epoch, error) {
	var epochs []Epoch
	last := 0
	err := eachLine(r.Path(MetricsCSV), func(n int, line string) error {
		if n == 1 {
			if want := strings.TrimSuffix(csvHeader(), "\n"); line != want {
				return fmt.Errorf("the header is %q, want %q", line, want)
			}
			return nil
		}
		e, err := parseEpoch(line)
		if err == nil {
			err = e.check(last)
		}
		last = e.Epoch
		epochs = append(epochs, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	return epochs, nil
}

// Steps reads metrics.jsonl, as Epochs does metrics.csv.
func (r *Run) Steps() ([]Step, error) {
	var steps []Step
	var last int64
	err := eachLine(r.Path(MetricsJSONL), func(_ int, line string) error {
		s, err := parseStep(line)
		if err == nil {
			err = s.check(last)
		}
		last = s.Step
		steps = append(steps, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	return steps, nil
}

// eachLine calls f with each whole line of a file and its number from 1.
func eachLine(path string, f func(n int, line string) error) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("failed to read %s: %w", path, reason(err))
	}
	defer file.Close()
	reader := bufio.NewReader(file)
	for n := 1; ; n++ {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("failed to read %s: %w", path, reason(err))
		}
		if err := f(n, string(bytes.TrimSuffix(line, []byte("\n")))); err != nil {
			return &galaxyzoo.DataError{File: path, Line: n, Err: err}
		}
	}
}
