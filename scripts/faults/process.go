package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os/exec"
	"time"
)

// A process is one that is attacked while it goes.
type process struct {
	*exec.Cmd
	began time.Time

	pipe     io.ReadCloser // its output
	lines    chan string   // of it
	out, err bytes.Buffer
	cancel   context.CancelFunc
}

// An event is what train --json says of one, enough to know it again in another
// run of the same training.
type event struct {
	Event string
	Name  string // of a checkpoint
	Step  int64
}

// start starts the program.
func (f *fixtures) start(ctx context.Context, args ...string) (*process, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	p := &process{Cmd: f.command(ctx, args...), lines: make(chan string, 1<<12), cancel: cancel}
	p.Stderr = &p.err
	var err error
	p.pipe, err = p.StdoutPipe()
	if err == nil {
		p.began = time.Now()
		err = p.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	go p.read()
	return p, nil
}

func (p *process) read() {
	defer close(p.lines)
	for lines := bufio.NewScanner(p.pipe); lines.Scan(); {
		p.lines <- lines.Text()
	}
}

// next waits for the next event. It reports false at the end of the output.
func (p *process) next() (event, bool) {
	for line := range p.lines {
		p.out.WriteString(line + "\n")
		var e event
		if json.Unmarshal([]byte(line), &e) == nil {
			return e, true
		}
	}
	return event{}, false
}

// until waits for an event of a kind, and reports whether it came.
func (p *process) until(kind string) bool {
	for {
		if e, more := p.next(); !more || e.Event == kind {
			return more
		}
	}
}

// wait waits for the end.
func (p *process) wait() *ended {
	defer p.cancel()
	for more := true; more; {
		_, more = p.next()
	}
	return newEnded(p.Args[1:], p.Wait(), &p.out, &p.err)
}
