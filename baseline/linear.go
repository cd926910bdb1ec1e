package baseline

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// coefficients is how many numbers a regression fits for each answer: three
// slopes and the intercept.
const coefficients = 4

// dependent is the reciprocal condition number of the colours, less their
// means, below which they are taken to depend on each other, and the level
// below which a difference from the mean is taken for rounding: levels up to
// 255, and means of a million of them, are exact to better than 1e-10.
const dependent = 1e-10

// Linear is a linear regression of the 37 votes on a colour.
type Linear struct {
	Intercept [galaxyzoo.NumAnswers]float64    `json:"intercept"`
	Slope     [3][galaxyzoo.NumAnswers]float64 `json:"slope"` // of red, green and blue, per level
	// Rank is how many of the three colours, less their means, are
	// independent. Below 3, the slopes are those of least norm.
	Rank int `json:"rank"`
}

// Fit finds the regression with the least squared error on the rows of x and
// y. It refuses fewer rows than there are coefficients.
func Fit(x []Colour, y []galaxyzoo.Votes) (*Linear, error) {
	n := len(x)
	if n != len(y) {
		return nil, fmt.Errorf("failed to fit: %d colours for %d rows of votes", n, len(y))
	}
	if n < coefficients {
		return nil, fmt.Errorf("failed to fit: %d galaxies for %d coefficients, want %d or more", n, coefficients, coefficients)
	}

	// Without their means, colours and votes need no column of ones, and the
	// intercept follows from the slopes.
	var centre Colour
	for _, c := range x {
		for k := range centre {
			centre[k] += c[k] / float64(n)
		}
	}
	mean := galaxyzoo.MeanVotes(y)
	a := mat.NewDense(n, 3, nil)
	b := mat.NewDense(n, galaxyzoo.NumAnswers, nil)
	for i := range n {
		for k := range centre {
			// What rounding leaves of a colour that does not vary is no colour.
			if d := x[i][k] - centre[k]; math.Abs(d) > dependent {
				a.Set(i, k, d)
			}
		}
		for c := range mean {
			b.Set(i, c, y[i][c]-mean[c])
		}
	}

	slopes, rank, err := solve(a, b)
	if err != nil {
		return nil, err
	}
	l := &Linear{Rank: rank}
	for c := range mean {
		l.Intercept[c] = mean[c]
		for k := range centre {
			l.Slope[k][c] = slopes.At(k, c)
			l.Intercept[c] -= l.Slope[k][c] * centre[k]
		}
	}
	return l, nil
}

// solve returns the least-squares solution of a x = b and the rank of a: by
// QR, and where a's columns depend on each other by the singular values that
// are left.
func solve(a, b *mat.Dense) (x *mat.Dense, rank int, err error) {
	_, columns := a.Dims()
	_, answers := b.Dims()
	x = mat.NewDense(columns, answers, nil)

	var qr mat.QR
	qr.Factorize(a)
	if cond := qr.Cond(); cond*dependent < 1 { // false for NaN and infinity too
		return x, columns, qr.SolveTo(x, false, b)
	}
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDThin) {
		return nil, 0, fmt.Errorf("failed to fit: the singular values of the colours did not converge")
	}
	if svd.Values(nil)[0] == 0 {
		return x, 0, nil // no colour varies: the slopes stay 0
	}
	rank = svd.Rank(dependent)
	svd.SolveTo(x, b, rank)
	return x, rank, nil
}

// Predict returns the votes that the regression expects. They may lie outside
// 0 to 1, see Clip.
func (l *Linear) Predict(c Colour) galaxyzoo.Votes {
	v := galaxyzoo.Votes(l.Intercept)
	for k, level := range c {
		for answer := range v {
			v[answer] += l.Slope[k][answer] * level
		}
	}
	return v
}

// Clip returns the votes brought into 0 to 1.
func Clip(v galaxyzoo.Votes) galaxyzoo.Votes {
	for c := range v {
		v[c] = min(max(v[c], 0), 1)
	}
	return v
}
