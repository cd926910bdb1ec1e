#!/usr/bin/env python3
"""Compares `tfgalaxy predict` with OpenCV and Keras's predict in Python, on this machine's CPU.

    python3 scripts/bench_predict.py --images FOLDER --model RUN [--rounds N] [--out FILE]
    python3 scripts/bench_predict.py --images FOLDER --model RUN --memory

From a folder of JPEG images to a CSV file of votes, by a run of seed3, each image
as it is. The other side is scripts/keras_predict.py, which reads all images and
then predicts, in batches of 64; it runs as that, and again with a thread a core
to read by. All run in turn, in processes of their own, after one round that does
not count; who begins changes from round to round. The claim: by the medians of
the whole processes' times, tfgalaxy is at least 2 times as fast as the plain
Python side. The times within, from the model's being ready to the end, are told
beside.

--memory compares the most resident memory of `tfgalaxy predict` on 1,000 and on
10,000 images, the folder's under as many names as that takes. The claim: they
are within 10 % of each other.

Nothing else should run meanwhile. Makes the environment .venv/predict where it is
missing. The exit code is 1 where a claim does not hold.
"""

import argparse
import csv
import itertools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import environment
import machine

CLAIM = 2.0
CLAIM_MEMORY = 0.10
# Images of which all votes agree within this; where the resizing rounds a pixel
# the other way, votes move by some 1e-4.
TOLERANCE = 2e-3
ALIKE = 0.99  # share of the images that have to


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=pathlib.Path, required=True, metavar="FOLDER", help="folder of JPEG images")
    parser.add_argument("--model", type=pathlib.Path, required=True, metavar="RUN", help="run of seed3")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each side (default %(default)s)")
    parser.add_argument("--cores", type=int, help="cores that all may use (default: all there are; Linux only)")
    parser.add_argument("--memory", action="store_true", help="compare memory instead of speed")
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE", help="JSON file for all that was measured")
    given = parser.parse_args()
    if given.rounds < 1:
        parser.error("want at least one round")
    given.images, given.model = given.images.resolve(), given.model.resolve()
    if not (given.model / "checkpoints" / "best").is_dir():
        parser.error(f"--model {given.model}: want the folder of a run")
    given.count = len(list(given.images.glob("*.jpg")))
    if not given.count:
        parser.error(f"--images {given.images}: holds no .jpg file")
    return given


def sides(given, cores):
    """The commands to compare, by name; each is still to be told --out."""
    common = ["--model", given.model, "--images", given.images]
    python = [environment.python("predict"), environment.SCRIPTS / "keras_predict.py", *common]
    return {
        "tfgalaxy": [environment.TFGALAXY, "predict", *common, "--json"],
        "Python": python,
        f"Python, {cores} readers": [*python, "--readers", cores],
    }


def votes(path):
    """The votes of each image in a CSV file, by its id."""
    with path.open(newline="") as f:
        return {row[0]: [float(v) for v in row[1:38]] for row in itertools.islice(csv.reader(f), 1, None)}


def check_alike(tables):
    """Tells how many images have other votes on another side; reports whether these are few."""
    ours = votes(tables["tfgalaxy"])
    good = True
    for name, path in tables.items():
        theirs = votes(path)
        if theirs.keys() != ours.keys():
            sys.exit(f"bench_predict: tfgalaxy has the votes of {len(ours)} images, {name} of {len(theirs)} or of others")
        apart = [max(abs(a - b) for a, b in zip(ours[i], theirs[i])) for i in ours]
        far = sum(d > TOLERANCE for d in apart)
        good = good and far <= (1 - ALIKE) * len(apart)
        if path != tables["tfgalaxy"]:
            print(f"votes of {name}: {far} of {len(apart)} images differ by more than {TOLERANCE:.0e}, the worst by {max(apart):.1e}")
    return good


