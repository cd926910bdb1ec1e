package serve

import (
	"errors"
	"html/template"
	"image"
	"io"
	"net/http"
	"strings"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/infer"
)

// similarCount is how many similar galaxies an answer has.
const similarCount = 3

// A Classification is what a model says of one picture.
type Classification struct {
	Width       int               `json:"width"` // of the picture, in pixels
	Height      int               `json:"height"`
	Region      Region            `json:"region"` // that the network sees
	Description string            `json:"description"`
	Walk        []galaxyzoo.Step  `json:"walk"`
	Questions   []QuestionVotes   `json:"questions"`
	Similar     []infer.Neighbour `json:"similar,omitempty"`
}

// A Region is a rectangle of a picture, in its pixels from the top left.
type Region struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// QuestionVotes are one question of the tree with the votes for its answers.
type QuestionVotes struct {
	Number  int           `json:"question"`
	Short   string        `json:"short"`
	Text    string        `json:"text"`
	Asked   bool          `json:"asked"` // on the likely walk
	Answers []AnswerVotes `json:"answers"`
}

// AnswerVotes are one answer of a question with its vote. The vote is the share of
// those who came to the question times that of those who then gave the answer;
// the latter is the fraction, nil where nobody came to the question.
type AnswerVotes struct {
	Class    string   `json:"class"`
	Text     string   `json:"text"`
	Vote     float32  `json:"vote"`
	Fraction *float32 `json:"fraction"`
	Likely   bool     `json:"likely"` // the one with the most votes
}

// classify puts a galaxy's votes into the order of the tree.
func classify(votes *galaxyzoo.Votes) *Classification {
	c := &Classification{Walk: votes.Walk()}
	c.Description = galaxyzoo.Describe(c.Walk)
	positive := *votes
	for column, x := range positive {
		positive[column] = max(x, 0) // as Walk has it
	}
	fractions := positive.Conditional()
	for _, q := range galaxyzoo.Questions {
		question := QuestionVotes{Number: q.Number, Short: q.Short, Text: q.Text}
		likely := 0
		for i, a := range q.Answers {
			answer := AnswerVotes{Class: a.Class(), Text: a.Text, Vote: float32(votes[a.Column])}
			if fraction := float32(fractions[a.Column]); positive.Sum(q) > 0 {
				answer.Fraction = &fraction
			}
			if votes[a.Column] > votes[q.Answers[likely].Column] {
				likely = i
			}
			question.Answers = append(question.Answers, answer)
		}
		question.Answers[likely].Likely = positive.Sum(q) > 0
		c.Questions = append(c.Questions, question)
	}
	for _, step := range c.Walk {
		c.Questions[step.Answer.Question-1].Asked = true
	}
	return c
}

// Width is the length of the answer's bar, from 0 to 100.
func (a AnswerVotes) Width() float32 { return 100 * min(max(a.Vote, 0), 1) }

// serveClassify answers with a Classification of the image file that is sent: as
// JSON or, where that is asked for, as a part of the page. The parameter id names
// a galaxy that is not similar to itself.
func (s *Server) serveClassify(w http.ResponseWriter, r *http.Request) error {
	body, err := s.body(w, r)
	if err != nil {
		return err
	}
	file, err := io.ReadAll(body)
	if err != nil {
		return bad("failed to read the picture: %w", err)
	}
	w.Header().Set("Vary", "Accept")
	html := strings.Contains(r.Header.Get("Accept"), "text/html")

	var crop []byte
	var size image.Point
	var region image.Rectangle
	var picture template.URL
	err = s.decode(r.Context(), memory("picture", file), func(img *image.NRGBA) (err error) {
		crop, size, region = s.cut(img), img.Rect.Size(), s.crop.Rectangle(img)
		if html {
			picture, err = dataURL(img, pictureSide)
		}
		return err
	})
	if fault, ok := errors.AsType[*galaxyzoo.DataError](err); ok {
		return bad("%w", fault.Err) // of the only file there is
	}
	if err != nil {
		return err
	}
	out, err := s.batcher.predict(r.Context(), [][]byte{crop})
	if err != nil {
		return err
	}
	s.metrics.images.Inc()
	c := classify(&out.votes[0])
	c.Width, c.Height = size.X, size.Y
	c.Region = Region{X: region.Min.X, Y: region.Min.Y, Width: region.Dx(), Height: region.Dy()}
	if s.options.Features != nil {
		c.Similar = s.options.Features.Nearest(out.features, similarCount, r.URL.Query().Get("id"))
	}
	if html {
		return s.writeResult(w, r, c, picture)
	}
	return writeJSON(w, http.StatusOK, c)
}
