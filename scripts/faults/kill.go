package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// kills are the attacks by SIGKILL at a random moment.
var kills = []kind{
	{"kill while training", 4, 120, killTraining},
}

func killTraining(t *trial) error {
	args := t.training(filepath.Join(t.dir, "run"), t.cache)
	c := t.command(t, "", args...)
	if err := c.Start(); err != nil {
		return err
	}
	time.Sleep(time.Duration(t.dice.Int64N(int64(2 * time.Second))))
	c.Process.Kill()
	c.Wait()
	if _, err := os.Stat(filepath.Join(t.dir, "run")); err != nil {
		return nil
	}
	if e := t.run(t, "", "runs", "verify", "--run", filepath.Join(t.dir, "run")); e.code != 0 {
		return fmt.Errorf("the run is damaged: %w", e)
	}
	return nil
}
