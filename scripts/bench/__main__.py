#!/usr/bin/env python3
"""Measures tfgalaxy against its peers and against what this machine can do.

    python3 scripts/bench [--data FOLDER] [--rounds N] [--only NAME[,NAME]] [--steps N] [--quick] [--out FILE] [--cores N]

The contests, and what is wanted of each, are in scripts/bench/contests.py. Their sides
run in turn, each in a process of its own, on the same galaxies, for several rounds,
each of which another side begins. A training is one epoch in batches of 64: tfgalaxy's
end to end, with its augmentation, from its warm cache of crops; its peers' on the same
crops in memory, without augmentation. By the recipe of small it is --steps steps, and
PyTorch too changes each image anew, by one interpolation of the crops in memory. Rates
are images a second over the steps with what lies between, the first step left out. A
peer's copy of a network has to have as many weights as tfgalaxy's. Crops and predictions
are told by the time of the whole process, start-up included. Memory is the most that a
process had resident; the table of sides counts PyTorch's without the libraries for
CUDA, which its package loads in vain.

Told are the medians of the rounds, and the ratios of the medians with the least and the
most of single rounds. What wants bfloat16 is left out on a CPU without instructions for
it, unless --only names it. --only growth prints how speed and memory change with the
batch, the image size, the network, the cores and the number of images instead.

Nothing else should run meanwhile. Makes the Python environments that are missing; that
of PyTorch is a download of 2.4 GB. The exit code is 1 where something failed or fell
short of what is wanted. --quick only shows that the bench works: a few steps on drawn
galaxies, without PyTorch unless its environment is there already, and nothing is judged.
"""

import argparse
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parent.parent))  # scripts

import environment  # noqa: E402
import machine  # noqa: E402

import contests  # noqa: E402
import growth  # noqa: E402
import measure  # noqa: E402
import places  # noqa: E402
import presets  # noqa: E402
import tables  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
QUICK = ("train-seed3", "train-small", "train-d4", "machine", "roi-crops", "startup", "first-step")  # the contests of --quick
SMALL = ("tfgalaxy", "tensorflow", "opencv")  # and of these the programs, and those whose environments are there


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.partition("\n")[0])
    names = [contest.name for contest in contests.CONTESTS]
    parser.add_argument("--data", default=os.environ.get("TFGALAXY_DATA") or "synthetic:1280",
                        help="folder in Kaggle's layout, or synthetic:N (default %(default)s)")
    parser.add_argument("--images", type=int, default=1280, help="galaxies of it (default %(default)s)")
    parser.add_argument("--steps", type=int, default=200, help="steps of a training by the recipe (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each side (default %(default)s)")
    parser.add_argument("--only", metavar="NAME[,NAME]", default="", help=f"of {', '.join(names)}; or growth")
    parser.add_argument("--quick", action="store_true", help="only show that it works")
    parser.add_argument("--cores", type=int, help="cores that all may use (default: all there are; Linux only)")
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE", help="JSON file for all that was measured")
    given = parser.parse_args()
    given.only = [name for name in given.only.split(",") if name]
    for name in given.only:
        if name not in [*names, "growth"]:
            parser.error(f"--only {name}: want one of {', '.join(names)}, growth")
    if "growth" in given.only and (len(given.only) > 1 or not hasattr(os, "sched_setaffinity")):
        parser.error("growth stands alone, and binds cores as only Linux does")
    if not given.data.startswith("synthetic:") and not (pathlib.Path(given.data) / places.TABLE).exists():
        parser.error(f"--data {given.data}: holds no {places.TABLE}")
    if given.rounds < 1 or given.images < 1 or given.steps < 2:
        parser.error("want at least one round, of one image, and two steps")
    if given.quick:
        given.data, given.images, given.steps, given.rounds, given.only = "synthetic:192", 192, 3, 1, given.only or QUICK
    return given


def say(message):
    print(message, file=sys.stderr, flush=True)


