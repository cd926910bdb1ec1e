package serve

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/infer"
)

// The page is one document with its style and its script in it.
var (
	//go:embed page.html.tmpl
	pageSource string
	//go:embed result.html.tmpl
	resultSource string
	//go:embed page.css
	pageStyle string
	//go:embed page.js
	pageScript string

	pageTemplate   = template.Must(template.New("page").Parse(pageSource))
	resultTemplate = template.Must(template.New("result").Funcs(template.FuncMap{"share": share}).Parse(resultSource))
)

// pagePolicy lets a browser run and apply nothing but the page's own script and
// style, show pictures that are part of the page, and talk to this server alone.
var pagePolicy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; img-src data:; connect-src 'self'; "+
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'", sourceHash(pageStyle), sourceHash(pageScript))

// sourceHash is how a policy names a script or a style.
func sourceHash(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Pictures on the page, in pixels of the longer side.
const (
	pictureSide   = 2 * galaxyzoo.ImageSize
	thumbnailSide = galaxyzoo.ImageSize / 2
	jpegQuality   = 90
)

func (s *Server) servePage(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Security-Policy", pagePolicy)
	return render(w, pageTemplate, map[string]any{
		"Name": s.options.Name, "MaxBody": s.options.MaxBody, "Examples": exampleCount,
		"Style": template.CSS(pageStyle), "Script": template.JS(pageScript),
	})
}

// A similarPicture is a similar galaxy with its picture, where that is still to be
// had.
type similarPicture struct {
	infer.Neighbour
	Picture template.URL
}

// writeResult answers with the part of the page that tells a classification.
func (s *Server) writeResult(w http.ResponseWriter, r *http.Request, c *Classification, picture template.URL) error {
	similar := make([]similarPicture, len(c.Similar))
	for i, n := range c.Similar {
		similar[i] = similarPicture{n, s.thumbnail(r.Context(), n)}
	}
	return render(w, resultTemplate, map[string]any{
		"C": c, "Picture": picture, "Tree": c.draw(), "Similar": similar, "Side": s.crop.Size,
		"Whole": c.Region == Region{Width: c.Width, Height: c.Height},
	})
}

// thumbnail returns the picture of a galaxy of the features, or "" where its file
// cannot be read.
func (s *Server) thumbnail(ctx context.Context, n infer.Neighbour) (url template.URL) {
	entry := imageproc.Entry{ID: n.ID, File: n.File}
	if err := s.decode(ctx, entry.Source(), func(img *image.NRGBA) (err error) {
		url, err = dataURL(img, thumbnailSide)
		return err
	}); err != nil {
		return ""
	}
	return url
}

// dataURL makes a picture part of a page, no larger than the given side.
func dataURL(img *image.NRGBA, side int) (template.URL, error) {
	var b bytes.Buffer
	b.WriteString("data:image/jpeg;base64,")
	encoder := base64.NewEncoder(base64.StdEncoding, &b)
	if err := jpeg.Encode(encoder, imageproc.Shrink(img, side), &jpeg.Options{Quality: jpegQuality}); err != nil {
		return "", fmt.Errorf("failed to encode a picture for the page: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return "", fmt.Errorf("failed to encode a picture for the page: %w", err)
	}
	return template.URL(b.String()), nil
}

// render answers with a page or a part of one.
func render(w http.ResponseWriter, t *template.Template, data any) error {
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return fmt.Errorf("failed to write the page: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b.Bytes()) // an error means that nobody is there to be told
	return nil
}

// exampleCount is how many drawn galaxies there are for somebody without a
// picture.
const exampleCount = 100

var drawnExamples = sync.OnceValue(func() *galaxyzoo.Catalogue { return galaxyzoo.Synthetic(exampleCount, exampleSeed) })

// exampleSeed is not that of the galaxies that one trains on by default.
const exampleSeed = 2014

// serveExample draws the galaxy that the parameter n names, as a JPEG.
func (s *Server) serveExample(w http.ResponseWriter, r *http.Request) error {
	n, err := strconv.Atoi(r.URL.Query().Get("n"))
	if err != nil || n < 1 || n > exampleCount {
		return bad("example %q, want n=1 to n=%d", r.URL.Query().Get("n"), exampleCount)
	}
	drawn, err := drawnExamples().Open(n - 1)
	if err != nil {
		return err
	}
	defer drawn.Close()
	w.Header().Set("Content-Type", "image/jpeg")
	io.Copy(w, drawn) // an error means that nobody is there to be told
	return nil
}
