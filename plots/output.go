package plots

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/google/renameio/v2"
	"golang.org/x/sync/errgroup"
)

// A LeftOut is a figure that could not be drawn.
type LeftOut struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Draw draws the figures named. Those that cannot be drawn from what the study
// holds are returned with the reason.
func (s *Study) Draw(names []string) (figures []*Figure, leftOut []LeftOut) {
	for _, name := range names {
		f, err := s.Figure(name)
		if err != nil {
			leftOut = append(leftOut, LeftOut{Name: name, Reason: err.Error()})
			continue
		}
		figures = append(figures, f)
	}
	return figures, leftOut
}

// WriteFiles writes each figure to NAME.FORMAT in the folder dir, which is made
// where it is not there, on all processors. A file is there whole or not at
// all. progress may be nil; its calls do not overlap.
func WriteFiles(ctx context.Context, dir string, figures []*Figure, format Format, theme Theme, progress func(done, total int)) ([]string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("failed to make the folder of figures: %w", err)
	}
	paths := make([]string, len(figures))
	err := parallel(ctx, len(figures), progress, func(i int) error {
		paths[i] = filepath.Join(dir, figures[i].Name+"."+string(format))
		return figures[i].WriteFile(paths[i], theme)
	})
	if err != nil {
		return nil, err
	}
	return paths, nil
}

// parallel calls work for 0 to n-1 on all processors and joins the errors.
func parallel(ctx context.Context, n int, progress func(done, total int), work func(i int) error) error {
	var (
		group errgroup.Group
		mu    sync.Mutex // guards done, errs and calls of progress
		done  int
		errs  = make([]error, n)
	)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			err := work(i)
			mu.Lock()
			defer mu.Unlock()
			errs[i] = err
			done++
			if progress != nil {
				progress(done, n)
			}
			return nil
		})
	}
	return errors.Join(append([]error{group.Wait()}, errs...)...)
}

// ReportFile is the name of the report in a folder of figures.
const ReportFile = "report.html"

// WriteReportFile writes the report into the folder dir and returns its path.
// The file is there whole or not at all.
func WriteReportFile(dir string, r Report) (string, error) {
	var b bytes.Buffer
	if err := WriteReport(&b, r); err != nil {
		return "", err
	}
	path := filepath.Join(dir, ReportFile)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", fmt.Errorf("failed to make the folder of the report: %w", err)
	}
	if err := renameio.WriteFile(path, b.Bytes(), 0o644, renameio.WithTempDir(dir)); err != nil {
		return "", fmt.Errorf("failed to write the report: %w", err)
	}
	return path, nil
}
