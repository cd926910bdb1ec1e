package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/baseline"
	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/plots"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

// The resolutions that PNG files may have: letters are still told apart, and a
// page is still a file of some megabytes.
const minDPI, maxDPI = 50, 1200

func (a *app) plotCommand() *cli.Command {
	return &cli.Command{
		Name:  "plot",
		Usage: "draw the figures of the data and of runs, and a report of them",
		Description: "Without --data, the figures are of the first run's data. Several runs are laid\n" +
			"over each other where that can be; all else is drawn from the first. A run may\n" +
			"still be going. No device is used.\n\nFigures: " + wrapNames(plots.FigureNames(), 78),
		Flags: append([]cli.Flag{
			&cli.StringSliceFlag{Name: "run", Usage: "`FOLDER` of a run; may be repeated"},
			&cli.StringFlag{Name: "out", Usage: "`FOLDER` for NAME.FORMAT files and " + plots.ReportFile},
			&cli.StringFlag{Name: "format", Usage: "png, svg or pdf", Value: string(plots.PNG)},
			&cli.IntFlag{Name: "dpi", Usage: fmt.Sprintf("pixels per inch of PNG files, %d to %d", minDPI, maxDPI), Value: plots.DPI},
			&cli.StringSliceFlag{Name: "only", Usage: "`NAMES` of figures with commas between; without it, all of them and " + plots.ReportFile},
			&cli.StringFlag{Name: "theme", Usage: "light or dark; the report has both", Value: plots.Light.Name},
		}, settingFlags("data")...),
		Action: a.plot,
	}
}

