package serve

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/infer"
)

// The page is all there is to it, and what its policy allows is what it holds.
func TestPage(t *testing.T) {
	o := testOptions()
	o.Name = "<b>galaxies</b>"
	s := newTestServer(t, &fakeModel{}, o)
	w := ask(s, "GET", "/", nil)
	page, header := w.Body.String(), w.Header()
	if w.Code != 200 || header.Get("Content-Type") != "text/html; charset=utf-8" || header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d, %v", w.Code, header)
	}
	policy := header.Get("Content-Security-Policy")
	for _, element := range []string{"style", "script"} {
		match := regexp.MustCompile(`(?s)<` + element + `>(.*?)</` + element + `>`).FindStringSubmatch(page)
		if match == nil {
			t.Fatalf("the page has no %s", element)
		}
		sum := sha256.Sum256([]byte(match[1]))
		if want := element + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "connect-src 'self'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	if outside := regexp.MustCompile(`(?i)(src|href|url\()=?["']?(https?:)?//`).FindString(page); outside != "" {
		t.Errorf("the page fetches something: %s", outside)
	}
	if strings.Contains(page, o.Name) || !strings.Contains(page, "&lt;b&gt;galaxies") {
		t.Error("the name of the model is not escaped")
	}
	if !strings.Contains(page, `data-max-body="2097152"`) {
		t.Error("the page does not know how large a picture may be")
	}
}

// answered is a Classification as a client reads it.
type answered struct {
	Classification
	Walk []struct{ Class string } `json:"walk"`
}

// A picture is classified as the library does it, and told as JSON or as a part of
// the page.
func TestClassify(t *testing.T) {
	m := loadModel(t, centreCrop)
	file := galaxyJPEG(t, 3)
	votes, _, _ := votesOf(t, m, file)
	s := newTestServer(t, m, testOptions())
	w := ask(s, "POST", "/classify", bytes.NewReader(file))
	var c answered
	if err := json.Unmarshal(w.Body.Bytes(), &c); err != nil || w.Code != 200 {
		t.Fatalf("%d, %v, %s", w.Code, err, w.Body)
	}
	if c.Width != 424 || c.Height != 424 || c.Region != (Region{112, 112, 200, 200}) {
		t.Errorf("%dx%d pixels, the region is %v", c.Width, c.Height, c.Region)
	}
	if want := galaxyzoo.Describe(votes.Walk()); c.Description != want {
		t.Errorf("described as %q, want %q", c.Description, want)
	}
	var got []float64
	for _, q := range c.Questions {
		for _, a := range q.Answers {
			got = append(got, float64(a.Vote))
		}
	}
	if !sameVotes(got, votes) {
		t.Errorf("votes %v, want %v", got, votes)
	}

	w = ask(s, "POST", "/classify", bytes.NewReader(file), "Accept", "text/html")
	part := w.Body.String()
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || w.Header().Get("Vary") != "Accept" {
		t.Errorf("%d, %v", w.Code, w.Header())
	}
	for _, want := range []string{
		`<svg class="picture" viewBox="0 0 424 424"`,
		`<rect class="region" x="112" y="112" width="200" height="200"/>`,
		`href="data:image/jpeg;base64,`,
		`The likely way: ` + strings.ReplaceAll(c.Description, "'", "&#39;"),
	} {
		if !strings.Contains(part, want) {
			t.Errorf("the part of the page lacks %s", want)
		}
	}
	if strings.Contains(part, "ZgotmplZ") || strings.Contains(part, "<no value>") {
		t.Error("the template has left something out")
	}
	if rows := strings.Count(part, "<tr"); rows != galaxyzoo.NumAnswers {
		t.Errorf("%d bars, want %d", rows, galaxyzoo.NumAnswers)
	}

	for body, want := range map[string]string{
		"":                             "the file is empty",
		"galaxy":                       "the content is text",
		string(file[:len(file)/2]):     "failed to decode JPEG",
		strings.Repeat(" ", 2<<20+100): "larger than 2097152 bytes",
	} {
		w := ask(s, "POST", "/classify", strings.NewReader(body), "Accept", "text/html")
		if w.Code != 400 && w.Code != 413 || !strings.Contains(refusedFor(w), want) {
			t.Errorf("%.20q: %d, %s; want %s", body, w.Code, w.Body, want)
		}
	}
}

