#!/usr/bin/env python3
"""Checks that scripts/bench works: a few steps of the sides whose environments are small, and of PyTorch's where that is there.

    python3 scripts/check_bench.py

Nothing is judged by its speed; everything that --quick measures has to be there.
"""

import json
import pathlib
import sys
import tempfile

import environment

WANT = {"tfgalaxy, seed3", "Keras, seed3", "Keras with oneDNN, seed3", "matrix multiply, float32", "tfgalaxy prep",
        "the study's crops by OpenCV", "tfgalaxy version", "tfgalaxy --help",
        "tfgalaxy, small by its recipe", "tfgalaxy, d4 by its recipe"}
WANT_PYTORCH = {f"PyTorch {layout}, {network}" for layout in ("default", "channels-last")
                for network in ("seed3", "small by its recipe", "d4 by its recipe")} | {"the study's script, seed3"}


def main():
    want = set(WANT)
    if environment.has("pytorch"):
        want |= WANT_PYTORCH
    else:
        print("check_bench: without PyTorch, scripts/python-env.sh pytorch makes its environment")
    with tempfile.TemporaryDirectory(prefix="tfgalaxy-") as name:
        out = pathlib.Path(name) / "bench.json"
        print(environment.run(sys.executable, environment.SCRIPTS / "bench", "--quick", "--out", out))
        told = json.loads(out.read_text())
    sides = {side["name"] for side in told["sides"]}
    if sides != want:
        sys.exit(f"check_bench: measured {sorted(sides)}, want {sorted(want)}")
    figures = [row["what"] for row in told["wanted"] if row["figure"] and not row["figure"]["value"] > 0]
    if figures:
        sys.exit(f"check_bench: no measure above 0 for {figures}")


main()
