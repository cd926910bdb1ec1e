package plots

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// CorrelationMatrix returns Pearson's correlation of the votes, [37, 37] by
// column. It is NaN where one of the two does not vary.
func CorrelationMatrix(votes []galaxyzoo.Votes) (r [galaxyzoo.NumAnswers][galaxyzoo.NumAnswers]float64) {
	var columns [galaxyzoo.NumAnswers][]float64
	for c := range columns {
		columns[c] = make([]float64, len(votes))
		for i := range votes {
			columns[c][i] = votes[i][c]
		}
	}
	for i := range r {
		for j := range i + 1 {
			x := math.NaN()
			if varies(columns[i]) && varies(columns[j]) {
				x = min(max(stat.Correlation(columns[i], columns[j], nil), -1), 1)
			}
			r[i][j], r[j][i] = x, x
		}
	}
	return r
}

func varies(values []float64) bool {
	for _, v := range values {
		if v != values[0] {
			return true
		}
	}
	return false
}

type matrix = [galaxyzoo.NumAnswers][galaxyzoo.NumAnswers]float64

// undefinedNote tells the reader what a dash in a matrix means, if there is one.
func undefinedNote(r *matrix) []string {
	for i := range r {
		if math.IsNaN(r[i][i]) {
			return []string{"A dash marks an answer whose votes are all the same, for which there is none."}
		}
	}
	return nil
}

// Measures of the matrices of single questions, in points.
const (
	cellSide    = vg.Length(23)
	cellHeader  = vg.Length(16)
	matrixGapX  = vg.Length(16)
	matrixGapY  = vg.Length(15)
	matrixArea  = FullWidth - ColourBarWidth + 4
	cellNumbers = vg.Length(11) // answer numbers above the columns
)

// matrixOrder sets the two largest matrices side by side at the end.
var matrixOrder = [galaxyzoo.NumQuestions]int{1, 2, 3, 4, 5, 6, 7, 9, 10, 8, 11}

// Correlations draws the correlation of votes within each question.
func Correlations(votes []galaxyzoo.Votes, src Source) (*Figure, error) {
	if err := checkVotes(votes); err != nil {
		return nil, fmt.Errorf("failed to draw the correlations: %w", err)
	}
	r := CorrelationMatrix(votes)
	sizes := make([]vg.Point, galaxyzoo.NumQuestions)
	for i, number := range matrixOrder {
		q := galaxyzoo.Questions[number-1]
		n := vg.Length(len(q.Answers))
		sizes[i] = pt(answerNamesWidth(q)+n*cellSide, cellHeader+cellNumbers+n*cellSide)
	}
	corners, height := flow(matrixArea, matrixGapX, matrixGapY, sizes)
	caption := append([]string{"Pearson's correlation r between the votes for the answers of each question, over all galaxies.",
		"Columns are numbered as the rows."}, undefinedNote(&r)...)
	return &Figure{
		Name:    "correlations",
		Title:   "How the answers to each question go together",
		Caption: src.caption(caption...),
		Width:   FullWidth,
		Height:  height,
		Draw: func(c *Canvas) {
			for i, number := range matrixOrder {
				drawQuestionMatrix(c, galaxyzoo.Questions[number-1], &r, c.Min.X+corners[i].X, c.Max.Y-corners[i].Y, sizes[i].X)
			}
			// The bar spans the first two rows of panels.
			top, bottom := cellHeader+cellNumbers, corners[4].Y+sizes[4].Y
			correlationBar(c, box(c.Min.X, c.Max.Y-bottom, matrixArea, bottom-top))
		},
	}, nil
}

// correlationBar draws the shared colour bar at the right of panels.
func correlationBar(c *Canvas, panels vg.Rectangle) {
	ColourBar{Map: c.Theme.Diverging, Label: "correlation r", Lo: -1, Hi: 1,
		Ticks: []float64{-1, -0.5, 0, 0.5, 1}, Format: func(v float64) string { return Decimal(v, 1) },
	}.Draw(c, box(c.Max.X-ColourBarWidth, panels.Min.Y, ColourBarWidth, panels.Size().Y))
}

func answerName(a galaxyzoo.Answer) string { return fmt.Sprintf("%s  %d", a.Text, a.Number) }

func answerNamesWidth(q galaxyzoo.Question) (widest vg.Length) {
	for _, a := range q.Answers {
		widest = max(widest, Type(SizeSmall, nil).Width(answerName(a))+5)
	}
	return widest
}

