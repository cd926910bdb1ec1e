package imageproc

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// An Entry is one image of a Listing.
type Entry struct {
	ID   string // the file's name without folder and extension, or the catalogue's id
	File string
	Line int // of the list or catalogue, from 1; 0 for what was found in folders
}

// Source makes the entry's file something to open.
func (e Entry) Source() Source {
	return Source{Name: e.ID, File: e.File, Open: func() (io.ReadCloser, error) {
		f, err := galaxyzoo.OpenFile(e.File)
		if err != nil {
			return nil, &galaxyzoo.DataError{File: e.File, Err: fmt.Errorf("failed to open image: %w", err)}
		}
		return f, nil
	}}
}

// A Listing is a set of images, one after another and never all in memory: it
// is found anew each time it is gone through.
type Listing struct {
	Where string // as given to OpenListing
	Count int    // images found on opening

	entries iter.Seq2[Entry, error] // without what locate adds
	locate  func(id string) string  // the file for an id; nil where entries have theirs
	seed    maphash.Seed
	files   []uint64 // sorted hashes of what was found in folders on opening
}

// OpenListing finds the images at a place, which is one of
//
//   - a folder: its images, and those of the folders in it, in the order of
//     their names. Links to images are followed, links to folders are not,
//     except where itself. Hidden files and folders are left out.
//   - a glob pattern, as filepath.Match has them; with no path that exists.
//   - a list, .txt: a path a line; blank lines and lines that start with # are
//     passed over.
//   - a catalogue, .csv: GalaxyID with or without a column file, or id_str and
//     file_loc, among any other columns. Without a column of files the image of
//     an id is ID.jpg, or else ID.jpeg, .png, .fits, .fit or .fts.
//   - a single image.
//
// An image in a folder is what has one of those extensions, in any case. Paths
// in a list or catalogue, and ids, are relative to folder, or where that is "" to
// the folder of the list itself; with all else folder must be "".
//
// A path may lead anywhere, by .., from the root, or by links: a survey's images
// lie on other disks than its catalogues, and a folder of links is a common way to
// choose some. A catalogue of somebody else's can have files read that are no
// images, but learns and tells nothing of them: they are files and no devices or
// pipes, only JPEG, PNG and FITS are decoded, and messages do not quote what else
// is in a file. An id that stands for a file is a name, and does not leave the folder.
//
// Every image has an id of its own, in UTF-8, or the listing does not open; nor does it
// without an image. A file that a list or catalogue names need not exist. Opening
// takes 16 bytes of memory an image, and less than 40 for a moment; 8 are kept of
// what was found in folders. Errors are *galaxyzoo.DataError, joined where they are several.
func OpenListing(ctx context.Context, where, folder string) (*Listing, error) {
	l := &Listing{Where: where}
	nothing, err := l.find(folder)
	if err != nil {
		return nil, err
	}
	if err := l.count(ctx); err != nil {
		return nil, err
	}
	if l.Count == 0 {
		return nil, &galaxyzoo.DataError{File: where, Err: errors.New(nothing)}
	}
	return l, nil
}

// All goes through the images, from the start and in the same order each time, and
// they are those of the opening: what has come into a folder since is passed over, and
// what is gone from there, or a list that has changed, is an error at the end. After
// an error, which is a *galaxyzoo.DataError, there is nothing more.
func (l *Listing) All() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		found := 0
		for e, err := range l.entries {
			if err == nil && e.Line == 0 {
				if _, known := slices.BinarySearch(l.files, maphash.String(l.seed, e.File)); !known {
					continue
				}
			}
			if err == nil && found == l.Count {
				e, err = Entry{}, l.changed()
			}
			if err == nil && l.locate != nil {
				e.File = l.locate(e.ID)
			}
			found++
			if !yield(e, err) || err != nil {
				return
			}
		}
		if found < l.Count {
			yield(Entry{}, l.changed())
		}
	}
}

func (l *Listing) changed() error {
	return &galaxyzoo.DataError{File: l.Where, Err: fmt.Errorf("has changed while it was read: there were %d images", l.Count)}
}

// find sets what goes through the images, and returns what to say where there
// are none.
func (l *Listing) find(folder string) (nothing string, err error) {
	fail := func(err error) (string, error) { return "", &galaxyzoo.DataError{File: l.Where, Err: err} }
	info, err := os.Stat(l.Where)
	extension := strings.ToLower(filepath.Ext(l.Where))
	lists := err == nil && info.Mode().IsRegular() && (extension == ".txt" || extension == ".csv")
	switch {
	case lists:
		return l.findIn(folder, extension)
	case folder != "" && (err == nil || isPattern(l.Where)):
		return fail(fmt.Errorf("want a list (.txt) or a catalogue (.csv) where the folder of its images is given, %q", folder))
	case errors.Is(err, fs.ErrNotExist) && isPattern(l.Where):
		if strings.Contains(l.Where, "**") {
			return fail(errors.New("** is no pattern here; name the folder alone, its subfolders are searched too"))
		}
		if _, err := filepath.Match(l.Where, ""); err != nil {
			return fail(errors.New("malformed pattern: a [ or a backslash lacks what belongs to it"))
		}
		l.entries = globbed(l.Where)
		return "no " + imageExtensions.String() + " file matches the pattern", nil
	case err != nil:
		return fail(fmt.Errorf("failed to open the images: %w", galaxyzoo.Reason(err)))
	case info.IsDir():
		l.entries = inFolder(l.Where)
		return "holds no " + imageExtensions.String() + " file", nil
	case info.Mode().IsRegular() && imageExtensions.of(l.Where):
		l.entries = func(yield func(Entry, error) bool) { yield(found(l.Where), nil) }
		return "", nil
	}
	return fail(errors.New("want a folder, a pattern, a list (.txt), a catalogue (.csv) or an image"))
}

