#!/usr/bin/env python3
"""Checks that TensorBoard shows what a run's metrics hold.

    python3 scripts/check_tensorboard.py [--run FOLDER]

Trains a tiny network with --tensorboard on drawn galaxies: once from end to end,
and once with a process that is killed and leaves steps past its checkpoint and a
record that is cut off, and that is then resumed. Both ways of TensorBoard to load
event files, its EventAccumulator and its data server, have to give each number of
metrics.csv and metrics.jsonl at its step and no other, and the configuration and
the picture of the first batch. With --run looks at a finished run instead, which
must have had --tensorboard from its beginning.

Makes the environment .venv/tensorflow where it is missing.
"""

import argparse
import csv
import json
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import warnings

import environment

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--run", type=pathlib.Path, metavar="FOLDER", help="run to look at (default: runs made for it)")
ARGUMENTS = parser.parse_args()  # before TensorBoard, which takes its time to load
environment.enter("tensorflow")
warnings.filterwarnings("ignore", message="pkg_resources")  # TensorBoard's own affair

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from tensorboard.backend.event_processing import event_accumulator  # noqa: E402
from tensorboard.data import server_ingester  # noqa: E402
from tensorboard.util import grpc_util  # noqa: E402
from tensorflow.core.util import event_pb2  # noqa: E402

# How the columns of metrics.csv are called. Its learning rate is that of the
# epoch's last step, which has its own, and its seconds are told by wall times.
COLUMNS = {"loss": "train/loss", "validation_loss": "validation/loss", "rmse": "validation/rmse",
           "images_per_second": "images_per_second", "data_wait": "data_wait"}
ALL = 10**6  # more points a tag than any run here has
PATIENCE = 30  # seconds that the data server has to load a run
KILL_AT = 18  # step: the second epoch's first ones
BEYOND = 1000  # a step that no run here reaches

TRAIN = ["train", "--data", "synthetic:64", "--size", 16]


class Report:
    """What was found, a line each."""

    def __init__(self):
        self.failures = 0

    def check(self, good, text):
        print("ok  " if good else "FAIL", text)
        self.failures += not good

    def points(self, what, got, want):
        """Compares {tag: [(step, value), ...]}."""
        for tag in sorted(got.keys() | want.keys()):
            if got.get(tag) != want.get(tag):
                self.check(False, f"{what}: {tag}: {got.get(tag)}, want {want.get(tag)}")
                return
        self.check(want, f"{what}: {sum(map(len, want.values()))} values of {len(want)} scalars")


def metrics(run):
    """The numbers of a run's metrics as float32, as {tag: [(step, value), ...]}."""
    points = {}

    def add(tag, step, value):
        points.setdefault(tag, []).append((int(step), float(np.float32(value))))

    for line in (run / "metrics.jsonl").read_text().splitlines():
        step = json.loads(line)
        add("loss", step["step"], step["loss"])
        add("learning_rate", step["step"], step["learning_rate"])
    with open(run / "metrics.csv", newline="") as file:
        for row in csv.DictReader(file):
            for column, tag in COLUMNS.items():
                if row[column]:
                    add(tag, row["step"], row[column])
    return points


def check_accumulator(report, run):
    """Reads a run as TensorBoard does with --load_fast=false."""
    board = event_accumulator.EventAccumulator(str(run), size_guidance=dict.fromkeys(event_accumulator.DEFAULT_SIZE_GUIDANCE, 0))
    board.Reload()
    tags = board.Tags()
    report.points("EventAccumulator", {tag: [(e.step, e.value) for e in board.Scalars(tag)] for tag in tags["scalars"]}, metrics(run))
    times = [e.wall_time for e in board.Scalars("loss")]
    report.check(times == sorted(times) and times[-1] <= time.time(), "wall times rise and are past")
    pictures = [(tag, e.encoded_image_string) for tag in tags["images"] for e in board.Images(tag)]
    report.check(pictures == [("augmented", (run / "samples" / "augmented.png").read_bytes())],
                 f"pictures: {[tag for tag, _ in pictures]}, samples/augmented.png")
    texts = [(tag, e.tensor_proto.string_val[0].decode()) for tag in tags["tensors"] for e in board.Tensors(tag)]
    want = "".join("    " + line for line in (run / "config.yaml").read_text().splitlines(keepends=True))
    report.check({tag for tag, _ in texts} == {"configuration"} and texts[-1][1] == want,
                 f"texts: {[tag for tag, _ in texts]}, the last one config.yaml")
    plugin = board.SummaryMetadata("configuration").plugin_data.plugin_name
    report.check(plugin == "text", f"configuration is shown by the plugin {plugin}")