// Where the network sees all of a picture, there is no frame.
func TestClassifyWhole(t *testing.T) {
	crop := imageproc.Preprocessing{Crop: imageproc.CropCentre, Width: 424, Size: testSize}
	s, err := New(loadModel(t, crop), testOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := ask(s, "POST", "/classify", bytes.NewReader(galaxyJPEG(t, 0)), "Accept", "text/html")
	if part := w.Body.String(); strings.Contains(part, `class="region"`) || !strings.Contains(part, "sees all of it") {
		t.Errorf("%d: a frame is drawn about the whole picture", w.Code)
	}
}

// Similar galaxies come with their pictures as far as they are to be had, without
// the galaxy itself.
func TestSimilar(t *testing.T) {
	m := loadModel(t, centreCrop)
	dir := t.TempDir()
	features := infer.NewFeatures(testFeatures)
	for i := range 5 {
		path := filepath.Join(dir, fmt.Sprintf("%d.jpg", i))
		if i != 1 { // one is not there any more
			if err := os.WriteFile(path, galaxyJPEG(t, i), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		s := newTestServer(t, m, testOptions())
		w := ask(s, "POST", "/v1/models/galaxies:predict", strings.NewReader(`{"signature_name":"features",`+instances(galaxyJPEG(t, i))[1:]))
		var answer struct {
			Predictions []struct{ Features []float32 }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		if err := features.Add(fmt.Sprint(i), path, answer.Predictions[0].Features); err != nil {
			t.Fatal(err)
		}
	}
	o := testOptions()
	o.Features = features
	s := newTestServer(t, m, o)
	var c answered
	for id, want := range map[string]int{"": 0, "0": -1} {
		w := ask(s, "POST", "/classify?id="+id, bytes.NewReader(galaxyJPEG(t, 0)))
		if err := json.Unmarshal(w.Body.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		found := -1
		for i, n := range c.Similar {
			if n.ID == "0" {
				found = i
			}
		}
		if len(c.Similar) != similarCount || found != want {
			t.Errorf("id %q: similar are %v", id, c.Similar)
		}
	}
	part := ask(s, "POST", "/classify", bytes.NewReader(galaxyJPEG(t, 1)), "Accept", "text/html").Body.String()
	if pictures, none := strings.Count(part, `<img src="data:image/jpeg`), strings.Count(part, "no picture"); pictures != 2 || none != 1 {
		t.Errorf("%d pictures and %d that are not there, want 2 and 1", pictures, none)
	}

	o.Features = infer.NewFeatures(testFeatures + 1)
	if _, err := newServer(m, centreCrop, o); !errors.Is(err, ErrOtherFeatures) || !strings.Contains(err.Error(), "6 values a galaxy, the model gives 5") {
		t.Errorf("features of another model: %v", err)
	}
}

func TestExample(t *testing.T) {
	s := newTestServer(t, &fakeModel{}, testOptions())
	w := ask(s, "GET", "/example?n=100", nil)
	img, err := jpeg.Decode(w.Body)
	if err != nil || w.Header().Get("Content-Type") != "image/jpeg" {
		t.Fatalf("%d, %v, %v", w.Code, err, w.Header())
	}
	if size := img.Bounds().Size(); size.X != galaxyzoo.ImageSize || size.Y != galaxyzoo.ImageSize {
		t.Errorf("drawn with %v pixels", size)
	}
}

// The drawing has an edge for every way from a question to another or to an end,
// which begins at the question's box and ends at that of the next.
func TestEdgesFollowTheTree(t *testing.T) {
	type way struct{ from, to int }
	want := map[way]int{} // first column
	for _, a := range galaxyzoo.Answers {
		if _, seen := want[way{a.Question, a.Next}]; !seen && a.Question != 8 { // whose answers all end
			want[way{a.Question, a.Next}] = a.Column
		}
	}
	for _, place := range edgePlaces {
		a := galaxyzoo.Answers[place.column]
		key := way{a.Question, a.Next}
		if column, ok := want[key]; !ok || column != place.column {
			t.Errorf("the edge of %s is none, or not that of the first answer", a.Class())
		}
		delete(want, key)
		from, to := pathEnds(t, place.path)
		if !onBorder(boxPlaces[a.Question-1], from) {
			t.Errorf("%s: the edge begins at %v, away from its question", a.Class(), from)
		}
		if a.Terminal() != (place.end != nil) {
			t.Errorf("%s: the edge has the end %v", a.Class(), place.end)
		} else if place.end != nil && math.Hypot(float64(to.X-place.end.X), float64(to.Y-place.end.Y)) > 5 {
			t.Errorf("%s: the edge ends at %v, its dot is at %v", a.Class(), to, *place.end)
		} else if !a.Terminal() && !onBorder(boxPlaces[a.Next-1], to) {
			t.Errorf("%s: the edge ends at %v, away from the next question", a.Class(), to)
		}
	}
	if len(want) > 0 {
		t.Errorf("there is no edge for %v", want)
	}
}

func onBorder(box, p point) bool {
	x, y := p.X-box.X, p.Y-box.Y
	within := x >= 0 && x <= boxWidth && y >= 0 && y <= boxHeight
	return within && (x == 0 || x == boxWidth || y == 0 || y == boxHeight)
}

// pathEnds returns the first and the last point of a path of the commands M, H, V
// and Q.
func pathEnds(t *testing.T, path string) (first, last point) {
	t.Helper()
	commands := regexp.MustCompile(`([MHVQ])([0-9 ]+)`).FindAllStringSubmatch(path, -1)
	for i, c := range commands {
		var p point
		var err error
		switch c[1] {
		case "M":
			_, err = fmt.Sscan(c[2], &p.X, &p.Y)
		case "H":
			p.Y = last.Y
			_, err = fmt.Sscan(c[2], &p.X)
		case "V":
			p.X = last.X
			_, err = fmt.Sscan(c[2], &p.Y)
		case "Q":
			var bend point
			_, err = fmt.Sscan(c[2], &bend.X, &bend.Y, &p.X, &p.Y)
		}
		if err != nil {
			t.Fatalf("%q in %q: %v", c[0], path, err)
		}
		if last = p; i == 0 {
			first = p
		}
	}
	return first, last
}

// What is lit is the walk: its questions, and an edge for each step but one that
// ends in the last box.
func TestDrawingLightsTheWalk(t *testing.T) {
	for i, g := range galaxyzoo.Synthetic(200, 1).Galaxies {
		c := classify(&g.Votes)
		d := c.draw()
		boxes, edges := 0, 0
		for _, b := range d.Boxes {
			if b.Lit {
				boxes++
			}
		}
		for _, e := range d.Edges {
			if e.Lit {
				edges++
			}
		}
		want := len(c.Walk)
		if c.Walk[len(c.Walk)-1].Answer.Question == 8 {
			want--
		}
		if boxes != len(c.Walk) || edges != want {
			t.Errorf("galaxy %d, %s: %d boxes and %d edges are lit", i+1, c.Description, boxes, edges)
		}
	}
}

// Votes that no crowd gives do not break the drawing: none at all, and those
// below 0 that a network with a linear output has.
func TestClassifyOddVotes(t *testing.T) {
	none := classify(&galaxyzoo.Votes{})
	if d := none.draw(); len(none.Walk) != 0 || d.Boxes[0].Lit || d.Boxes[0].Answer != "not asked" {
		t.Errorf("no votes: %+v", d.Boxes[0])
	}
	if _, err := json.Marshal(none); err != nil {
		t.Errorf("no votes: %v", err)
	}
	c := classify(&galaxyzoo.Votes{0: -0.2, 1: 0.5, 2: 0})
	first := c.Questions[0].Answers
	if *first[0].Fraction != 0 || *first[1].Fraction != 1 || first[0].Width() != 0 || first[1].Width() != 50 {
		t.Errorf("votes below 0: fractions %v and %v", *first[0].Fraction, *first[1].Fraction)
	}
}
