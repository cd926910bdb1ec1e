#!/usr/bin/env python3
"""Compares the speed of tfgalaxy's training with that of Keras's fit, on this machine's CPU.

    python3 scripts/bench_keras.py [--data FOLDER] [--rounds N] [--cores N] [--out FILE]

One side is `tfgalaxy train --preset seed3`, end to end: crops from the cache,
each turned by a random angle, batches of 64, float32. The other is Keras's
model.fit of the same network, dropout, loss and optimiser on the same crops,
which lie in memory as float32 in 0..1 and are not turned. They train in turn, in
processes of their own, as many rounds as asked; which one begins alternates. Both
rates count images over the time of the steps and of the waits between them, the
first step of a process left out. The claim: tfgalaxy's median is at least 1.05
times that of Keras, and it waits for data less than 5 % of the time.

Nothing else should run meanwhile. Makes the environment .venv/tensorflow where
it is missing. The exit code is 1 where the claim does not hold.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import sys
import tempfile

import environment
import machine

CLAIM = 1.05
CLAIM_WAIT = 0.05


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", default=os.environ.get("TFGALAXY_DATA") or "synthetic:1280",
                        help="folder in Kaggle's layout, or synthetic:N (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="trainings of each side (default %(default)s)")
    parser.add_argument("--epochs", type=int, default=1, help="epochs of each training (default %(default)s)")
    parser.add_argument("--batch-size", type=int, default=64, help="images a step (default %(default)s)")
    parser.add_argument("--cores", type=int, help="cores that both may use (default: all there are; Linux only)")
    parser.add_argument("--out", type=pathlib.Path, help="JSON file for all that was measured")
    given = parser.parse_args()
    if given.rounds < 1 or given.epochs < 1:
        parser.error("want at least one round of one epoch")
    return given


def tfgalaxy(given, folder, round_number):
    run = folder / f"run{round_number}"
    lines = environment.run(
        environment.TFGALAXY, "train", "--data", given.data, "--cache", folder / "cache", "--preset", "seed3",
        "--validation", 0, "--epochs", given.epochs, "--batch-size", given.batch_size, "--seed", round_number,
        "--run-dir", run, "--json").splitlines()
    shutil.rmtree(run)
    end = json.loads(lines[-1])
    return {key: end[key] for key in ("images_per_second", "data_wait", "loss")}


def keras(given, folder):
    line = environment.run(environment.python("tensorflow"), environment.SCRIPTS / "keras_fit.py", folder, "--epochs", given.epochs,
                           "--batch-size", given.batch_size)
    return json.loads(line.splitlines()[-1])


def measure(given, folder):
    """Lets the two sides train in turn; returns the results of each."""
    all_ours, all_theirs = [], []
    for k in range(1, given.rounds + 1):
        if k % 2:
            ours, theirs = tfgalaxy(given, folder, k), keras(given, folder)
        else:
            theirs, ours = keras(given, folder), tfgalaxy(given, folder, k)
        all_ours.append(ours)
        all_theirs.append(theirs)
        print(f"round {k}: tfgalaxy {ours['images_per_second']:6.1f} images/s, data wait {100 * ours['data_wait']:.2f} %"
              f"   Keras {theirs['images_per_second']:6.1f} images/s", flush=True)
    return all_ours, all_theirs


def main():
    given = arguments()
    cores = machine.bind(given.cores)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # of both sides
    environment.build()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="tfgalaxy-") as name:
        folder = pathlib.Path(name)
        environment.run(environment.build_galaxydump(folder), "crops", "--data", given.data, "--cache", folder / "cache",
                        "--out", folder)
        ours, theirs = measure(given, folder)

    versions = json.loads(environment.run(environment.TFGALAXY, "version", "--json"))
    summary = {
        "tfgalaxy_images_per_second": statistics.median(r["images_per_second"] for r in ours),
        "keras_images_per_second": statistics.median(r["images_per_second"] for r in theirs),
        "data_wait": statistics.median(r["data_wait"] for r in ours),
    }
    summary["ratio"] = summary["tfgalaxy_images_per_second"] / summary["keras_images_per_second"]
    pairs = [a["images_per_second"] / b["images_per_second"] for a, b in zip(ours, theirs)]
    holds = summary["ratio"] >= CLAIM and summary["data_wait"] < CLAIM_WAIT
    print(f"seed3, batch {given.batch_size}, float32, {given.data}, {cores} cores of {machine.processor()}; "
          f"load before: {load:.2f}")
    print(f"versions: {', '.join(f'{k} {v}' for k, v in versions.items())}; Keras {theirs[0]['keras']} "
          f"on TensorFlow {theirs[0]['tensorflow']}")
    print(f"medians of {given.rounds}: tfgalaxy with rotation {summary['tfgalaxy_images_per_second']:.1f} images/s, "
          f"Keras fit without {summary['keras_images_per_second']:.1f} images/s")
    print(f"ratio {summary['ratio']:.3f} (of single rounds {min(pairs):.3f} to {max(pairs):.3f}), want at least {CLAIM}")
    print(f"data wait {100 * summary['data_wait']:.2f} %, want less than {100 * CLAIM_WAIT:.0f} %")
    if given.out:
        given.out.write_text(json.dumps({
            **summary, "holds": holds, "rounds": {"tfgalaxy": ours, "keras": theirs},
            "data": given.data, "epochs": given.epochs, "batch_size": given.batch_size,
            "cores": cores, "cpu": machine.processor(), "load_before": load, "versions": versions,
            "command": [pathlib.Path(sys.argv[0]).name, *sys.argv[1:]],
        }, indent=2) + "\n")
    if not holds:
        sys.exit("bench_keras: the claim does not hold here")
    print("ok")


main()
