#!/usr/bin/env python3
"""Compares package baseline with scikit-learn's LinearRegression.

    python3 scripts/check_baseline.py [--data FOLDER]

Both sides are given the same rows of the same colours and votes, of FOLDER
(TFGALAXY_DATA, unless given) or, without either, of synthetic galaxies.
Coefficients and scores, as fitted and clipped, on all rows, the hold-out and
across folds, must agree to 1e-6. The galaxies with a vote of 0.5 or more are
counted from the label file, and have to be as many as the figures show.

scikit-learn is used from .venv/sklearn, which is made from
requirements-sklearn.txt where it is missing. Go must be installed.
"""

import argparse
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOLERANCE = 1e-6  # votes, and their RMSE
SHARE, SEED, FOLDS = 0.2, 1, 5


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("TFGALAXY_DATA") or "synthetic:300", metavar="FOLDER",
                        help="galaxies in Kaggle's layout, or synthetic:N")
    data = parser.parse_args().data
    enter()

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        dump(data, folder)
        result = json.loads((folder / "result.json").read_text())
        differences = list(compare(folder / "features.csv", result))
        labels = folder / "labels.csv" if data.startswith("synthetic:") else \
            pathlib.Path(data) / "training_solutions_rev1.csv"
        wrong = count_wrong(labels, folder / "features.csv", result["class_counts"])

    worst = max(d for _, d in differences)
    for what, difference in differences:
        if not difference <= TOLERANCE:
            print(f"check_baseline: {what} differs by {difference:.3g}, want {TOLERANCE:g} at most", file=sys.stderr)
    for column, (count, want) in sorted(wrong.items()):
        print(f"check_baseline: {column}: {count} galaxies, counted {want} in {labels}", file=sys.stderr)
    if not worst <= TOLERANCE or wrong:
        sys.exit(1)
    print(f"{result['images']} galaxies of {data}: {len(differences)} comparisons with scikit-learn, "
          f"largest difference {worst:.1e}; class counts equal")


def enter():
    """Goes on in the Python that has scikit-learn, which is made where it is missing."""
    environment = ROOT / ".venv" / "sklearn"
    if pathlib.Path(sys.prefix).resolve() == environment.resolve():
        return
    made = subprocess.run([ROOT / "scripts" / "python-env.sh", "sklearn"])
    if made.returncode:
        sys.exit(made.returncode)
    python = environment / "bin" / "python"
    os.execv(python, [python, *sys.argv])


def dump(data, folder):
    """Lets the Go side write its features and results into the folder."""
    program = folder / "baselinedump"
    subprocess.run(["go", "build", "-buildvcs=false", "-o", program, "./scripts/baselinedump"], cwd=ROOT,
                   check=True, env={**os.environ, "CGO_ENABLED": "0"})
    if not data.startswith("synthetic:"):
        data = pathlib.Path(data).resolve()
    subprocess.run([program, "-data", str(data), "-out", folder, "-validation", str(SHARE), "-seed", str(SEED),
                    "-folds", str(FOLDS)], check=True)


def compare(features, result):
    """Yields what was compared, and the largest difference in it."""
    import numpy as np
    from sklearn.dummy import DummyRegressor
    from sklearn.linear_model import LinearRegression

    table = np.loadtxt(features, delimiter=",", ndmin=2)
    colours = {"mean vote": table[:, 1:4], "central pixel": table[:, 1:4], "average colour": table[:, 4:7]}
    held_out, votes = table[:, 7] == 1, table[:, 8:]
    everything = np.ones(len(table), bool)
    assert len(table) == result["images"] and held_out.sum() == result["held_out"] > 0
    assert [b["name"] for b in result["baselines"]] == list(colours)

    def rmse(predicted, rows):
        return float(np.sqrt(np.mean((predicted - votes[rows]) ** 2)))

    for baseline in result["baselines"]:
        name = baseline["name"]
        x = colours[name]

        def fit(rows):
            regressor = DummyRegressor() if name == "mean vote" else LinearRegression()
            return regressor.fit(x[rows], votes[rows])

        model = fit(~held_out)
        if name != "mean vote":
            yield f"{name}: intercepts", np.abs(model.intercept_ - baseline["model"]["intercept"]).max()
            yield f"{name}: slopes", np.abs(model.coef_.T - baseline["model"]["slope"]).max()

        across = np.empty_like(votes)
        for fold in range(FOLDS):
            test = np.arange(len(votes)) % FOLDS == fold
            across[test] = fit(~test).predict(x[test])
        for part, rows, predicted in (("all_rows", everything, fit(everything).predict(x)),
                                      ("hold_out", held_out, model.predict(x[held_out])),
                                      ("cross_validation", everything, across)):
            scores = baseline[part]
            for kind, votes_predicted in (("unclipped", predicted), ("clipped", predicted.clip(0, 1))):
                yield f"{name}: {part}, {kind}", abs(rmse(votes_predicted, rows) - scores[kind]["rmse"])


def count_wrong(labels, features, counts):
    """Counts the classes of the galaxies in features again, from the label file alone."""
    with open(features, newline="") as file:
        ids = {row[0] for row in csv.reader(file)}
    with open(labels, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["GalaxyID"] in ids]
    columns = [name for name in rows[0] if name != "GalaxyID"]
    again = {name: sum(float(row[name]) >= 0.5 for row in rows) for name in columns}
    return {name: (count, again[name]) for name, count in zip(columns, counts) if count != again[name]}


if __name__ == "__main__":
    main()
