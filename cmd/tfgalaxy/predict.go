package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tfgalaxy/tfgalaxy/imageproc"
	"github.com/tfgalaxy/tfgalaxy/infer"
	"github.com/tfgalaxy/tfgalaxy/internal/terminal"
	"github.com/tfgalaxy/tfgalaxy/run"
)

const (
	// defaultDropoutSamples is how many draws of dropout tell its spread.
	defaultDropoutSamples = 8
	// defaultPredictRows keeps what the first layers make of a batch, 33 MB for
	// seed3, in memory that is used again; twice as many rows are no faster.
	defaultPredictRows = 32
)

func (a *app) predictCommand() *cli.Command {
	return &cli.Command{
		Name:  "predict",
		Usage: "classify images: a table of votes, a Kaggle submission, features",
		Description: "Several --model make an ensemble, whose votes are the mean. Images that cannot\n" +
			"be read are named, counted, and listed in NAME.errors.csv beside NAME.csv. What\n" +
			"was stopped goes on with --resume; rows so far are in NAME.csv.partial.",
		Flags: append([]cli.Flag{
			&cli.StringSliceFlag{Name: "model", Usage: "`FOLDER` of a run, of a SavedModel, or of a sweep's runs, all that are done; may be given several times"},
			&cli.StringFlag{Name: "images", Usage: "`WHERE` the images are: a folder, searched to its depths, a quoted pattern, a .txt list of files, or a CSV catalogue (GalaxyID, or id_str,file_loc)"},
			&cli.StringFlag{Name: "image-folder", Usage: "`FOLDER` of the images that a CSV catalogue names by id alone"},
			&cli.StringFlag{Name: "out", Usage: "`FILE` for the table: .csv, .jsonl or .parquet"},
			&cli.StringFlag{Name: "features", Usage: "`FILE` for the last hidden layer of each image: .npy or .parquet"},
			ttaFlag(),
			&cli.BoolFlag{Name: "uncertainty", Usage: "add the spread of each vote over views, models and draws of dropout"},
			&cli.IntFlag{Name: "dropout-samples", Usage: "draws of dropout for --uncertainty", Value: defaultDropoutSamples},
			&cli.BoolFlag{Name: "answers", Usage: "add the likely walk through the tree in words"},
			consistentFlag(),
			&cli.BoolFlag{Name: "submission", Usage: "write what Kaggle takes: 38 columns, sorted, every image readable"},
			&cli.StringFlag{Name: "sample", Usage: "`FILE` of a sample submission, whose ids are predicted from the folder --images"},
			&cli.BoolFlag{Name: "strict", Usage: "stop at the first image that cannot be read"},
			&cli.BoolFlag{Name: "resume", Usage: "go on with what was stopped, if there is anything"},
			&cli.StringFlag{Name: "shard", Usage: "`SHARD` I/N to predict, the I-th of N parts; tfgalaxy merge joins them", Value: infer.Whole.String()},
			&cli.Float64Flag{Name: "fits-softening", Usage: "softening of the asinh stretch of FITS images, in sigmas of the sky's noise", Value: imageproc.DefaultStretch.Softening},
			&cli.Float64Flag{Name: "fits-white", Usage: "brightness of FITS images that is drawn white, a percentile", Value: imageproc.DefaultStretch.White},
			&cli.IntFlag{Name: "batch-size", Usage: "images, or views of them, in one run of a model", Value: defaultPredictRows},
		}, settingFlags("threads")...),
		Action: a.predict,
	}
}

// predicted is what predict prints.
type predicted struct {
	Models []string `json:"models"`
	*infer.Summary
	Seconds         float64 `json:"seconds"`
	ImagesPerSecond float64 `json:"images_per_second"`
}

func (a *app) predict(ctx *cli.Context) error {
	job, err := a.predictJob(ctx)
	if err != nil {
		return err
	}
	values, err := a.settings(ctx)
	if err != nil {
		return err
	}
	models, err := a.listMembers(ctx.StringSlice("model"))
	if err != nil {
		return err
	}
	if err := findModels(models); err != nil {
		return err
	}
	where, folder := ctx.String("images"), ctx.String("image-folder")
	if sample := ctx.String("sample"); sample != "" {
		where, folder = sample, where
	}
	if job.Listing, err = imageproc.OpenListing(ctx.Context, where, folder); err != nil {
		return err
	}
	if err := a.startRuntime(&values.Config); err != nil {
		return err
	}
	ensemble, err := infer.LoadEnsemble(models)
	if err != nil {
		return err
	}
	defer ensemble.Close()
	decoder, err := infer.OpenDecoder()
	if err != nil {
		return err
	}
	defer decoder.Close()
	job.Options.Decoder.JPEG = decoder.JPEG
	if err := job.Check(ensemble); err != nil {
		return err
	}

	start := time.Now()
	summary, err := a.tabulate(ctx.Context, ensemble, job)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return &hintedError{err, "the same command with --resume goes on from here"}
		}
		return err
	}
	result := predicted{Models: models, Summary: summary, Seconds: time.Since(start).Seconds()}
	result.ImagesPerSecond = float64(summary.Images-summary.Resumed) / result.Seconds
	if ctx.Bool("json") {
		return printJSON(a.term.Out, result)
	}
	a.printPredicted(&result)
	return nil
}

