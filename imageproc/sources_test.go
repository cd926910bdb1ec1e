package imageproc

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// imageFolder holds two good images, one that is none, and a file to be left
// alone.
func imageFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	img := image.NewNRGBA(image.Rect(0, 0, 40, 30))
	for i := range img.Pix {
		img.Pix[i] = byte(i)
	}
	img.SetNRGBA(20, 15, color.NRGBA{255, 255, 255, 255})
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, img); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"2.png": encoded.Bytes(), "1.PNG": encoded.Bytes(), "3.jpg": []byte("text"), "notes.txt": []byte("text"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFolderSources(t *testing.T) {
	dir := imageFolder(t)
	sources, err := FolderSources(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range sources {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, " "); got != "1 2 3" {
		t.Errorf("sources %s, want 1 2 3", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "2.jpg"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, folder := range map[string]string{"two of a name": dir, "no images": t.TempDir(), "no folder": filepath.Join(dir, "none")} {
		var data *galaxyzoo.DataError
		if _, err := FolderSources(folder); !errors.As(err, &data) {
			t.Errorf("%s: got %v, want a data error", name, err)
		}
	}
}

func TestVisitReportsFaults(t *testing.T) {
	sources, err := FolderSources(imageFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	visited := make([]bool, len(sources))
	told := 0
	faults, err := Visit(context.Background(), &DefaultDecoder, sources, func(done, total int) { told = done }, func(_, position int, img *image.NRGBA) error {
		visited[position] = img.Bounds().Dx() == 40
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !visited[0] || !visited[1] || visited[2] || told != 3 {
		t.Errorf("visited %v and told of %d, want the first two of 3", visited, told)
	}
	if len(faults) != 1 || faults[0].Position != 2 || !strings.Contains(faults[0].Err.Error(), "3.jpg") {
		t.Errorf("faults %v, want one that names 3.jpg", faults)
	}
	if err := Verify(context.Background(), &DefaultDecoder, sources, nil); err == nil || !strings.Contains(err.Error(), "3.jpg") {
		t.Errorf("Verify gave %v, want an error that names 3.jpg", err)
	}
	enough := errors.New("enough")
	if _, err := Visit(context.Background(), &DefaultDecoder, sources, nil, func(int, int, *image.NRGBA) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("got %v, want the visitor's own error", err)
	}
}

// Each visitor tells when it decodes and when it cuts, one after the other, and
// nothing is cut of what cannot be decoded.
func TestVisitIsWatched(t *testing.T) {
	sources, err := FolderSources(imageFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	var (
		mu      sync.Mutex
		begun   = map[string]int{}
		open    = map[int]string{}
		watched = DefaultDecoder
	)
	watched.Watch = func(visitor int, work string) func() {
		mu.Lock()
		defer mu.Unlock()
		begun[work]++
		if open[visitor] != "" {
			t.Errorf("visitor %d begins to %s while it is to %s", visitor, work, open[visitor])
		}
		open[visitor] = work
		return func() {
			mu.Lock()
			defer mu.Unlock()
			delete(open, visitor)
		}
	}
	if _, err := Visit(context.Background(), &watched, sources, nil, func(int, int, *image.NRGBA) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if begun["decode"] != 3 || begun["cut"] != 2 || len(begun) != 2 || len(open) != 0 {
		t.Errorf("begun %v, not ended %v", begun, open)
	}
}

func TestWriteCrops(t *testing.T) {
	folder := imageFolder(t)
	sources, err := FolderSources(folder)
	if err != nil {
		t.Fatal(err)
	}
	p := Preprocessing{Crop: CropROI, Size: 16}
	parent := t.TempDir()
	dir := filepath.Join(parent, "below", "crops")
	if err := WriteCrops(context.Background(), dir, &DefaultDecoder, sources, p, nil); err == nil {
		t.Error("crops of a text file were written")
	}
	if entries, _ := os.ReadDir(filepath.Dir(dir)); len(entries) > 0 {
		t.Errorf("a failure left %v", entries)
	}
	if err := WriteCrops(context.Background(), dir, &DefaultDecoder, sources[:2], p, nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"1.png", "2.png"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if img, err := png.Decode(bytes.NewReader(data)); err != nil || img.Bounds().Dx() != 16 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := WriteCrops(context.Background(), dir, &DefaultDecoder, sources[:2], p, nil); !errors.Is(err, os.ErrExist) {
		t.Errorf("a folder that is there gave %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	other := filepath.Join(parent, "other")
	if err := WriteCrops(ctx, other, &DefaultDecoder, sources[:2], p, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context gave %v", err)
	}
	if _, err := os.Stat(other); err == nil {
		t.Error("an ended context left a folder")
	}
}
