package plots

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// A NamedScore is the score of a run or of a baseline, by its name.
type NamedScore struct {
	Name  string
	Score galaxyzoo.Score
}

// Scores are those of runs and baselines on the same galaxies, the rows that
// the first run held back.
type Scores struct {
	Runs      []NamedScore
	Baselines []NamedScore
}

func (s Scores) all() []NamedScore { return slices.Concat(s.Runs, s.Baselines) }

func (s Scores) check() error {
	for _, n := range s.all() {
		values := append([]float64{n.Score.RMSE}, n.Score.Questions[:]...)
		for _, v := range values {
			if !(v >= 0) || math.IsInf(v, 0) {
				return fmt.Errorf("%s: RMSE %v, want 0 or more", n.Name, v)
			}
		}
	}
	return nil
}

// Measures of the scores, in points.
const (
	scoresMain  = vg.Length(226)
	scoresNames = vg.Length(66)
	scoresRight = vg.Length(200) // of the panel of questions
	scoresGap   = vg.Length(12)
)

// RMSE draws the score of runs after each epoch, and of the best epoch question
// by question, against the baselines. What is not known yet is left empty and
// says so.
func RMSE(runs []Curves, s Scores) (*Figure, error) {
	fail := func(err error) (*Figure, error) { return nil, fmt.Errorf("failed to draw the scores: %w", err) }
	if len(runs) == 0 {
		return fail(errors.New("no runs"))
	}
	if err := s.check(); err != nil {
		return fail(err)
	}
	legend := scoresLegend(runs, s)
	caption := "Root mean square error of the votes, 0 to 1, over all 37 answers and over those of each question. " +
		"Left: after each epoch, on the galaxies held back. Right: at the best epoch."
	var sources []string
	for _, r := range runs {
		sources = append(sources, fmt.Sprintf("%s from %s/%s", plural(len(r.Epochs), "epoch", "epochs"), r.Name, run.MetricsCSV))
	}
	caption += " " + strings.Join(sources, "; ") + "."
	var absent []string
	for _, r := range runs {
		if len(s.Runs) > 0 && !slices.ContainsFunc(s.Runs, func(n NamedScore) bool { return n.Name == r.Name }) {
			absent = append(absent, r.Name)
		}
	}
	if len(absent) > 0 {
		caption += fmt.Sprintf(" Not at the right, for want of predictions for the same galaxies: %s.", strings.Join(absent, ", "))
	}
	if all := s.all(); len(all) > 0 {
		caption += fmt.Sprintf(" n = %s.", plural(all[0].Score.Images, "galaxy", "galaxies"))
	}
	return &Figure{
		Name:    "rmse",
		Title:   "Score by epoch and by question",
		Caption: caption,
		Width:   FullWidth,
		Height:  legend.height() + scoresMain + lossAxis,
		Draw:    func(c *Canvas) { drawScores(c, runs, s, legend) },
	}, nil
}

// scoresLegend is that of the curves, with the baselines' marks.
func scoresLegend(runs []Curves, s Scores) curveLegend {
	var entries []legendEntry
	for i, r := range runs {
		entries = append(entries, legendEntry{text: r.Name, colour: runColour(i), mark: markDot})
	}
	for i, b := range s.Baselines {
		entries = append(entries, legendEntry{text: b.Name, colour: baselineColour, mark: baselineMark(i)})
	}
	return newLegend(entries, FullWidth-lossLeft)
}

func drawScores(c *Canvas, runs []Curves, s Scores, legend curveLegend) {
	legend.draw(c, c.Min.X+lossLeft, c.Max.Y)
	left := box(c.Min.X+lossLeft, c.Min.Y+lossAxis, FullWidth-lossLeft-scoresGap-scoresNames-scoresRight, scoresMain)
	right := box(c.Max.X-scoresRight, left.Min.Y, scoresRight, scoresMain)
	drawByEpoch(c, left, runs, s.Baselines)
	drawByQuestion(c, right, runs, s)
}

// position returns where in runs the one of that name is.
func position(runs []Curves, name string) int {
	return slices.IndexFunc(runs, func(r Curves) bool { return r.Name == name })
}

func drawByEpoch(c *Canvas, r vg.Rectangle, runs []Curves, baselines []NamedScore) {
	last, lo, hi := 1.0, math.Inf(1), math.Inf(-1)
	for _, run := range runs {
		for _, e := range run.Epochs {
			last = max(last, float64(e.Epoch))
			if e.RMSE != nil && finiteNumber(*e.RMSE) {
				lo, hi = min(lo, *e.RMSE), max(hi, *e.RMSE)
			}
		}
	}
	if hi < lo {
		drawEmpty(c, r, "no epoch has been scored on galaxies held back")
		return
	}
	for _, b := range baselines {
		lo, hi = min(lo, b.Score.RMSE), max(hi, b.Score.RMSE)
	}
	room := max((hi-lo)*0.08, 0.002)
	x := newAxis(1-0.03*last, last+0.03*last, 6, false, "epoch")
	x.ticks = wholeTicks(1, last, 8)
	x.format = counted
	y := newAxis(max(lo-room, 0), hi+room, 5, false, "RMSE")
	drawPanel(c, r, &x, &y)
	for i, b := range baselines {
		at := y.at(b.Score.RMSE)
		ink := baselineColour(c.Theme)
		c.dashed(LineThin, ink, pt(r.Min.X, at), pt(r.Max.X, at))
		c.mark(baselineMark(i), r.Max.X-8-14*vg.Length(i), at, ink)
	}
	for i := range runs {
		drawEpochScores(c, &runs[i], x.scale, y.scale, trainColour(c.Theme, i))
	}
}