// predictJob reads the flags.
func (a *app) predictJob(ctx *cli.Context) (*infer.Job, error) {
	usage := func(hint, format string, values ...any) (*infer.Job, error) {
		return nil, &run.UsageError{Err: fmt.Errorf(format, values...), Hint: hint}
	}
	const example = "tfgalaxy predict --model runs/0001-small --images FOLDER --out votes.csv"
	for _, name := range []string{"model", "images", "out"} {
		if !ctx.IsSet(name) {
			return usage(example, "want --%s", name)
		}
	}
	switch submission := ctx.Bool("submission"); {
	case ctx.IsSet("sample") && !submission:
		return usage("add --submission", "--sample names the ids of a submission, and --submission is not given")
	case ctx.IsSet("sample") && ctx.IsSet("image-folder"):
		return usage("name the folder by --images", "--sample and --image-folder do not go together")
	case submission && (ctx.Bool("answers") || ctx.Bool("uncertainty")):
		return usage("predict twice", "a submission has no columns for --answers and --uncertainty")
	case submission && ctx.String("shard") != infer.Whole.String():
		return usage("predict shards without --submission, and merge them", "a submission is not split into shards")
	case ctx.IsSet("dropout-samples") && !ctx.Bool("uncertainty"):
		return usage("add --uncertainty", "--dropout-samples is for --uncertainty, which is not given")
	}
	shard, err := infer.ParseShard(ctx.String("shard"))
	if err != nil {
		return usage("", "--shard: %w", err)
	}
	stretch := imageproc.Stretch{Softening: ctx.Float64("fits-softening"), White: ctx.Float64("fits-white")}
	if err := stretch.Check(); err != nil {
		return usage("", "%w", err)
	}
	if err := checkTTA(ctx.Int("tta")); err != nil {
		return nil, err
	}
	job := &infer.Job{
		Shard: shard, Out: ctx.String("out"), Features: ctx.String("features"),
		Answers: ctx.Bool("answers"), Submission: ctx.Bool("submission"),
		Strict: ctx.Bool("strict") || ctx.Bool("submission"), Resume: ctx.Bool("resume"),
		Options: infer.Options{
			BatchSize:   ctx.Int("batch-size"),
			Views:       ctx.Int("tta"),
			Uncertainty: ctx.Bool("uncertainty"),
			Consistent:  ctx.Bool("consistent"),
			Features:    ctx.IsSet("features"),
			Decoder:     imageproc.Decoder{Limits: imageproc.DefaultLimits, Stretch: stretch},
		},
	}
	if job.Options.Uncertainty {
		job.Options.DropoutSamples = ctx.Int("dropout-samples")
	}
	return job, job.CheckOutput()
}

// tabulate does the job with a line that tells how far it is.
func (a *app) tabulate(ctx context.Context, ensemble *infer.Ensemble, job *infer.Job) (*infer.Summary, error) {
	progress := a.term.Progress()
	defer progress.Done("")
	unreadable := 0
	job.Fault = func(err error) {
		if unreadable++; unreadable <= mostNamed {
			progress.Print(fmt.Sprintf("left out: %v", err))
		}
	}
	var left *eta
	job.Progress = func(done, total int) {
		if left == nil {
			left = &eta{from: int64(done - 1), begin: a.term.Now(), now: a.term.Now}
		}
		progress.Update(func() string {
			rate := float64(int64(done)-left.from) / a.term.Now().Sub(left.begin).Seconds()
			return fmt.Sprintf("predicting  %s/%s  %s  %s left", terminal.Count(done), terminal.Count(total),
				terminal.Rate(rate, "images"), left.of(int64(done), int64(total)))
		})
	}
	return ensemble.Tabulate(ctx, job)
}

func (a *app) printPredicted(p *predicted) {
	fmt.Fprintf(a.term.Out, "%s %s in %s, %s\n", terminal.Count(p.Predicted), plural(p.Predicted, "galaxy", "galaxies"), p.Out,
		terminal.Rate(p.ImagesPerSecond, "images"))
	if p.Resumed > 0 {
		fmt.Fprintf(a.term.Out, "%s of the images were done before\n", terminal.Count(p.Resumed))
	}
	if p.Features != "" {
		fmt.Fprintf(a.term.Out, "features in %s\n", p.Features)
	}
	if p.MaxMoved > 0 {
		fmt.Fprintf(a.term.Out, "made consistent: votes moved by %.4f a galaxy in the mean (root mean square), %.4f at most\n", p.MeanMoved, p.MaxMoved)
	}
	if p.Unreadable > 0 {
		fmt.Fprintf(a.term.Out, "%s %s could not be read, listed in %s\n", terminal.Count(p.Unreadable), plural(p.Unreadable, "image", "images"), p.Errors)
	}
}
