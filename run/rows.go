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

// A column is one column of metrics.csv: how a row's field is printed so that it
// reads back as it was, read, and checked.
type column struct {
	name  string
	print func(cell []byte, e *Epoch) []byte
	parse func(cell string, e *Epoch) error
	check func(e *Epoch) error
}

var columns = []column{
	counted("epoch", func(e *Epoch) *int { return &e.Epoch }),
	counted("step", func(e *Epoch) *int64 { return &e.Step }),
	measured("loss", func(e *Epoch) *float64 { return &e.Loss }),
	heldBack("validation_loss", func(e *Epoch) **float64 { return &e.ValidationLoss }),
	heldBack("rmse", func(e *Epoch) **float64 { return &e.RMSE }),
	measured("learning_rate", func(e *Epoch) *float64 { return &e.LearningRate }),
	measured("images_per_second", func(e *Epoch) *float64 { return &e.ImagesPerSecond }),
	measured("data_wait", func(e *Epoch) *float64 { return &e.DataWait }),
	measured("seconds", func(e *Epoch) *float64 { return &e.Seconds }),
}

// counted is a whole number from 1.
func counted[T int | int64](name string, field func(*Epoch) *T) column {
	return column{
		name:  name,
		print: func(cell []byte, e *Epoch) []byte { return strconv.AppendInt(cell, int64(*field(e)), 10) },
		parse: func(cell string, e *Epoch) error {
			n, err := strconv.ParseInt(cell, 10, 64)
			*field(e) = T(n)
			if err != nil || n < 1 || int64(T(n)) != n {
				return fmt.Errorf("%s = %q, want a whole number of at least 1", name, cell)
			}
			return nil
		},
		check: func(e *Epoch) error {
			if n := *field(e); n < 1 {
				return fmt.Errorf("%s = %d, want at least 1", name, n)
			}
			return nil
		},
	}
}

// measured is a finite number.
func measured(name string, field func(*Epoch) *float64) column {
	return column{
		name:  name,
		print: func(cell []byte, e *Epoch) []byte { return strconv.AppendFloat(cell, *field(e), 'g', -1, 64) },
		parse: func(cell string, e *Epoch) error {
			x, err := strconv.ParseFloat(cell, 64)
			*field(e) = x
			if err != nil || finite(name, x) != nil {
				return fmt.Errorf("%s = %q, want a finite number", name, cell)
			}
			return nil
		},
		check: func(e *Epoch) error { return finite(name, *field(e)) },
	}
}

// heldBack is a finite number, or an empty cell where no rows are held back.
func heldBack(name string, field func(*Epoch) **float64) column {
	value := measured(name, func(e *Epoch) *float64 { return *field(e) })
	return column{
		name: name,
		print: func(cell []byte, e *Epoch) []byte {
			if *field(e) == nil {
				return cell
			}
			return value.print(cell, e)
		},
		parse: func(cell string, e *Epoch) error {
			if cell == "" {
				return nil
			}
			*field(e) = new(float64)
			return value.parse(cell, e)
		},
		check: func(e *Epoch) error {
			if *field(e) == nil {
				return nil
			}
			return value.check(e)
		},
	}
}

func csvHeader() string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return strings.Join(names, ",") + "\n"
}

func (e *Epoch) appendCSV(line []byte) []byte {
	for i, c := range columns {
		if i > 0 {
			line = append(line, ',')
		}
		line = c.print(line, e)
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
		if err := c.parse(cells[i], &e); err != nil {
			return e, err
		}
	}
	return e, nil
}

// check returns an error where the row cannot follow that of an epoch.
func (e *Epoch) check(last int) error {
	for _, c := range columns {
		if err := c.check(e); err != nil {
			return err
		}
	}
	if e.Epoch <= last {
		return fmt.Errorf("epoch = %d after epoch %d, want them to rise", e.Epoch, last)
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
	err := r.eachLine(MetricsCSV, func(n int, line string) error {
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
	err := r.eachLine(MetricsJSONL, func(_ int, line string) error {
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
func (r *Run) eachLine(name string, f func(n int, line string) error) error {
	path := r.Path(name)
	if err := r.Unchanged(path); err != nil {
		return err
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("failed to read %s: %w", path, galaxyzoo.Reason(err))
	}
	defer file.Close()
	rows := galaxyzoo.NewRows(file)
	reader := bufio.NewReader(rows)
	for n := 1; ; n++ {
		rows.Next()
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, galaxyzoo.ErrLongRow) {
			return &galaxyzoo.DataError{File: path, Line: n, Err: err}
		}
		if err != nil {
			return fmt.Errorf("failed to read %s: %w", path, galaxyzoo.Reason(err))
		}
		if err := f(n, string(bytes.TrimSuffix(line, []byte("\n")))); err != nil {
			return &galaxyzoo.DataError{File: path, Line: n, Err: err}
		}
	}
}
