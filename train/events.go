package train

import "github.com/tfgalaxy/tfgalaxy/run"

// An Event tells what a run does, as it does it. Each prints as one JSON object
// whose field "event" names its kind.
type Event interface{ event() }

// Started is the first event: "start".
type Started struct {
	Event      string `json:"event"`
	Run        string `json:"run"` // the run's folder
	Network    string `json:"network"`
	Weights    int    `json:"weights"`
	Device     string `json:"device"`
	Precision  string `json:"precision"`
	Note       string `json:"note,omitempty"` // why it is that precision, what is odd about it, and a symmetry that is lost
	Training   int    `json:"training"`       // rows trained on
	Validation int    `json:"validation"`     // rows held back
	Epochs     int    `json:"epochs"`         // of which steps may cut the last one short
	Steps      int64  `json:"steps"`          // of the whole run
	FromStep   int64  `json:"from_step"`      // 0 but for a resumed run

	StepsPerEpoch int64 `json:"steps_per_epoch"`
}

// Stepped follows each step: "step".
type Stepped struct {
	Event string `json:"event"`
	run.Step
	EpochStep       int64   `json:"epoch_step"`        // steps of the epoch so far
	EpochLoss       float64 `json:"epoch_loss"`        // mean over the epoch's images so far
	ImagesPerSecond float64 `json:"images_per_second"` // since the epoch began in this process
	DataWait        float64 `json:"data_wait"`
}

// EpochEnded follows each epoch and its validation: "epoch".
type EpochEnded struct {
	Event string `json:"event"`
	run.Epoch
	Best bool `json:"best"` // the best so far
}

// CheckpointSaved follows the writing of a checkpoint, which goes on while steps of
// the next epoch are made: "checkpoint".
type CheckpointSaved struct {
	Event string `json:"event"`
	Name  string `json:"name"` // run.Last or run.Best
	Step  int64  `json:"step"`
	Dir   string `json:"dir"`
	Asked bool   `json:"asked,omitempty"` // by Options.SaveAsked
}

// Warned tells of what looks wrong and stops nothing, once of each kind: "warning".
type Warned struct {
	Event string `json:"event"`
	Kind  string `json:"kind"` // WarnConstant and so on
	Text  string `json:"text"`
}

// Ended is the last event: "end". Loss is that of the last epoch that ended,
// RMSE that of the best one.
type Ended struct {
	Event           string     `json:"event"`
	Run             string     `json:"run"`
	Status          run.Status `json:"status"`
	Epochs          int        `json:"epochs"` // completed
	Step            int64      `json:"step"`
	Loss            float64    `json:"loss"`
	RMSE            *float64   `json:"rmse,omitempty"`
	BestEpoch       int        `json:"best_epoch"`
	ImagesPerSecond float64    `json:"images_per_second"` // of this process's steps with their input, the first step left out
	DataWait        float64    `json:"data_wait"`         // share of that time
	Seconds         float64    `json:"seconds"`           // training clock over all resumes
	SavedModel      string     `json:"saved_model,omitempty"`
}

func (Started) event()         {}
func (Stepped) event()         {}
func (EpochEnded) event()      {}
func (CheckpointSaved) event() {}
func (Warned) event()          {}
func (Ended) event()           {}
