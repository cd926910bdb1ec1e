package infer

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"image"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// TensorFlow's decoder gives an image of the size that the header says, within the
// limits, or none, and never brings the process down.
func FuzzNativeJPEG(f *testing.F) {
	var photo, grey bytes.Buffer
	colours := image.NewNRGBA(image.Rect(0, 0, 40, 33))
	for i := range colours.Pix {
		colours.Pix[i] = uint8(i * i / 7)
	}
	err1 := jpeg.Encode(&photo, colours, nil)
	err2 := jpeg.Encode(&grey, image.NewGray(image.Rect(0, 0, 9, 9)), nil)
	if err := errors.Join(err1, err2); err != nil {
		f.Fatal(err)
	}
	f.Add(photo.Bytes())
	f.Add(photo.Bytes()[:photo.Len()/2])
	f.Add(grey.Bytes())
	files, err := filepath.Glob(filepath.Join(os.Getenv("TFGALAXY_DATA"), "images_training_rev1", "10000*.jpg"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files { // made to say that they are small
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		frame := bytes.Index(content, []byte{0xff, 0xc0}) // then length, precision, height and width
		binary.BigEndian.PutUint16(content[frame+5:], 40)
		binary.BigEndian.PutUint16(content[frame+7:], 48)
		f.Add(content[:min(len(content), 4000)])
	}
	d, err := OpenDecoder()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { d.Close() })
	d.Limits = imageproc.Limits{MaxBytes: 1 << 16, MaxWidth: 64, MaxHeight: 48}
	f.Fuzz(func(t *testing.T, content []byte) {
		if !bytes.HasPrefix(content, []byte("\xff\xd8")) {
			return
		}
		img, err := d.Decode(bytes.NewReader(content), "fuzz")
		if err != nil {
			if _, ok := errors.AsType[*galaxyzoo.DataError](err); !ok {
				t.Fatalf("error %#v, want a *DataError", err)
			}
			return
		}
		config, err := jpeg.DecodeConfig(bytes.NewReader(content))
		if err != nil || img.Rect != image.Rect(0, 0, config.Width, config.Height) || !img.Opaque() {
			t.Fatalf("bounds %v, header %dx%d, %v", img.Rect, config.Width, config.Height, err)
		}
	})
}

// Settings of the crops are refused, or are what they are once written.
func FuzzPreprocessing(f *testing.F) {
	for _, seed := range []string{`{"crop":"roi","size":64}`, `{"crop":"centre","width":144,"size":48,"oversample":1.5}`, `{"crop":"centre","width":144,"size":48,"margin":8}`,
		`{"crop":"centre","width":-1,"size":1e9}`, `{"crop":"roi","size":1,"oversample":1e308}`, "null", "", strings.Repeat("[", 20_000)} {
		f.Add([]byte(seed))
	}
	picture := image.NewNRGBA(image.Rect(0, 0, 31, 27))
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := ParsePreprocessing(content)
		if err != nil {
			return
		}
		written, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ParsePreprocessing(written); err != nil || again != p {
			t.Fatalf("%+v, then %+v, %v", p, again, err)
		}
		if p.Size <= 32 {
			if got := p.Apply(picture).Rect; got != image.Rect(0, 0, p.Size, p.Size) {
				t.Fatalf("%v: bounds %v", p, got)
			}
		}
	})
}

// checkFault wants an error about the user's data, or about the way the program was
// called.
func checkFault(t *testing.T, err error) {
	t.Helper()
	_, data := errors.AsType[*galaxyzoo.DataError](err)
	_, usage := errors.AsType[*run.UsageError](err)
	if !data && !usage {
		t.Fatalf("error %#v, want a *DataError or a *UsageError", err)
	}
}

// fuzzMeta is how a table of votes and their walks is made.
func fuzzMeta(images int) *Meta {
	j := &Job{Answers: true, Options: Options{Consistent: true}}
	return &Meta{Columns: j.columns(), Models: []ModelID{{"small", "abc"}}, Views: 1, Consistent: true, Shard: Whole.String(), Listed: images, Predicted: images}
}

func fuzzRow(id string) *journalRow {
	cells := make([]string, len(fuzzMeta(0).Columns)-1)
	for i := range cells {
		cells[i] = "0.25"
	}
	cells[len(cells)-1] = "smooth, \"round\"\n"
	return &journalRow{ID: id, File: fileName(id + ".jpg"), Cells: cells}
}

