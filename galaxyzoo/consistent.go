package galaxyzoo

import (
	"cmp"
	"math"
	"slices"
)

// below are, for each answer, the positions of the questions whose answers sum
// to its vote. A question is below an answer of a question before it.
var below = func() (below [NumAnswers][]int) {
	for i, q := range Questions {
		if q.Reach >= 0 {
			below[q.Reach] = append(below[q.Reach], i)
		}
	}
	return below
}()

// Consistent returns the votes that are closest to v among those that obey the
// tree: none below 0, those of questions 1 and 6 summing to 1, those of every
// other question to the vote for the answer it hangs on. moved is the root of the
// mean squared change over the 37 answers. The values of v must be finite; they
// may lie anywhere.
//
// Those votes are a convex set, to which the votes that a galaxy was really given
// belong. The closest point of such a set is no further from any point of it than
// v was, so that no galaxy's squared error grows.
//
// The result is exact but for rounding: see curve for the method.
func (v *Votes) Consistent() (projected Votes, moved float64) {
	var answers [NumAnswers]curve
	var questions [NumQuestions]curve
	for i, q := range slices.Backward(Questions[:]) {
		for c := q.First(); c < q.End(); c++ {
			answers[c].stack(v[c], &questions, below[c])
		}
		questions[i].join(answers[q.First():q.End()])
	}
	for i, q := range Questions {
		sum := projected.Reach(q)
		price, more := questions[i].price(sum)
		for c := q.First(); c < q.End(); c++ {
			projected[c] = answers[c].votes(price, more)
		}
		projected.scale(q, sum)
	}
	for c, x := range projected {
		moved += (x - v[c]) * (x - v[c])
	}
	return projected, math.Sqrt(moved / NumAnswers)
}

// scale takes the rounding out of the question's answers, so that they sum to the
// given value and none exceeds it.
func (v *Votes) scale(q Question, sum float64) {
	is := v.Sum(q)
	if is == 0 {
		return
	}
	for c := q.First(); c < q.End(); c++ {
		v[c] = min(v[c]*(sum/is), sum)
	}
}

// A curve is the votes that an answer, or all answers of a question, take at each
// price: none below that of the first bend, and from each bend on a line that
// rises by its slope.
//
// The price is the Lagrange multiplier of a question's sum. An answer with nothing
// below it takes max(0, vote + price) of the closest votes, so that what the
// answers of a question take together is piecewise linear in its price, and so on
// from the leaves of the tree up. At its roots the sum is known to be 1, and the
// prices follow from there down. For a single question this is the projection on a
// simplex of Held, Wolfe & Crowder 1974 (Mathematical Programming 6, 62).
type curve struct {
	bends [NumAnswers]bend // an answer adds one to those below it
	n     int
}

type bend struct{ price, votes, slope float64 }

func (c *curve) add(b bend) {
	c.bends[c.n] = b
	c.n++
}

// join makes the curve of a question of those of its answers: at each price their
// votes add up.
func (c *curve) join(answers []curve) {
	for i := range answers {
		slope := 0.0
		for _, b := range answers[i].bends[:answers[i].n] {
			c.add(bend{price: b.price, slope: b.slope - slope}) // by how much it rises
			slope = b.slope
		}
	}
	bends := c.bends[:c.n]
	// Stable, as the rises at one price make sense in their order alone.
	slices.SortStableFunc(bends, func(a, b bend) int { return cmp.Compare(a.price, b.price) })
	slope := bends[0].slope
	for k := 1; k < len(bends); k++ {
		b, before := &bends[k], &bends[k-1]
		b.votes = before.votes + slope*(b.price-before.price)
		slope += b.slope
		b.slope = slope
	}
}

// stack makes the curve of an answer of its vote and those of the questions below
// it, which have as many votes to share as it takes: at each number of votes
// taken, their prices add to its own.
func (c *curve) stack(vote float64, questions *[NumQuestions]curve, below []int) {
	c.add(bend{price: -vote, slope: 1}) // here the price that one vote more costs
	for _, i := range below {
		q := &questions[i]
		c.bends[0].price += q.bends[0].price
		cost := 0.0
		for _, b := range q.bends[:q.n] {
			c.add(bend{votes: b.votes, slope: 1/b.slope - cost})
			cost = 1 / b.slope
		}
	}
	bends := c.bends[:c.n]
	slices.SortStableFunc(bends, func(a, b bend) int { return cmp.Compare(a.votes, b.votes) })
	cost := bends[0].slope
	for k := 1; k < len(bends); k++ {
		b, before := &bends[k], &bends[k-1]
		b.price = before.price + cost*(b.votes-before.votes)
		cost += b.slope
		b.slope = 1 / cost
	}
}

// price returns the price at which the votes are as many as given, in two parts
// whose sum would lose digits: a bend's, and what is added to it.
func (c *curve) price(votes float64) (price, more float64) {
	k := c.n - 1
	for k > 0 && c.bends[k].votes > votes {
		k--
	}
	b := &c.bends[k]
	return b.price, (votes - b.votes) / b.slope
}

// votes returns the votes at a price in two parts.
func (c *curve) votes(price, more float64) float64 {
	for k := c.n - 1; k >= 0; k-- {
		if b := &c.bends[k]; b.price <= price {
			return b.votes + b.slope*(price-b.price+more)
		}
	}
	return 0
}
