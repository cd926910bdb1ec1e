package plots

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// A Case is one galaxy with the votes predicted for it and those cast.
type Case struct {
	ID              int64
	Image           *image.NRGBA // nil where it could not be read
	Predicted, Cast galaxyzoo.Votes
}

// RMSE is the root mean square error of the case's 37 votes.
func (k *Case) RMSE() float64 { return rowRMSE(&k.Predicted, &k.Cast) }

func rowRMSE(a, b *galaxyzoo.Votes) float64 {
	sum := 0.0
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return math.Sqrt(sum / float64(len(a)))
}

// Extremes returns the rows of the n galaxies predicted best and of the n
// predicted worst, each from the most extreme on, and of equals by id.
func (o *Outcome) Extremes(n int) (best, worst []int) {
	order := make([]int, len(o.IDs))
	errs := make([]float64, len(o.IDs))
	for i := range order {
		order[i] = i
		errs[i] = rowRMSE(&o.Predicted[i], &o.Cast[i])
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(errs[a], errs[b]), cmp.Compare(o.IDs[a], o.IDs[b]))
	})
	n = min(n, len(order))
	best = slices.Clone(order[:n])
	worst = slices.Clone(order[len(order)-n:])
	slices.Reverse(worst)
	return best, worst
}

// CasesShown is how many galaxies Best and Worst draw at most.
const CasesShown = 8

// Measures of the cases, in points.
const (
	caseImage  = vg.Length(66)
	casePitch  = caseImage + vg.Length(9)
	caseHead   = vg.Length(62) // names of answers, upright
	caseLeft   = caseImage + vg.Length(10)
	caseGap    = vg.Length(5) // between questions
	caseTop    = vg.Length(13)
	caseStep   = (FullWidth - caseLeft - caseGap*(galaxyzoo.NumQuestions-1)) / galaxyzoo.NumAnswers
	caseFooter = vg.Length(4)
)

// Best draws the galaxies predicted best, Worst those predicted worst, in the
// order given: image, and the votes cast and predicted for each answer.
func Best(cases []Case, src Source) (*Figure, error) {
	return drawCases("best", "The galaxies predicted best", cases, src)
}

// Worst is Best at the other end.
func Worst(cases []Case, src Source) (*Figure, error) {
	return drawCases("worst", "The galaxies predicted worst", cases, src)
}

func drawCases(name, title string, cases []Case, src Source) (*Figure, error) {
	fail := func(err error) (*Figure, error) {
		return nil, fmt.Errorf("failed to draw the galaxies predicted %s: %w", name, err)
	}
	if len(cases) == 0 {
		return fail(errors.New("no galaxies"))
	}
	cases = cases[:min(len(cases), CasesShown)]
	for i := range cases {
		if err := checkVotes([]galaxyzoo.Votes{cases[i].Cast, cases[i].Predicted}); err != nil {
			return fail(fmt.Errorf("galaxy %d: %w", cases[i].ID, err))
		}
	}
	return &Figure{
		Name:  name,
		Title: title,
		Caption: src.caption("The galaxy's id, the root mean square error of its 37 votes, and the answer furthest off. Broad bars: votes cast, 0 to 1; narrow bars: votes predicted.",
			fmt.Sprintf("Shown: %s.", Count(len(cases)))),
		Width:  FullWidth,
		Height: caseHead + vg.Length(len(cases))*casePitch + caseFooter,
		Draw: func(c *Canvas) {
			drawCaseHead(c)
			for i := range cases {
				drawCase(c, &cases[i], c.Max.Y-caseHead-vg.Length(i)*casePitch)
			}
		},
	}, nil
}

// caseColumn is the left edge of an answer's bars.
func caseColumn(c *Canvas, a galaxyzoo.Answer) vg.Length {
	return c.Min.X + caseLeft + caseStep*vg.Length(a.Column) + caseGap*vg.Length(a.Question-1)
}

func drawCaseHead(c *Canvas) {
	y := c.Max.Y - caseHead + 4
	for _, a := range galaxyzoo.Answers {
		style, name := Fitted(Aligned(c.Type(SizeTiny+0.5), Left, Middle), a.Text, caseHead-8)
		style.Rotation = math.Pi / 2
		c.Text(style, caseColumn(c, a)+caseStep/2, y, name)
	}
}

// drawCase draws a galaxy with its upper edge at y.
func drawCase(c *Canvas, k *Case, y vg.Length) {
	t := c.Theme
	frame := box(c.Min.X, y-caseImage, caseImage, caseImage)
	if k.Image != nil && !k.Image.Rect.Empty() {
		c.Photo(frame, k.Image)
	} else {
		drawEmpty(c, frame, "image could not be read")
	}

	furthest := galaxyzoo.Answers[0]
	for _, a := range galaxyzoo.Answers {
		if math.Abs(k.Predicted[a.Column]-k.Cast[a.Column]) > math.Abs(k.Predicted[furthest.Column]-k.Cast[furthest.Column]) {
			furthest = a
		}
	}
	x := c.Min.X + caseLeft
	id := Aligned(Bold(c.Type(SizeBody)), Left, Top)
	c.Text(id, x, y, fmt.Sprint(k.ID))
	c.Text(Aligned(c.Note(SizeBody), Left, Top), x+id.Width(fmt.Sprint(k.ID))+8, y, fmt.Sprintf("RMSE %s", Decimal(k.RMSE(), 3)))
	c.Text(Aligned(c.Note(SizeBody), Right, Top), c.Max.X, y, fmt.Sprintf("%s: %s cast, %s predicted", label(furthest),
		Decimal(k.Cast[furthest.Column], 2), Decimal(k.Predicted[furthest.Column], 2)))

	bars := box(x, y-caseImage, FullWidth-caseLeft, caseImage-caseTop)
	up := scale{lo: 0, hi: 1, from: bars.Min.Y, to: bars.Max.Y}
	for _, q := range galaxyzoo.Questions {
		left, right := caseColumn(c, q.Answers[0]), caseColumn(c, q.Answers[len(q.Answers)-1])+caseStep
		c.FillRect(box(left, up.from, right-left, up.to-up.from), t.Panel)
		c.Line(LineHair, t.Faint, pt(left, up.at(0.5)), pt(right, up.at(0.5)))
		c.Line(LineHair, t.Muted, pt(left, up.from), pt(right, up.from))
	}
	cast, predicted := t.Mix(t.Accent, t.Panel, 0.55), t.Second
	for _, a := range galaxyzoo.Answers {
		left := caseColumn(c, a)
		if v := k.Cast[a.Column]; v > 0 {
			c.FillRect(box(left+0.8, up.from, caseStep-1.6, up.at(v)-up.from), cast)
		}
		c.FillRect(box(left+caseStep*0.34, up.from, caseStep*0.32, max(up.at(k.Predicted[a.Column])-up.from, 0.3)), predicted)
	}
}