def measure(given, folder, commands):
    """Runs all sides in turn; returns the results of each by its name, and the tables of the last round."""
    results = {name: [] for name in commands}
    order = list(commands)
    for k in range(given.rounds + 1):
        for name in order:
            table = folder / f"{order.index(name)}-{k}.csv"
            start = time.perf_counter()
            told = json.loads(environment.run(*commands[name], "--out", table))
            told["whole"] = time.perf_counter() - start
            told["table"] = table
            if k > 0:
                results[name].append(told)
        order.append(order.pop(0))
        if k > 0:
            print(f"round {k}: " + "   ".join(
                f"{name} {given.count / r[-1]['whole']:.1f} ({given.count / r[-1]['seconds']:.1f} within)"
                for name, r in results.items()) + " images/s", flush=True)
    return results


def compare_speed(given, cores):
    commands = sides(given, cores)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="tfgalaxy-") as name:
        results = measure(given, pathlib.Path(name), commands)
        alike = check_alike({side: rounds[-1].pop("table") for side, rounds in results.items()})

    versions = {key: results["Python"][0][key] for key in ("tensorflow", "keras", "opencv")}
    versions |= json.loads(environment.run(environment.TFGALAXY, "version", "--json"))
    print(f"seed3, {given.count} images, {cores} cores of {machine.processor()}; load before: {load:.2f}")
    print(f"versions: {', '.join(f'{k} {v}' for k, v in versions.items())}")
    rates = {}
    for side, rounds in results.items():
        rates[side] = {key: given.count / statistics.median(r[key] for r in rounds) for key in ("whole", "seconds")}
        ratio, within = (rates["tfgalaxy"][key] / rates[side][key] for key in ("whole", "seconds"))
        print(f"medians of {given.rounds}: {side} {rates[side]['whole']:.1f} images/s, {rates[side]['seconds']:.1f} within"
              + (f"; tfgalaxy is {ratio:.2f} times as fast, {within:.2f} within" if side != "tfgalaxy" else ""))
    ratio = rates["tfgalaxy"]["whole"] / rates["Python"]["whole"]
    print(f"ratio {ratio:.3f}, want at least {CLAIM}")
    summary = {"images": given.count, "ratio": ratio, "rates": rates, "rounds": results, "cores": cores,
               "cpu": machine.processor(), "load_before": load, "versions": versions}
    return summary, ratio >= CLAIM and alike


def most_resident(command):
    """Runs a command and returns the most memory that it had resident, in bytes."""
    with tempfile.TemporaryFile() as errors, \
            subprocess.Popen([str(part) for part in command], env=environment.plain(), stdout=subprocess.DEVNULL, stderr=errors) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            sys.exit(f"bench_predict: exit code {process.returncode}: {errors.read().decode(errors='replace')}")
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def compare_memory(given):
    paths = sorted(given.images.glob("*.jpg"))
    memory = {}
    with tempfile.TemporaryDirectory(prefix="tfgalaxy-") as name:
        for count in (1000, 10000):
            folder = pathlib.Path(name) / str(count)
            folder.mkdir()
            for k, path in zip(range(count), itertools.cycle(paths)):
                (folder / f"{k}.jpg").symlink_to(path)
            memory[count] = most_resident([environment.TFGALAXY, "predict", "--model", given.model, "--images", folder,
                                           "--out", folder / "votes.csv"])
            print(f"{count:6,} images: {memory[count] / 2**20:.1f} MiB", flush=True)
    grown = memory[10000] / memory[1000] - 1
    print(f"{100 * grown:+.1f} %, want at most {100 * CLAIM_MEMORY:.0f} %")
    return {"memory": memory, "grown": grown}, abs(grown) <= CLAIM_MEMORY


def main():
    given = arguments()
    cores = machine.bind(given.cores)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # of all sides
    environment.build()
    summary, holds = compare_memory(given) if given.memory else compare_speed(given, cores)
    if given.out:
        command = [pathlib.Path(sys.argv[0]).name, *sys.argv[1:]]
        given.out.write_text(json.dumps({**summary, "holds": holds, "command": command}, indent=2, default=str) + "\n")
    if not holds:
        sys.exit("bench_predict: the claim does not hold here")
    print("ok")


main()
