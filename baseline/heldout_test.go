package baseline

import (
	"slices"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// What Split would hold out, named id by id, gives the same scores.
func TestHeldOutByName(t *testing.T) {
	f := galaxies(120)
	o := Options{Share: 0.25, Seed: 7}
	want, err := Evaluate(f, o)
	if err != nil {
		t.Fatal(err)
	}
	_, rows := galaxyzoo.Split(f.IDs, o.Share, o.Seed)
	o.HeldOut = func(id int64) bool { return slices.Contains(rows, slices.Index(f.IDs, id)) }
	o.Seed++ // has no say
	got, err := Evaluate(f, o)
	if err != nil {
		t.Fatal(err)
	}
	if got.HeldOut != want.HeldOut {
		t.Fatalf("%d galaxies are held out, want %d", got.HeldOut, want.HeldOut)
	}
	for i, b := range got.Baselines {
		if b.HoldOut.Clipped != want.Baselines[i].HoldOut.Clipped {
			t.Errorf("%s scores %v, want %v", b.Name, b.HoldOut.Clipped.RMSE, want.Baselines[i].HoldOut.Clipped.RMSE)
		}
	}
}
