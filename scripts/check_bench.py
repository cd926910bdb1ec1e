#!/usr/bin/env python3
"""Checks that scripts/bench works: a few steps of the sides whose environments are small.

    python3 scripts/check_bench.py

Nothing is judged by its speed; everything that --quick measures has to be there.
"""

import json
import pathlib
import sys
import tempfile

import environment

WANT = {"tfgalaxy, seed3", "Keras, seed3", "Keras with oneDNN, seed3", "matrix multiply, float32", "tfgalaxy prep",
        "the study's crops by OpenCV", "tfgalaxy version", "tfgalaxy --help"}


def main():
    with tempfile.TemporaryDirectory(prefix="tfgalaxy-") as name:
        out = pathlib.Path(name) / "bench.json"
        print(environment.run(sys.executable, environment.SCRIPTS / "bench", "--quick", "--out", out))
        told = json.loads(out.read_text())
    sides = {side["name"] for side in told["sides"]}
    if sides != WANT:
        sys.exit(f"check_bench: measured {sorted(sides)}, want {sorted(WANT)}")
    figures = [row["what"] for row in told["wanted"] if row["figure"] and not row["figure"]["value"] > 0]
    if figures:
        sys.exit(f"check_bench: no measure above 0 for {figures}")


main()
