#!/usr/bin/env python3
"""Checks that TensorFlow in Python makes of a SavedModel what Go makes of it.

    python3 scripts/check_savedmodel.py [--preset NAME] [--data FOLDER]

Trains a model for one short epoch on drawn galaxies (or on those of --data),
lets Go predict the votes of 64 of them, and compares with what
tf.saved_model.load and keras.layers.TFSMLayer predict from the same pixels.
Checks the other signatures too, a frozen model, that any number of images may be
fed, and that nothing of the machine that wrote the model is in it.

Makes the environment .venv/tensorflow where it is missing.
"""

import argparse
import json
import os
import pathlib
import re
import sys
import tempfile

import environment

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--preset", default="small", help="preset to train (default %(default)s)")
parser.add_argument("--data", default="synthetic:96",
                    help="folder in Kaggle's layout, or synthetic:N; at least 64 galaxies (default %(default)s)")
ARGUMENTS = parser.parse_args()  # before TensorFlow, which takes its time to load
environment.enter("tensorflow")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from tensorflow.core.protobuf import saved_model_pb2  # noqa: E402

import arrays  # noqa: E402

IMAGES = 64
ANSWERS = 37
# Both sides run the same kernels in float32, on sums that may be cut for the
# threads in another way; votes are at most 1.
TOLERANCE = 1e-5


class Report:
    """What was found, a line each."""

    def __init__(self):
        self.failures = 0

    def check(self, good, text):
        print("ok  " if good else "FAIL", text)
        self.failures += not good

    def equal(self, what, got, want):
        self.check(got == want, f"{what}: {got}" + ("" if got == want else f", want {want}"))

    def close(self, what, got, want):
        if got.shape != want.shape:
            self.check(False, f"{what}: shape {got.shape}, want {want.shape}")
            return
        worst = float(np.abs(got - want).max())
        self.check(worst <= TOLERANCE, f"{what}: largest difference {worst:.2e}, want at most {TOLERANCE:.0e}")


def make_model(folder):
    """Trains a model and lets Go predict; returns the run's and the arrays' folder."""
    cache, run, dump = folder / "cache", folder / "run", folder / "dump"
    dump.mkdir()
    environment.build()
    common = ["--data", ARGUMENTS.data, "--cache", cache]
    environment.run(environment.TFGALAXY, "train", *common, "--preset", ARGUMENTS.preset, "--epochs", 1,
                    "--batch-size", 16, "--warm-up", 0, "--validation", 0.1, "--run-dir", run)
    environment.run(environment.build_galaxydump(folder), "votes", *common, "--model", run, "--count", IMAGES,
                    "--out", dump)
    return run, dump


def check_signature(report, serve, size):
    _, inputs = serve.structured_input_signature
    report.equal("inputs", sorted(inputs), ["images"])
    report.equal("outputs", sorted(serve.structured_outputs), ["votes"])
    images, votes = inputs["images"], serve.structured_outputs["votes"]
    report.equal("images", (images.dtype.name, images.shape.as_list()), ("uint8", [None, size, size, 3]))
    report.equal("votes", (votes.dtype.name, votes.shape.as_list()), ("float32", [None, ANSWERS]))


def check_preprocessing(report, model, run):
    """The settings beside the model are those of the run; returns the size of its crops."""
    path = model / "assets.extra" / "preprocessing.json"
    found = json.loads(path.read_text())
    config = dict(re.findall(r"^(crop|crop-width|size|oversample): *(\S+)", (run / "config.yaml").read_text(), re.M))
    want = {"crop": config["crop"], "size": int(config["size"])}
    if want["crop"] == "centre":
        want["width"] = int(config["crop-width"])
    if float(config["oversample"]) != 1:
        want["oversample"] = float(config["oversample"])
    report.equal("preprocessing.json", dict(sorted(found.items())), dict(sorted(want.items())))
    return found["size"]


def check_portable(report, model, folder):
    """Nothing in the model's file is tied to this machine."""
    encoded = (model / "saved_model.pb").read_bytes()
    saved = saved_model_pb2.SavedModel.FromString(encoded)
    graph, = saved.meta_graphs
    report.equal("tags", list(graph.meta_info_def.tags), ["serve"])
    nodes = list(graph.graph_def.node) + [n for f in graph.graph_def.library.function for n in f.node_def]
    report.equal("nodes with a device", [n.name for n in nodes if n.device], [])
    # Names in a graph have slashes, but none begins with one.
    texts = re.findall(rb"[\x20-\x7e]{4,}", encoded)
    places = [str(folder), str(environment.ROOT), str(pathlib.Path.home()), os.uname().nodename, "device:", "/job:"]
    ties = [t.decode() for t in texts if re.search(rb"(^|[^\w./])/[A-Za-z]+/", t) or any(p.encode() in t for p in places)]
    report.equal(f"paths, devices and host names in {len(texts)} strings", ties, [])


