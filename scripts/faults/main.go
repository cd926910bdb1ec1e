// Command faults attacks a built tfgalaxy: it starts the program as its users do,
// kills it, fills its disk, damages its files, and checks after each attack that
// nothing that docs/reliability.md promises was lost. It ends with a table, and
// with exit code 1 where an attack succeeded.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// A kind is a way to attack.
type kind struct {
	name  string // "kill while training"
	short int    // attacks in the short form
	long  int    // attacks in the long form
	// attack makes one and returns what was lost: nil where nothing was. A
	// *skipError says that this machine cannot show it.
	attack func(t *trial) error
}

// kinds are all of them, in the order of the table.
var kinds = slices.Concat(kills, losses, signals, races, disks, damages, vanishings, sums, longRuns)

// A trial is one attack.
type trial struct {
	context.Context
	*fixtures
	dir    string     // an empty folder of its own; kept where something was lost
	number int        // among those of its kind
	dice   *rand.Rand // the same for the same seed, kind and number
}

// A skipError says why an attack cannot be made on this machine.
type skipError struct{ reason string }

func (e *skipError) Error() string { return e.reason }

// A tally is a row of the table.
type tally struct {
	kind
	left                  int // to be made
	tried, survived, lost int
	skipped               string // why, if they were
}

// options are the flags.
type options struct {
	program  string
	long     bool
	only     *regexp.Regexp
	times    int
	seed     uint64
	parallel int
	keep     string
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == shimArgument {
		fmt.Fprintln(os.Stderr, "faults:", shim(os.Args[2:]))
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	lost, err := attack(ctx, os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(2)
	}
	if lost > 0 {
		stop()
		os.Exit(1)
	}
}

func parse(args []string) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("faults", flag.ContinueOnError)
	flags.StringVar(&o.program, "program", "bin/tfgalaxy", "the `FILE` to attack")
	flags.BoolVar(&o.long, "long", false, "attack hundreds of times")
	only := flags.String("only", "", "attack only by kinds whose names match this `PATTERN`")
	flags.IntVar(&o.times, "times", 0, "attacks of each kind, in place of those of the short or long form")
	flags.Uint64Var(&o.seed, "seed", 1, "seed of the moments and places of attack")
	flags.IntVar(&o.parallel, "parallel", runtime.NumCPU(), "attacks at a time")
	flags.StringVar(&o.keep, "keep", "", "keep in this `FOLDER` what attacks left that succeeded; a temporary one by default")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("stray argument %q", flags.Arg(0))
	}
	if o.parallel < 1 {
		return nil, fmt.Errorf("--parallel %d, want 1 or more", o.parallel)
	}
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return nil, fmt.Errorf("--only: %w", err)
	}
	if o.program, err = filepath.Abs(o.program); err != nil {
		return nil, err
	}
	if _, err := os.Stat(o.program); err != nil {
		return nil, fmt.Errorf("--program: %w; build it by: make build", err)
	}
	return o, nil
}

// attack makes all attacks and prints the table.
func attack(ctx context.Context, args []string, out io.Writer) (lost int, err error) {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	work, err := os.MkdirTemp(o.keep, "faults-")
	if err != nil {
		return 0, err
	}
	defer os.Remove(work)                                    // unless an attack has left something there
	if work, err = filepath.EvalSymlinks(work); err != nil { // as the kernel names its files
		return 0, err
	}
	shared, err := newFixtures(ctx, o.program, filepath.Join(work, "fixtures"))
	if err != nil {
		return 0, err
	}
	defer shared.remove()
	rows := o.rows()
	if len(rows) == 0 {
		return 0, errors.New("--only matches no kind of attack")
	}
	o.makeAll(ctx, rows, shared, work)
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	printTable(out, rows)
	shared.hits.print(out)
	for _, row := range rows {
		lost += row.lost
	}
	return lost, nil
}

// rows are the kinds of attack that are wanted, with how many of each.
func (o *options) rows() []*tally {
	var rows []*tally
	for _, k := range kinds {
		times := k.short
		if o.long {
			times = k.long
		}
		if o.only.MatchString(k.name) {
			rows = append(rows, &tally{kind: k, left: cmp.Or(o.times, times)})
		}
	}
	return rows
}

// makeAll makes all attacks, several at a time.
func (o *options) makeAll(ctx context.Context, rows []*tally, shared *fixtures, work string) {
	type job struct {
		row    *tally
		number int
	}
	jobs := make(chan job)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range o.parallel {
		wg.Go(func() {
			for j := range jobs {
				dir := filepath.Join(work, fmt.Sprintf("%s-%d", strings.ReplaceAll(j.row.name, " ", "-"), j.number))
				err := o.once(ctx, j.row.kind, j.number, shared, dir)
				mu.Lock()
				if ctx.Err() == nil {
					j.row.count(j.number, dir, err)
				}
				mu.Unlock()
			}
		})
	}
	defer wg.Wait()
	defer close(jobs)
	for _, row := range rows {
		for n := range row.left {
			select {
			case jobs <- job{row, n}:
			case <-ctx.Done():
				return
			}
		}
	}
}

func (o *options) once(ctx context.Context, k kind, n int, shared *fixtures, dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	h := fnv.New64a()
	fmt.Fprint(h, k.name, n)
	err := k.attack(&trial{Context: ctx, fixtures: shared, dir: dir, number: n, dice: rand.New(rand.NewPCG(o.seed, h.Sum64()))})
	var skip *skipError
	if err == nil || errors.As(err, &skip) || ctx.Err() != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

func (t *tally) count(n int, dir string, err error) {
	var skip *skipError
	switch {
	case errors.As(err, &skip):
		t.skipped = "skipped: " + skip.reason
	case err == nil:
		t.tried++
		t.survived++
	default:
		t.tried++
		t.lost++
		fmt.Fprintf(os.Stderr, "LOST by %s, number %d: %v\n  what it left: %s\n", t.name, n, err, dir)
	}
	if t.left--; t.left == 0 {
		fmt.Fprintf(os.Stderr, "%s: %d of %d survived %s\n", t.name, t.survived, t.tried, t.skipped)
	}
}

// printTable prints a table in Markdown.
func printTable(w io.Writer, rows []*tally) {
	fmt.Fprintln(w, "| attack | tried | survived | lost |\n|---|---|---|---|")
	var all tally
	for _, r := range rows {
		note := ""
		if r.skipped != "" {
			note = " (" + r.skipped + ")"
		}
		fmt.Fprintf(w, "| %s%s | %d | %d | %d |\n", r.name, note, r.tried, r.survived, r.lost)
		all.tried, all.survived, all.lost = all.tried+r.tried, all.survived+r.survived, all.lost+r.lost
	}
	fmt.Fprintf(w, "| all | %d | %d | %d |\n", all.tried, all.survived, all.lost)
}