func drawQuestionMatrix(c *Canvas, q galaxyzoo.Question, r *matrix, x, y, width vg.Length) {
	c.questionHeader(q, x, y, width)
	left, top := x+answerNamesWidth(q), y-cellHeader-cellNumbers
	for i, a := range q.Answers {
		at := cellSide * (vg.Length(i) + 0.5)
		c.Text(Aligned(c.Type(SizeSmall), Right, Middle), left-5, top-at, answerName(a))
		c.Text(Aligned(c.Type(SizeSmall), Centre, Bottom), left+at, top+1, fmt.Sprint(a.Number))
		for j, b := range q.Answers {
			cell := box(left+cellSide*vg.Length(j), top-cellSide*vg.Length(i+1), cellSide, cellSide)
			drawCorrelation(c, cell, r[a.Column][b.Column], c.Type(SizeSmall), func(v float64) string { return Decimal(v, 2) })
		}
	}
}

// drawCorrelation fills a cell by its correlation, with a seam around it, and
// writes the value where format gives one.
func drawCorrelation(c *Canvas, cell vg.Rectangle, r float64, style text.Style, format func(float64) string) {
	seam := cell.Size().X * 0.025
	inner := Inset(cell, seam, seam, seam, seam)
	x, y := (cell.Min.X+cell.Max.X)/2, (cell.Min.Y+cell.Max.Y)/2
	if math.IsNaN(r) {
		c.FillRect(inner, c.Theme.Panel)
		style.Color = c.Theme.Muted
		c.Text(middle(style), x, y, Decimal(r, 2))
		return
	}
	fill := c.Theme.Diverging.At((r + 1) / 2)
	c.FillRect(inner, fill)
	if s := format(r); s != "" {
		style.Color = c.Theme.On(fill)
		c.Text(middle(style), x, y, s)
	}
}

// Measures of the matrix of all answers, in points.
const (
	allNames   = vg.Length(80)
	allNumbers = vg.Length(20)
	allGap     = vg.Length(2.5) // between questions
	allSide    = (FullWidth - ColourBarWidth - allNames - (galaxyzoo.NumQuestions-1)*allGap) / galaxyzoo.NumAnswers
)

// CorrelationsAll draws the correlations of all 37 answers with each other.
func CorrelationsAll(votes []galaxyzoo.Votes, src Source) (*Figure, error) {
	if err := checkVotes(votes); err != nil {
		return nil, fmt.Errorf("failed to draw the correlations of all answers: %w", err)
	}
	r := CorrelationMatrix(votes)
	caption := append([]string{"Pearson's correlation r between the votes for all 37 answers, over all galaxies; values of 0.3 and more in either direction",
		"are written out."}, undefinedNote(&r)...)
	side := galaxyzoo.NumAnswers*allSide + (galaxyzoo.NumQuestions-1)*allGap
	return &Figure{
		Name:    "correlations-all",
		Title:   "How all 37 answers go together",
		Caption: src.caption(caption...),
		Width:   FullWidth,
		Height:  allNumbers + side,
		Draw:    func(c *Canvas) { drawAllCorrelations(c, &r, side) },
	}, nil
}

func drawAllCorrelations(c *Canvas, r *matrix, side vg.Length) {
	grid := box(c.Min.X+allNames, c.Min.Y, side, side)
	at := func(a galaxyzoo.Answer) vg.Length {
		return allSide*vg.Length(a.Column) + allGap*vg.Length(a.Question-1)
	}
	for _, a := range galaxyzoo.Answers {
		y := grid.Max.Y - at(a) - allSide
		style, name := Fitted(Aligned(c.Type(SizeTiny+0.5), Right, Middle), label(a), allNames-4)
		c.Text(style, grid.Min.X-4, y+allSide/2, name)

		number := Aligned(c.Type(SizeTiny), Left, Middle)
		number.Rotation = math.Pi / 2
		c.Text(number, grid.Min.X+at(a)+allSide/2, grid.Max.Y+3, fmt.Sprintf("%d.%d", a.Question, a.Number))
		for _, b := range galaxyzoo.Answers {
			cell := box(grid.Min.X+at(b), y, allSide, allSide)
			drawCorrelation(c, cell, r[a.Column][b.Column], c.Type(4.2), func(v float64) string {
				if math.Abs(v) < 0.3 || a.Column == b.Column {
					return ""
				}
				return short(v)
			})
		}
	}
	correlationBar(c, grid)
}
