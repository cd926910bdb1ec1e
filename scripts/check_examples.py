#!/usr/bin/env python3
"""Checks that the programs in examples/ run, on a model of one short epoch.

    python3 scripts/check_examples.py

The Go program has to tell the likely answers that `tfgalaxy predict --answers`
tells of the same picture, and the Python one has to find the score of `tfgalaxy
eval` and draw its figure.

Makes the environment .venv/tensorflow-new where it is missing.
"""

import csv
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

import environment

EXAMPLES = environment.ROOT / "examples"
# The score is printed with four decimals; Python's decoder of JPEGs and Go's may
# differ by a level, so that the fourth may too.
TOLERANCE = 2e-4


def check_classify(folder, picture):
    """What the Go program says of a picture is what predict says; returns the faults."""
    environment.run(environment.TFGALAXY, "predict", "--model", folder / "run", "--images", picture, "--answers",
                    "--out", folder / "answers.csv")
    with (folder / "answers.csv").open(newline="") as f:
        told = next(csv.DictReader(f))["answers"]
    script = 'eval "$(make --silent --no-print-directory env)" && go run -buildvcs=false ./examples/classify -model "$1" -image "$2"'
    lines = environment.run("bash", "-ec", script, "bash", folder / "run", picture).splitlines()
    got = [re.sub(r" +\d+ %$", "", line) for line in lines]
    want = re.sub(r" \([\d.]+\)", "", told).split(", ")
    print(f"classify: {', '.join(got)}")
    return [] if got == want else [f"examples/classify says {got}, predict --answers {want}"]


def check_confusion(folder, data):
    """The Python program scores as eval does and draws a figure; returns the faults."""
    figure = folder / "confusion.png"
    settings = {"MODEL": folder / "run" / "saved_model", "DATA": data, "FIGURE": figure, "MPLBACKEND": "agg"}
    done = subprocess.run([environment.python("tensorflow-new"), EXAMPLES / "confusion.py"], text=True, capture_output=True,
                          env=environment.plain() | {name: str(value) for name, value in settings.items()})
    if done.returncode:
        return [f"examples/confusion.py: exit code {done.returncode}: {done.stderr}"]
    score = float(re.search(r"RMSE ([\d.]+)", done.stdout)[1])
    evaluated = environment.run(environment.TFGALAXY, "eval", "--model", folder / "run", "--data", data,
                                "--cache", folder / "cache")
    want = float(re.search(r"RMSE +([\d.]+)", evaluated)[1])
    width, height = struct.unpack(">II", figure.read_bytes()[16:24])  # of a PNG file
    print(f"confusion: RMSE {score:.4f}, eval {want:.4f}; a figure of {width}x{height}")
    return [] if abs(score - want) <= TOLERANCE else [f"examples/confusion.py scores {score}, tfgalaxy eval {want}"]


def main():
    environment.build()
    with tempfile.TemporaryDirectory(prefix="tfgalaxy-") as name:
        folder = pathlib.Path(name)
        data = folder / "data"
        environment.run(environment.TFGALAXY, "data", "synth", "--count", 100, "--out", data)
        environment.run(environment.TFGALAXY, "train", "--data", data, "--cache", folder / "cache", "--preset", "small",
                        "--epochs", 1, "--batch-size", 16, "--warm-up", 0, "--validation", 0.1, "--run-dir", folder / "run")
        faults = check_classify(folder, data / "images_training_rev1" / "1.jpg") + check_confusion(folder, data)
    if faults:
        sys.exit("\n".join(f"check_examples: {fault}" for fault in faults))


main()
