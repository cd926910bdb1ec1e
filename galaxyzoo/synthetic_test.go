package galaxyzoo

import (
	"bytes"
	"image"
	"image/jpeg"
	"io"
	"math"
	"slices"
	"sync"
	"testing"
)

func TestSyntheticIsSeeded(t *testing.T) {
	a, again, other := Synthetic(40, 7), Synthetic(40, 7), Synthetic(40, 8)
	if !slices.Equal(a.Galaxies, again.Galaxies) {
		t.Error("the same seed gives other galaxies")
	}
	same := 0
	for i := range a.Len() {
		if a.Galaxies[i].Votes == other.Galaxies[i].Votes {
			same++
		}
	}
	if same > 0 {
		t.Errorf("%d galaxies of another seed have the same votes", same)
	}
	for _, i := range []int{0, 17, 39} {
		if !bytes.Equal(bytesOf(t, a, i), bytesOf(t, again, i)) {
			t.Errorf("image %d differs between catalogues of one seed", i)
		}
		if bytes.Equal(bytesOf(t, a, i), bytesOf(t, other, i)) {
			t.Errorf("image %d is the same for another seed", i)
		}
	}
	if a.Fingerprint() != again.Fingerprint() || a.ImageKey() != again.ImageKey() {
		t.Error("the same catalogue has two fingerprints")
	}
	if a.Fingerprint() == other.Fingerprint() || a.ImageKey() == other.ImageKey() {
		t.Error("another seed has the same fingerprint")
	}
}

func TestSyntheticIsAPrefixOfALargerOne(t *testing.T) {
	small, large := Synthetic(100, 5), Synthetic(1000, 5)
	if !slices.Equal(small.Galaxies, large.Galaxies[:100]) {
		t.Error("the first 100 of 1000 galaxies are not the 100")
	}
	for _, i := range []int{0, 50, 99} {
		if !bytes.Equal(bytesOf(t, small, i), bytesOf(t, large, i)) {
			t.Errorf("image %d differs", i)
		}
	}
	if small.Name != "synthetic:100" || small.Len() != 100 || small.Galaxies[99].ID != 100 {
		t.Errorf("catalogue %q has %d galaxies, the last with id %d", small.Name, small.Len(), small.Galaxies[99].ID)
	}
	if Synthetic(0, 1).Len() != 0 {
		t.Error("a catalogue of none has galaxies")
	}
}

// The sums hold to the last of the six decimals, as do the real table's.
func TestSyntheticVotesObeyTheTree(t *testing.T) {
	c := Synthetic(5000, 11)
	for i := range c.Galaxies {
		v := &c.Galaxies[i].Votes
		if err := v.Check(); err != nil {
			t.Fatalf("galaxy %d: %v", i+1, err)
		}
		for _, q := range Questions {
			if d := math.Abs(v.Sum(q) - v.Reach(q)); d > 1e-12 { // rounding of float64
				t.Fatalf("galaxy %d: the answers of question %d are off by %v", i+1, q.Number, d)
			}
		}
		for column, x := range v {
			if math.Abs(x*1e6-math.Round(x*1e6)) > 1e-6 {
				t.Fatalf("galaxy %d: %s = %v has more than six decimals", i+1, Answers[column].Class(), x)
			}
		}
	}
}

// realMeans are the mean votes of 2,665 rows of the real table that were taken
// without regard to their votes.
var realMeans = Votes{
	0.4361, 0.5384, 0.0255,
	0.1045, 0.4339,
	0.1038, 0.3301,
	0.2149, 0.2190,
	0.0444, 0.1785, 0.1733, 0.0377,
	0.2360, 0.7640,
	0.1740, 0.2091, 0.0530,
	0.0318, 0.0145, 0.0330, 0.0415, 0.0667, 0.0444, 0.0041,
	0.0622, 0.0106, 0.0317,
	0.0935, 0.0825, 0.0389,
	0.0169, 0.0955, 0.0164, 0.0065, 0.0067, 0.0729,
}

func TestSyntheticMeanVotesAreLikeTheRealOnes(t *testing.T) {
	c := Synthetic(5000, 2)
	votes := make([]Votes, c.Len())
	for i := range votes {
		votes[i] = c.Galaxies[i].Votes
	}
	mean := MeanVotes(votes)
	for column, want := range realMeans {
		// Near in absolute terms, and the rare answers within a factor of two.
		got := mean[column]
		if math.Abs(got-want) > 0.03 || got > 2*want || got < want/2 {
			t.Errorf("mean of %s is %.4f, want about %.4f", Answers[column].Class(), got, want)
		}
	}
}

