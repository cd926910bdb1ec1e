#!/usr/bin/env python3
"""Checks that a network with the square's symmetry gives an image the same votes however it lies.

    python3 scripts/check_symmetry.py [--run FOLDER] [--images FOLDER]

Turns images by quarter turns and mirrors them, and compares the votes of the 8
orientations: as `tfgalaxy predict` writes them into a table, and as TensorFlow and
Keras in Python have them of the SavedModel and of a frozen one, for whole images and
for crops. The images are those of --images, else the challenge's (TFGALAXY_DATA),
else drawn ones; they are decoded once, and written as PNG files for tfgalaxy.

Without --run the network d4 is trained for some steps on drawn galaxies. So is small,
which has no such symmetry and has to be told from one that has.

Makes the environment .venv/tensorflow where it is missing.
"""

import argparse
import csv
import json
import os
import pathlib
import sys
import tempfile

import environment


def challenge():
    data = os.environ.get("TFGALAXY_DATA")
    return pathlib.Path(data) / "images_test_rev1" if data else None


parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--run", type=pathlib.Path, metavar="FOLDER",
                    help="run of a network with the symmetry (default: d4, trained for some steps)")
parser.add_argument("--images", type=pathlib.Path, default=challenge(), metavar="FOLDER",
                    help="folder of images as the survey has them, 424x424 (default: of TFGALAXY_DATA, else drawn ones)")
parser.add_argument("--count", type=int, default=24, help="images, from the first (default %(default)s)")
# The 8 ways are sums of the same float32 numbers in other orders; votes are at most 1.
parser.add_argument("--tolerance", type=float, default=1e-5, help="largest difference of votes (default %(default)s)")
parser.add_argument("--no-control", dest="control", action="store_false", help="leave out the network without the symmetry")
ARGUMENTS = parser.parse_args()  # before TensorFlow, which takes its time to load
environment.enter("tensorflow")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

ORIENTATIONS = 8
ANSWERS = 37
SIDE = 424  # of the images, pixels
NOTICEABLE = 1e-3  # what an orientation changes at least in some vote of a plain network
# Oversampled and with a margin, as the recipes have it: both have to keep the symmetry.
TRAINING = ("--data", "synthetic:96", "--crop", "centre", "--crop-width", 256, "--size", 32, "--oversample", 1.5, "--margin", 8,
            "--steps", 20, "--batch-size", 16, "--validation", 0)


def oriented(images):
    """All orientations of images [n, side, side, 3]: [8, n, side, side, 3], first as they are."""
    turned = [np.rot90(images, k, axes=(1, 2)) for k in range(4)]
    return np.stack(turned + [t[:, :, ::-1] for t in turned])


def read_images(folder):
    """The first images, [n, 424, 424, 3]."""
    where = ARGUMENTS.images
    if not where:
        environment.run(environment.TFGALAXY, "data", "synth", "--count", ARGUMENTS.count, "--seed", 2, "--out", folder / "drawn")
        where = folder / "drawn" / "images_training_rev1"
    paths = sorted(p for p in where.iterdir() if p.suffix in (".jpg", ".png"))[:ARGUMENTS.count]
    if len(paths) < ARGUMENTS.count:
        sys.exit(f"check_symmetry: {where} has {len(paths)} images, want {ARGUMENTS.count}")
    images = [tf.io.decode_image(p.read_bytes(), channels=3).numpy() for p in paths]
    for path, image in zip(paths, images):
        if image.shape != (SIDE, SIDE, 3):
            sys.exit(f"check_symmetry: {path} has {image.shape[1]}x{image.shape[0]} pixels, want {SIDE}x{SIDE}")
    return np.stack(images)


def write_images(folder, images):
    """Writes images [8, n, side, side, 3] under the names that read_votes and cut know."""
    folder.mkdir()
    for k, orientation in enumerate(images):
        for i, image in enumerate(orientation):
            (folder / f"{k}-{i}.png").write_bytes(tf.io.encode_png(image, compression=1).numpy())


def read_votes(table):
    """The votes of a table of predictions, [8, n, 37], and how many decimals they have."""
    with table.open(newline="") as f:
        cells = {row[0]: row[1:1 + ANSWERS] for row in list(csv.reader(f))[1:]}
    decimals = min(len(cell.partition(".")[2]) for row in cells.values() for cell in row)
    votes = [[cells[f"{k}-{i}"] for i in range(ARGUMENTS.count)] for k in range(ORIENTATIONS)]
    return np.array(votes, np.float64), decimals


