package imageproc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

var roi16 = Preprocessing{Crop: CropROI, Size: 16}

// writeCatalogue makes a folder in Kaggle's layout with n small galaxies, ids
// from 1 on, and opens it.
func writeCatalogue(t testing.TB, n int) *galaxyzoo.Catalogue {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, galaxyzoo.TrainingFolder), 0o777); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(uint64(n), 1))
	table := strings.Join(galaxyzoo.Header(), ",") + "\n"
	for id := 1; id <= n; id++ {
		table += fmt.Sprint(id)
		for _, a := range galaxyzoo.Answers {
			switch a.Class() {
			case "Class1.1", "Class6.2", "Class7.1": // smooth, round, nothing odd
				table += ",1"
			default:
				table += ",0"
			}
		}
		table += "\n"
		img := disc(60, 60, 25+10*rng.Float64(), 25+10*rng.Float64(), 8+7*rng.Float64())
		name := filepath.Join(dir, galaxyzoo.TrainingFolder, fmt.Sprintf("%d.jpg", id))
		if err := os.WriteFile(name, encodeJPEG(t, img), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, galaxyzoo.LabelFile), []byte(table), 0o666); err != nil {
		t.Fatal(err)
	}
	return reopen(t, dir)
}

func reopen(t testing.TB, dir string) *galaxyzoo.Catalogue {
	t.Helper()
	c, err := galaxyzoo.OpenCatalogue(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// open is OpenCache that must succeed. It reports whether the file was built.
func open(t testing.TB, dir string, c *galaxyzoo.Catalogue, p Preprocessing) (cache *Cache, built bool) {
	t.Helper()
	cache, err := OpenCache(context.Background(), dir, &DefaultDecoder, c, p, func(done, total int) { built = true })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cache.Close() })
	return cache, built
}

// checkCrops compares a cache with crops made one by one.
func checkCrops(t testing.TB, cache *Cache, c *galaxyzoo.Catalogue, p Preprocessing) {
	t.Helper()
	if cache.Len() != c.Len() || cache.Size() != p.CropSize() || cache.ViewSize() != p.Size || cache.Scale() != p.Scale() {
		t.Fatalf("%d crops of %d pixels, %g to one of %d, want %d of %d, %g to one of %d", cache.Len(), cache.Size(), cache.Scale(), cache.ViewSize(),
			c.Len(), p.CropSize(), p.Scale(), p.Size)
	}
	crop, got := make([]byte, 3*p.CropSize()*p.CropSize()), make([]byte, 3*p.CropSize()*p.CropSize())
	want, view := make([]byte, 3*p.Size*p.Size), make([]byte, 3*p.Size*p.Size)
	for i := range c.Len() {
		r, err := c.Open(i)
		if err != nil {
			t.Fatal(err)
		}
		img, err := Decode(r, "", DefaultLimits)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		PackRGB(crop, p.Cut(img))
		if err := cache.Crop(got, i); err != nil || !bytes.Equal(got, crop) {
			t.Fatalf("crop %d differs from the image's: %v", i, err)
		}
		PackRGB(want, p.Apply(img))
		if err := cache.View(view, i, Transform{}); err != nil || !bytes.Equal(view, want) {
			t.Fatalf("view %d differs from the image's: %v", i, err)
		}
	}
}

