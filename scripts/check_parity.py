#!/usr/bin/env python3
"""Checks that Keras, from the same checkpoint and on the same batches, trains as tfgalaxy does.

    python3 scripts/check_parity.py [--data FOLDER] [--steps N]

Trains seed3 without dropout in Go, on rotated crops of drawn galaxies or of real
ones (TFGALAXY_DATA, unless --data is given). A Keras copy of the network takes up
Go's checkpoint and is fed the same pixels and votes. This is done twice:

  trained     from a checkpoint of a training under way, with the state of Adam.
  untrained   from the first weights. Adam's first steps divide each gradient by
              little more than itself, so even rounding moves weights by whole
              steps.

No two programs stay together for ever: nor does Keras with itself, once its weights
are nudged by their last bit. The losses have to agree within 1e-4 as long as those
two do within 1e-5, and then within ten times their difference.

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
parser.add_argument("--between", type=int, default=30,
                    help="steps between the untrained ones and the trained ones (default %(default)s)")
ARGUMENTS = parser.parse_args()  # before TensorFlow, which takes its time to load
environment.enter("tensorflow")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import arrays  # noqa: E402
import keras_networks  # noqa: E402

SIZE = 64
BATCH = 64
LEARNING_RATE = 1e-3
TOLERANCE = 1e-4  # of the losses, relative
TIMES_NUDGE = 10  # of what a nudge changes, which depends on the nudge
LAST_BIT = 2.0**-24  # of a float32, relative; at most

# After the steps, when the weights have come apart by more than the losses show.
# A moving average of another decay is out by many times as much.
TOLERANCE_AVERAGES = 5e-3  # of the largest value
TOLERANCE_PREDICTIONS = 5e-3


def train_in_go(folder):
    """Lets Go train, and returns the folder of what it wrote."""
    dump = folder / "dump"
    dump.mkdir()
    environment.build()
    environment.run(environment.build_galaxydump(folder), "steps", "--data", ARGUMENTS.data, "--cache", folder / "cache",
                    "--out", dump, "--network", "seed3", "--steps", ARGUMENTS.steps, "--between", ARGUMENTS.between,
                    "--batch-size", BATCH, "--learning-rate", LEARNING_RATE)
    return dump


class Record:
    """The steps that Go recorded, for Keras to make too."""

    def __init__(self, dump, name):
        self.folder = dump / name
        self.weights = arrays.read(dump, "weights.f32")
        self.images = arrays.read(self.folder, "images.u8", ARGUMENTS.steps, BATCH, SIZE, SIZE, 3)
        self.votes = arrays.read(self.folder, "votes.f32", ARGUMENTS.steps, BATCH, keras_networks.ANSWERS)
        self.losses = arrays.read(self.folder, "losses.f64", ARGUMENTS.steps)
        self.predicted = arrays.read(self.folder, "predicted.f32", BATCH, keras_networks.ANSWERS)

    def repeat(self, nudge=0.0):
        """Makes the steps in Keras; returns the model and its losses, each from before its step."""
        model = keras_networks.seed3(dropout=0, norm=keras_networks.FusedBatchNormalization)
        keras_networks.compile_model(model, self.weights, LEARNING_RATE)
        keras_networks.take_up(model, self.folder / "initial" / "variables")
        if nudge:
            rng = np.random.default_rng(1)
            for v in model.trainable_variables:
                v.assign(v.numpy() * (1 + nudge * rng.choice([-1, 1], v.shape)).astype(np.float32))
        losses = []
        for images, votes in zip(self.images, self.votes):
            model.reset_metrics()  # train_on_batch returns the mean since the last reset
            losses.append(float(model.train_on_batch(images, votes)))
        return model, np.array(losses)

    def averages(self, model):
        """How far the moving averages are apart, as shares of the largest of each."""
        reader = tf.train.load_checkpoint(str(self.folder / "final" / "variables"))

        def apart(name, variable):
            want = reader.get_tensor(name)
            return float(np.abs(variable.numpy() - want).max() / np.abs(want).max())

        return {name: apart(name, v) for name, v in keras_networks.named_variables(model).items() if "/moving_" in name}


def relative(got, want):
    return np.abs(got - want) / np.abs(want)


def compare_losses(record, name):
    """Repeats the steps in Keras; returns the model after them and what is wrong with the losses."""
    failures = []
    model, losses = record.repeat()
    _, nudged = record.repeat(LAST_BIT)
    difference = relative(losses, record.losses)
    noise = np.maximum.accumulate(relative(nudged, losses))
    print("step  loss in Go    in Keras      difference   of Keras from nudged Keras, so far")
    for k, (a, b, d, n) in enumerate(zip(record.losses, losses, difference, noise), 1):
        print(f"{k:4d}  {a:.9f}   {b:.9f}   {d:.1e}      {n:.1e}")
        if not d <= max(TOLERANCE, TIMES_NUDGE * n):
            failures.append(f"{name}: at step {k} the losses differ by {d:.1e}, want at most {max(TOLERANCE, TIMES_NUDGE * n):.1e}")
    print(f"{name}: the losses agree within {difference.max():.1e}")
    return model, failures


def check_trained(record):
    print(f"trained: from step {ARGUMENTS.steps + ARGUMENTS.between}")
    model, failures = compare_losses(record, "trained")
    for name, d in record.averages(model).items():
        print(f"{name} after them: {d:.1e} of its largest value")
        if not d <= TOLERANCE_AVERAGES:
            failures.append(f"trained: {name} differs by {d:.1e} of its largest value, want at most {TOLERANCE_AVERAGES:.0e}")
    apart = float(np.abs(model.predict_on_batch(record.images[-1]) - record.predicted).max())
    print(f"predictions after them: {apart:.1e}")
    if not apart <= TOLERANCE_PREDICTIONS:
        failures.append(f"trained: the predictions differ by {apart:.1e}, want at most {TOLERANCE_PREDICTIONS:.0e}")
    return failures


def check_untrained(record):
    print("untrained: from the first weights")
    _, failures = compare_losses(record, "untrained")
    if not np.ptp(record.losses) > 0.01 * record.losses[0]:
        failures.append("untrained: Go's losses do not change as those of a training do")
    return failures


def main():
    print(f"TensorFlow {tf.__version__}, Keras {keras.__version__}; seed3 without dropout, {ARGUMENTS.data}, "
          f"{ARGUMENTS.steps} steps of {BATCH}")
    with tempfile.TemporaryDirectory(prefix="tfgalaxy-") as name:
        dump = train_in_go(pathlib.Path(name))
        failures = check_trained(Record(dump, "trained")) + check_untrained(Record(dump, "untrained"))
    if failures:
        sys.exit("\n".join(f"check_parity: {f}" for f in failures))
    print("ok")


main()