// drawEpochScores draws the scores of a run, with a ring around the best.
func drawEpochScores(c *Canvas, r *Curves, x, y scale, ink color.NRGBA) {
	var points []vg.Point
	best := -1
	for _, e := range r.Epochs {
		if e.RMSE == nil || !finiteNumber(*e.RMSE) {
			continue
		}
		points = append(points, pt(x.at(float64(e.Epoch)), y.at(*e.RMSE)))
		if n := len(points) - 1; best < 0 || points[n].Y < points[best].Y {
			best = n
		}
	}
	if best < 0 {
		return
	}
	drawLine(c, LineStrong, ink, points)
	c.Dot(points[best].X, points[best].Y, 3.4, ink)
	c.Dot(points[best].X, points[best].Y, 1.5, c.Theme.Panel)
}

// wholeTicks are whole numbers from lo to hi, no more than n.
func wholeTicks(lo, hi float64, n int) []float64 {
	step := math.Max(1, tickStep((hi-lo)/float64(n)))
	if step == 2.5 {
		step = 5
	}
	ticks := []float64{lo}
	for v := step; v <= hi; v += step {
		if v > lo {
			ticks = append(ticks, v)
		}
	}
	if len(ticks) > 1 && step > 1 && ticks[1]-lo < step/2 {
		ticks = ticks[1:]
	}
	return ticks
}

func drawByQuestion(c *Canvas, r vg.Rectangle, runs []Curves, s Scores) {
	if len(s.Runs)+len(s.Baselines) == 0 {
		drawEmpty(c, r, "no predictions for galaxies held back yet")
		return
	}
	lowest, highest := math.Inf(1), 0.0
	for _, n := range s.all() {
		lowest = min(lowest, n.Score.RMSE, slices.Min(n.Score.Questions[:]))
		highest = max(highest, n.Score.RMSE, slices.Max(n.Score.Questions[:]))
	}
	margin := max((highest-lowest)*0.06, 1e-3)
	x := newAxis(max(lowest-margin, 0), highest+margin, 5, false, "RMSE")
	y := axis{scale: scale{lo: 0, hi: 1}}
	drawPanel(c, r, &x, &y)
	for _, v := range x.ticks {
		c.Line(LineHair, c.Theme.Faint, pt(x.at(v), r.Min.Y), pt(x.at(v), r.Max.Y))
	}
	pitch := (r.Size().Y - 6) / (galaxyzoo.NumQuestions + 1)
	row := func(k int, name string, value func(galaxyzoo.Score) float64) {
		at := r.Max.Y - pitch*(vg.Length(k)+0.5) - 6*vg.Length(min(k, 1))
		style := Aligned(c.Type(SizeSmall), Right, Middle)
		if k == 0 {
			style = Bold(style)
		}
		style, text := Fitted(style, name, scoresNames-4)
		c.Text(style, r.Min.X-5, at, text)
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, n := range s.all() {
			lo, hi = min(lo, value(n.Score)), max(hi, value(n.Score))
		}
		c.Line(LineHair, c.Theme.Muted, pt(x.at(lo), at), pt(x.at(hi), at))
		for i, b := range s.Baselines {
			c.mark(baselineMark(i), x.at(value(b.Score)), at, baselineColour(c.Theme))
		}
		for _, n := range s.Runs {
			c.mark(markDot, x.at(value(n.Score)), at, trainColour(c.Theme, max(position(runs, n.Name), 0)))
		}
	}
	row(0, "all answers", func(s galaxyzoo.Score) float64 { return s.RMSE })
	rule := r.Max.Y - pitch - 3
	c.Line(LineHair, c.Theme.Muted, pt(r.Min.X, rule), pt(r.Max.X, rule))
	for k, q := range galaxyzoo.Questions {
		row(k+1, fmt.Sprintf("%d  %s", q.Number, q.Short), func(s galaxyzoo.Score) float64 { return s.Questions[k] })
	}
}

// drawEmpty fills a panel that has nothing to show with the reason.
func drawEmpty(c *Canvas, r vg.Rectangle, reason string) {
	c.FillRect(r, c.Theme.Panel)
	style := middle(c.Note(SizeSmall))
	lines := Wrap(style, reason, r.Size().X-16)
	y := (r.Min.Y+r.Max.Y)/2 + lineHeight(SizeSmall)*0.5*vg.Length(len(lines)-1)
	for _, line := range lines {
		c.Text(style, (r.Min.X+r.Max.X)/2, y, line)
		y -= lineHeight(SizeSmall)
	}
}
