package imageproc

import (
	"bytes"
	"errors"
	"image"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// What changes between the opening of a listing and its reading is passed over or an
// error, and never more images than were counted.
func TestListingOfWhatChanges(t *testing.T) {
	write := func(name, content string) func(string) error {
		return func(dir string) error { return os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644) }
	}
	remove := func(name string) func(string) error {
		return func(dir string) error { return os.RemoveAll(filepath.Join(dir, name)) }
	}
	tests := []struct {
		name, where string
		change      func(dir string) error
		want        string // ids
		fault       string
	}{
		{"a new image", "/f", write("f/aa.jpg", ""), "a b c", ""},
		{"a new image with the id of another", "/f", write("f/a.png", ""), "a b c", ""},
		{"a new image by pattern", "/f/*.jpg", write("f/aa.jpg", ""), "a b", ""},
		{"an image less", "/f", remove("f/a.jpg"), "b c", "has changed while it was read: there were 3 images"},
		{"an image less by pattern", "/f/*.jpg", remove("f/b.jpg"), "a", "has changed while it was read: there were 2 images"},
		{"a folder less", "/f", remove("f/d"), "a b", "has changed while it was read: there were 3 images"},
		{"another image", "/f", write("f/a.jpg", "other"), "a b c", ""},
		{"a longer list", "/l.txt", write("l.txt", "a.jpg\nb.jpg\nc.jpg\n"), "a b", "has changed while it was read: there were 2 images"},
		{"a shorter list", "/l.txt", write("l.txt", "a.jpg\n"), "a", "has changed while it was read"},
		{"a list with other names", "/l.txt", func(dir string) error {
			return errors.Join(remove("l.txt")(dir), write("l.txt", "x.jpg\ny.jpg\n")(dir))
		}, "x y", "has changed while it was read"},
		{"another list", "/l.txt", write("l.txt", "\x00"), "", "1: holds a zero byte"},
		{"a longer catalogue", "/c.csv", write("c.csv", "GalaxyID\n1\n2\n3\n"), "1 2", "has changed while it was read: there were 2 images"},
		{"another catalogue", "/c.csv", write("c.csv", "GalaxyID,x\n1\n"), "", "2: 1 columns, want 2"},
		{"an empty catalogue", "/c.csv", write("c.csv", ""), "", "has changed while it was read"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := makeTree(t, "f/a.jpg", "f/b.jpg", "f/d/c.jpg", "l.txt:a.jpg\nb.jpg\n", "c.csv:GalaxyID\n1\n2\n")
			l, err := OpenListing(t.Context(), dir+test.where, "")
			if err != nil {
				t.Fatal(err)
			}
			if err := test.change(dir); err != nil {
				t.Fatal(err)
			}
			var ids []string
			var fault error
			for e, err := range l.All() {
				if fault != nil {
					t.Fatalf("after an error: %+v, %v", e, err)
				}
				if fault = err; err == nil {
					ids = append(ids, e.ID)
				}
			}
			if got := strings.Join(ids, " "); got != test.want {
				t.Errorf("ids are %s, want %s", got, test.want)
			}
			if _, is := errors.AsType[*galaxyzoo.DataError](fault); is != (test.fault != "") || is && !strings.HasSuffix(fault.Error(), test.fault) && !strings.Contains(fault.Error(), ":"+test.fault) {
				t.Errorf("error %v, want %q", fault, test.fault)
			}
		})
	}
}

// A file that is cut and written while it is read is an image or an error.
func TestDecodeWhatChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.jpg")
	whole := encodeJPEG(t, disc(120, 100, 60, 50, 30))
	want, err := Decode(bytes.NewReader(whole), path, DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var writer sync.WaitGroup
	defer writer.Wait()
	defer close(stop)
	change := func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			os.Truncate(path, int64(n*37%len(whole)))
			os.WriteFile(path, whole, 0o644)
		}
	}
	images, faults := 0, 0
	for n := 0; n < 500 || faults == 0 && n < 50_000; n++ {
		if n == 1 { // the first is of the whole file
			writer.Go(change)
		}
		img, err := DefaultDecoder.Read(Entry{ID: "a", File: path}.Source())
		switch _, is := errors.AsType[*galaxyzoo.DataError](err); {
		case err != nil && (!is || img != nil):
			t.Fatalf("error %#v, image %t", err, img != nil)
		case err != nil:
			faults++
		case img.Rect != image.Rect(0, 0, 120, 100) || !bytes.Equal(img.Pix, want.Pix):
			t.Fatal("an image that was never in the file")
		default:
			images++
		}
	}
	if images == 0 || faults == 0 {
		t.Errorf("%d images, %d errors, want some of both", images, faults)
	}
}
