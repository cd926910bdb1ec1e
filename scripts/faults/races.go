package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tfgalaxy/tfgalaxy/run"
)

// races are processes that want the same at once. The short form leaves out what another
// kind or a unit test has too.
var races = []kind{
	{"two runs in one folder", 0, 8, twoRuns},
	{"one run folder for two", 1, 8, oneRunFolder},
	{"one crop cache for two", 0, 8, oneCache},
	{"crop cache of one that is killed", 1, 8, cacheOfKilled},
	{"one run resumed twice", 1, 8, resumedTwice},
	{"one table predicted twice", 1, 8, predictedTwice},
	{"one model exported twice", 1, 8, exportedTwice},
	{"a run used while it trains", 1, 8, usedMeanwhile},
}

// together starts commands at once and waits for their ends.
func (t *trial) together(commands ...[]string) ([]*ended, []int, error) {
	var processes []*process
	for _, args := range commands {
		p, err := t.start(t, args...)
		if err != nil {
			return nil, nil, err
		}
		processes = append(processes, p)
	}
	var ends []*ended
	var pids []int
	for _, p := range processes {
		ends, pids = append(ends, p.wait()), append(pids, p.Process.Pid)
	}
	return ends, pids, nil
}

// oneOf checks that one of two came to its end, and that the other was refused with
// these words.
func oneOf(ends []*ended, refused string) error {
	if ends[0].code != 0 {
		ends[0], ends[1] = ends[1], ends[0]
	}
	return errors.Join(ends[0].want(0, ""), ends[1].want(2, refused))
}

func twoRuns(t *trial) error {
	runs := filepath.Join(t.dir, "runs")
	args := append(append([]string{"train"}, t.flags()...), "--runs", runs, "--cache", t.cache)
	ends, _, err := t.together(args, args)
	if err != nil {
		return err
	}
	err = errors.Join(ends[0].want(0, ""), ends[1].want(0, ""), leftovers(runs))
	for _, name := range []string{"0001-small", "0002-small"} {
		err = errors.Join(err, t.usual.equals(filepath.Join(runs, name)))
	}
	return err
}

func oneRunFolder(t *trial) error {
	args := t.training(filepath.Join(t.dir, "run"), t.cache)
	ends, _, err := t.together(args, args)
	if err != nil {
		return err
	}
	return errors.Join(oneOf(ends, "is there already, and nothing is overwritten"), t.usual.equals(filepath.Join(t.dir, "run")))
}

func oneCache(t *trial) error {
	w, err := t.cutting()
	if err != nil {
		return err
	}
	one, two, cache := filepath.Join(t.dir, "one"), filepath.Join(t.dir, "two"), filepath.Join(t.dir, "cache")
	ends, _, err := t.together(w.begin(one, cache), w.begin(two, cache))
	if err != nil {
		return err
	}
	return errors.Join(ends[0].want(0, ""), ends[1].want(0, ""), w.equals(one), w.equals(two), sameTree(cache, w.cache), leftovers(cache))
}

// cacheOfKilled kills the process that another waits for.
func cacheOfKilled(t *trial) error {
	w, err := t.cutting()
	if err != nil {
		return err
	}
	dir, cache := filepath.Join(t.dir, "run"), filepath.Join(t.dir, "cache")
	first, err := t.start(t, w.begin(filepath.Join(t.dir, "killed"), cache)...)
	if err != nil {
		return err
	}
	for begun := []string(nil); len(begun) == 0 && time.Since(first.began) < patience; time.Sleep(time.Millisecond) {
		begun, _ = filepath.Glob(filepath.Join(cache, "*.tmp"))
	}
	second, err := t.start(t, w.begin(dir, cache)...)
	if err != nil {
		return err
	}
	time.Sleep(time.Duration(t.dice.Int64N(int64(w.took))))
	first.Process.Kill()
	t.hit(w.phase(filepath.Join(t.dir, "killed"), cache))
	first.wait()
	return errors.Join(second.wait().want(0, ""), w.equals(dir), sameTree(cache, w.cache), leftovers(cache))
}

