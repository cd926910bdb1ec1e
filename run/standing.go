package run

import "os"

// What a run does not say of itself.
const (
	StatusKilled   Status = "killed"   // it says running, and no process has it
	StatusDiverged Status = "diverged" // it says failed, and diverged.json how
	StatusDamaged  Status = "damaged"  // run.json cannot be read
)

// Standing reads run.json and says how the run stands: as it says itself, or as one of
// those above. The error is why run.json cannot be read.
func (r *Run) Standing() (Status, *Info, error) {
	info, err := r.Info()
	if err != nil {
		return StatusDamaged, nil, err
	}
	if _, held := r.Holder(); info.Status == StatusRunning && !held {
		return StatusKilled, info, nil
	}
	if _, err := os.Lstat(r.Path(DivergedFile)); err == nil && info.Status == StatusFailed {
		return StatusDiverged, info, nil
	}
	return info.Status, info, nil
}
