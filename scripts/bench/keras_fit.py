"""Trains Keras's copy of a network by model.fit, one epoch on the crops in memory.

FOLDER holds images.u8 and votes.f32 as scripts/galaxydump writes them.
"""

import argparse
import pathlib

import keras
import numpy as np
import tensorflow as tf

import arrays
import clock
import keras_networks

BATCH = 64


class Steps(keras.callbacks.Callback):
    """Tells the clock of each step."""

    def __init__(self, timer, count):
        super().__init__()
        self.timer, self.count = timer, count

    def on_train_batch_end(self, batch, logs=None):
        self.timer.step(min(BATCH, self.count - batch * BATCH))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=pathlib.Path, metavar="FOLDER", help="folder of the arrays")
    parser.add_argument("--network", choices=("seed2", "seed3"), required=True)
    given = parser.parse_args()
    images = arrays.read(given.folder, "images.u8", -1, 64, 64, 3).astype("float32") / 255
    votes = arrays.read(given.folder, "votes.f32", -1, keras_networks.ANSWERS)
    model = getattr(keras_networks, given.network)(scaled=True)
    keras_networks.compile_model(model, (votes.sum(0) / votes.sum()).astype(np.float32))
    timer = clock.Clock()
    history = model.fit(images, votes, epochs=1, batch_size=BATCH, verbose=0, callbacks=[Steps(timer, len(images))])
    weights = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    timer.tell(loss=history.history["loss"][-1], weights=weights, versions={"tensorflow in python": tf.__version__, "keras": keras.__version__})


main()
