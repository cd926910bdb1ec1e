package galaxyzoo

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// kaggleFolder makes a data folder with rows for the ids and the image files;
// what a file holds is its own name.
func kaggleFolder(t *testing.T, ids []int64, images ...string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, TrainingFolder), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, LabelFile), table(t, ids, "", ""))
	for _, name := range images {
		write(t, filepath.Join(dir, TrainingFolder, name), name)
	}
	return dir
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func baseNames(paths []string) []string {
	var names []string
	for _, p := range paths {
		names = append(names, filepath.Base(p))
	}
	return names
}

func TestOpenCataloguePairsRowsWithImages(t *testing.T) {
	const huge = 9223372036854775807
	dir := kaggleFolder(t, []int64{30, 20, 10, 40, 41, 42, 43, huge},
		"10.jpg", "20.JPG", "30.jpeg", "9223372036854775807.jpg",
		"50.jpg",                                     // no row
		"galaxy.jpg", "007.jpg", "-5.jpg", "+40.jpg", // no id
		"10.JPEG",                                 // 10 again
		"40.png", "notes.txt", "._41.jpg", "42gz", // no images of ours
	)
	images := filepath.Join(dir, TrainingFolder)
	if err := os.Mkdir(filepath.Join(images, "43.jpg"), 0o777); err != nil {
		t.Fatal(err)
	}
	c, err := OpenCatalogue(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.IDs(), []int64{10, 20, 30, huge}; !slices.Equal(got, want) || c.Len() != len(want) {
		t.Errorf("galaxies are %v, want %v", got, want)
	}
	if want := []int64{40, 41, 42, 43}; !slices.Equal(c.Missing, want) {
		t.Errorf("missing are %v, want %v", c.Missing, want)
	}
	// Of two files for one galaxy the first in the listing is taken.
	want := []string{"+40.jpg", "-5.jpg", "007.jpg", "10.jpg", "43.jpg", "50.jpg", "galaxy.jpg"}
	if got := baseNames(c.Unlabelled); !slices.Equal(got, want) {
		t.Errorf("unlabelled are %v, want %v", got, want)
	}
	for i, g := range c.Galaxies {
		if g.Votes != spiral() {
			t.Errorf("votes of galaxy %d are %v", g.ID, g.Votes)
		}
		r, err := c.Open(i)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil || string(content) != filepath.Base(g.File) {
			t.Errorf("image of galaxy %d holds %q, %v, want %q", g.ID, content, err, filepath.Base(g.File))
		}
		r.Close()
	}
	if v := c.Votes([]int{2, 0}); len(v) != 2 || v[0] != spiral() {
		t.Errorf("Votes = %v", v)
	}
}

func TestOpenCatalogueFollowsLinks(t *testing.T) {
	dir := kaggleFolder(t, []int64{1, 2}, "1.jpg")
	images := filepath.Join(dir, TrainingFolder)
	elsewhere := filepath.Join(t.TempDir(), "picture")
	write(t, elsewhere, "picture")
	for name, target := range map[string]string{"2.jpg": elsewhere, "3.jpg": filepath.Join(dir, "nowhere")} {
		if err := os.Symlink(target, filepath.Join(images, name)); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	c, err := OpenCatalogue(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.IDs(); !slices.Equal(got, []int64{1, 2}) || len(c.Unlabelled) != 0 {
		t.Errorf("galaxies are %v, unlabelled %v, want 1 and 2, none", got, c.Unlabelled)
	}
}

func TestOpenCatalogueErrors(t *testing.T) {
	file := func(t *testing.T) string {
		path := filepath.Join(t.TempDir(), "file")
		write(t, path, "")
		return path
	}
	without := func(name string) func(t *testing.T) string {
		return func(t *testing.T) string {
			dir := kaggleFolder(t, []int64{1}, "1.jpg")
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			return dir
		}
	}
	tests := []struct {
		name string
		dir  func(t *testing.T) string
		want string // with DIR for the folder
	}{
		{"missing folder", func(t *testing.T) string { return filepath.Join(t.TempDir(), "missing") },
			"DIR: failed to open the data folder: no such file or directory"},
		{"a file", file, "DIR: is a file, want a folder that holds training_solutions_rev1.csv and images_training_rev1"},
		{"a file on the way", func(t *testing.T) string { return filepath.Join(file(t), "data") },
			"DIR: failed to open the data folder: not a directory"},
		{"no labels", without(LabelFile),
			"DIR/training_solutions_rev1.csv: failed to open the labels: no such file or directory"},
		{"no images", without(TrainingFolder),
			"DIR/images_training_rev1: failed to list the images: no such file or directory"},
		{"images are a file", func(t *testing.T) string {
			dir := without(TrainingFolder)(t)
			write(t, filepath.Join(dir, TrainingFolder), "")
			return dir
		}, "DIR/images_training_rev1: failed to list the images: not a directory"},
		{"bad labels", func(t *testing.T) string {
			dir := kaggleFolder(t, nil, "1.jpg")
			write(t, filepath.Join(dir, LabelFile), "GalaxyID\n")
			return dir
		}, "DIR/training_solutions_rev1.csv:1: the header has 1 columns, want 38: GalaxyID,Class1.1,...,Class11.6"},
		{"no rows", func(t *testing.T) string { return kaggleFolder(t, nil, "1.jpg") },
			"DIR: no galaxy has both a row in training_solutions_rev1.csv (0 rows) and an image in images_training_rev1 (1 images)"},
		{"nothing in common", func(t *testing.T) string { return kaggleFolder(t, []int64{3, 4}, "1.jpg", "x.jpg") },
			"DIR: no galaxy has both a row in training_solutions_rev1.csv (2 rows) and an image in images_training_rev1 (2 images)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := tt.dir(t)
			_, err := OpenCatalogue(dir)
			want := strings.ReplaceAll(tt.want, "DIR", dir)
			if err == nil || err.Error() != want {
				t.Fatalf("got error %v\nwant      %s", err, want)
			}
			if _, ok := errors.AsType[*DataError](err); !ok {
				t.Errorf("the error is %T, want a *DataError", err)
			}
		})
	}
}

func TestOpenReportsARemovedImage(t *testing.T) {
	dir := kaggleFolder(t, []int64{1}, "1.jpg")
	c, err := OpenCatalogue(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := c.Galaxies[0].File
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err = c.Open(0)
	if err == nil || err.Error() != path+": failed to open the image: no such file or directory" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}

func TestFingerprint(t *testing.T) {
	ids, files := []int64{1, 2}, []string{"1.jpg", "2.jpg"}
	open := func(dir string) *Catalogue {
		c, err := OpenCatalogue(dir)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	dir := kaggleFolder(t, ids, files...)
	first := open(dir)
	if again := open(dir); again.Fingerprint() != first.Fingerprint() || again.ImageKey() != first.ImageKey() {
		t.Error("the same folder differs from itself")
	}
	if copied := open(kaggleFolder(t, ids, files...)); copied.Fingerprint() != first.Fingerprint() {
		t.Error("a copy has another fingerprint")
	}

	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(first.Galaxies[1].File, later, later); err != nil {
		t.Fatal(err)
	}
	if touched := open(dir); touched.Fingerprint() != first.Fingerprint() || touched.ImageKey() == first.ImageKey() {
		t.Error("a touched image should change the key of the images alone")
	}
	write(t, first.Galaxies[1].File, "another size")
	if changed := open(dir); changed.Fingerprint() == first.Fingerprint() {
		t.Error("another image has the same fingerprint")
	}
	dir = kaggleFolder(t, ids, files...)
	write(t, filepath.Join(dir, LabelFile), table(t, ids, "0.250000", "0.250001"))
	if changed := open(dir); changed.Fingerprint() == first.Fingerprint() {
		t.Error("other votes have the same fingerprint")
	}
	if fewer := open(kaggleFolder(t, ids[:1], files...)); fewer.Fingerprint() == first.Fingerprint() || fewer.ImageKey() == first.ImageKey() {
		t.Error("fewer galaxies have the same fingerprint")
	}
}
