package galaxyzoo

import (
	"os"
	"testing"
)

// realCatalogue opens the part of the real data that TFGALAXY_DATA names.
func realCatalogue(t *testing.T) *Catalogue {
	t.Helper()
	dir := os.Getenv("TFGALAXY_DATA")
	if dir == "" {
		t.Skip("TFGALAXY_DATA names no folder with real images")
	}
	c, err := OpenCatalogue(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRealCatalogue(t *testing.T) {
	c := realCatalogue(t)
	const rows = 3165
	if c.Len() < rows {
		t.Errorf("%d galaxies, want %d or the full set", c.Len(), rows)
	}
	if len(c.Missing) > 0 || len(c.Unlabelled) > 0 {
		t.Errorf("%d rows without an image, %d images without a row, want none", len(c.Missing), len(c.Unlabelled))
	}
	for i := range c.Galaxies {
		g := &c.Galaxies[i]
		if err := g.Votes.Check(); err != nil {
			t.Errorf("galaxy %d: %v", g.ID, err)
		}
		if i > 0 && g.ID <= c.Galaxies[i-1].ID {
			t.Errorf("galaxy %d follows %d", g.ID, c.Galaxies[i-1].ID)
		}
	}
	// The published score of the mean vote is 0.1639 over all 61,578 rows.
	votes := make([]Votes, c.Len())
	mean := make([]Votes, c.Len())
	for i := range votes {
		votes[i] = c.Galaxies[i].Votes
	}
	m := MeanVotes(votes)
	for i := range mean {
		mean[i] = m
	}
	s, err := NewScore(mean, votes)
	if err != nil {
		t.Fatal(err)
	}
	// A part that holds more of the rare kinds scores a little worse.
	if s.RMSE < 0.160 || s.RMSE > 0.175 {
		t.Errorf("the mean vote scores %.4f, want 0.160 to 0.175", s.RMSE)
	}
}