// listing returns the names in dir.
func listing(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestCacheRoundTrip(t *testing.T) {
	c := writeCatalogue(t, 23)
	dir := filepath.Join(t.TempDir(), "made", "on demand")
	centre := Preprocessing{Crop: CropCentre, Width: 300, Size: 8}
	for _, p := range []Preprocessing{roi16, centre} {
		first, built := open(t, dir, c, p)
		if !built {
			t.Errorf("%v: the first opening did not build", p)
		}
		checkCrops(t, first, c, p)
		second, built := open(t, dir, c, p)
		if built {
			t.Errorf("%v: the second opening built again", p)
		}
		checkCrops(t, second, c, p)
		if first.Path() != second.Path() || filepath.Dir(first.Path()) != dir {
			t.Errorf("%v: files are %s and %s", p, first.Path(), second.Path())
		}
	}
	if names := listing(t, dir); len(names) != 2 {
		t.Errorf("the folder holds %q, want two files", names)
	}
}

func TestCacheProgress(t *testing.T) {
	c := writeCatalogue(t, 17)
	last := 0
	cache, err := OpenCache(context.Background(), t.TempDir(), &DefaultDecoder, c, roi16, func(done, total int) {
		if done != last+1 || total != 17 {
			t.Errorf("progress is %d of %d after %d", done, total, last)
		}
		last = done
	})
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	if last != 17 {
		t.Errorf("progress ended at %d of 17", last)
	}
}

func TestCacheIsKeyedByItsImages(t *testing.T) {
	c := writeCatalogue(t, 3)
	dir := t.TempDir()
	before, _ := open(t, dir, c, roi16)

	// Another galaxy under the same name, an hour later.
	name := c.Galaxies[1].File
	if err := os.WriteFile(name, encodeJPEG(t, disc(60, 60, 20, 40, 15)), 0o666); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(name, later, later); err != nil {
		t.Fatal(err)
	}
	changed := reopen(t, c.Name)
	after, built := open(t, dir, changed, roi16)
	if !built || before.Path() == after.Path() {
		t.Errorf("a replaced image went unnoticed: built %t, %s", built, after.Path())
	}
	checkCrops(t, after, changed, roi16)
}

func TestCacheRepairsDamage(t *testing.T) {
	c := writeCatalogue(t, 5)
	dir := t.TempDir()
	cache, _ := open(t, dir, c, roi16)
	path := cache.Path()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := open(t, dir, c, Preprocessing{Crop: CropCentre, Width: 200, Size: 16})
	foreign, err := os.ReadFile(other.Path())
	if err != nil {
		t.Fatal(err)
	}

	damages := map[string][]byte{
		"empty":                   {},
		"cut within the header":   whole[:headerSize-1],
		"cut after the header":    whole[:headerSize],
		"one byte short":          whole[:len(whole)-1],
		"one byte more":           append(bytes.Clone(whole), 0),
		"zeros":                   make([]byte, len(whole)),
		"crops of other settings": foreign,
	}
	for i := range headerSize {
		damages[fmt.Sprintf("byte %d of the header", i)] = flipped(whole, i)
	}
	for _, i := range []int{headerSize, len(whole) / 2, len(whole) - 1} {
		damages[fmt.Sprintf("pixel byte %d", i)] = flipped(whole, i)
	}
	for name, content := range damages {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path+".x", content, 0o666); err != nil {
				t.Fatal(err)
			}
			// By renaming: the file that is mapped must not change underneath.
			if err := os.Rename(path+".x", path); err != nil {
				t.Fatal(err)
			}
			repaired, built := open(t, dir, c, roi16)
			if !built {
				t.Error("the damage went unnoticed")
			}
			checkCrops(t, repaired, c, roi16)
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, whole) {
				t.Errorf("the repaired file differs from the first (%v)", err)
			}
		})
	}
	checkCrops(t, cache, c, roi16) // the first mapping has outlived it all
}

func flipped(content []byte, i int) []byte {
	b := bytes.Clone(content)
	b[i] ^= 0x10
	return b
}

func TestCacheAnotherVersion(t *testing.T) {
	c := writeCatalogue(t, 1)
	b := newCacheHeader(&DefaultDecoder, c, roi16).encode()
	if _, err := decodeCacheHeader(b, newCacheHeader(&DefaultDecoder, c, roi16)); err != nil {
		t.Errorf("the header does not read back: %v", err)
	}
	if _, err := decodeCacheHeader(b, newCacheHeader(&DefaultDecoder, c, Preprocessing{Crop: CropROI, Size: 8})); err == nil {
		t.Error("the header of another size was accepted")
	}
}

