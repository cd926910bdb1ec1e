#!/usr/bin/env python3
"""Checks that a training's memory does not grow with its steps.

    python3 scripts/check_memory.py [--data FOLDER] [--preset NAME] [--batch-size N]

Runs `tfgalaxy train` and reads the process's resident memory at every step: what
it has at step 2,000 may be at most 5 % more or less than at step 200. Each of the
two is the median of the 20 steps before it, since the memory of a single step
depends on when Go last collected its garbage. Small batches by default: what
leaks, leaks with the steps. Linux only.
"""

import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import environment

WINDOW = 20  # steps
TOLERANCE = 0.05


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", default=os.environ.get("TFGALAXY_DATA") or "synthetic:1600",
                        help="folder in Kaggle's layout, or synthetic:N (default %(default)s)")
    parser.add_argument("--preset", default="seed3", help="preset to train (default %(default)s)")
    parser.add_argument("--batch-size", type=int, default=8, help="images a step (default %(default)s)")
    parser.add_argument("--from-step", type=int, default=200, help="the earlier step (default %(default)s)")
    parser.add_argument("--steps", type=int, default=2000, help="the later step (default %(default)s)")
    given = parser.parse_args()
    if not WINDOW <= given.from_step <= given.steps - WINDOW:
        parser.error(f"want {WINDOW} steps up to --from-step, and as many from there to --steps")
    if not pathlib.Path("/proc/self/statm").exists():
        sys.exit("check_memory: this system has no /proc/PID/statm, which this reads")
    return given


def resident(pid):
    """The process's resident memory in bytes: in all, and without the pages of files that it maps."""
    pages = [int(n) for n in pathlib.Path(f"/proc/{pid}/statm").read_text().split()]
    size = os.sysconf("SC_PAGE_SIZE")
    return pages[1] * size, (pages[1] - pages[2]) * size


def rows(given):
    """How many galaxies there are."""
    plan = environment.run(environment.TFGALAXY, "train", "--dry-run", "--json", "--data", given.data,
                           "--preset", given.preset, "--validation", 0)
    return json.loads(plan)["training"]


def measure(given, folder):
    """Trains up to the later step; returns the memory at each step, from the first."""
    epochs = math.ceil(given.steps / math.ceil(rows(given) / given.batch_size))
    command = [environment.TFGALAXY, "train", "--json", "--data", given.data, "--cache", folder / "cache",
               "--preset", given.preset, "--validation", "0", "--batch-size", str(given.batch_size),
               "--epochs", str(epochs), "--run-dir", folder / "run"]
    memory = []
    with open(folder / "errors", "w+") as errors, \
            subprocess.Popen(command, cwd=environment.ROOT, env=environment.plain(), text=True,
                             stdout=subprocess.PIPE, stderr=errors) as process:
        try:
            for line in process.stdout:
                if json.loads(line)["event"] != "step":
                    continue
                memory.append(resident(process.pid))
                if len(memory) % max(given.steps // 10, 1) == 0:
                    print(f"step {len(memory):5d}: resident {memory[-1][0] / 2**20:7.1f} MiB, "
                          f"without files {memory[-1][1] / 2**20:7.1f} MiB", flush=True)
                if len(memory) == given.steps:
                    break
        finally:
            process.terminate()
        process.stdout.read()  # what it still says, so that it can end
        process.wait()
        if len(memory) < given.steps:
            errors.seek(0)
            sys.stderr.write(errors.read())
            sys.exit(f"check_memory: the training ended after {len(memory)} steps, want {given.steps}")
    return memory


def main():
    given = arguments()
    environment.build()
    print(f"preset {given.preset}, batch size {given.batch_size}, {given.data}")
    with tempfile.TemporaryDirectory(prefix="tfgalaxy-") as name:
        memory = measure(given, pathlib.Path(name))
    grown = []
    for kind, what in enumerate(("resident", "without files")):
        early, late = (statistics.median(m[kind] for m in memory[step - WINDOW:step])
                       for step in (given.from_step, given.steps))
        grown.append(late / early - 1)
        print(f"{what}: {early / 2**20:.1f} MiB at step {given.from_step}, {late / 2**20:.1f} MiB at step {given.steps}: "
              f"{100 * grown[-1]:+.1f} %")
    print(f"the most at any step: {max(m[0] for m in memory) / 2**20:.1f} MiB")
    if abs(grown[0]) > TOLERANCE:
        sys.exit(f"check_memory: the resident memory changed by {100 * grown[0]:+.1f} %, want at most {100 * TOLERANCE:.0f} %")
    print("ok")


main()
