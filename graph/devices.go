package graph

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The words that stand for devices in place of their names.
const (
	DevicesAuto = "auto" // the first GPU, or else the CPU
	DevicesAll  = "all"  // every GPU, or else the CPU
)

// ChooseDevices returns the names of the devices that a setting stands for, "gpu:0" or
// "cpu:0": DevicesAuto, DevicesAll, or names with commas between. Of CPUs there are as
// many as are named, all on the same cores. Where one is missing the error is an
// ErrDevice.
func ChooseDevices(setting string) ([]string, error) {
	present, err := Devices()
	if err != nil {
		return nil, err
	}
	var gpus []string
	for _, name := range present {
		if name, _, _ = strings.Cut(strings.ToLower(name), " "); strings.HasPrefix(name, "gpu:") {
			gpus = append(gpus, name)
		}
	}
	switch {
	case setting != DevicesAuto && setting != DevicesAll:
		names := strings.Split(setting, ",")
		for _, name := range names {
			if strings.HasPrefix(name, "gpu:") && !slices.Contains(gpus, name) {
				return nil, fmt.Errorf("%w: there is no %s, but %s", ErrDevice, name, strings.Join(present, ", "))
			}
		}
		return names, nil
	case len(gpus) == 0:
		return []string{"cpu:0"}, nil
	case setting == DevicesAuto:
		return gpus[:1], nil
	}
	return gpus, nil
}

// NamedCPUs returns how many CPUs a setting of devices wants there to be: see Machine.
func NamedCPUs(setting string) int {
	most := 0
	for name := range strings.SplitSeq(setting, ",") {
		if number, is := strings.CutPrefix(name, "cpu:"); is {
			if n, err := strconv.Atoi(number); err == nil {
				most = max(most, n+1)
			}
		}
	}
	return most
}

// PlaceOn places a trainer on devices of this process, named as ChooseDevices does: a
// tower on each, and the variables on the first.
func PlaceOn(names []string) Placement {
	p := Placement{Host: cpuOf("")}
	for _, name := range names {
		p.Towers = append(p.Towers, "/device:"+strings.ToUpper(name))
	}
	p.Homes = p.Towers[:1]
	return p
}

// cpuOf is the CPU of a task, "" being this process.
func cpuOf(task string) string { return task + "/device:" + cpuDevice }

// taskOf is how a device that lies in another process is introduced: "worker 1 ".
func taskOf(device string) string {
	if _, rest, remote := strings.Cut(device, "/task:"); remote {
		number, _, _ := strings.Cut(rest, "/")
		return "worker " + number + " "
	}
	return ""
}
