package plots

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/jpeg"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

//go:embed report.html.tmpl
var reportSource string

var reportTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"count": Count, "score": func(x float64) string { return Decimal(x, 4) }, "percent": percent,
	"decimal": Decimal, "plural": plural, "duration": duration, "shape": shapeText, "join": strings.Join,
	"count64": func(n int64) string { return Count(int(n)) }, "deref": func(x *float64, decimals int) string { return Decimal(*x, decimals) },
}).Parse(reportSource))

// WriteReport writes the report as one HTML page that needs nothing beside it:
// its figures are part of it, each for light and for dark screens.
func WriteReport(w io.Writer, r Report) error {
	p := &page{Report: r, figures: map[string]*pageFigure{}}
	rendered := make([]*pageFigure, len(r.Figures))
	err := parallel(context.Background(), len(r.Figures), nil, func(i int) error {
		var err error
		rendered[i], err = newPageFigure(r.Figures[i])
		return err
	})
	if err != nil {
		return fmt.Errorf("failed to write the report: %w", err)
	}
	for _, f := range rendered {
		p.figures[f.Name] = f
	}
	var b bytes.Buffer
	if err := reportTemplate.Execute(&b, p); err != nil {
		return fmt.Errorf("failed to write the report: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("failed to write the report: %w", err)
	}
	return nil
}

// A page is what the template sees.
type page struct {
	Report
	figures map[string]*pageFigure
	numbers int
}

// A pageFigure is a figure as data of the page.
type pageFigure struct {
	Name, Title, Caption string
	Number               int
	Width, Height        int               // of the picture, in points
	Light, Dark          template.HTMLAttr // src="data:..."
}

// photographs are the figures that are mostly photographs: as JPEG they take a
// quarter of the room.
var photographs = []string{"max-confidence", "roi", "augmented", "average-image"}

func newPageFigure(f *Figure) (*pageFigure, error) {
	bare := *f
	bare.Bare = true
	width, height := bare.Size()
	p := &pageFigure{Name: f.Name, Title: f.Title, Caption: f.Caption,
		Width: int(math.Round(width.Points())), Height: int(math.Round(height.Points()))}
	for _, part := range []struct {
		theme Theme
		src   *template.HTMLAttr
	}{{Light, &p.Light}, {Dark, &p.Dark}} {
		var b bytes.Buffer
		kind := "image/svg+xml"
		if slices.Contains(photographs, f.Name) {
			kind = "image/jpeg"
			img, err := rasterise(&bare, part.theme, DPI)
			if err != nil {
				return nil, fmt.Errorf("failed to draw figure %s: %w", f.Name, err)
			}
			if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}); err != nil {
				return nil, err
			}
		} else if err := bare.Write(&b, SVG, part.theme); err != nil {
			return nil, err
		}
		*part.src = template.HTMLAttr(`src="data:` + kind + ";base64," + base64.StdEncoding.EncodeToString(b.Bytes()) + `"`)
	}
	return p, nil
}

// Figure returns the figure of that name with the next number, nil where it was
// not drawn.
func (p *page) Figure(name string) *pageFigure {
	f := p.figures[name]
	if f != nil && f.Number == 0 {
		p.numbers++
		f.Number = p.numbers
	}
	return f
}

// Style returns the colours of a theme as CSS properties.
func (p *page) Style(name string) template.CSS {
	for _, t := range Themes() {
		if t.Name == name {
			css := func(key string, c fmt.Stringer) string { return "--" + key + ":" + c.String() + ";" }
			return template.CSS(css("page", cssColour(t.Background)) + css("panel", cssColour(t.Panel)) + css("ink", cssColour(t.Ink)) +
				css("muted", cssColour(t.Muted)) + css("faint", cssColour(t.Faint)) + css("accent", cssColour(t.Accent)))
		}
	}
	return ""
}

// Run is the run whose predictions are drawn, nil without one.
func (p *page) Run() *RunSummary {
	if len(p.Runs) == 0 {
		return nil
	}
	return &p.Runs[0]
}

