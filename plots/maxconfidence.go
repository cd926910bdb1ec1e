package plots

import (
	"errors"
	"fmt"

	"gonum.org/v1/plot/vg"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

const exampleLabel = vg.Length(19) // two lines below an image

// MaxConfidence draws the galaxy with the highest vote of each answer. Answers
// without an example keep an empty frame.
func MaxConfidence(examples []Example, src Source) (*Figure, error) {
	byColumn, err := examplesByColumn(examples)
	if err != nil {
		return nil, fmt.Errorf("failed to draw the most certain galaxies: %w", err)
	}
	grid := answerGrid{}
	grid.cell = grid.width() + exampleLabel
	return &Figure{
		Name:    "max-confidence",
		Title:   "The galaxy that each answer got the most votes for",
		Caption: src.caption("Whole images as the volunteers saw them, with the vote (0 to 1) and the galaxy's id."),
		Width:   FullWidth,
		Height:  grid.height(),
		Draw: func(c *Canvas) {
			grid.draw(c, func(a galaxyzoo.Answer, r vg.Rectangle) {
				frame := Square(r)
				text := "no image"
				if e := byColumn[a.Column]; e != nil {
					c.Photo(frame, e.Image)
					text = fmt.Sprintf("%s  ·  %d", Decimal(e.Vote, 2), e.ID)
				} else {
					c.FillRect(frame, c.Theme.Panel)
				}
				style, name := Fitted(Aligned(c.Type(SizeSmall), Left, Top), a.Text, r.Size().X)
				c.Text(style, r.Min.X, frame.Min.Y-2, name)
				style, text = Fitted(Aligned(c.Note(SizeTiny), Left, Top), text, r.Size().X)
				c.Text(style, r.Min.X, frame.Min.Y-10.5, text)
			})
		},
	}, nil
}

func examplesByColumn(examples []Example) (byColumn [galaxyzoo.NumAnswers]*Example, err error) {
	if len(examples) == 0 {
		return byColumn, errors.New("no image could be read")
	}
	for i := range examples {
		e := &examples[i]
		if e.Image == nil || e.Image.Rect.Empty() {
			return byColumn, fmt.Errorf("galaxy %d has no image", e.ID)
		}
		byColumn[e.Answer.Column] = e
	}
	return byColumn, nil
}
