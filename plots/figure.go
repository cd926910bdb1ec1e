package plots

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
	"gonum.org/v1/plot/vg"
)

// A Figure is a picture that can be drawn in any format and theme.
type Figure struct {
	Name  string // of its file, and what --only selects: "class-counts"
	Title string // one line
	// Caption says what is drawn, in which units, how many galaxies it is
	// drawn from and which file they came from. It is printed below the
	// picture and stored in PNG and SVG files.
	Caption string
	// Width and Height are of the area that Draw fills, in points. The title,
	// the caption and the margins come on top, see Size.
	Width, Height vg.Length
	Draw          func(c *Canvas)
	// Bare leaves the title and the caption out of the picture, for a page
	// that prints them itself.
	Bare bool
	// Resolution is that of PNG files, in pixels per inch; 0 means DPI.
	Resolution int
}

// Size returns the size of the whole picture, in points.
func (f *Figure) Size() (width, height vg.Length) {
	head, foot := f.head(), f.foot()
	return f.Width + 2*Margin, f.Height + 2*Margin + head + foot
}

func (f *Figure) head() vg.Length {
	if f.Bare || f.Title == "" {
		return 0
	}
	return lineHeight(SizeTitle) + 6
}

func (f *Figure) foot() vg.Length {
	lines := len(f.captionLines())
	if lines == 0 {
		return 0
	}
	return vg.Length(lines)*lineHeight(SizeSmall) + 10
}

func (f *Figure) captionLines() []string {
	if f.Bare {
		return nil
	}
	return Wrap(Type(SizeSmall, nil), f.Caption, f.Width)
}

// render draws the figure, with its title and caption, on a canvas of its Size.
// A panic below, such as gonum/plot raises for values it cannot scale, is
// returned as an error.
func (f *Figure) render(c *Canvas) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("%v", fault)
		}
	}()
	width, height := f.Size()
	c.FillRect(box(0, 0, width, height), c.Theme.Background)

	y := height - Margin
	if f.head() > 0 {
		style, title := Fitted(Bold(c.Type(SizeTitle)), f.Title, f.Width)
		c.Text(Aligned(style, Left, Top), Margin, y, title)
	}
	f.Draw(c.In(box(Margin, Margin+f.foot(), f.Width, f.Height)))

	y = Margin + f.foot() - 10
	for _, line := range f.captionLines() {
		c.Text(Aligned(c.Note(SizeSmall), Left, Top), Margin, y, line)
		y -= lineHeight(SizeSmall)
	}
	return nil
}

// Write renders the figure. The bytes depend on the figure, format and theme
// alone.
func (f *Figure) Write(w io.Writer, format Format, theme Theme) error {
	encode, ok := encoders[format]
	if !ok {
		return fmt.Errorf("failed to draw figure %s: format %q, want one of %s", f.Name, format, formatList())
	}
	if err := encode(f, w, theme); err != nil {
		return fmt.Errorf("failed to draw figure %s as %s: %w", f.Name, format, err)
	}
	return nil
}

// WriteFile renders the figure to a file, in the format that the file's name
// ends in. The file is there whole or not at all.
func (f *Figure) WriteFile(path string, theme Theme) error {
	format, err := ParseFormat(strings.TrimPrefix(filepath.Ext(path), "."))
	if err != nil {
		return fmt.Errorf("failed to write figure %q: %w", path, err)
	}
	var b bytes.Buffer
	if err := f.Write(&b, format, theme); err != nil {
		return err
	}
	if err := renameio.WriteFile(path, b.Bytes(), 0o644, renameio.WithTempDir(filepath.Dir(path))); err != nil {
		return fmt.Errorf("failed to write figure: %w", err)
	}
	return nil
}