// Questions and Answers let the template walk the tree.
func (p *page) Questions() []galaxyzoo.Question { return galaxyzoo.Questions[:] }

// TerminalAnswers are the answers that end the walk.
func (p *page) TerminalAnswers() []galaxyzoo.Answer {
	var out []galaxyzoo.Answer
	for _, a := range galaxyzoo.Answers {
		if a.Terminal() {
			out = append(out, a)
		}
	}
	return out
}

// Terminal are the answers that end the walk, with how many galaxies have half
// or more of their votes.
func (p *page) Terminal() []string {
	var out []string
	for _, a := range p.TerminalAnswers() {
		out = append(out, fmt.Sprintf("%s %s", a.Text, Count(p.Data.Counts[a.Column])))
	}
	return out
}

// Commonest are the three most common answers in words.
func (p *page) Commonest() string {
	order := slices.Clone(galaxyzoo.Answers[:])
	slices.SortStableFunc(order, func(a, b galaxyzoo.Answer) int { return p.Data.Counts[b.Column] - p.Data.Counts[a.Column] })
	var out []string
	for _, a := range order[:3] {
		out = append(out, fmt.Sprintf("%s (%s)", a.Text, Count(p.Data.Counts[a.Column])))
	}
	return strings.Join(out[:2], ", ") + " and " + out[2]
}

// Rare is how many answers hardly any galaxy has: fewer than one in a hundred.
func (p *page) Rare() int {
	n := 0
	for _, count := range p.Data.Counts {
		if count*100 < p.Data.Galaxies {
			n++
		}
	}
	return n
}

// Hardest and Easiest are the questions with the highest and the lowest median
// entropy.
func (p *page) Hardest() string { return p.question(func(a, b float64) bool { return a > b }) }

// Easiest is Hardest at the other end.
func (p *page) Easiest() string { return p.question(func(a, b float64) bool { return a < b }) }

func (p *page) question(before func(a, b float64) bool) string {
	best := -1
	for i, h := range p.Data.Entropy {
		if !math.IsNaN(h) && (best < 0 || before(h, p.Data.Entropy[best])) {
			best = i
		}
	}
	if best < 0 {
		return "none"
	}
	q := galaxyzoo.Questions[best]
	return fmt.Sprintf("question %d, %s (median %s)", q.Number, q.Short, Decimal(p.Data.Entropy[best], 2))
}

// Gain is by how much of the score of the mean vote the run's is lower, in
// percent; NaN where one of them is not known.
func (p *page) Gain() float64 {
	if len(p.Scores.Runs) == 0 || len(p.Scores.Baselines) == 0 || p.Scores.Baselines[0].Score.RMSE == 0 {
		return math.NaN()
	}
	return 100 * (1 - p.Scores.Runs[0].Score.RMSE/p.Scores.Baselines[0].Score.RMSE)
}

// Columns are the scores side by side in the table of questions.
func (p *page) Columns() []NamedScore { return slices.Concat(p.Scores.Runs, p.Scores.Baselines) }

// Lowest reports whether a score is the lowest of a row of the table.
func (p *page) Lowest(question int, score float64) bool {
	for _, n := range p.Columns() {
		if p.At(n, question) < score {
			return false
		}
	}
	return true
}

// At is a score over the answers of a question, or over all for -1.
func (p *page) At(n NamedScore, question int) float64 {
	if question < 0 {
		return n.Score.RMSE
	}
	return n.Score.Questions[question]
}

type cssColour struct{ R, G, B, A uint8 }

func (c cssColour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// duration writes seconds as a reader would say them.
func duration(seconds float64) string {
	switch s := int(math.Round(seconds)); {
	case s < 60:
		return plural(s, "second", "seconds")
	case s < 3600:
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	default:
		return fmt.Sprintf("%d h %02d min", s/3600, s%3600/60)
	}
}

func shapeText(shape []int) string {
	words := make([]string, len(shape))
	for i, d := range shape {
		words[i] = strconv.Itoa(d)
	}
	return strings.Join(words, " × ")
}
