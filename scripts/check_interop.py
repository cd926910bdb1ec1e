#!/usr/bin/env python3
"""Checks that a model gives the same votes in every other tool as in tfgalaxy.

    python3 scripts/check_interop.py [--data FOLDER] [--keep FOLDER]

Trains the preset small for one short epoch on drawn galaxies, lets `tfgalaxy
predict` tell the votes of 64 images (drawn ones or, with TFGALAXY_DATA or --data,
real ones), and compares with what TensorFlow in Python (2.18 and the newest),
saved_model_cli, Keras, TensorFlow Lite, ONNX Runtime and TensorFlow.js make of the
model, as it is, frozen, and converted by scripts/convert.py. The model lies as
TensorFlow Serving wants it, in a folder named after its version.

Makes the environments under .venv where they are missing. TensorFlow.js is left
out where there is no Node.js.
"""

import argparse
import csv
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import environment

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--data", type=pathlib.Path, default=os.environ.get("TFGALAXY_DATA") or None, metavar="FOLDER",
                    help="folder in Kaggle's layout to take the images from (default TFGALAXY_DATA, else drawn ones)")
parser.add_argument("--keep", type=pathlib.Path, metavar="FOLDER", help="new folder for all that is made, to look at")
ARGUMENTS = parser.parse_args()  # before TensorFlow, which takes its time to load
environment.enter("tensorflow")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import interop_votes  # noqa: E402

IMAGES = 64
ANSWERS = 37
# All compute in float32; each sums up to 4,096 products in an order of its own,
# and votes are at most 1.
TOLERANCE = 1e-5
SERVING, ORIGINAL, FEATURES = "serving_default", "original", "features"

# By environment, whose consumers share a process: functions of interop_votes.py and
# their names.
CONSUMERS = {
    "tensorflow": {"saved_model": "TensorFlow", "frozen_model": "TensorFlow, frozen", "tfsm_layer": "Keras TFSMLayer",
                   "tflite": "TensorFlow Lite"},
    "tensorflow-new": {"saved_model": "TensorFlow", "frozen_model": "TensorFlow, frozen", "tfsm_layer": "Keras TFSMLayer"},
    "runtimes": {"litert": "LiteRT", "onnx_runtime": "ONNX Runtime"},
}

# Calls convert.py with the lines of each argument, in one process: to load TensorFlow
# takes longer than to convert.
CONVERT = """
import os, runpy, sys
script, *calls = sys.argv[1:]
sys.path.insert(0, os.path.dirname(script))
for call in calls:
    sys.argv = [script, *call.splitlines()]
    runpy.run_path(script, run_name="__main__")
"""


class Skipped(Exception):
    """A consumer that cannot run here, and why."""


def take_images(folder):
    """Takes 64 images and writes them as PNG files, which everybody decodes alike; returns their ids and pixels."""
    if ARGUMENTS.data:
        paths = sorted((ARGUMENTS.data / "images_test_rev1").glob("*.jpg"))[:IMAGES]
        if len(paths) < IMAGES:
            sys.exit(f"check_interop: {ARGUMENTS.data}/images_test_rev1 has {len(paths)} images, want {IMAGES}")
    else:
        environment.run(environment.TFGALAXY, "data", "synth", "--count", IMAGES, "--seed", 2, "--out", folder / "drawn")
        paths = sorted((folder / "drawn" / "images_training_rev1").glob("*.jpg"))
    (folder / "images").mkdir()
    originals = []
    for path in paths:
        pixels = tf.io.decode_jpeg(path.read_bytes(), channels=3)
        (folder / "images" / f"{path.stem}.png").write_bytes(tf.io.encode_png(pixels).numpy())
        originals.append(pixels.numpy())
    return [path.stem for path in paths], np.stack(originals)


def cut(folder, ids, model):
    """The crops that the model is fed of the images, as tfgalaxy cuts them."""
    settings = json.loads((model / "assets.extra" / "preprocessing.json").read_text())
    environment.run(environment.TFGALAXY, "prep", "--images", folder / "images", "--out", folder / "crops",
                    "--crop", settings["crop"], "--crop-width", settings["width"], "--size", settings["size"],
                    "--oversample", settings.get("oversample", 1))
    return np.stack([tf.io.decode_png((folder / "crops" / f"{i}.png").read_bytes(), channels=3).numpy() for i in ids])


def predict(folder, ids, model):
    """The votes and features that tfgalaxy tells of the images."""
    table, features = folder / "reference.csv", folder / "features.npy"
    environment.run(environment.TFGALAXY, "predict", "--model", model, "--images", folder / "images",
                    "--out", table, "--features", features)

    def rows(path):
        with path.open(newline="") as f:
            return list(csv.reader(f))[1:]

    votes = {row[0]: row[1:1 + ANSWERS] for row in rows(table)}
    positions = {row[0]: k for k, row in enumerate(rows(features.with_suffix(".ids.csv")))}
    return (np.array([votes[i] for i in ids], np.float32), np.load(features)[[positions[i] for i in ids]])


def prepare(folder):
    """Trains, exports, predicts and converts; returns what each signature has to give, by its name."""
    environment.build()
    environment.run(environment.TFGALAXY, "train", "--data", "synthetic:200", "--cache", folder / "cache",
                    "--preset", "small", "--epochs", 1, "--batch-size", 32, "--warm-up", 0, "--validation", 0.1,
                    "--run-dir", folder / "run")
    environment.run(environment.TFGALAXY, "export", "--run", folder / "run", "--frozen",
                    "--out", folder / interop_votes.FROZEN)
    model = folder / interop_votes.SAVED_MODEL
    shutil.copytree(folder / "run" / "saved_model", model)
    ids, originals = take_images(folder)
    np.save(folder / f"images-{ORIGINAL}.npy", originals)
    np.save(folder / f"images-{SERVING}.npy", cut(folder, ids, model))
    votes, features = predict(folder, ids, model)
    convert(model, folder)
    return {SERVING: votes, ORIGINAL: votes, FEATURES: features}


