package galaxyzoo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// obey fails the test where the votes do not obey the tree, to rounding.
func obey(t *testing.T, v *Votes) {
	t.Helper()
	for c, x := range v {
		if !(x >= 0 && x <= 1) {
			t.Fatalf("%s = %v, want 0 to 1", Answers[c].Class(), x)
		}
	}
	for _, q := range Questions {
		if got, want := v.Sum(q), v.Reach(q); math.Abs(got-want) > 1e-15*float64(len(q.Answers)) {
			t.Fatalf("question %d sums to %v, %g from %v", q.Number, got, got-want, want)
		}
	}
}

func dot(a, b *Votes) float64 {
	sum := 0.0
	for c := range a {
		sum += a[c] * b[c]
	}
	return sum
}

func minus(a, b *Votes) *Votes {
	var d Votes
	for c := range a {
		d[c] = a[c] - b[c]
	}
	return &d
}

func distance(a, b *Votes) float64 {
	d := minus(a, b)
	return math.Sqrt(dot(d, d))
}

// anyVotes are of the kinds that predictions are of, and of kinds that they
// should not be of: noise about consistent votes, noise of several sizes, values
// that repeat, and few that are not 0.
func anyVotes(rng *rand.Rand) Votes {
	v := randomVotes(rng)
	size := math.Pow(10, 7*rng.Float64()-4) // 1e-4 to 1e3
	switch kind := rng.IntN(4); kind {
	case 0:
		for c := range v {
			v[c] += size * rng.NormFloat64()
		}
	case 1:
		for c := range v {
			v[c] = size * (2*rng.Float64() - 1)
		}
	case 2:
		for c := range v {
			v[c] = float64(rng.IntN(5)-1) / 2
		}
	case 3:
		v = Votes{}
		for range rng.IntN(6) {
			v[rng.IntN(NumAnswers)] = size * rng.NormFloat64()
		}
	}
	return v
}

func TestConsistentByHand(t *testing.T) {
	t.Run("question 6", func(t *testing.T) {
		v := spiral()
		v[13], v[14], v[18] = 0.5, 0.7, 0.1 // 0.2 and 0.4 too much
		got, moved := v.Consistent()
		obey(t, &got)
		// With x for odd and 1-x for not odd, each of the seven odd features
		// rises by (x-0.1)/7. The least of (x-0.5)^2 + (0.3-x)^2 +
		// (x-0.1)^2/7 is at (2 + 1/7) x = 0.8 + 0.1/7.
		x := (0.8 + 0.1/7) / (2 + 1.0/7)
		want := spiral()
		want[13], want[14] = x, 1-x
		for c := 18; c < 25; c++ {
			want[c] = (x - 0.1) / 7
		}
		want[18] += 0.1
		if d := distance(&got, &want); d > 1e-15 {
			t.Errorf("got %v, %g from %v", got, d, want)
		}
		if want := distance(&v, &want) / math.Sqrt(NumAnswers); math.Abs(moved-want) > 1e-15 {
			t.Errorf("moved by %v, want %v", moved, want)
		}
	})
	t.Run("one answer", func(t *testing.T) {
		var v Votes
		v[2], v[14] = 5, 5
		got, moved := v.Consistent()
		want := Votes{2: 1, 14: 1}
		if got != want || math.Abs(moved-math.Sqrt(32.0/NumAnswers)) > 1e-15 {
			t.Errorf("got %v, moved by %v", got, moved)
		}
	})
}

// Where the votes obey the tree, they stay, and so do those that were projected.
func TestConsistentStays(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	for range 1000 {
		v := randomVotes(rng)
		// What is chosen outright leaves questions that nobody reached.
		if rng.IntN(2) == 0 {
			v = poll(v.Conditional(), rng)
		}
		got, moved := v.Consistent()
		obey(t, &got)
		if d := distance(&got, &v); d > 1e-14 || moved > 1e-14 { // rounding in sums of ones
			t.Fatalf("%v moved by %g", v, d)
		}
		w := anyVotes(rng)
		first, _ := w.Consistent()
		second, moved := first.Consistent()
		if d := distance(&first, &second); d > 1e-14 || moved > 1e-14 {
			t.Fatalf("%v moved by %g the second time", w, d)
		}
	}
}

