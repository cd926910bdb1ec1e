package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/plots"
	"github.com/tfgalaxy/tfgalaxy/run"
)

// defaultSimilar fills the rows of a gallery beside the galaxy asked for.
const defaultSimilar = 12

func (a *app) similarCommand() *cli.Command {
	return &cli.Command{
		Name:  "similar",
		Usage: "find the galaxies most like one, by their features",
		Description: "Features are what a network's last hidden layer makes of a galaxy; predict\n" +
			"--features writes them. Alike are galaxies whose features have a small angle\n" +
			"between them: their similarity is its cosine. No device is used.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "features", Usage: "`FILE` of features, .npy (with its .ids.csv beside it) or .parquet"},
			&cli.StringFlag{Name: "id", Usage: "`GALAXY` to find others like, by its GalaxyID in the features"},
			&cli.IntFlag{Name: "count", Usage: fmt.Sprintf("galaxies to find, with --out at most %d", plots.GalleryMost), Value: defaultSimilar},
			&cli.StringFlag{Name: "out", Usage: "`FILE`.png, .svg or .pdf to draw them in"},
			&cli.StringFlag{Name: "images", Usage: "`FOLDER` that the images are in now, instead of the one they were read from"},
		},
		Action: a.similar,
	}
}

// similarGalaxies is what similar prints.
type similarGalaxies struct {
	Features   string            `json:"features"`
	Galaxies   int               `json:"galaxies"` // in the features
	ID         string            `json:"id"`
	File       string            `json:"file"`
	Similar    []infer.Neighbour `json:"similar"` // from the most similar on
	Gallery    string            `json:"gallery,omitempty"`
	Unreadable []string          `json:"unreadable,omitempty"` // what is wrong with images of the gallery
}

func (a *app) similar(ctx *cli.Context) error {
	if err := checkSimilar(ctx); err != nil {
		return err
	}
	result, err := findSimilar(ctx)
	if err != nil {
		return err
	}
	if out := ctx.String("out"); out != "" {
		if err := a.drawGallery(result, ctx.String("images"), out); err != nil {
			return err
		}
	}
	if ctx.Bool("json") {
		return printJSON(a.term.Out, result)
	}
	result.print(a.term.Out)
	return nil
}

// checkSimilar finds what is wrong with the flags before anything is read.
func checkSimilar(ctx *cli.Context) error {
	features, out, count := ctx.String("features"), ctx.String("out"), ctx.Int("count")
	switch {
	case features == "":
		return &run.UsageError{Err: errors.New("want --features"), Hint: "tfgalaxy similar --features features.npy --id 100008"}
	case ctx.String("id") == "":
		return &run.UsageError{Err: errors.New("want --id"), Hint: fmt.Sprintf("tfgalaxy similar --features %s --id 100008", shellQuote(features))}
	case count < 1:
		return &run.UsageError{Err: fmt.Errorf("--count %d, want 1 or more", count)}
	case out != "" && count > plots.GalleryMost:
		return &run.UsageError{Err: fmt.Errorf("--count %d with --out, want at most %d", count, plots.GalleryMost), Hint: "without --out, all are printed"}
	case out == "" && ctx.IsSet("images"):
		return &run.UsageError{Err: errors.New("--images goes with --out"), Hint: "--out gallery.png draws the galaxies"}
	}
	if _, err := infer.FeatureFiles(features); err != nil {
		return &run.UsageError{Err: fmt.Errorf("--features: %w", err)}
	}
	if out != "" {
		if _, err := plots.ParseFormat(strings.TrimPrefix(filepath.Ext(out), ".")); err != nil {
			return &run.UsageError{Err: fmt.Errorf("--out %q: %w", out, err), Hint: "the format is what the name ends in: --out gallery.png"}
		}
	}
	if folder := ctx.String("images"); folder != "" && !isFolder(folder) {
		return &run.UsageError{Err: fmt.Errorf("--images %q is no folder", folder)}
	}
	return nil
}

func findSimilar(ctx *cli.Context) (*similarGalaxies, error) {
	path, id, count := ctx.String("features"), ctx.String("id"), ctx.Int("count")
	features, err := infer.ReadFeatures(path)
	if err != nil {
		return nil, err
	}
	row, ok := features.Find(id)
	if !ok {
		usage := &run.UsageError{Err: fmt.Errorf("--id %q is none of the %s galaxies in %s", id, terminal.Count(features.Len()), path)}
		if near := run.Nearest(id, features.IDs); near != "" {
			usage.Hint = fmt.Sprintf("did you mean %s?", near)
		}
		return nil, usage
	}
	others := features.Len() - 1
	if others == 0 {
		return nil, &galaxyzoo.DataError{File: path, Err: fmt.Errorf("holds galaxy %s alone, want others to compare it with", id)}
	}
	if count > others && ctx.IsSet("count") {
		return nil, &run.UsageError{Err: fmt.Errorf("--count %d, but %s holds %s other %s", count, path, terminal.Count(others), plural(others, "galaxy", "galaxies"))}
	}
	return &similarGalaxies{
		Features: path, Galaxies: features.Len(), ID: id, File: features.Files[row],
		Similar: features.Nearest(features.Row(row), count, id),
	}, nil
}

// drawGallery draws the galaxies with their images, those in the folder if one is
// given. Where an image cannot be read, its place says so.
func (a *app) drawGallery(s *similarGalaxies, folder, out string) error {
	var bad []error
	portrait := func(id, file string, similarity float64) plots.Portrait {
		if folder != "" {
			file = filepath.Join(folder, filepath.Base(file))
		}
		p := plots.Portrait{ID: id, File: file, Similarity: similarity}
		if err := p.ReadImage(); err != nil {
			bad = append(bad, err)
			s.Unreadable = append(s.Unreadable, err.Error())
		}
		return p
	}
	query := portrait(s.ID, s.File, 1)
	var nearest []plots.Portrait
	for _, n := range s.Similar {
		nearest = append(nearest, portrait(n.ID, n.File, n.Similarity))
	}
	a.reportBad(bad)
	if len(bad) == len(nearest)+1 {
		fmt.Fprintln(a.term.Err, "--images FOLDER says where the images are now")
	}
	figure, err := plots.Gallery(query, nearest, plots.Source{File: s.Features, Galaxies: s.Galaxies})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o777); err != nil {
		return fmt.Errorf("failed to make the folder of %s: %w", out, galaxyzoo.Reason(err))
	}
	s.Gallery = out
	return figure.WriteFile(out, plots.Light)
}

func (s *similarGalaxies) print(w io.Writer) {
	fmt.Fprintf(w, "most similar to %s (%s), of %s galaxies in %s\n\n", galaxyzoo.Quoted(s.ID), galaxyzoo.Quoted(s.File), terminal.Count(s.Galaxies), s.Features)
	width := len("id")
	for _, n := range s.Similar {
		width = max(width, len(galaxyzoo.Quoted(n.ID)))
	}
	fmt.Fprintf(w, "rank  %-*s  similarity  file\n", width, "id")
	for i, n := range s.Similar {
		fmt.Fprintf(w, "%4d  %-*s  %10.5f  %s\n", i+1, width, galaxyzoo.Quoted(n.ID), n.Similarity, galaxyzoo.Quoted(n.File))
	}
	if s.Gallery != "" {
		fmt.Fprintf(w, "\ngallery %s\n", s.Gallery)
	}
}