// findIn is find for a list and for a catalogue.
func (l *Listing) findIn(folder, extension string) (nothing string, err error) {
	fail := func(err error) (string, error) { return "", &galaxyzoo.DataError{File: folder, Err: err} }
	if folder == "" {
		folder = filepath.Dir(l.Where)
	} else if info, err := os.Stat(folder); err != nil {
		return fail(fmt.Errorf("failed to open the folder of the images: %w", galaxyzoo.Reason(err)))
	} else if !info.IsDir() {
		return fail(errors.New("is a file, want the folder of the images"))
	}
	info, err := os.Stat(l.Where)
	if err != nil {
		return "", &galaxyzoo.DataError{File: l.Where, Err: fmt.Errorf("failed to open the images: %w", galaxyzoo.Reason(err))}
	}
	if extension == ".txt" {
		l.entries = unchanged(l.Where, info, listed(l.Where, folder))
		return "lists no file, want a path a line", nil
	}
	c, err := openCatalogue(l.Where)
	if err != nil {
		return "", err
	}
	l.entries = unchanged(l.Where, info, c.rows(folder))
	if c.file < 0 {
		l.locate = func(id string) string { return imageExtensions.locate(folder, id) }
	}
	return "has no row below its header", nil
}

// count goes through all entries, counts them and looks for ids that come twice.
func (l *Listing) count(ctx context.Context) error {
	l.seed = maphash.MakeSeed()
	var hashes []uint64
	for e, err := range l.entries {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err == nil {
			err = l.checkID(e)
		}
		if err != nil {
			return err
		}
		hashes = append(hashes, maphash.String(l.seed, e.ID))
		if e.Line == 0 {
			l.files = append(l.files, maphash.String(l.seed, e.File))
		}
	}
	slices.Sort(l.files)
	l.Count = len(hashes)

	slices.Sort(hashes)
	suspects := map[uint64]bool{}
	for i := 1; i < len(hashes) && len(suspects) < maxImageErrors; i++ {
		if hashes[i] == hashes[i-1] {
			suspects[hashes[i]] = true
		}
	}
	if len(suspects) == 0 {
		return nil
	}
	var faults []error
	firsts := map[string]Entry{} // a hash may be shared by ids that differ
	for e, err := range l.entries {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		if !suspects[maphash.String(l.seed, e.ID)] {
			continue
		}
		first, twice := firsts[e.ID]
		if !twice {
			firsts[e.ID] = e
			continue
		}
		faults = append(faults, l.repeated(first, e))
		if len(faults) == maxImageErrors {
			break
		}
	}
	return errors.Join(faults...)
}

// ownIDs is a way out where names are no ids.
const ownIDs = "a catalogue with the columns id_str,file_loc"

// checkID returns an error for an id that not every format of a table can hold.
func (l *Listing) checkID(e Entry) error {
	switch {
	case strings.Contains(e.ID, "\r\n"):
		return &galaxyzoo.DataError{File: l.Where, Line: e.Line, Err: fmt.Errorf("the id %q has a line break of two characters, of which CSV keeps one", e.ID)}
	case utf8.ValidString(e.ID):
		return nil
	case e.Line == 0:
		return &galaxyzoo.DataError{File: e.File, Err: fmt.Errorf("the name is not UTF-8; rename the file, or give it an id in %s", ownIDs)}
	}
	return &galaxyzoo.DataError{File: l.Where, Line: e.Line, Err: fmt.Errorf("the id %q is not UTF-8", e.ID)}
}

func (l *Listing) repeated(first, second Entry) error {
	switch {
	case second.Line == 0:
		return &galaxyzoo.DataError{File: second.File, Err: fmt.Errorf("has the id %q of %s; rename one, or give them ids in %s", second.ID, galaxyzoo.Quoted(first.File), ownIDs)}
	case second.File == "" || filepath.Clean(first.File) == filepath.Clean(second.File):
		return &galaxyzoo.DataError{File: l.Where, Line: second.Line,
			Err: fmt.Errorf("image %q was already given on line %d", second.ID, first.Line)}
	default:
		return &galaxyzoo.DataError{File: l.Where, Line: second.Line,
			Err: fmt.Errorf("%s has the id %q of %s on line %d", galaxyzoo.Quoted(second.File), second.ID, galaxyzoo.Quoted(first.File), first.Line)}
	}
}
