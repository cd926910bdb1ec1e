#!/usr/bin/env python3
"""Trains Keras's copy of seed3 by model.fit on arrays in memory and prints its rate as JSON.

scripts/bench_keras.py runs this in a process of its own, as it runs tfgalaxy.
FOLDER holds images.u8 and votes.f32 as scripts/galaxydump writes them.
"""

import argparse
import json
import pathlib
import time

import environment

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("folder", type=pathlib.Path, metavar="FOLDER", help="folder of the arrays")
parser.add_argument("--epochs", type=int, default=1, help="passes over the images (default %(default)s)")
parser.add_argument("--batch-size", type=int, default=64, help="images a step (default %(default)s)")
ARGUMENTS = parser.parse_args()  # before TensorFlow, which takes its time to load
environment.enter("tensorflow")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import arrays  # noqa: E402
import keras_networks  # noqa: E402


class Clock(keras.callbacks.Callback):
    """Times the steps with what lies between them, from the end of the first one.

    That one traces and compiles; tfgalaxy leaves its own first step out of its rates too.
    """

    def __init__(self, count, batch_size):
        super().__init__()
        self.count, self.batch_size = count, batch_size
        self.images, self.seconds, self.mark = 0, 0.0, None

    def on_epoch_begin(self, epoch, logs=None):
        if epoch > 0:
            self.mark = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        now = time.perf_counter()
        if self.mark is not None:
            self.images += min(self.batch_size, self.count - batch * self.batch_size)
            self.seconds += now - self.mark
        self.mark = now

    def on_epoch_end(self, epoch, logs=None):
        self.mark = None


def main():
    images = arrays.read(ARGUMENTS.folder, "images.u8", -1, 64, 64, 3).astype("float32") / 255
    votes = arrays.read(ARGUMENTS.folder, "votes.f32", -1, keras_networks.ANSWERS)
    model = keras_networks.seed3(scaled=True)
    keras_networks.compile_model(model, (votes.sum(0) / votes.sum()).astype(np.float32))
    clock = Clock(len(images), ARGUMENTS.batch_size)
    history = model.fit(images, votes, epochs=ARGUMENTS.epochs, batch_size=ARGUMENTS.batch_size, verbose=0,
                        callbacks=[clock])
    print(json.dumps({
        "images_per_second": clock.images / clock.seconds, "images": clock.images, "seconds": clock.seconds,
        "loss": history.history["loss"][-1], "tensorflow": tf.__version__, "keras": keras.__version__, "numpy": np.__version__,
    }))


main()
