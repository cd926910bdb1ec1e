package serve

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tfgalaxy/tfgalaxy/graph"
)

// crops are images whose first levels are the given ones.
func crops(levels ...byte) [][]byte {
	var list [][]byte
	for _, level := range levels {
		crop := make([]byte, graph.Channels*testSize*testSize)
		crop[0] = level
		list = append(list, crop)
	}
	return list
}

// wants has the batcher predict images with the given levels, and checks that
// each gets what is its own.
func wants(t *testing.T, b *batcher, ctx context.Context, levels ...byte) error {
	t.Helper()
	out, err := b.predict(ctx, crops(levels...))
	if err != nil {
		return err
	}
	for i, level := range levels {
		if len(out.votes) != len(levels) || out.votes[i][0] != float64(level) {
			t.Errorf("for levels %v: %d votes, the first %v", levels, len(out.votes), out.votes[i][0])
		}
	}
	return nil
}

// Images that come at once share a run; no run is larger than allowed, and what
// belongs together stays so. The tests' clock stands still while anything runs.
func TestBatcherFillsRuns(t *testing.T) {
	tests := []struct {
		name   string
		orders [][]byte
		runs   [][]int // images of each run, in any of these ways
	}{
		{"one", [][]byte{{1}}, [][]int{{1}}},
		{"three of one", [][]byte{{1}, {2}, {3}}, [][]int{{3}}},
		{"a full run", [][]byte{{1, 2, 3, 4}}, [][]int{{4}}},
		{"two that fill one", [][]byte{{1, 2}, {3, 4}}, [][]int{{4}}},
		{"two that do not fit", [][]byte{{1, 2, 3}, {4, 5}}, [][]int{{3, 2}, {2, 3}}},
		{"five of one", [][]byte{{1}, {2}, {3}, {4}, {5}}, [][]int{{4, 1}}},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			var runs []int
			b := newBatcher(&fakeModel{}, testSize, 4, func(images int) { runs = append(runs, images) })
			var clients sync.WaitGroup
			for _, levels := range test.orders {
				clients.Go(func() {
					if err := wants(t, b, t.Context(), levels...); err != nil {
						t.Errorf("%s: %v", test.name, err)
					}
				})
			}
			clients.Wait()
			b.close()
			if !slices.ContainsFunc(test.runs, func(want []int) bool { return slices.Equal(runs, want) }) {
				t.Errorf("%s: runs of %v images, want %v", test.name, runs, test.runs)
			}
		})
	}
}

// A batch has few sizes, none beyond the largest run.
func TestBatcherRows(t *testing.T) {
	model := &fakeModel{}
	b := newBatcher(model, testSize, 6, func(int) {})
	defer b.close()
	for n := range 6 {
		if err := wants(t, b, t.Context(), []byte("galaxy")[:n+1]...); err != nil {
			t.Fatal(err)
		}
	}
	if want := []int{1, 2, 4, 4, 6, 6}; !slices.Equal(model.runs, want) {
		t.Errorf("rows %v, want %v", model.runs, want)
	}
}

// Whoever goes away while the model is busy is answered at once and costs no run;
// the others get what they wait for.
func TestBatcherAndClientsThatGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := &fakeModel{}
		let := model.hold()
		var runs []int
		b := newBatcher(model, testSize, 4, func(images int) { runs = append(runs, images) })
		var clients sync.WaitGroup
		stays := func(level byte) {
			clients.Go(func() {
				if err := wants(t, b, t.Context(), level); err != nil {
					t.Errorf("client %d: %v", level, err)
				}
			})
		}
		ctx, leave := context.WithCancel(t.Context())
		goes := func(level byte) {
			clients.Go(func() {
				if err := wants(t, b, ctx, level); !errors.Is(err, context.Canceled) {
					t.Errorf("client %d: %v", level, err)
				}
			})
		}
		stays(1)
		goes(2)
		time.Sleep(2 * linger) // of the tests' clock: both are in the run
		stays(3)
		goes(4)
		synctest.Wait()
		leave()
		synctest.Wait()
		let <- struct{}{}
		let <- struct{}{}
		clients.Wait()
		b.close()
		if want := []int{2, 1}; !slices.Equal(runs, want) {
			t.Errorf("runs of %v images, want %v", runs, want)
		}
	})
}

// One who goes while the batcher waits for company is left out of the run.
func TestBatcherLeavesOutWhoIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs []int
		b := newBatcher(&fakeModel{}, testSize, 4, func(images int) { runs = append(runs, images) })
		ctx, leave := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		clients.Go(func() {
			if err := wants(t, b, ctx, 1); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		synctest.Wait() // it is in the batcher's hands, whose time has not come
		leave()
		clients.Wait()
		time.Sleep(2 * linger)
		if err := wants(t, b, t.Context(), 2); err != nil {
			t.Error(err)
		}
		b.close()
		if want := []int{1}; !slices.Equal(runs, want) {
			t.Errorf("runs of %v images, want %v", runs, want)
		}
	})
}

// An error of a run reaches all whose images it had, and none else.
func TestBatcherErrors(t *testing.T) {
	model := &fakeModel{err: errors.New("out of memory")}
	b := newBatcher(model, testSize, 4, func(int) {})
	if err := wants(t, b, t.Context(), 1); !errors.Is(err, model.err) {
		t.Errorf("got %v", err)
	}
	model.err = nil
	if err := wants(t, b, t.Context(), 1); err != nil {
		t.Error(err)
	}
	b.close()
	if err := wants(t, b, t.Context(), 1); !errors.Is(err, errClosing) {
		t.Errorf("after its end: %v", err)
	}
}
