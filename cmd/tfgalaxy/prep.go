package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
	"github.com/tfgalaxy/tfgalaxy/train"
)

func (a *app) prepCommand() *cli.Command {
	return &cli.Command{
		Name:  "prep",
		Usage: "write the crops of all images as PNG files",
		Description: "The crops are those that training makes for itself, so nothing but a look\n" +
			"at them, or another program, needs this.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "images", Usage: "`FOLDER` of JPEG and PNG images, instead of --data"},
			&cli.StringFlag{Name: "out", Usage: "new `FOLDER` for ID.png files"},
		}, settingFlags("data", "crop", "crop-width", "size", "oversample", "threads")...),
		Action: a.prep,
	}
}

// prepared is what prep prints.
type prepared struct {
	Out    string `json:"out"`
	Images int    `json:"images"`
	Crop   string `json:"crop"`
}

func (a *app) prep(ctx *cli.Context) error {
	out := ctx.String("out")
	if out == "" {
		return &run.UsageError{Err: errors.New("want --out"), Hint: "tfgalaxy prep --data FOLDER --out crops"}
	}
	if ctx.IsSet("images") && ctx.IsSet("data") {
		return &run.UsageError{Err: errors.New("want --data or --images, not both")}
	}
	if err := checkNew("out", out, false); err != nil {
		return err
	}
	values, err := a.settings(ctx)
	if err != nil {
		return err
	}
	p := train.Preprocessing(&values.Config)
	if err := p.Check(); err != nil {
		return &run.UsageError{Err: err}
	}
	var sources []imageproc.Source
	if folder := ctx.String("images"); folder != "" {
		sources, err = imageproc.FolderSources(folder)
	} else {
		c, openErr := a.openData(values)
		if openErr != nil {
			return openErr
		}
		sources = imageproc.CatalogueSources(c)
	}
	if err != nil {
		return err
	}
	if err := a.startRuntime(&values.Config); err != nil {
		return err
	}
	decoder, err := infer.OpenDecoder()
	if err != nil {
		return err
	}
	defer decoder.Close()
	progress := a.term.Progress()
	err = imageproc.WriteCrops(ctx.Context, out, &decoder.Decoder, sources, p, counting(progress, "writing crops"))
	progress.Done("")
	if err != nil {
		return err
	}
	result := prepared{Out: out, Images: len(sources), Crop: p.String()}
	if ctx.Bool("json") {
		return printJSON(a.term.Out, result)
	}
	_, err = fmt.Fprintf(a.term.Out, "%s %s (%s) in %s\n", terminal.Count(result.Images), plural(result.Images, "crop", "crops"), result.Crop, result.Out)
	return err
}