def cut(run, images, out):
    """The crops that the run's model is fed of the images as they are, [n, size, size, 3]."""
    settings = json.loads((run / "saved_model" / "assets.extra" / "preprocessing.json").read_text())
    width = ["--crop-width", settings["width"]] if "width" in settings else []
    environment.run(environment.TFGALAXY, "prep", "--images", images, "--out", out, "--crop", settings["crop"], *width,
                    "--size", settings["size"], "--oversample", settings.get("oversample", 1))
    return np.stack([tf.io.decode_png((out / f"0-{i}.png").read_bytes(), channels=3).numpy() for i in range(ARGUMENTS.count)])


def train(folder, network):
    run = folder / network
    environment.run(environment.TFGALAXY, "train", *TRAINING, "--network", network, "--cache", folder / "cache", "--run-dir", run)
    return run


class Report:
    """What was found, a line each."""

    def __init__(self):
        self.failures = 0

    def check(self, good, text):
        print("ok  " if good else "FAIL", text, flush=True)
        self.failures += not good

    def votes(self, what, votes, symmetric):
        """Compares the votes of the orientations, [8, n, 37]."""
        difference = float(np.abs(votes[1:] - votes[0]).max())
        good, want = difference <= ARGUMENTS.tolerance, f"at most {ARGUMENTS.tolerance:.0e}"
        if not symmetric:
            good, want = difference >= NOTICEABLE, f"at least {NOTICEABLE:.0e}"
        self.check(good, f"{what}: largest difference {difference:.1e}, want {want}")


def check_predict(report, name, run, images, table, symmetric):
    """The whole program, from image files to a table."""
    environment.run(environment.TFGALAXY, "predict", "--model", run, "--images", images, "--out", table)
    votes, decimals = read_votes(table)
    report.votes(f"{name}, tfgalaxy predict", votes, symmetric)
    report.check(10**-decimals <= ARGUMENTS.tolerance / 10, f"{name}, tfgalaxy predict: {decimals} decimals")
    spread = float(votes[0].std(axis=0).max())
    report.check(spread > NOTICEABLE, f"{name}: votes differ between images, standard deviation up to {spread:.4f}")


def check_model(report, name, model, fed, symmetric):
    """The signatures of a SavedModel in Python; fed is what goes into each, [8, n, side, side, 3]."""
    signatures = tf.saved_model.load(str(model)).signatures
    for signature in [s for s in fed if s in signatures]:
        votes = [signatures[signature](images=tf.constant(images))["votes"].numpy() for images in fed[signature]]
        report.votes(f"{name}, {signature}", np.stack(votes), symmetric)


def check_run(report, name, run, folder, originals, symmetric):
    place = folder / ("symmetric" if symmetric else "control")
    place.mkdir()
    check_predict(report, name, run, folder / "images", place / "votes.csv", symmetric)
    crops = oriented(cut(run, folder / "upright", place / "crops"))
    fed = {"serving_default": crops, "original": originals}
    check_model(report, f"{name}, SavedModel", run / "saved_model", fed, symmetric)
    layer = keras.layers.TFSMLayer(str(run / "saved_model"), call_endpoint="serving_default")
    report.votes(f"{name}, Keras's TFSMLayer", np.stack([layer(c)["votes"].numpy() for c in crops]), symmetric)
    environment.run(environment.TFGALAXY, "export", "--run", run, "--out", place / "frozen", "--frozen")
    check_model(report, f"{name}, frozen", place / "frozen", fed, symmetric)


def main():
    print(f"TensorFlow {tf.__version__}, Keras {keras.__version__}; {ARGUMENTS.count} images ({ARGUMENTS.images or 'drawn'}) "
          f"in {ORIENTATIONS} orientations", flush=True)
    environment.build()
    report = Report()
    with tempfile.TemporaryDirectory(prefix="tfgalaxy-") as name:
        folder = pathlib.Path(name)
        originals = oriented(read_images(folder))
        write_images(folder / "images", originals)
        write_images(folder / "upright", originals[:1])
        run = ARGUMENTS.run.resolve() if ARGUMENTS.run else train(folder, "d4")
        check_run(report, run.name, run, folder, originals, True)
        if ARGUMENTS.control:
            check_run(report, "small, the control", train(folder, "small"), folder, originals, False)
    if report.failures:
        sys.exit(f"check_symmetry: {report.failures} failures")


main()