// A point of a convex set is the closest to v if no way from it to another point
// of the set leads towards v. The votes that are all for one way through the
// tree, and with them every mean of such, are the whole of the set.
func TestConsistentIsClosest(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	for range 300 {
		v := anyVotes(rng)
		p, moved := v.Consistent()
		obey(t, &p)
		away := minus(&v, &p)
		norm := math.Sqrt(dot(away, away))
		if math.Abs(norm/math.Sqrt(NumAnswers)-moved) > 1e-12*moved {
			t.Fatalf("moved by %v, says %v", norm/math.Sqrt(NumAnswers), moved)
		}
		for range 200 {
			z := corner(rng)
			if got := dot(away, minus(&z, &p)); got > 1e-12*(1+norm) { // the rounding of v
				t.Fatalf("%v: %v is closer than %v, by %g", v, z, p, got)
			}
		}
	}
}

// corner are the votes where every question has one answer alone.
func corner(rng *rand.Rand) Votes {
	var v Votes
	for _, q := range Questions {
		v[q.First()+rng.IntN(len(q.Answers))] = v.Reach(q)
	}
	return v
}

// No galaxy's error grows, and no two predictions get further apart.
func TestConsistentNeverHurts(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 3))
	for range 2000 {
		v, w, cast := anyVotes(rng), anyVotes(rng), randomVotes(rng)
		p, _ := v.Consistent()
		r, _ := w.Consistent()
		if before, after := distance(&v, &cast), distance(&p, &cast); after > before*(1+1e-12) {
			t.Fatalf("%v: the error was %v and is %v", v, before, after)
		}
		if before, after := distance(&v, &w), distance(&p, &r); after > before*(1+1e-12)+1e-14 {
			t.Fatalf("%v and %v: %v apart, then %v", v, w, before, after)
		}
	}
}

// The projection by another method finds the same votes.
func TestConsistentAgreesWithDykstra(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 60 {
		v := randomVotes(rng)
		for c := range v {
			v[c] += 0.3 * rng.NormFloat64()
		}
		got, _ := v.Consistent()
		want := dykstra(v)
		if d := distance(&got, &want); d > 1e-9 { // where dykstra stops
			t.Fatalf("%v:\ngot  %v\nwant %v\n%g apart", v, got, want, d)
		}
	}
}

// dykstra projects on one constraint at a time, over and over, each time taking
// back what the same constraint changed the time before: Boyle & Dykstra 1986,
// Lecture Notes in Statistics 37, 28. The constraints are the questions' sums,
// whose changes need not be taken back as they are flat, and the signs.
func dykstra(v Votes) Votes {
	var back Votes
	for range 1_000_000 {
		before := v
		for _, q := range Questions {
			n := float64(len(q.Answers))
			if q.Reach >= 0 {
				n++
			}
			excess := (v.Sum(q) - v.Reach(q)) / n
			for c := q.First(); c < q.End(); c++ {
				v[c] -= excess
			}
			if q.Reach >= 0 {
				v[q.Reach] += excess
			}
		}
		for c := range v {
			x := v[c] + back[c]
			v[c] = max(x, 0)
			back[c] = x - v[c]
		}
		if distance(&before, &v) < 1e-14 {
			break
		}
	}
	return v
}

// Values that no prediction has are no reason to leave the tree.
func TestConsistentOfAnything(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	for _, size := range []float64{0, 1e-300, 1e-17, 1, 1e9, 1e17, 1e100} {
		for k := range 100 {
			var v Votes
			for c := range v {
				if k > 0 {
					v[c] = size * float64(rng.IntN(9)-4)
				} else {
					v[c] = size
				}
			}
			p, moved := v.Consistent()
			obey(t, &p)
			if math.IsNaN(moved) || moved > 10*size+1 {
				t.Fatalf("%v moved by %v", v, moved)
			}
		}
	}
}

func TestConsistentOfRealVotes(t *testing.T) {
	c := realCatalogue(t)
	for i := range c.Galaxies {
		g := &c.Galaxies[i]
		p, moved := g.Votes.Consistent()
		obey(t, &p)
		if moved > 1e-6 { // the table has six decimals
			t.Fatalf("the votes of galaxy %d moved by %g", g.ID, moved)
		}
	}
}

func ExampleVotes_Consistent() {
	v := Votes{0: 0.7, 1: 0.5, 14: 1, 16: 0.7, 4: 0.5} // smooth and featured, 1.2 together
	p, moved := v.Consistent()
	fmt.Printf("%.3f %.3f, %.3f in between; moved by %.3f\n", p[0], p[1], p[16], moved)
	fmt.Println(p.Check())
	// Output:
	// 0.667 0.333, 0.667 in between; moved by 0.071
	// <nil>
}

func BenchmarkConsistent(b *testing.B) {
	rng := rand.New(rand.NewPCG(4, 6))
	rows := make([]Votes, 256)
	for i := range rows {
		rows[i] = randomVotes(rng)
		for c := range rows[i] {
			rows[i][c] += 0.1 * rng.NormFloat64()
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		rows[i%len(rows)].Consistent()
	}
}
