package imageproc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// makeTree writes files below a new folder; what a file holds is its path, or
// what stands behind a colon. It leaves links for the test to make.
func makeTree(t testing.TB, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, file := range files {
		name, content, given := strings.Cut(file, ":")
		if !given {
			content = name
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
}

// told writes each entry as ID=FILE, or ID@LINE=FILE, below dir.
func told(t *testing.T, l *Listing, dir string) []string {
	t.Helper()
	var entries []string
	for e, err := range l.All() {
		if err != nil {
			t.Fatal(err)
		}
		line := ""
		if e.Line > 0 {
			line = fmt.Sprintf("@%d", e.Line)
		}
		entries = append(entries, e.ID+line+"="+strings.TrimPrefix(e.File, dir+"/"))
	}
	return entries
}

func TestListing(t *testing.T) {
	tests := []struct {
		name          string
		files         []string
		where, folder string
		want          []string
	}{
		{"folder", []string{"b.PNG", "a.jpg", "c/d.JPEG", "c/b2.fits", "c.fit", "z.fts", "10.jpg", "9.jpg",
			"notes.txt", "x.tif", ".h.jpg", "._a.jpg", ".hidden/k.jpg", "c/.k/l.png", "jpg", "folder.jpg/e.jpg"}, "", "",
			[]string{"10=10.jpg", "9=9.jpg", "a=a.jpg", "b=b.PNG", "b2=c/b2.fits", "d=c/d.JPEG", "c=c.fit", "e=folder.jpg/e.jpg", "z=z.fts"}},
		{"one image", []string{"J0836.2.jpg"}, "J0836.2.jpg", "", []string{"J0836.2=J0836.2.jpg"}},
		{"names that are odd", []string{"a\nb.jpg", `q"u,o.jpg`, "[1].jpg"}, "", "",
			[]string{"[1]=[1].jpg", "a\nb=a\nb.jpg", `q"u,o=q"u,o.jpg`}},
		{"pattern", []string{"b2.jpg", "b1.jpg", "b1.txt", "c.jpg", "b3.jpg/x.jpg", ".b4.jpg"}, "[b]?.*", "", []string{"b1=b1.jpg", "b2=b2.jpg"}},
		{"pattern of folders", []string{"s2/a.jpg", "s1/b.jpg", "s1/c.png", "t/d.jpg", "s.jpg"}, "s*/*.jpg", "", []string{"b=s1/b.jpg", "a=s2/a.jpg"}},
		{"pattern before a name", []string{"s2/a.jpg", "s1/b.jpg", "s3/x/a.jpg"}, "s[0-9]/a.jpg", "", []string{"a=s2/a.jpg"}},
		{"hidden by pattern", []string{".a.jpg", "b.jpg"}, ".*", "", []string{".a=.a.jpg"}},
		{"a name like a pattern", []string{"[1]/a.jpg", "1/b.jpg"}, "[1]", "", []string{"a=[1]/a.jpg"}},
		{"list", []string{"lists/l.txt:\ufeff# my galaxies\r\na.jpg\r\n\r\n  ../b.jpg \n#c.jpg\n/d/e.data\nname with spaces.png"}, "lists/l.txt", "",
			[]string{"a@2=lists/a.jpg", "b@4=b.jpg", "e.data@6=/d/e.data", "name with spaces@7=lists/name with spaces.png"}},
		{"a name that is an extension alone", []string{"l.txt:.jpg\n"}, "l.txt", "", []string{".jpg@1=.jpg"}},
		{"list with a folder", []string{"l.txt:a.jpg\n", "f/a.jpg"}, "l.txt", "f", []string{"a@1=f/a.jpg"}},
		{"catalogue of ids", []string{"c.csv:\ufeffClass1.1,GalaxyID\r\n0.5,3\r\n,1\r\n\r\n1,2\r\n1,4\r\n", "1.jpg", "2.png", "3.fits", "3.txt"}, "c.csv", "",
			[]string{"3@2=3.fits", "1@3=1.jpg", "2@5=2.png", "4@6=4.jpg"}}, // 4 is missing
		{"catalogue of ids and a folder", []string{"c.csv:GalaxyID\n7", "f/7.jpeg", "7.jpg"}, "c.csv", "f", []string{"7@2=f/7.jpeg"}},
		{"a folder of an image's name", []string{"c.csv:GalaxyID\n7", "7.jpg/x", "7.png"}, "c.csv", "", []string{"7@2=7.png"}},
		{"catalogue with files", []string{"c.csv: GalaxyID , file\n7,\"a\nb.jpg\"\n8,/x/y\n"}, "c.csv", "", []string{"7@2=a\nb.jpg", "8@4=/x/y"}},
		{"Zoobot's catalogue", []string{"c.CSV:smooth,id_str,file_loc\n1,J1.2+3,x/J.png\n"}, "c.CSV", "", []string{"J1.2+3@2=x/J.png"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := makeTree(t, test.files...)
			folder := test.folder
			if folder != "" {
				folder = filepath.Join(dir, folder)
			}
			l, err := OpenListing(t.Context(), dir+"/"+test.where, folder)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the same each time
				if got := told(t, l, dir); !slices.Equal(got, test.want) {
					t.Errorf("entries are %q\nwant        %q", got, test.want)
				}
			}
			if l.Count != len(test.want) || l.Where != dir+"/"+test.where {
				t.Errorf("%s holds %d, want %d", l.Where, l.Count, len(test.want))
			}
		})
	}
}

func TestListingIsRelative(t *testing.T) {
	t.Chdir(makeTree(t, "s/a.jpg", "b.jpg", "l.txt:s/a.jpg"))
	for where, want := range map[string]string{".": "b=b.jpg a=s/a.jpg", "*.jpg": "b=b.jpg", "./s/*": "a=s/a.jpg", "s/../l.txt": "a@1=s/a.jpg"} {
		l, err := OpenListing(t.Context(), where, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(told(t, l, ""), " "); got != want {
			t.Errorf("%s: entries are %s, want %s", where, got, want)
		}
	}
}

func TestListingLinks(t *testing.T) {
	dir := makeTree(t, "real/1.jpg", "real/sub/2.jpg", "elsewhere/x")
	link(t, filepath.Join(dir, "elsewhere/x"), filepath.Join(dir, "real/3.jpg"))
	link(t, filepath.Join(dir, "nowhere"), filepath.Join(dir, "real/4.jpg"))
	link(t, filepath.Join(dir, "real"), filepath.Join(dir, "real/sub/loop"))
	link(t, filepath.Join(dir, "elsewhere"), filepath.Join(dir, "real/5.jpg"))
	link(t, filepath.Join(dir, "real"), filepath.Join(dir, "root"))
	if err := syscall.Mkfifo(filepath.Join(dir, "real/6.jpg"), 0o666); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	for where, want := range map[string]string{
		"root":   "1=root/1.jpg 3=root/3.jpg 4=root/4.jpg 2=root/sub/2.jpg",
		"root/*": "1=root/1.jpg 3=root/3.jpg 4=root/4.jpg",
	} {
		l, err := OpenListing(t.Context(), filepath.Join(dir, where), "")
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(told(t, l, dir), " "); got != want {
			t.Errorf("%s: entries are %s\nwant %s", where, got, want)
		}
	}
}

func TestListingRefuses(t *testing.T) {
	const known = "want GalaxyID, with or without file, or id_str and file_loc"
	tests := []struct {
		name          string
		files         []string
		where, folder string
		want          string // with DIR for the folder
	}{
		{"nothing there", nil, "/none", "", "DIR/none: failed to open the images: no such file or directory"},
		{"below a file", []string{"f"}, "/f/g", "", "DIR/f/g: failed to open the images: not a directory"},
		{"an empty folder", []string{"notes.txt", ".a.jpg"}, "", "", "DIR: holds no .jpg, .jpeg, .png, .fits, .fit or .fts file"},
		{"no match", []string{"a.jpg", "b.txt"}, "/b*", "", "DIR/b*: no .jpg, .jpeg, .png, .fits, .fit or .fts file matches the pattern"},
		{"no folder to match in", nil, "/x/*.jpg", "", "DIR/x/*.jpg: no .jpg, .jpeg, .png, .fits, .fit or .fts file matches the pattern"},
		{"a malformed pattern", []string{"a.jpg"}, "/[a", "", "DIR/[a: malformed pattern: a [ or a backslash lacks what belongs to it"},
		{"a pattern that descends", []string{"a.jpg"}, "/**/*.jpg", "",
			"DIR/**/*.jpg: ** is no pattern here; name the folder alone, its subfolders are searched too"},
		{"another kind of file", []string{"a.fits.gz"}, "/a.fits.gz", "",
			"DIR/a.fits.gz: want a folder, a pattern, a list (.txt), a catalogue (.csv) or an image"},
		{"a folder for a folder", []string{"a.jpg"}, "", "DIR", `DIR: want a list (.txt) or a catalogue (.csv) where the folder of its images is given, "DIR"`},
		{"no catalogue", nil, "/c.csv", "DIR", "DIR/c.csv: failed to open the images: no such file or directory"},
		{"a pattern with a folder", nil, "/*.csv", "DIR", `DIR/*.csv: want a list (.txt) or a catalogue (.csv) where the folder of its images is given, "DIR"`},
		{"a name of another encoding", []string{"a\xff.jpg"}, "", "",
			"\"DIR/a\\xff.jpg\": the name is not UTF-8; rename the file, or give it an id in a catalogue with the columns id_str,file_loc"},
		{"an id of another encoding", []string{"c.csv:GalaxyID\n1\n\xff\n"}, "/c.csv", "", `DIR/c.csv:3: the id "\xff" is not UTF-8`},
		{"an id that CSV changes", []string{"a\r\nb.jpg"}, "", "", `DIR: the id "a\r\nb" has a line break of two characters, of which CSV keeps one`},
		{"an id that leaves the folder", []string{"c.csv:GalaxyID\n1\n../1\n"}, "/c.csv", "",
			`DIR/c.csv:3: the id "../1" leads out of the folder of the images; want a column file`},
		{"an id from the root", []string{"c.csv:GalaxyID\n/etc/passwd\n"}, "/c.csv", "",
			`DIR/c.csv:2: the id "/etc/passwd" leads out of the folder of the images; want a column file`},
		{"names that speak for the program", []string{"a/x\ntfgalaxy done.jpg", "b/x\ntfgalaxy done.png"}, "", "",
			`"DIR/b/x\ntfgalaxy done.png": has the id "x\ntfgalaxy done" of "DIR/a/x\ntfgalaxy done.jpg"; rename one, or give them ids in a catalogue with the columns id_str,file_loc`},
		{"no folder of images", []string{"l.txt:a"}, "/l.txt", "DIR/none", "DIR/none: failed to open the folder of the images: no such file or directory"},
		{"a file for a folder of images", []string{"l.txt:a"}, "/l.txt", "DIR/l.txt", "DIR/l.txt: is a file, want the folder of the images"},
		{"an empty list", []string{"l.txt:\n# none\n"}, "/l.txt", "", "DIR/l.txt: lists no file, want a path a line"},
		{"a list that is none", []string{"l.txt:a.jpg\n\x89PNG\x00\x00"}, "/l.txt", "", "DIR/l.txt:2: holds a zero byte; want text, a path a line"},
		{"a list of one line", []string{"l.txt:a.jpg\n" + strings.Repeat("a", longestLine+1)}, "/l.txt", "",
			"DIR/l.txt:2: is longer than 65536 bytes; want a path a line"},
		{"an empty catalogue", []string{"c.csv:"}, "/c.csv", "", "DIR/c.csv: the file is empty, " + known},
		{"a header alone", []string{"c.csv:GalaxyID,file\n"}, "/c.csv", "", "DIR/c.csv: has no row below its header"},
		{"an unknown header", []string{"c.csv:ra,dec\n1,2"}, "/c.csv", "", "DIR/c.csv:1: the header has no columns that name images, " + known},
		{"a misspelt header", []string{"c.csv:ra,galaxy_id\n1,2"}, "/c.csv", "",
			"DIR/c.csv:1: the header has no columns that name images, " + known + `; did you mean GalaxyID by "galaxy_id"?`},
		{"half of Zoobot's header", []string{"c.csv:id_str,fileloc\n1,2"}, "/c.csv", "",
			"DIR/c.csv:1: the header has no columns that name images, " + known + `; did you mean file_loc by "fileloc"?`},
		{"an empty id", []string{"c.csv:GalaxyID,x\n1,2\n ,2"}, "/c.csv", "", "DIR/c.csv:3: column GalaxyID is empty"},
		{"an empty path", []string{"c.csv:id_str,file_loc\n1,\n"}, "/c.csv", "", "DIR/c.csv:2: column file_loc is empty"},
		{"a ragged row", []string{"c.csv:GalaxyID,x\n1,2\n3\n"}, "/c.csv", "", "DIR/c.csv:3: 1 columns, want 2 as in the header"},
		{"a broken quote", []string{"c.csv:GalaxyID\n1\n\"2"}, "/c.csv", "", "DIR/c.csv:3: extraneous or missing \" in quoted-field"},
		{"one id twice in folders", []string{"a/1.jpg", "b/1.png"}, "", "",
			`DIR/b/1.png: has the id "1" of DIR/a/1.jpg; rename one, or give them ids in a catalogue with the columns id_str,file_loc`},
		{"one id twice by pattern", []string{"1.jpg", "1.png"}, "/1.*", "",
			`DIR/1.png: has the id "1" of DIR/1.jpg; rename one, or give them ids in a catalogue with the columns id_str,file_loc`},
		{"one id twice in a list", []string{"l.txt:a/1.jpg\n2.jpg\n\nb/1.jpg"}, "/l.txt", "",
			`DIR/l.txt:4: DIR/b/1.jpg has the id "1" of DIR/a/1.jpg on line 1`},
		{"one path twice in a list", []string{"l.txt:1.jpg\n./1.jpg"}, "/l.txt", "", `DIR/l.txt:2: image "1" was already given on line 1`},
		{"ids that come twice", []string{"c.csv:GalaxyID\n1\n2\n1\n3\n1\n2"}, "/c.csv", "",
			"DIR/c.csv:4: image \"1\" was already given on line 2\nDIR/c.csv:6: image \"1\" was already given on line 2\n" +
				"DIR/c.csv:7: image \"2\" was already given on line 3"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := makeTree(t, test.files...)
			l, err := OpenListing(t.Context(), dir+test.where, strings.ReplaceAll(test.folder, "DIR", dir))
			want := strings.ReplaceAll(test.want, "DIR", dir)
			if l != nil || err == nil || err.Error() != want {
				t.Fatalf("got error %v\nwant      %s", err, want)
			}
			if _, ok := errors.AsType[*galaxyzoo.DataError](err); !ok {
				t.Errorf("the error is %T, want a *DataError", err)
			}
		})
	}
}

// However many ids come twice, a screenful is told.
func TestListingNamesSomeOfManyRepetitions(t *testing.T) {
	var csv strings.Builder
	csv.WriteString("c.csv:GalaxyID\n")
	for i := range 200 {
		fmt.Fprintf(&csv, "%d\n", i%100)
	}
	_, err := OpenListing(t.Context(), filepath.Join(makeTree(t, csv.String()), "c.csv"), "")
	if err == nil || strings.Count(err.Error(), "was already given") != maxImageErrors {
		t.Errorf("got %v, want %d repetitions", err, maxImageErrors)
	}
}

func TestListingStops(t *testing.T) {
	dir := makeTree(t, "a.jpg", "b/c.jpg", "b/d.jpg", "e.jpg")
	ctx, stop := context.WithCancel(t.Context())
	l, err := OpenListing(ctx, dir, "")
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 4; n++ {
		got := 0
		for range l.All() {
			if got++; got == n {
				break
			}
		}
		if got != n {
			t.Errorf("%d entries, want %d", got, n)
		}
	}
	stop()
	if _, err := OpenListing(ctx, dir, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context gave %v", err)
	}
}

// What goes away between opening and reading is an error, not a panic.
func TestListingOfWhatIsGone(t *testing.T) {
	for _, where := range []string{"f", "l.txt", "c.csv"} {
		dir := makeTree(t, "f/a.jpg", "l.txt:a.jpg", "c.csv:GalaxyID\n1")
		path := filepath.Join(dir, where)
		l, err := OpenListing(t.Context(), path, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		n := 0
		for e, err := range l.All() {
			n++
			if _, ok := errors.AsType[*galaxyzoo.DataError](err); !ok || e != (Entry{}) || !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: got %v and error %v", where, e, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d entries, want an error", where, n)
		}
	}
}

func TestEntrySource(t *testing.T) {
	dir := makeTree(t, "a.jpg:content", "d.jpg/x")
	s := Entry{ID: "7", File: filepath.Join(dir, "a.jpg"), Line: 3}.Source()
	if s.Name != "7" || s.File != filepath.Join(dir, "a.jpg") {
		t.Errorf("source is %s of %s", s.Name, s.File)
	}
	r, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if content, err := io.ReadAll(r); err != nil || string(content) != "content" {
		t.Errorf("content is %q, %v", content, err)
	}
	pipe := filepath.Join(dir, "pipe.jpg")
	syscall.Mkfifo(pipe, 0o666) // without one, the file is missing
	for _, file := range []string{filepath.Join(dir, "none.jpg"), filepath.Join(dir, "d.jpg"), pipe} {
		_, err := Entry{File: file}.Source().Open()
		if _, ok := errors.AsType[*galaxyzoo.DataError](err); !ok || !strings.HasPrefix(err.Error(), file+": failed to open image: ") {
			t.Errorf("%s: got error %v", file, err)
		}
	}
}

// A folder larger than a batch comes in the same order, each name once.
func TestSortedFolderInBatches(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var names []string
	for i := range 300 {
		names = append(names, fmt.Sprintf("%d.jpg", i*7919%1000))
	}
	dir := makeTree(t, names...)
	slices.Sort(names)
	all := func(fs.DirEntry) bool { return true }
	for _, batch := range []int{1, 2, 7, 100, 299, 300, 301, 1 + rng.IntN(300)} {
		var got []string
		for d, err := range sortedFolder(dir, batch, all) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, d.Name())
		}
		if !slices.Equal(got, names) {
			t.Errorf("batches of %d: %d names, want %d in order", batch, len(got), len(names))
		}
	}
}

// Going through a long catalogue holds nothing of it.
func TestListingMemory(t *testing.T) {
	const images = 200_000
	path := filepath.Join(t.TempDir(), "c.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fmt.Fprintln(f, "id_str,file_loc")
	for i := range images {
		fmt.Fprintf(f, "%d,some/folder/with/a/long/name/%d.jpg\n", i, i)
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	l, err := OpenListing(t.Context(), path, "")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range l.All() {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == images {
			// The file's and the reader's buffers, and a record, are far below
			// what a byte an image would be.
			if grown := int64(heap()) - int64(before); grown > images {
				t.Errorf("%d bytes are held for %d images", grown, images)
			}
		}
	}
	if l.Count != images || n != images {
		t.Errorf("counted %d, went through %d, want %d", l.Count, n, images)
	}
}