// wrapNames lists names in lines of at most width columns.
func wrapNames(names []string, width int) string {
	var b strings.Builder
	column := len("Figures: ")
	for i, name := range names {
		word := name
		if i < len(names)-1 {
			word += ","
		}
		if column+len(word) > width {
			b.WriteString("\n")
			column = 0
		} else if i > 0 {
			b.WriteString(" ")
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}

// plotOptions are what plot was asked for.
type plotOptions struct {
	out    string
	format plots.Format
	theme  plots.Theme
	dpi    int
	names  []string
	report bool // all figures were asked for
}

// plotted is what plot prints.
type plotted struct {
	Out     string          `json:"out"`
	Files   []string        `json:"files"`
	Report  string          `json:"report,omitempty"`
	LeftOut []plots.LeftOut `json:"left_out"`
	Images  int             `json:"images"`  // that were read
	Skipped []string        `json:"skipped"` // errors of those that could not be
}

func (a *app) plot(ctx *cli.Context) error {
	o, err := plotOptionsOf(ctx)
	if err != nil {
		return err
	}
	study, catalogue, err := a.study(ctx)
	if err != nil {
		return err
	}
	if err := study.OtherData(); err != nil {
		fmt.Fprintf(a.term.Err, "note: %v\n", err)
	}
	result := plotted{Out: o.out, LeftOut: []plots.LeftOut{}, Skipped: []string{}}
	report := plots.Report{}
	if study.NeedsImages(o.names) {
		if report, err = a.readImages(ctx.Context, study, catalogue); err != nil {
			return err
		}
		result.Images = study.Survey.Mean.Images
		for _, bad := range study.Survey.Bad {
			result.Skipped = append(result.Skipped, bad.Error())
		}
	}

	figures, leftOut := study.Draw(o.names)
	result.LeftOut = append(result.LeftOut, leftOut...)
	if len(figures) == 0 {
		return fmt.Errorf("nothing could be drawn: %s: %s", leftOut[0].Name, leftOut[0].Reason)
	}
	for _, f := range figures {
		f.Resolution = o.dpi
	}
	progress := a.term.Progress()
	defer progress.Done("")
	if result.Files, err = plots.WriteFiles(ctx.Context, o.out, figures, o.format, o.theme, counting(progress, "drawing figures")); err != nil {
		return err
	}
	if o.report {
		whole := study.Report(figures, leftOut)
		whole.Baselines, whole.Split = report.Baselines, report.Split
		if result.Report, err = plots.WriteReportFile(o.out, whole); err != nil {
			return err
		}
	}
	progress.Done("")
	if ctx.Bool("json") {
		return printJSON(a.term.Out, result)
	}
	return result.print(a)
}

func (p *plotted) print(a *app) error {
	var reasons []string // in the order they came up, each with what it is the reason for
	names := map[string][]string{}
	for _, l := range p.LeftOut {
		if names[l.Reason] == nil {
			reasons = append(reasons, l.Reason)
		}
		names[l.Reason] = append(names[l.Reason], l.Name)
	}
	for _, reason := range reasons {
		fmt.Fprintf(a.term.Err, "left out %s: %s\n", strings.Join(names[reason], ", "), reason)
	}
	figures := "figures"
	if len(p.Files) == 1 {
		figures = "figure"
	}
	fmt.Fprintf(a.term.Out, "%d %s in %s", len(p.Files), figures, p.Out)
	if len(p.Skipped) > 0 {
		fmt.Fprintf(a.term.Out, "; %s of %s images could not be read", terminal.Count(len(p.Skipped)), terminal.Count(len(p.Skipped)+p.Images))
	}
	if p.Report != "" {
		fmt.Fprintf(a.term.Out, "\nreport %s", p.Report)
	}
	_, err := fmt.Fprintln(a.term.Out)
	return err
}

func plotOptionsOf(ctx *cli.Context) (*plotOptions, error) {
	o := &plotOptions{out: ctx.String("out"), report: !ctx.IsSet("only"), names: plots.FigureNames()}
	if o.out == "" {
		return nil, &run.UsageError{Err: errors.New("want --out"), Hint: "tfgalaxy plot --data FOLDER --run RUN --out figures"}
	}
	var err error
	if o.format, err = plots.ParseFormat(ctx.String("format")); err != nil {
		return nil, &run.UsageError{Err: fmt.Errorf("--format: %w", err)}
	}
	if o.dpi = ctx.Int("dpi"); o.dpi < minDPI || o.dpi > maxDPI {
		return nil, &run.UsageError{Err: fmt.Errorf("--dpi %d, want %d to %d", o.dpi, minDPI, maxDPI)}
	}
	if ctx.IsSet("dpi") && o.format != plots.PNG {
		return nil, &run.UsageError{Err: fmt.Errorf("--dpi goes with --format png: %s has no pixels of its own", o.format)}
	}
	var themes []string
	for _, t := range plots.Themes() {
		themes = append(themes, t.Name)
		if t.Name == ctx.String("theme") {
			o.theme = t
		}
	}
	if o.theme.Name == "" {
		return nil, &run.UsageError{Err: fmt.Errorf("--theme %q, want %s", ctx.String("theme"), strings.Join(themes, " or "))}
	}
	if o.report {
		return o, nil
	}
	all := o.names
	o.names = nil
	for _, name := range ctx.StringSlice("only") {
		name = strings.TrimSpace(name)
		if !slices.Contains(all, name) {
			hint := "the figures are " + strings.Join(all, ", ")
			if near := run.Nearest(name, all); near != "" {
				hint = fmt.Sprintf("did you mean %s? %s", near, hint)
			}
			return nil, &run.UsageError{Err: fmt.Errorf("--only: there is no figure %q", name), Hint: hint}
		}
		if !slices.Contains(o.names, name) {
			o.names = append(o.names, name)
		}
	}
	return o, nil
}

// study opens the runs and the data: --data, or else the first run's, or else
// what there is. Where a run's data is not to be found, what can be drawn
// without it still is.
func (a *app) study(ctx *cli.Context) (*plots.Study, *galaxyzoo.Catalogue, error) {
	var records []*plots.RunRecord
	for _, dir := range ctx.StringSlice("run") {
		r, err := plots.LoadRun(dir)
		if err != nil {
			return nil, nil, err
		}
		records = append(records, r)
	}
	values, err := a.settings(ctx)
	if err != nil {
		return nil, nil, err
	}
	ofRun := len(records) > 0 && !ctx.IsSet("data")
	name := ""
	if ofRun {
		name = records[0].Config.Data
	} else {
		name = a.dataOf(values)
	}
	c, err := train.OpenData(name)
	if err != nil && ofRun {
		missing := fmt.Errorf("the data of run %s: %w", records[0].Name, err)
		fmt.Fprintf(a.term.Err, "note: %v\n--data FOLDER says where it is now\n", missing)
		return plots.NewStudy(nil, missing, records), nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	a.noteDrawn(values)
	return plots.NewStudy(c, nil, records), c, nil
}

// readImages reads the images once, for the figures and for the baselines, and
// returns the report's part about the latter. Baselines that cannot be fitted
// are left out.
func (a *app) readImages(ctx context.Context, study *plots.Study, c *galaxyzoo.Catalogue) (plots.Report, error) {
	meter := baseline.NewMeter(c)
	progress := a.term.Progress()
	defer progress.Done("")
	err := study.ReadImages(ctx, counting(progress, "reading images"), func(position int, img *image.NRGBA) { meter.Measure(position, img) })
	if err != nil {
		return plots.Report{}, err
	}
	progress.Done("")
	a.reportBad(study.Survey.Bad)

	options := baseline.Options{Share: run.Default().Validation, Seed: run.Default().SplitSeed, Folds: min(defaultFolds, study.Survey.Mean.Images)}
	if len(study.Runs) > 0 {
		if err := holdOutAs(&study.Runs[0].Config, c, &options); err != nil {
			return plots.Report{}, err
		}
	}
	if options.Folds < 2 {
		options.Folds = 0
	}
	features, err := meter.Features(study.Survey.Bad)
	var result *baseline.Result
	if err == nil {
		result, err = baseline.Evaluate(features, options)
	}
	if err != nil {
		fmt.Fprintf(a.term.Err, "left out baselines: %v\n", err)
		return plots.Report{}, nil
	}
	return summarise(study, result), nil
}

// holdOutAs has baselines hold out what a run holds back; with fewer galaxies than it
// has folds, what they hold out without a run.
func holdOutAs(trained *run.Config, c *galaxyzoo.Catalogue, o *baseline.Options) error {
	ids := c.IDs()
	if trained.Folds > len(ids) {
		return nil
	}
	o.Share, o.Seed = train.HeldBackShare(trained), trained.SplitSeed
	_, rows, err := train.Rows(trained, ids)
	if err != nil {
		return err
	}
	held := map[int64]bool{}
	for _, i := range rows {
		held[ids[i]] = true
	}
	o.HeldOut = func(id int64) bool { return held[id] }
	return nil
}

// summarise hands the baselines to the figures, and to the report.
func summarise(study *plots.Study, r *baseline.Result) plots.Report {
	report := plots.Report{Split: plots.Split{Share: r.Share, Seed: r.Seed, Training: r.Training, HeldOut: r.HeldOut, Folds: r.Folds}}
	pair := func(s *baseline.Scores) *plots.BaselineScore {
		if s == nil {
			return nil
		}
		return &plots.BaselineScore{Unclipped: s.Unclipped.RMSE, Clipped: s.Clipped.RMSE}
	}
	for _, b := range r.Baselines {
		report.Baselines = append(report.Baselines, plots.BaselineSummary{
			Name: b.Name, AllRows: *pair(&b.AllRows), HoldOut: pair(b.HoldOut), CrossValidation: pair(b.CrossValidation),
		})
		if b.HoldOut != nil {
			study.Baselines = append(study.Baselines, plots.NamedScore{Name: b.Name, Score: b.HoldOut.Clipped})
		}
	}
	return report
}
