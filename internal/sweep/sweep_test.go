package sweep

import (
	"context"
	"errors"
	"image"
	"strings"
	"sync"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

func TestImagesVisitsEachOnce(t *testing.T) {
	c := galaxyzoo.Synthetic(12, 1)
	var mu sync.Mutex
	visits := map[int]int{}
	busy := make([]bool, Workers())
	last := 0
	bad, err := Images(context.Background(), c, func(done, total int) {
		if done != last+1 || total != 12 {
			t.Errorf("progress %d of %d after %d", done, total, last)
		}
		last = done
	}, func(worker, position int, img *image.NRGBA) {
		mu.Lock()
		if busy[worker] {
			t.Errorf("worker %d makes two calls at a time", worker)
		}
		busy[worker] = true
		visits[position]++
		mu.Unlock()
		if img.Rect.Empty() {
			t.Errorf("galaxy %d has no pixels", position)
		}
		mu.Lock()
		busy[worker] = false
		mu.Unlock()
	})
	if err != nil || len(bad) != 0 {
		t.Fatalf("bad %v, error %v", bad, err)
	}
	for i := range c.Len() {
		if visits[i] != 1 {
			t.Errorf("galaxy %d was visited %d times", i, visits[i])
		}
	}
	if last != 12 {
		t.Errorf("progress ended at %d, want 12", last)
	}
}

func TestImagesGoesOnPastBadOnes(t *testing.T) {
	// A catalogue of files that are not there.
	c := &galaxyzoo.Catalogue{Galaxies: []galaxyzoo.Galaxy{{ID: 1, File: "one.jpg"}, {ID: 2, File: "two.jpg"}}}
	bad, err := Images(context.Background(), c, nil, func(int, int, *image.NRGBA) {
		t.Error("an image that is not there was visited")
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(bad) != 2 || bad[0].Position != 0 || !strings.Contains(bad[1].Err.Error(), "two.jpg") {
		t.Errorf("bad %v, want both in order, with their names", bad)
	}
}

func TestImagesStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	c := galaxyzoo.Synthetic(500, 1)
	visited := 0
	var mu sync.Mutex
	_, err := Images(ctx, c, nil, func(int, int, *image.NRGBA) {
		mu.Lock()
		defer mu.Unlock()
		visited++
		cancel()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	if visited > 2*Workers() {
		t.Errorf("%d images were visited after the context had ended", visited)
	}
}
