package galaxyzoo

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
)

// maxLabelErrors is how many faults of a label file are collected before
// reading it is given up.
const maxLabelErrors = 20

// Labels is a table of votes, in the order of the file it was read from. The
// same form serves for votes cast and votes predicted.
type Labels struct {
	IDs   []int64
	Votes []Votes
}

// Header is the first line of a file of votes.
func Header() []string {
	header := make([]string, 1, NumAnswers+1)
	header[0] = "GalaxyID"
	for _, a := range Answers {
		header = append(header, a.Class())
	}
	return header
}

// ReadLabels reads a file in the form of Kaggle's training_solutions_rev1.csv.
// See ParseLabels for what it insists on.
func ReadLabels(path string) (*Labels, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &DataError{File: path, Err: fmt.Errorf("failed to open the labels: %w", Reason(err))}
	}
	defer f.Close()
	return ParseLabels(f, path)
}

// ParseLabels reads a label table: the header GalaxyID,Class1.1,...,Class11.6,
// then rows of 38 columns with unique positive ids and votes that obey the tree
// (see Votes.Check). Lines may end in LF or CRLF, and a byte-order mark of UTF-8
// is passed over. The error joins a *DataError for each fault, 20 at most, each
// with the given name and its line.
func ParseLabels(r io.Reader, name string) (*Labels, error) {
	return parse(r, name, obeyTree)
}

// ParsePredictions reads a table of predicted votes. It differs from
// ParseLabels in that predictions need not obey the tree, and that columns may
// follow the 38.
func ParsePredictions(r io.Reader, name string) (*Labels, error) {
	return parse(r, name, betweenZeroAndOne)
}

// rules are what the votes of a table are held to, the last the strictest.
type rules int

const (
	anyNumbers rules = iota
	betweenZeroAndOne
	obeyTree
)

func parse(r io.Reader, name string, rules rules) (*Labels, error) {
	cr := NewCSVReader(r)
	cr.FieldsPerRecord = -1
	cr.ReuseRecord = true

	header, err := cr.Read()
	if errors.Is(err, io.EOF) {
		err = errors.New("the file is empty, want the header GalaxyID,Class1.1,...,Class11.6")
		return nil, &DataError{File: name, Line: 1, Err: err}
	}
	if err != nil {
		return nil, broken(err, name, 1)
	}
	if err := checkHeader(header, rules); err != nil {
		return nil, &DataError{File: name, Line: 1, Err: err}
	}
	columns := len(header)

	labels := &Labels{}
	lineOf := map[int64]int{}
	line := 1
	var faults []error
	for {
		record, err := cr.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			// After a broken quote nothing that follows can be trusted.
			faults = append(faults, broken(err, name, line+1))
			break
		}
		line, _ = cr.FieldPos(0)
		id, votes, err := parseRow(record, columns, rules)
		if err == nil {
			if first, seen := lineOf[id]; seen {
				err = fmt.Errorf("galaxy %d was already given on line %d", id, first)
			}
		}
		if err != nil {
			faults = append(faults, &DataError{File: name, Line: line, Err: err})
			if len(faults) == maxLabelErrors {
				break
			}
			continue
		}
		lineOf[id] = line
		labels.IDs = append(labels.IDs, id)
		labels.Votes = append(labels.Votes, votes)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return labels, nil
}

// broken describes an error of reading itself: malformed CSV, at the line its
// row starts on, or a file that cannot be read on from the given line.
func broken(err error, name string, line int) *DataError {
	if perr, ok := errors.AsType[*csv.ParseError](err); ok {
		return &DataError{File: name, Line: perr.StartLine, Err: perr.Err}
	}
	return &DataError{File: name, Line: line, Err: fmt.Errorf("failed to read: %w", Reason(err))}
}

func checkHeader(header []string, rules rules) error {
	want := Header()
	if rules == obeyTree && len(header) != len(want) || len(header) < len(want) {
		return fmt.Errorf("the header has %d columns, want %d: GalaxyID,Class1.1,...,Class11.6", len(header), len(want))
	}
	for i, name := range want {
		if got := header[i]; got != name {
			return fmt.Errorf("column %d of the header is %q, want %q", i+1, got, name)
		}
	}
	return nil
}

func parseRow(record []string, columns int, rules rules) (int64, Votes, error) {
	var votes Votes
	if len(record) != columns {
		return 0, votes, fmt.Errorf("%d columns, want %d", len(record), columns)
	}
	id, err := ParseID(record[0])
	if err != nil {
		return 0, votes, err
	}
	for c := range votes {
		x, err := strconv.ParseFloat(record[c+1], 64)
		if err != nil {
			return 0, votes, fmt.Errorf("%s = %q is not a number", Answers[c].Class(), record[c+1])
		}
		switch {
		case rules == anyNumbers && (math.IsNaN(x) || math.IsInf(x, 0)):
			return 0, votes, fmt.Errorf("%s = %s, want a finite number", Answers[c].Class(), record[c+1])
		case rules != anyNumbers && !(x >= 0 && x <= 1): // also catches NaN
			return 0, votes, fmt.Errorf("%s = %s, want 0 to 1", Answers[c].Class(), record[c+1])
		case x != 0: // -0 is 0
			votes[c] = x
		}
	}
	if rules == obeyTree {
		err = votes.Check()
	}
	return id, votes, err
}

// Write writes the table as CSV with its header, six decimals a vote, in the
// order of the ids.
func (l *Labels) Write(w io.Writer) error {
	if len(l.IDs) != len(l.Votes) {
		return fmt.Errorf("failed to write votes: %d ids for %d rows", len(l.IDs), len(l.Votes))
	}
	order := make([]int, len(l.IDs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(l.IDs[a], l.IDs[b]) })

	cw := csv.NewWriter(w) // keeps its first error, which Error returns
	cw.Write(Header())
	record := make([]string, NumAnswers+1)
	for _, i := range order {
		record[0] = strconv.FormatInt(l.IDs[i], 10)
		for c, x := range l.Votes[i] {
			record[c+1] = strconv.FormatFloat(x, 'f', 6, 64)
		}
		cw.Write(record)
	}
	cw.Flush()
	if err := cw.Error(); err != nil {
		return fmt.Errorf("failed to write votes: %w", err)
	}
	return nil
}
