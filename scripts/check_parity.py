#!/usr/bin/env python3
"""Checks that Keras, from the same weights and on the same batches, trains as tfgalaxy does.

    python3 scripts/check_parity.py [--data FOLDER] [--steps N]

Trains seed3 without dropout for some steps in Go, on rotated crops of drawn
galaxies or of real ones (TFGALAXY_DATA, unless --data is given). A Keras copy of
the network takes up the checkpoint from before the first step, is fed the same
pixels and votes, and has to show the same loss at every step. Its moving
averages and predictions at the end are compared with those of Go too.

Makes the environment .venv/tensorflow where it is missing.
"""

import argparse
import os
import pathlib
import sys
import tempfile

import environment

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--data", default=os.environ.get("TFGALAXY_DATA") or "synthetic:320",
                    help="folder in Kaggle's layout, or synthetic:N (default %(default)s)")
parser.add_argument("--steps", type=int, default=20, help="steps to compare (default %(default)s)")
parser.add_argument("--batch-size", type=int, default=64, help="images a step (default %(default)s)")
ARGUMENTS = parser.parse_args()  # before TensorFlow, which takes its time to load
environment.enter("tensorflow")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import arrays  # noqa: E402
import keras_networks  # noqa: E402

SIZE = 64
# A hundredth of Adam's default. Adam's step has its full length whatever the
# gradient, so that a gradient near 0, which both sides round differently, moves a
# weight either way: over 20 steps the losses part by 1e-5 at this rate, by 2e-3 at
# 1e-4 and by 1e-2 at 1e-3, where the first steps saturate the sigmoids besides.
LEARNING_RATE = 1e-5
# Of the losses. Both sides sum float32 in orders of their own; a step's rounding
# grows with the steps that follow, as Adam divides by small gradients.
TOLERANCE = 1e-4


def relative(got, want):
    return np.abs(got - want) / np.abs(want)


def train_in_go(folder):
    """Lets Go train, and returns the folder of what it wrote."""
    dump = folder / "dump"
    dump.mkdir()
    environment.build()
    environment.run(environment.build_galaxydump(folder), "steps", "--data", ARGUMENTS.data, "--cache", folder / "cache",
                    "--out", dump, "--network", "seed3", "--steps", ARGUMENTS.steps,
                    "--batch-size", ARGUMENTS.batch_size, "--learning-rate", LEARNING_RATE)
    return dump


def train_in_keras(dump, images, votes):
    """Does the same steps; returns the model and its losses, each from before its step."""
    model = keras_networks.seed3(dropout=0)
    keras_networks.compile_model(model, arrays.read(dump, "weights.f32"), LEARNING_RATE, jit_compile=False)
    keras_networks.load_checkpoint(model, dump / "initial" / "variables")
    losses = []
    for x, y in zip(images, votes):
        model.reset_metrics()  # train_on_batch returns the mean since the last reset
        losses.append(float(model.train_on_batch(x, y)))
    return model, np.array(losses)


def compare_averages(model, dump):
    """The largest relative difference of the moving averages, measured against each one's largest value."""
    reader = tf.train.load_checkpoint(str(dump / "final" / "variables"))
    worst = {}
    for name, variable in keras_networks.variables(model).items():
        if "/moving_" in name:
            want = reader.get_tensor(name)
            worst[name] = float(np.abs(variable.numpy() - want).max() / np.abs(want).max())
    return worst


def main():
    print(f"TensorFlow {tf.__version__}, Keras {keras.__version__}; seed3 without dropout, {ARGUMENTS.data}, "
          f"{ARGUMENTS.steps} steps of {ARGUMENTS.batch_size}")
    with tempfile.TemporaryDirectory(prefix="tfgalaxy-") as name:
        dump = train_in_go(pathlib.Path(name))
        images = arrays.read(dump, "images.u8", ARGUMENTS.steps, ARGUMENTS.batch_size, SIZE, SIZE, 3)
        votes = arrays.read(dump, "votes.f32", ARGUMENTS.steps, ARGUMENTS.batch_size, keras_networks.ANSWERS)
        want = arrays.read(dump, "losses.f64")
        model, got = train_in_keras(dump, images, votes)
        averages = compare_averages(model, dump)
        predicted = arrays.read(dump, "predicted.f32", ARGUMENTS.batch_size, keras_networks.ANSWERS)
        apart = float(np.abs(model.predict_on_batch(images[-1]) - predicted).max())

    difference = relative(got, want)
    print("step  loss in Go     in Keras       difference")
    for k, (a, b, d) in enumerate(zip(want, got, difference), 1):
        print(f"{k:4d}  {a:.9f}    {b:.9f}    {d:.1e}")
    for layer, d in averages.items():
        print(f"after them, {layer}: {d:.1e} of its largest value")
    print(f"after them, predictions: {apart:.1e}")

    failures = []
    if len(want) != ARGUMENTS.steps or not np.isfinite(want).all() or not np.ptp(want) > 0.01 * want[0]:
        failures.append("Go's losses do not change as those of a training do")
    if not difference.max() <= TOLERANCE:
        failures.append(f"the losses differ by up to {difference.max():.1e}, want at most {TOLERANCE:.0e}")
    if failures:
        sys.exit("\n".join(f"check_parity: {f}" for f in failures))
    print(f"ok: the losses agree within {difference.max():.1e}, want {TOLERANCE:.0e}")


main()
