package baseline

import (
	"bytes"
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteText writes the result as a table for reading.
func (r *Result) WriteText(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "baselines of %d images from %s", r.Images, r.Data)
	if r.Skipped > 0 {
		fmt.Fprintf(&b, " (%d could not be read)", r.Skipped)
	}
	fmt.Fprintln(&b, ", RMSE over all 37 answers")
	if r.HeldOut > 0 {
		fmt.Fprintf(&b, "hold-out: fitted on %d, scored on %d galaxies (share %v, seed %d)\n", r.Training, r.HeldOut, r.Share, r.Seed)
	}
	if r.Folds > 0 {
		fmt.Fprintf(&b, "%d-fold: every galaxy scored by the fit on the other folds\n", r.Folds)
	}
	fmt.Fprintln(&b)

	table := tabwriter.NewWriter(&b, 0, 0, 3, ' ', tabwriter.AlignRight)
	columns := []struct {
		name string
		of   func(*Baseline) *Scores
	}{
		{"all rows", func(b *Baseline) *Scores { return &b.AllRows }},
		{"hold-out", func(b *Baseline) *Scores { return b.HoldOut }},
		{fmt.Sprintf("%d-fold", r.Folds), func(b *Baseline) *Scores { return b.CrossValidation }},
	}
	for _, clipped := range []bool{false, true} {
		head := "as fitted"
		if clipped {
			head = "clipped to 0..1"
		}
		fmt.Fprintf(table, "%s\t", head)
		for _, c := range columns {
			if len(r.Baselines) > 0 && c.of(&r.Baselines[0]) != nil {
				fmt.Fprintf(table, "%s\t", c.name)
			}
		}
		fmt.Fprintln(table)
		for i := range r.Baselines {
			fmt.Fprintf(table, "%s\t", r.Baselines[i].Name)
			for _, c := range columns {
				scores := c.of(&r.Baselines[i])
				switch {
				case scores == nil:
				case clipped:
					fmt.Fprintf(table, "%.4f\t", scores.Clipped.RMSE)
				default:
					fmt.Fprintf(table, "%.4f\t", scores.Unclipped.RMSE)
				}
			}
			fmt.Fprintln(table)
		}
		if !clipped {
			fmt.Fprintln(table)
		}
	}
	table.Flush()
	for _, baseline := range r.Baselines {
		if baseline.Note != "" {
			fmt.Fprintf(&b, "\n%s: %s\n", baseline.Name, baseline.Note)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}