class Bench:
    """Runs sides and keeps what was measured of each, and why the others failed."""

    def __init__(self, given, files):
        self.given, self.files = given, files
        self.results, self.failures = {}, {}

    def wanted(self, contest):
        """The sides of a contest that this bench runs."""
        return [side for side in contest.sides if not self.given.quick or side.program in SMALL or environment.has(side.program)]

    def command(self, side, out):
        self.files["out"] = out
        words = [word.format_map(self.files) for word in shlex.split(side.command)]
        if side.program == "tfgalaxy":
            return [environment.TFGALAXY, *words]
        return [measure.python(side.program), HERE / words[0], *words[1:]]

    def run(self, side, **options):
        """Measures a side once, with options of measure.run; returns None where it fails, which it then does not do again."""
        if side in self.failures:
            return None
        with tempfile.TemporaryDirectory(dir=self.files.folder) as out:
            try:
                found = measure.run(self.command(side, out), side.settings, **options)
                presets.check(side.network, found)
                if side.table:
                    found["table"] = self.files["votes"] / f"{side.name}.csv"
                    os.replace(side.table.format_map(self.files), found["table"])
            except measure.Failure as failure:
                self.failures[side] = str(failure)
                self.results.pop(side, None)
                say(f"{side.name} failed: {failure}")
                return None
        found.setdefault("images", self.given.images)
        return found

    def hold(self, contest):
        """Runs the sides of a contest in turn, those that have not been measured yet."""
        order = [side for side in self.wanted(contest) if side not in self.results and side not in self.failures]
        rounds = 1 if self.given.quick else contest.rounds or self.given.rounds
        for k in range(-contest.warm_up, rounds) if order else ():
            for side in order:
                found = self.run(side)
                if found and k >= 0:
                    self.results.setdefault(side, []).append(found)
            order.append(order.pop(0))
            if k >= 0:
                say(f"{contest.name}, round {k + 1} of {rounds}: " + ", ".join(
                    f"{side.name} {tables.rate(side, self.results[side][-1:])}" for side in contest.sides if side in self.results))

    def judge(self, contest):
        """What came of a contest: a tables.Row for each thing wanted of it."""
        missing = contest.instructions and not set(contest.instructions) & set(machine.instructions())
        if missing and contest.name not in self.given.only:
            return [tables.Row(contest.name, want, None, f"not here: no {' or '.join(contest.instructions)}") for want in contest.wants]
        self.hold(contest)
        return [self.row(contest, want) for want in contest.wants]

    def row(self, contest, want):
        try:
            figure = want.figure(self.results)
        except KeyError as missing:
            side = missing.args[0]
            if side in self.failures:
                return tables.Row(contest.name, want, None, f"failed: {side.name}")
            if side in contest.sides and self.given.quick:
                return tables.Row(contest.name, want, None, "not in --quick")
            raise
        if self.given.quick or want.least is want.most is None:
            return tables.Row(contest.name, want, figure, "")
        short = figure.value < want.least if want.least is not None else figure.value > want.most
        return tables.Row(contest.name, want, figure, "short" if short else "ok")


def main():
    given = arguments()
    cores = machine.bind(given.cores)
    load = os.getloadavg()[0]
    environment.build()
    about = {
        "cpu": machine.processor(), "instructions": machine.instructions(), "cores": cores, "load before": round(load, 2),
        "data": given.data, "images": given.images, "steps": given.steps, "rounds": given.rounds,
        "revision": environment.run("git", "describe", "--always", "--dirty").strip(),
        "command": " ".join(["scripts/bench", *sys.argv[1:]]),
        "versions": json.loads(environment.run(environment.TFGALAXY, "version", "--json")),
    }
    with tempfile.TemporaryDirectory(prefix="tfgalaxy-") as folder:
        bench = Bench(given, places.Places(given.data, given.images, given.steps, pathlib.Path(folder)))
        if given.only == ["growth"]:
            told = growth.measure_all(bench, cores)
            rows = []
        else:
            rows = [row for contest in contests.CONTESTS if not given.only or contest.name in given.only for row in bench.judge(contest)]
            told = tables.wanted(rows) + "\n\n" + tables.sides(bench.results)
    for rounds in bench.results.values():
        about["versions"] |= rounds[-1].get("versions", {})
    print(tables.about(about), told, *(f"{side.name} failed: {why}" for side, why in bench.failures.items()), sep="\n\n")
    if given.out:
        given.out.write_text(json.dumps({**about, **tables.record(rows, bench.results, bench.failures)}, indent=2) + "\n")
    if bench.failures or any(row.verdict == "short" for row in rows):
        sys.exit(1)


main()
