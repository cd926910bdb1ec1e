package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// Entropy returns the entropy of how the volunteers who reached question q
// answered it, as a share of the highest possible: 0 where all gave the same
// answer, 1 where every answer got the same vote. It is NaN where nobody
// reached the question.
func Entropy(v *galaxyzoo.Votes, q galaxyzoo.Question) float64 {
	sum := v.Sum(q)
	if sum <= 0 {
		return math.NaN()
	}
	h := 0.0
	for c := q.First(); c < q.End(); c++ {
		if p := v[c] / sum; p > 0 {
			h -= p * math.Log(p)
		}
	}
	return min(max(h/math.Log(float64(len(q.Answers))), 0), 1)
}

// Entropies returns, for each question, the entropies in ascending order of
// the galaxies for which half or more of the volunteers reached it.
func Entropies(votes []galaxyzoo.Votes) (sorted [galaxyzoo.NumQuestions][]float64) {
	for i, q := range galaxyzoo.Questions {
		for k := range votes {
			if votes[k].Sum(q) >= Majority {
				sorted[i] = append(sorted[i], Entropy(&votes[k], q))
			}
		}
		slices.Sort(sorted[i])
	}
	return sorted
}

// Measures of the agreement figure, in points.
const (
	agreementRow  = vg.Length(34)
	agreementTop  = vg.Length(16)
	agreementAxis = vg.Length(28)
	agreementBins = 25
)

// Agreement draws the distribution of the entropy of each question's answers:
// how far the volunteers agreed.
func Agreement(votes []galaxyzoo.Votes, src Source) (*Figure, error) {
	if err := checkVotes(votes); err != nil {
		return nil, fmt.Errorf("failed to draw the agreement: %w", err)
	}
	sorted := Entropies(votes)
	return &Figure{
		Name:  "agreement",
		Title: "How far the volunteers agreed",
		Caption: src.caption("Entropy of the answers to each question as a share of the highest possible, ln of the number of answers;",
			"of the galaxies for which half or more of the volunteers reached the question. Heights are shares of these galaxies, each row to its own scale.",
			"Dot: median; bar: the middle half."),
		Width:  FullWidth,
		Height: agreementTop + galaxyzoo.NumQuestions*agreementRow + agreementAxis,
		Draw:   func(c *Canvas) { drawAgreement(c, &sorted) },
	}, nil
}

func drawAgreement(c *Canvas, sorted *[galaxyzoo.NumQuestions][]float64) {
	t := c.Theme
	bottom, top := c.Min.Y+agreementAxis, c.Max.Y-agreementTop
	x := scale{lo: 0, hi: 1, from: c.Min.X + 98, to: c.Max.X - 92}
	for _, v := range []float64{0, 0.25, 0.5, 0.75, 1} {
		c.Line(LineHair, t.Faint, pt(x.at(v), bottom), pt(x.at(v), top))
		c.Text(Aligned(c.Type(SizeSmall), Centre, Top), x.at(v), bottom-4, strings.TrimSuffix(Decimal(v, 2), ".00"))
	}
	c.Text(Aligned(c.Note(SizeSmall), Left, Top), x.from, bottom-15, "all agree")
	c.Text(Aligned(c.Note(SizeSmall), Right, Top), x.to, bottom-15, "evenly split")
	c.Text(Aligned(c.Note(SizeSmall), Centre, Top), (x.from+x.to)/2, bottom-15, "entropy (share of the highest)")
	head := Aligned(Bold(c.Note(SizeSmall)), Right, Bottom)
	c.Text(head, c.Max.X-48, top+3, "median")
	c.Text(head, c.Max.X, top+3, "galaxies")

	for i, q := range galaxyzoo.Questions {
		base := top - agreementRow*vg.Length(i+1) + 5
		c.Text(Aligned(Bold(c.Type(SizeBody)), Left, Bottom), c.Min.X, base+8, fmt.Sprintf("%d  %s", q.Number, q.Short))
		c.Text(Aligned(c.Note(SizeSmall), Left, Bottom), c.Min.X+9, base-1, fmt.Sprintf("%d answers", len(q.Answers)))
		drawRidge(c, x, base, sorted[i])
	}
}

func drawRidge(c *Canvas, x scale, base vg.Length, values []float64) {
	t := c.Theme
	c.Line(LineHair, t.Muted, pt(x.from, base), pt(x.to, base))
	value := Aligned(c.Type(SizeSmall), Right, Bottom)
	c.Text(value, c.Max.X, base-1, Count(len(values)))
	if len(values) == 0 {
		c.Text(value, c.Max.X-48, base-1, "–")
		c.Text(Aligned(c.Note(SizeSmall), Left, Bottom), x.from+4, base+1, "no galaxy for which half of the volunteers got here")
		return
	}
	var counts [agreementBins]float64
	for _, h := range values {
		counts[min(int(h*agreementBins), agreementBins-1)]++
	}
	highest := maximum(counts[:])
	step := (x.to - x.from) / agreementBins
	for k, n := range counts {
		if n > 0 {
			h := max((agreementRow-9)*vg.Length(n/highest), 0.5)
			c.FillRect(box(x.from+step*vg.Length(k)+0.4, base, step-0.8, h), t.Mix(t.Accent, t.Background, 0.25))
		}
	}
	quantile := func(p float64) vg.Length { return x.at(stat.Quantile(p, stat.Empirical, values, nil)) }
	c.Line(2.2, t.Second, pt(quantile(0.25), base-2.5), pt(quantile(0.75), base-2.5))
	c.Dot(quantile(0.5), base-2.5, 3, t.Second)
	c.Text(value, c.Max.X-48, base-1, Decimal(stat.Quantile(0.5, stat.Empirical, values, nil), 2))
}