// What the galaxies' parameters tell about the votes bounds what can be learnt:
// all but the scatter of a crowd of forty.
func TestSyntheticVotesFollowFromTheParameters(t *testing.T) {
	const n, seed = 2000, 4
	c := Synthetic(n, seed)
	var cast, told []Votes
	for i := range c.Galaxies {
		cast = append(cast, c.Galaxies[i].Votes)
		opinion := sampleMorphology(stream(seed, i, morphologyStream)).opinion()
		for _, q := range Questions {
			for column := q.First(); column < q.End(); column++ {
				opinion[column] *= opinion.Reach(q)
			}
		}
		told = append(told, opinion)
	}
	mean := make([]Votes, n)
	for i := range mean {
		mean[i] = MeanVotes(cast)
	}
	byParameters, err := NewScore(told, cast)
	if err != nil {
		t.Fatal(err)
	}
	byMean, err := NewScore(mean, cast)
	if err != nil {
		t.Fatal(err)
	}
	if byParameters.RMSE > 0.05 || byMean.RMSE < 0.15 {
		t.Errorf("RMSE is %.4f from the parameters and %.4f from the mean vote, want below 0.05 and above 0.15",
			byParameters.RMSE, byMean.RMSE)
	}
}

func TestSyntheticImages(t *testing.T) {
	c := Synthetic(24, 6)
	sizes := make([]float64, 0, c.Len())
	for i := range c.Len() {
		encoded := bytesOf(t, c, i)
		sizes = append(sizes, float64(len(encoded)))
		img, err := jpeg.Decode(bytes.NewReader(encoded))
		if err != nil {
			t.Fatalf("image %d: %v", i, err)
		}
		if got := img.Bounds(); got != image.Rect(0, 0, ImageSize, ImageSize) {
			t.Errorf("image %d is %v", i, got)
		}
		// There is something in the middle and little in the corner. The galaxies
		// of lowest surface brightness stand a few levels above the sky.
		if centre, corner := brightness(img, 204, 220), brightness(img, 0, 16); centre < corner+5 {
			t.Errorf("image %d: the centre has level %.0f, the corner %.0f", i, centre, corner)
		}
	}
	slices.Sort(sizes)
	// Half of the real files have 11,230 to 15,311 bytes.
	if median := sizes[len(sizes)/2]; median < 10000 || median > 19000 {
		t.Errorf("the median file has %.0f bytes, want 10,000 to 19,000", median)
	}
}

// brightness is the mean level of a square of the image from (from, from) to
// (to, to).
func brightness(img image.Image, from, to int) float64 {
	sum := 0.0
	for y := from; y < to; y++ {
		for x := from; x < to; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			sum += float64(r>>8+g>>8+b>>8) / 3
		}
	}
	return sum / float64((to-from)*(to-from))
}

func TestSyntheticOpensConcurrently(t *testing.T) {
	c := Synthetic(4, 9)
	want := make([][]byte, c.Len())
	for i := range want {
		want[i] = bytesOf(t, c, i)
	}
	var wg sync.WaitGroup
	for range 2 {
		for i := range c.Len() {
			wg.Go(func() {
				r, err := c.Open(i)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want[i]) {
					t.Errorf("image %d differs when several are drawn at once: %v", i, err)
				}
			})
		}
	}
	wg.Wait()
}

// TestRealMeans keeps the numbers above true to the table they were taken from.
func TestRealMeans(t *testing.T) {
	c := realCatalogue(t)
	votes := make([]Votes, c.Len())
	for i := range votes {
		votes[i] = c.Galaxies[i].Votes
	}
	for column, x := range MeanVotes(votes) {
		// The part at hand may hold more of the rare kinds.
		if math.Abs(x-realMeans[column]) > 0.05 {
			t.Errorf("mean of %s is %.4f, listed as %.4f", Answers[column].Class(), x, realMeans[column])
		}
	}
}

func BenchmarkSynthetic(b *testing.B) {
	for b.Loop() {
		Synthetic(100, 1)
	}
}

// BenchmarkSyntheticImage draws and encodes one image, averaged over kinds.
func BenchmarkSyntheticImage(b *testing.B) {
	c := Synthetic(1000, 1)
	for i := 0; b.Loop(); i++ {
		bytesOf(b, c, i%c.Len())
	}
}