func resumedTwice(t *trial) error {
	dir := filepath.Join(t.dir, "run")
	p, err := t.start(t, t.usual.begin(dir, t.cache)...)
	if err != nil {
		return err
	}
	p.until("checkpoint")
	p.until("checkpoint")
	p.Process.Kill()
	switch e := p.wait(); {
	case e.code > 0:
		return e
	case e.code == 0:
		t.hit("after the end")
		return t.usual.equals(dir)
	}
	ends, pids, err := t.together(resume(dir), resume(dir))
	if err != nil {
		return err
	}
	if ends[0].code != 0 {
		pids[0] = pids[1]
	}
	return errors.Join(oneOf(ends, fmt.Sprintf("in use by process %d", pids[0])), t.usual.equals(dir))
}

func predictedTwice(t *trial) error {
	command := t.predict()
	want, length, err := t.done("votes.csv", append(command, "--out")...)
	if err != nil {
		return err
	}
	table := filepath.Join(t.dir, "votes.csv")
	if err := t.killedOnce(length, append(command, "--out", table)...); err != nil {
		return err
	}
	args := append(command, "--resume", "--out", table)
	ends, _, err := t.together(args, args)
	if err != nil {
		return err
	}
	for _, e := range ends {
		if e.code != 0 && e.want(2, "is being written by another process") != nil {
			return e
		}
	}
	if ends[0].code != 0 && ends[1].code != 0 {
		return errors.Join(ends[0], ends[1])
	}
	return errors.Join(sameTree(table, want), leftovers(t.dir))
}

func exportedTwice(t *trial) error {
	model := filepath.Join(t.dir, "model")
	args := []string{"export", "--run", t.whole, "--out", model}
	ends, _, err := t.together(args, args)
	if err != nil {
		return err
	}
	if ends[0].code != 0 {
		ends[0], ends[1] = ends[1], ends[0]
	}
	loser := ends[1]
	if err := errors.Join(ends[0].want(0, ""), calm(loser)); err != nil {
		return fmt.Errorf("%w: %w", err, loser)
	}
	// It may have been there from the start, or only at the end.
	if loser.want(2, "is there already") != nil && loser.want(2, "exists already") != nil {
		return loser
	}
	return errors.Join(sameModel(model, (&run.Run{Dir: t.whole}).SavedModel()), leftovers(t.dir))
}

// usedMeanwhile does to a run what others may want of it while it trains: each works
// or says why it does not.
func usedMeanwhile(t *trial) error {
	w, err := t.heavy()
	if err != nil {
		return err
	}
	dir := filepath.Join(t.dir, "run")
	p, err := t.start(t, w.begin(dir, w.cache)...)
	if err != nil {
		return err
	}
	if !p.until("start") {
		return p.wait()
	}
	over := make(chan *ended, 1)
	go func() { over <- p.wait() }()
	for n := 0; ; n++ {
		select {
		case e := <-over:
			return errors.Join(e.want(0, ""), w.equals(dir))
		default:
		}
		if err := t.use(w, dir, filepath.Join(t.dir, fmt.Sprint("used-", n))); err != nil {
			return errors.Join(err, (<-over).want(0, ""))
		}
	}
}

// use uses a run that is going on, in a way drawn by chance.
func (t *trial) use(w *training, dir, out string) error {
	refused := func(e *ended, words ...string) error {
		for _, said := range words {
			if e.code == 0 || e.want(2, said) == nil || e.want(3, said) == nil {
				return nil
			}
		}
		return e
	}
	const busy, none, noModel = "in use by process", "no checkpoint", "has no model yet"
	switch t.dice.IntN(6) {
	case 0:
		return refused(t.run(t, "runs", "verify", "--run", dir), busy)
	case 1:
		return refused(t.run(t, "eval", "--run", dir, "--cache", w.cache), noModel)
	case 2:
		return refused(t.run(t, append(t.predictBy(dir), "--out", out+".csv")...), noModel)
	case 3:
		return refused(t.run(t, resume(dir)...), busy)
	}
	name := []string{run.Last, run.Best}[t.dice.IntN(2)]
	e := t.run(t, "export", "--run", dir, "--checkpoint", name, "--out", out)
	if e.code != 0 {
		return refused(e, busy, none)
	}
	t.hit("exported")
	return errors.Join(t.scoresAsItSays(w, out), os.RemoveAll(out))
}
