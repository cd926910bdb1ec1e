"""Predicts a folder of JPEG images with OpenCV and Keras, by a run of seed3.

The same region of interest, resizing, network and batches of 64 images as `tfgalaxy
predict` has. OpenCV and TensorFlow choose their numbers of threads. Tells how long it
took, without the imports and the making of the model, and what part was reading.
"""

import argparse
import concurrent.futures
import csv
import json
import pathlib
import time

import cv2
import keras
import numpy as np
import tensorflow as tf

import check_roi
import keras_networks
import machine

BATCH = 64
SIZE = 64  # pixels


def read(path):
    """The image's region of interest, uint8 [64, 64, 3], red first."""
    bgr = cv2.imread(str(path))
    x0, y0, x1, y1 = check_roi.region_of_interest(bgr)
    return cv2.cvtColor(check_roi.area(bgr[y0:y1, x0:x1], SIZE, SIZE), cv2.COLOR_BGR2RGB)


def make_model(run):
    """The network with the run's best weights."""
    model = keras_networks.seed3(dropout=0)  # which predictions are made without
    weights = tf.train.load_checkpoint(str(run / "checkpoints" / "best" / "variables"))
    for name, variable in keras_networks.named_variables(model).items():
        variable.assign(weights.get_tensor(name))
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=pathlib.Path, required=True, metavar="FOLDER", help="run of seed3")
    parser.add_argument("--images", type=pathlib.Path, required=True, metavar="FOLDER", help="folder of JPEG images")
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="FILE", help="CSV file of votes")
    parser.add_argument("--parallel", action="store_true", help="read by as many threads as there are cores")
    given = parser.parse_args()
    model = make_model(given.model)
    start = time.perf_counter()
    paths = sorted(given.images.glob("*.jpg"))
    if given.parallel:
        with concurrent.futures.ThreadPoolExecutor(machine.cores()) as pool:
            crops = np.stack(list(pool.map(read, paths)))
    else:
        crops = np.stack([read(path) for path in paths])
    reading = time.perf_counter() - start
    votes = model.predict(crops, batch_size=BATCH, verbose=0)
    with given.out.open("w", newline="") as f:
        table = csv.writer(f)
        table.writerow(["GalaxyID", *range(1, keras_networks.ANSWERS + 1)])
        table.writerows([path.stem, *row] for path, row in zip(paths, votes))
    print(json.dumps({
        "images": len(paths), "seconds": time.perf_counter() - start, "reading": reading,
        "versions": {"tensorflow in python": tf.__version__, "keras": keras.__version__, "opencv": cv2.__version__},
    }))


main()