// Whatever lies where a prediction was stopped, going on either says what is wrong,
// or keeps whole rows, which are the same when it is opened again.
func FuzzJournal(f *testing.F) {
	meta := fuzzMeta(3)
	var whole []byte
	for _, value := range []any{meta, fuzzRow("1"), &journalRow{ID: "2", File: "2.jpg", Error: "is text"}, fuzzRow("a\nb")} {
		line, err := json.Marshal(value)
		if err != nil {
			f.Fatal(err)
		}
		whole = append(append(whole, line...), '\n')
	}
	for _, seed := range [][]byte{whole, whole[:len(whole)-1], whole[:len(whole)/2], nil, []byte("\n\n"), []byte("{}\n{}\n"), []byte("null\nnull\n"),
		bytes.Replace(whole, []byte("0.25"), []byte("NaN"), 1), bytes.ReplaceAll(whole, []byte("abc"), []byte("abd")), whole[1:]} {
		f.Add(seed, 1<<20, true)
	}
	f.Add(whole, 1, true)
	f.Add(whole, 0, true)
	f.Add(summedLines(whole), 1<<20, false)
	table := filepath.Join(f.TempDir(), "votes.csv")
	f.Fuzz(func(t *testing.T, content []byte, vouched int, sum bool) {
		if sum { // or hardly any input would come as far as its JSON
			content = summedLines(content)
		}
		if err := os.WriteFile(table+journalSuffix, content, 0o644); err != nil {
			t.Fatal(err)
		}
		open := func() *journal {
			j, err := openJournal(table, meta, true, func() (int, error) { return max(vouched, 0), nil })
			if err != nil {
				checkFault(t, err)
				return nil
			}
			if err := j.close(); err != nil {
				t.Fatal(err)
			}
			return j
		}
		first := open()
		if first == nil {
			return
		}
		if most := bytes.Count(content, []byte("\n")); first.rows > max(most-1, 0) || first.good > first.rows || first.good > max(vouched, 0) {
			t.Fatalf("%d rows, %d good, %d vouched for, of %d lines", first.rows, first.good, vouched, most)
		}
		if again := open(); again == nil || again.rows != first.rows || again.good != first.good {
			t.Fatalf("%+v, then %+v", first, again)
		}
	})
}

// summedLines puts the checksum of each whole line before it.
func summedLines(lines []byte) []byte {
	var summed []byte
	for line := range bytes.Lines(lines) {
		if whole, ended := bytes.CutSuffix(line, []byte("\n")); ended {
			summed = append(summed, crcOf(whole)...)
		}
		summed = append(summed, line...)
	}
	return summed
}

// The parts of a table are joined, or it is said what is wrong with one.
func FuzzMerge(f *testing.F) {
	dir := f.TempDir()
	meta := fuzzMeta(3)
	meta.Unreadable = 1
	meta.Predicted = 2
	table := filepath.Join(dir, "whole.csv")
	t, err := newTableFile(table, false, meta)
	if err != nil {
		f.Fatal(err)
	}
	for _, row := range []*journalRow{fuzzRow("1"), fuzzRow("a\nb"), {ID: "2", File: "2.jpg", Error: "is text"}} {
		if row.Cells != nil {
			row.Cells[len(row.Cells)-2] = "0.1"
		}
		if err := t.add(row); err != nil {
			f.Fatal(err)
		}
	}
	if err := t.place(); err != nil {
		f.Fatal(err)
	}
	seed := func(path string) []byte {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		return content
	}
	rows, made, faults := seed(table), seed(metaFile(table)), seed(errorsFile(table))
	f.Add(rows, made, faults)
	f.Add(rows[:len(rows)-3], made, faults)
	f.Add(bytes.ReplaceAll(rows, []byte("0.25"), []byte("1e999")), made, faults)
	f.Add(bytes.ReplaceAll(rows, []byte("0.25"), []byte("\"")), made, faults)
	f.Add(rows, bytes.ReplaceAll(made, []byte("1/1"), []byte("1/99999999")), faults)
	f.Add(rows, made[:len(made)/2], faults)
	f.Add(rows, made, faults[1:])
	f.Add([]byte{}, []byte("null"), []byte{})
	part, out := filepath.Join(dir, "part.csv"), filepath.Join(dir, "out.csv")
	f.Fuzz(func(t *testing.T, rows, made, faults []byte) {
		for path, content := range map[string][]byte{part: rows, metaFile(part): made, errorsFile(part): faults} {
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		s, err := Merge(t.Context(), []string{part}, out)
		if err != nil {
			checkFault(t, err)
			return
		}
		if s.Predicted < 1 || s.Predicted+s.Unreadable != s.Images || s.Images > bytes.Count(rows, []byte("\n"))+bytes.Count(faults, []byte("\n")) {
			t.Fatalf("%+v of %q and %q", s, rows, faults)
		}
	})
}

// Features are those of the file, or an error about it.
func FuzzFeatures(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "f.npy")
	writeFeatures(f, path, handmadeFeatures(f, 3, 4))
	values, err1 := os.ReadFile(path)
	ids, err2 := os.ReadFile(npyIDs(path))
	if err := errors.Join(err1, err2); err != nil {
		f.Fatal(err)
	}
	f.Add(values, ids)
	f.Add(values[:len(values)-1], ids)
	f.Add(values, ids[:len(ids)-10])
	f.Add(bytes.Replace(values, []byte("(3, 4)"), []byte("(4611686018427387904, 4)"), 1), ids)
	f.Add(bytes.Replace(values, []byte("(3, 4)"), []byte("(-3, -4)"), 1), ids)
	f.Add(bytes.Replace(values, []byte("<f4"), []byte(">i8"), 1), []byte("GalaxyID,file\n\""))
	f.Add([]byte("\x93NUMPY\x02\x00\xff\xff\xff\x7f"), ids)
	f.Fuzz(func(t *testing.T, values, ids []byte) {
		err1, err2 := os.WriteFile(path, values, 0o644), os.WriteFile(npyIDs(path), ids, 0o644)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		features, err := ReadFeatures(path)
		if err != nil {
			checkFault(t, err)
			return
		}
		if features.Len() < 1 || len(features.Values) != features.Len()*features.Size || 4*len(features.Values) > len(values) {
			t.Fatalf("%d galaxies with %d features, %d values from %d bytes", features.Len(), features.Size, len(features.Values), len(values))
		}
		for _, x := range features.Values {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				t.Fatalf("a feature is %v", x)
			}
		}
	})
}