def convert(model, folder):
    """Converts two signatures to each format, as folder/SIGNATURE.FORMAT."""
    calls = ["\n".join(["--model", str(model), "--to", form, "--signature", signature, "--out", f"{folder}/{signature}.{form}"])
             for form in ("tflite", "onnx", "tfjs") for signature in (SERVING, ORIGINAL)]
    environment.run(environment.python("convert"), "-c", CONVERT, environment.SCRIPTS / "convert.py", *calls)


def ask(folder, where, consumers):
    """What consumers of interop_votes.py give: name and version of each, and an array for each signature."""
    out = folder / where
    versions = environment.run(environment.python(where), environment.SCRIPTS / "interop_votes.py", folder, out, *consumers)
    for version, (function, name) in zip(versions.splitlines(), consumers.items(), strict=True):
        yield name, version, dict(np.load(f"{out}-{function}.npz"))


def ask_saved_model_cli(folder):
    out = folder / "saved_model_cli"
    environment.run(environment.python("tensorflow").parent / "saved_model_cli", "run", "--dir", folder / interop_votes.SAVED_MODEL,
                    "--tag_set", "serve", "--signature_def", SERVING, "--inputs", f"images={folder}/images-{SERVING}.npy",
                    "--outdir", out)
    yield "saved_model_cli run", tf.__version__, {SERVING: np.load(out / "votes.npy")}


def ask_tfjs(folder):
    packages = install_tfjs()
    os.environ["NODE_PATH"] = str(packages)
    arrays = {}
    for signature in (SERVING, ORIGINAL):
        images = np.load(folder / f"images-{signature}.npy")
        images.tofile(folder / "images.u8")
        version = environment.run("node", environment.SCRIPTS / "tfjs" / "votes.cjs", folder / f"{signature}.tfjs",
                                  folder / "images.u8", images.shape[1], folder / "votes.f32")
        arrays[signature] = np.fromfile(folder / "votes.f32", "<f4").reshape(len(images), -1)
    yield "TensorFlow.js", version.strip(), arrays


def install_tfjs():
    """Installs the pinned packages of TensorFlow.js into .venv/tfjs; returns their folder."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            raise Skipped(f"TensorFlow.js: {program} is not installed")
    place = environment.ROOT / ".venv" / "tfjs"
    lists = [environment.SCRIPTS / "tfjs" / name for name in ("package.json", "package-lock.json")]
    stamp, wanted = place / "installed", "".join(hashlib.sha256(p.read_bytes()).hexdigest() + "\n" for p in lists)
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for path in lists:
            shutil.copy(path, place)
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=place, text=True,
                              capture_output=True)
        if done.returncode:
            raise Skipped(f"TensorFlow.js: its packages do not install: {done.stderr.strip()}")
        stamp.write_text(wanted)
    return place / "node_modules"


class Table:
    """What was compared, a line each, and the failures."""

    LINE = "{:<4}  {:<22}  {:<8}  {:<16}  {:>18}  {:>8}".format

    def __init__(self):
        print(self.LINE("", "consumer", "version", "signature", "largest difference", "at most"))
        self.failures = []

    def add(self, name, version, signature, got, want):
        # Features have no range of their own: they are told as shares of the largest.
        scale = np.abs(want).max() if signature == FEATURES else 1
        difference = float(np.abs(got - want).max() / scale) if got.shape == want.shape else float("nan")
        good = difference <= TOLERANCE  # which nothing is that is no number
        print(self.LINE("ok" if good else "FAIL", name, version, signature, f"{difference:.1e}", f"{TOLERANCE:.0e}"), flush=True)
        if not good:
            self.failures.append(f"{name} {version}, {signature}: shape {got.shape}, largest difference {difference:.1e}")


def check_notice(folder, votes):
    """The comparison notices a model that is fed something else; returns what is wrong."""
    serve = tf.saved_model.load(str(folder / interop_votes.SAVED_MODEL)).signatures[SERVING]
    turned = serve(images=tf.constant(np.load(folder / f"images-{SERVING}.npy")[..., ::-1]))["votes"].numpy()
    moved = float(np.abs(turned - votes).max())
    print(f"with red and blue exchanged the largest difference is {moved:.1e}")
    return [] if moved > 100 * TOLERANCE else ["votes hardly depend on the images: nothing was compared"]


def check(folder):
    wanted = prepare(folder)
    table = Table()
    ways = [ask(folder, where, consumers) for where, consumers in CONSUMERS.items()]
    for way in [*ways, ask_saved_model_cli(folder), ask_tfjs(folder)]:
        try:
            for name, version, arrays in way:
                for signature, got in arrays.items():
                    table.add(name, version, signature, got, wanted[signature])
        except Skipped as reason:
            print(f"skip  {reason}")
    failures = table.failures + check_notice(folder, wanted[SERVING])
    if failures:
        sys.exit("\n".join(f"check_interop: {failure}" for failure in failures))


def main():
    source = ARGUMENTS.data or "drawn"
    print(f"{IMAGES} images ({source}), as tfgalaxy predict has them")
    if ARGUMENTS.keep:
        ARGUMENTS.keep.mkdir()
        check(ARGUMENTS.keep.resolve())
        return
    with tempfile.TemporaryDirectory(prefix="tfgalaxy-") as folder:
        check(pathlib.Path(folder))


main()