func TestCacheBadImages(t *testing.T) {
	c := writeCatalogue(t, 40)
	dir := t.TempDir()
	for i := range 30 {
		if err := os.WriteFile(c.Galaxies[i].File, []byte("not an image\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(c.Galaxies[39].File); err != nil {
		t.Fatal(err)
	}
	done := 0
	_, err := OpenCache(context.Background(), dir, &DefaultDecoder, c, roi16, func(n, _ int) { done = n })
	if err == nil {
		t.Fatal("faulty images were accepted")
	}
	if done != 40 {
		t.Errorf("%d of 40 images were looked at", done)
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != maxImageErrors+1 {
		t.Fatalf("the error has %d lines, want %d:\n%v", len(lines), maxImageErrors+1, err)
	}
	for i, line := range lines[:maxImageErrors] {
		if want := c.Galaxies[i].File + ": the content is text, want a JPEG, PNG or FITS image"; line != want {
			t.Errorf("line %d is %q, want %q", i, line, want)
		}
	}
	if want := "and 11 more of 40 images are faulty"; lines[maxImageErrors] != want {
		t.Errorf("the last line is %q, want %q", lines[maxImageErrors], want)
	}
	var fault *galaxyzoo.DataError
	if !errors.As(err, &fault) {
		t.Errorf("error is %T, want it to hold a *galaxyzoo.DataError", err)
	}
	if names := listing(t, dir); len(names) != 0 {
		t.Errorf("the failed build left %q", names)
	}
}

func TestCacheCancel(t *testing.T) {
	c := writeCatalogue(t, 60)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	last := 0
	_, err := OpenCache(ctx, dir, &DefaultDecoder, c, roi16, func(done, _ int) {
		if last = done; done == 5 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
	if last == 60 {
		t.Error("the build went on to the end")
	}
	if names := listing(t, dir); len(names) != 0 {
		t.Errorf("the cancelled build left %q", names)
	}
}

func TestCacheBuiltAtOnce(t *testing.T) {
	c := writeCatalogue(t, 30)
	dir := t.TempDir()
	builds := make(chan bool, 6)
	var wg sync.WaitGroup
	for range cap(builds) {
		wg.Go(func() {
			// A lock belongs to an open file, so that goroutines exclude one
			// another as processes do.
			cache, built := open(t, dir, c, roi16)
			checkCrops(t, cache, c, roi16)
			builds <- built
		})
	}
	wg.Wait()
	close(builds)
	total := 0
	for built := range builds {
		if built {
			total++
		}
	}
	if total != 1 {
		t.Errorf("the file was built %d times, want once", total)
	}
	if names := listing(t, dir); len(names) != 1 {
		t.Errorf("the folder holds %q, want one file", names)
	}
}

func TestCacheWaitingCanBeCancelled(t *testing.T) {
	c := writeCatalogue(t, 2)
	dir := t.TempDir()
	finished, _ := open(t, t.TempDir(), c, roi16)
	busy := filepath.Join(dir, filepath.Base(finished.Path())+temporarySuffix)
	lock, err := lockFile(context.Background(), busy)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*lockPoll)
	defer cancel()
	if _, err := OpenCache(ctx, dir, &DefaultDecoder, c, roi16, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v, want context.DeadlineExceeded", err)
	}
	if names := listing(t, dir); len(names) != 1 {
		t.Errorf("the other builder's file is gone: %q", names)
	}
}

func TestCacheCleansUpAfterTheKilled(t *testing.T) {
	c := writeCatalogue(t, 2)
	dir := t.TempDir()
	finished, _ := open(t, t.TempDir(), c, roi16)
	own := filepath.Join(dir, filepath.Base(finished.Path())+temporarySuffix)
	stale := filepath.Join(dir, "crops-roi-64-0123"+temporarySuffix)
	busy := filepath.Join(dir, "crops-roi-64-4567"+temporarySuffix)
	foreign := filepath.Join(dir, "notes"+temporarySuffix)
	for _, path := range []string{own, stale, busy, foreign} {
		if err := os.WriteFile(path, make([]byte, 1<<20), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	lock, err := lockFile(context.Background(), busy)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()

	cache, _ := open(t, dir, c, roi16)
	checkCrops(t, cache, c, roi16)
	for path, want := range map[string]bool{own: false, stale: false, busy: true, foreign: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %t, want %t", filepath.Base(path), err == nil, want)
		}
	}
}

func TestCacheFolderErrors(t *testing.T) {
	c := writeCatalogue(t, 1)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := OpenCache(context.Background(), filepath.Join(file, "crops"), &DefaultDecoder, c, roi16, nil)
	if err == nil || !strings.Contains(err.Error(), "failed to create the folder for crops") || !strings.Contains(err.Error(), file) {
		t.Errorf("error is %v", err)
	}
	if _, err := OpenCache(context.Background(), t.TempDir(), &DefaultDecoder, c, Preprocessing{}, nil); err == nil {
		t.Error("settings that do not pass Check were accepted")
	}
}

func TestCacheClose(t *testing.T) {
	c := writeCatalogue(t, 2)
	cache, _ := open(t, t.TempDir(), c, roi16)
	for range 2 {
		if err := cache.Close(); err != nil {
			t.Error(err)
		}
	}
	cache, _ = open(t, t.TempDir(), c, roi16)
	for _, i := range []int{-1, 2} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("crop %d of 2 was given out", i)
				}
			}()
			cache.Crop(make([]byte, 16*16*3), i) //nolint:errcheck // it panics
		}()
	}
}

// A file that is cut or written to while it is mapped gives an error, and no signal
// that ends the program.
func TestCacheChangedWhileOpen(t *testing.T) {
	c := writeCatalogue(t, 12)
	const last = 11
	for name, damage := range map[string]func(path string) error{
		"cut":     func(path string) error { return os.Truncate(path, headerSize+5) },
		"emptied": func(path string) error { return os.Truncate(path, 0) },
		"changed": func(path string) error {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt([]byte{1, 2, 3}, headerSize+last*3*16*16)
			return errors.Join(err, f.Close())
		},
	} {
		cache, _ := open(t, t.TempDir(), c, roi16)
		crop := make([]byte, 3*16*16)
		if err := cache.View(crop, last, Transform{Degrees: 30}); err != nil {
			t.Fatal(err)
		}
		if err := damage(cache.Path()); err != nil {
			t.Fatal(err)
		}
		for what, err := range map[string]error{"View": cache.View(crop, last, Transform{}), "Crop": cache.Crop(crop, last)} {
			if !errors.Is(err, ErrCropsChanged) || !strings.Contains(err.Error(), cache.Path()) {
				t.Errorf("%s of a file that was %s: %v", what, name, err)
			}
		}
		// A file that is removed stays what it was for who has it open.
		cache.Close()
		if cache, built := open(t, filepath.Dir(cache.Path()), c, roi16); !built {
			t.Errorf("one that was %s was not built anew", name)
		} else if err := errors.Join(os.Remove(cache.Path()), cache.View(crop, last, Transform{})); err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkCacheOpen(b *testing.B) {
	// 200 MB, as 16,000 crops of 64 pixels; verification reads them all.
	path := filepath.Join(b.TempDir(), "crops")
	h := cacheHeader{size: 64, count: 16000}
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(h.fileBytes()); err != nil {
		b.Fatal(err)
	}
	if h.pixels, _, err = pixelChecksums(f, h); err != nil {
		b.Fatal(err)
	}
	if _, err := f.WriteAt(h.encode(), 0); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(h.fileBytes())
	for b.Loop() {
		cache, err := mapCache(path, h)
		if err != nil {
			b.Fatal(err)
		}
		cache.Close()
	}
}

func BenchmarkPackRGB(b *testing.B) {
	img := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	packed := make([]byte, 3*64*64)
	for b.Loop() {
		PackRGB(packed, img)
	}
}
