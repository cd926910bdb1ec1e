#!/usr/bin/env python3
"""Predicts a folder of JPEG images with OpenCV and Keras: the peer of `tfgalaxy predict` for runs of seed3.

    python3 scripts/keras_predict.py --model RUN --images FOLDER --out FILE

The same region of interest, resizing, network and batches of 64 images. OpenCV
and TensorFlow choose their numbers of threads. Prints as JSON how long it took,
without the imports and the making of the model, and what part was reading.

scripts/bench_predict.py runs this. Makes the environment .venv/predict where it
is missing.
"""

import argparse
import concurrent.futures
import csv
import json
import pathlib
import time

import environment

BATCH = 64
SIZE = 64  # pixels

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--model", type=pathlib.Path, required=True, metavar="FOLDER", help="run of seed3")
parser.add_argument("--images", type=pathlib.Path, required=True, metavar="FOLDER", help="folder of JPEG images")
parser.add_argument("--out", type=pathlib.Path, required=True, metavar="FILE", help="CSV file of votes")
parser.add_argument("--readers", type=int, default=1, metavar="N", help="threads that read images (default %(default)s)")
ARGUMENTS = parser.parse_args()  # before TensorFlow, which takes its time to load
environment.enter("predict")

import cv2  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import check_roi  # noqa: E402
import keras_networks  # noqa: E402


def read(path):
    """The image's region of interest, uint8 [64, 64, 3], red first."""
    bgr = cv2.imread(str(path))
    x0, y0, x1, y1 = check_roi.region_of_interest(bgr)
    return cv2.cvtColor(check_roi.area(bgr[y0:y1, x0:x1], SIZE, SIZE), cv2.COLOR_BGR2RGB)


def make_model():
    """The network with the run's best weights."""
    model = keras_networks.seed3(dropout=0)  # which predictions are made without
    weights = tf.train.load_checkpoint(str(ARGUMENTS.model / "checkpoints" / "best" / "variables"))
    for name, variable in keras_networks.named_variables(model).items():
        variable.assign(weights.get_tensor(name))
    return model


def main():
    model = make_model()
    start = time.perf_counter()
    paths = sorted(ARGUMENTS.images.glob("*.jpg"))
    if ARGUMENTS.readers > 1:
        with concurrent.futures.ThreadPoolExecutor(ARGUMENTS.readers) as pool:
            crops = np.stack(list(pool.map(read, paths)))
    else:
        crops = np.stack([read(path) for path in paths])
    reading = time.perf_counter() - start
    votes = model.predict(crops, batch_size=BATCH, verbose=0)
    with ARGUMENTS.out.open("w", newline="") as f:
        table = csv.writer(f)
        table.writerow(["GalaxyID", *range(1, keras_networks.ANSWERS + 1)])
        table.writerows([path.stem, *row] for path, row in zip(paths, votes))
    print(json.dumps({
        "images": len(paths), "seconds": time.perf_counter() - start, "reading": reading,
        "tensorflow": tf.__version__, "keras": keras.__version__, "opencv": cv2.__version__,
    }))


main()