def check_votes(report, model, images, want):
    loaded = tf.saved_model.load(str(model))
    serve = loaded.signatures["serving_default"]
    check_signature(report, serve, images.shape[1])

    def votes(batch):
        return serve(images=tf.constant(batch))["votes"].numpy()

    for n in (IMAGES, 5, 1):
        report.close(f"tf.saved_model.load, {n} images", votes(images[:n]), want[:n])
    layer = keras.layers.TFSMLayer(str(model), call_endpoint="serving_default")
    report.close("keras.layers.TFSMLayer", layer(images)["votes"].numpy(), want)
    inputs = keras.Input(images.shape[1:], dtype="uint8")
    wrapped = keras.Model(inputs, layer(inputs)["votes"])
    report.close("TFSMLayer within a keras.Model, predict in batches of 24",
                 wrapped.predict(images, batch_size=24, verbose=0), want)

    check_features(report, loaded, images, want)
    check_dropout(report, loaded, images, want)

    # The comparison notices a model that is not quite the same.
    kernel = next(v for v in loaded.variables if v.name.startswith("conv1/kernel"))
    kernel.assign_add(tf.fill(kernel.shape, 1e-3))
    moved = float(np.abs(votes(images) - want).max())
    report.check(moved > TOLERANCE, f"with 0.001 added to conv1/kernel the largest difference is {moved:.2e}: it would be noticed")
    return loaded


def check_features(report, loaded, images, want):
    """The last layer, computed here, makes the votes of the features."""
    given = loaded.signatures["features"](images=tf.constant(images))
    report.close("votes beside the features", given["votes"].numpy(), want)
    variables = {v.name.removesuffix(":0"): v.numpy() for v in loaded.variables}
    last = max((name for name in variables if re.fullmatch(r"dense\d+/kernel", name)), key=lambda name: int(name[5:-7]))
    sums = given["features"].numpy() @ variables[last] + variables[last.replace("kernel", "bias")]
    report.close(f"votes of the features by {last}", tf.sigmoid(sums).numpy(), want)


def check_dropout(report, loaded, images, want):
    """The same draws give the same votes, whatever the batch, and other draws others."""
    sample = loaded.signatures["dropout"]
    specs = {name: spec for name, spec in sample.structured_input_signature[1].items() if name != "images"}

    def votes(seed, batch):
        draws = {name: tf.random.stateless_uniform(spec.shape, [seed, i]) for i, (name, spec) in enumerate(specs.items())}
        return sample(images=tf.constant(batch), **draws)["votes"].numpy()

    first = votes(1, images)
    report.close("dropout, the same draws with 5 images", votes(1, images[:5]), first[:5])
    for what, other in ("other draws", votes(2, images)), ("no dropout", want):
        moved = float(np.abs(first - other).max())
        report.check(moved > 100 * TOLERANCE, f"dropout, against {what}: largest difference {moved:.4f}")


def check_frozen(report, run, folder, images, want):
    """A frozen model gives the same votes, and has nothing to restore."""
    model = folder / "frozen"
    environment.run(environment.TFGALAXY, "export", "--run", run, "--out", model, "--frozen")
    report.equal("files of the frozen model", sorted(p.name for p in model.iterdir()), ["README.md", "SHA256SUMS", "assets.extra", "saved_model.pb"])
    loaded = tf.saved_model.load(str(model))
    report.equal("variables of the frozen model", [v.name for v in loaded.variables], [])
    votes = loaded.signatures["serving_default"](images=tf.constant(images))["votes"].numpy()
    report.close("frozen, tf.saved_model.load", votes, want)


def check_variables(report, loaded, run):
    """Every variable of the checkpoint but the optimiser's and the averages', which give the model its values, is in the model, and no other."""
    saved = tf.train.load_checkpoint(str(run / "checkpoints" / "best" / "variables")).get_variable_to_shape_map()
    network = {name for name in saved if not name.startswith(("adam/", "average/")) and name != "global_step"}
    report.equal("variables that are not the run's", sorted({v.name.removesuffix(":0") for v in loaded.variables} ^ network), [])
    trained = [v.name for v in loaded.variables if v.trainable]
    report.equal("trained variables", len(trained), len([n for n in network if "/moving_" not in n]))


def main():
    print(f"TensorFlow {tf.__version__}, Keras {keras.__version__}; preset {ARGUMENTS.preset}, {ARGUMENTS.data}")
    report = Report()
    with tempfile.TemporaryDirectory(prefix="tfgalaxy-") as name:
        folder = pathlib.Path(name)
        run, dump = make_model(folder)
        model = run / "saved_model"
        size = check_preprocessing(report, model, run)
        images = arrays.read(dump, "images.u8", IMAGES, size, size, 3)
        want = arrays.read(dump, "predicted.f32", IMAGES, ANSWERS)
        spread = float(want.std(axis=0).max())
        report.check(spread > 100 * TOLERANCE, f"Go's votes differ between images: standard deviation up to {spread:.4f}")
        check_portable(report, model, folder)
        loaded = check_votes(report, model, images, want)
        check_variables(report, loaded, run)
        check_frozen(report, run, folder, images, want)
    if report.failures:
        sys.exit(f"check_savedmodel: {report.failures} failures")


main()
