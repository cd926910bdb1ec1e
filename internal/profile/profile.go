package profile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/google/renameio/v2"

	"github.com/tfgalaxy/tfgalaxy/internal/timeline"
)

// Names within the folder. The first three are for `go tool pprof`. Contention
// for locks has none: there is one lock an image at most.
const (
	cpuFile      = "cpu.pprof"     // where processors were busy
	heapFile     = "heap.pprof"    // what Go allocated, and what of it was left
	blockFile    = "block.pprof"   // which goroutine waited where, for input or for the device
	timelineFile = "timeline.json" // for chrome://tracing and ui.perfetto.dev
	summaryFile  = "summary.json"  // a Summary
)

// blockRate samples waits of that length on average, and all longer ones.
const blockRate = 10 * time.Microsecond

// A Profile is one that is being taken.
type Profile struct {
	// Timeline is to be told what goroutines do.
	Timeline *timeline.Recorder

	dir   string
	begun usage
	cpu   bytes.Buffer
}

// Start begins a profile and makes its folder, if that is not there. A process
// takes one at a time. The profile has to be stopped.
func Start(dir string) (*Profile, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("failed to make a folder for the profile: %w", err)
	}
	p := &Profile{dir: dir}
	var err error
	if p.begun, err = used(); err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(&p.cpu); err != nil {
		return nil, fmt.Errorf("failed to start the profile: %w", err)
	}
	if err := spareForeignThreads(); err != nil {
		pprof.StopCPUProfile()
		return nil, err
	}
	runtime.SetBlockProfileRate(int(blockRate))
	p.Timeline = timeline.New(timeline.DefaultLimit)
	return p, nil
}

// Stop ends the profile and writes its files.
func (p *Profile) Stop() (*Summary, error) {
	pprof.StopCPUProfile()
	runtime.SetBlockProfileRate(0)
	summary, err := p.summary()
	if err != nil {
		return nil, err
	}
	runtime.GC() // what is garbage is not in use
	for _, file := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{cpuFile, func(w io.Writer) error { _, err := p.cpu.WriteTo(w); return err }},
		{heapFile, func(w io.Writer) error { return pprof.Lookup("heap").WriteTo(w, 0) }},
		{blockFile, func(w io.Writer) error { return pprof.Lookup("block").WriteTo(w, 0) }},
		{timelineFile, func(w io.Writer) error { return p.Timeline.WriteChrome(w, "tfgalaxy") }},
		{summaryFile, func(w io.Writer) error {
			encoder := json.NewEncoder(w)
			encoder.SetIndent("", "  ")
			return encoder.Encode(summary)
		}},
	} {
		if err := p.write(file.name, file.write); err != nil {
			return nil, fmt.Errorf("failed to write the profile: %w", err)
		}
	}
	return summary, nil
}

func (p *Profile) write(name string, content func(io.Writer) error) error {
	f, err := renameio.NewPendingFile(filepath.Join(p.dir, name), renameio.WithTempDir(p.dir), renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer f.Cleanup()
	if err := content(f); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}