def check_server(report, run):
    """Reads a run as TensorBoard does by default."""
    server = server_ingester.SubprocessServerDataIngester(
        server_ingester.get_server_binary(), str(run), reload_interval=1,
        channel_creds_type=grpc_util.ChannelCredsType.LOCAL, samples_per_plugin={"scalars": 0})
    server.start()
    want = metrics(run)
    begin = time.monotonic()
    while True:  # it answers while it still loads
        found = server.data_provider.read_scalars(None, experiment_id="", plugin_name="scalars", downsample=ALL).get(".", {})
        got = {tag: [(e.step, e.value) for e in series] for tag, series in found.items()}
        if got == want or time.monotonic() - begin > PATIENCE:
            break
        time.sleep(0.1)
    report.points("data server", got, want)


def check_run(report, run):
    check_accumulator(report, run)
    check_server(report, run)


def kill_training(run, cache):
    """Trains until a step within the second epoch and kills the process."""
    command = [environment.TFGALAXY, *TRAIN, "--epochs", 3, "--batch-size", 4, "--cache", cache, "--run-dir", run,
               "--tensorboard", "--json"]
    with subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          cwd=environment.ROOT, env=environment.plain()) as process:
        saved = False  # a checkpoint is written while steps of the next epoch are made
        for line in process.stdout:
            event = json.loads(line)
            saved = saved or event["event"] == "checkpoint" and event["name"] == "last"
            if saved and event["event"] == "step" and event["step"] >= KILL_AT:
                process.kill()
                break
        else:
            sys.exit(f"check_tensorboard: the training ended before step {KILL_AT}")


def leave_orphans(run, scratch):
    """Adds what a process leaves that is killed later still: a step of its own and, of the next, a part."""
    events, = run.glob("*tfevents*")
    with tf.io.TFRecordWriter(str(scratch)) as writer:
        for step in BEYOND, BEYOND + 1:
            value = tf.compat.v1.Summary.Value(tag="loss", simple_value=9)
            event = event_pb2.Event(wall_time=time.time(), step=step, summary=tf.compat.v1.Summary(value=[value]))
            writer.write(event.SerializeToString())
    with open(events, "ab") as file:
        file.write(scratch.read_bytes()[:-10])


def make_runs(report, folder):
    environment.build()
    cache, whole, resumed = folder / "cache", folder / "whole", folder / "resumed"
    environment.run(environment.TFGALAXY, *TRAIN, "--epochs", 2, "--batch-size", 16, "--cache", cache,
                    "--run-dir", whole, "--tensorboard")
    print("a run of 2 epochs")
    check_run(report, whole)
    kill_training(resumed, cache)
    leave_orphans(resumed, folder / "orphans")
    environment.run(environment.TFGALAXY, "train", "--resume", resumed)
    print("a run that was killed and resumed")
    check_run(report, resumed)
    files = sorted(f.name for f in resumed.glob("*tfevents*"))
    hosts = [f for f in files if os.uname().nodename in f]
    report.check(len(files) == 2 and not hosts, f"event files: {', '.join(files)}")


def main():
    logging.getLogger("tensorboard").setLevel(logging.ERROR)  # it warns of what a resume makes it forget
    report = Report()
    if ARGUMENTS.run:
        check_run(report, ARGUMENTS.run)
    else:
        with tempfile.TemporaryDirectory(prefix="tfgalaxy-") as name:
            make_runs(report, pathlib.Path(name))
    if report.failures:
        sys.exit(f"check_tensorboard: {report.failures} failures")


main()
