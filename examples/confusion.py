"""Loads a SavedModel of tfgalaxy in Python and draws which answers it mistakes for which.

    MODEL=runs/0001-small/saved_model DATA=galaxyzoo python3 examples/confusion.py

Needs TensorFlow and Matplotlib: scripts/python-env.sh tensorflow-new makes an
environment that has them. The cells (# %%) run one by one in editors that know
them. The model is one of a preset with a centre crop, such as small: those take
the survey's images as they are, and cut and scale them themselves.
"""

# %% Settings
import csv
import os
import pathlib

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

MODEL = pathlib.Path(os.environ.get("MODEL", "runs/0001-small/saved_model"))
DATA = pathlib.Path(os.environ.get("DATA", "galaxyzoo"))  # in the layout of the Kaggle challenge
FIGURE = pathlib.Path(os.environ.get("FIGURE", "confusion.png"))
BATCH = 64

# Columns of the votes, and their answers' names.
QUESTIONS = {
    "Smooth or disk?": (0, ["smooth", "disk", "artifact"]),
    "Seen edge-on?": (3, ["edge-on", "not"]),
    "Spiral arms?": (7, ["spiral", "none"]),
    "How rounded?": (15, ["round", "between", "cigar"]),
}

# %% The votes that people cast
with open(DATA / "training_solutions_rev1.csv", newline="") as f:
    rows = list(csv.reader(f))[1:]
ids = [row[0] for row in rows]
cast = np.array([row[1:] for row in rows], np.float32)  # [galaxies, 37]

# %% The votes that the model predicts
model = tf.saved_model.load(str(MODEL))
classify = model.signatures["original"]  # images uint8 [-1, 424, 424, 3] -> votes float32 [-1, 37]


def image(galaxy):
    return tf.io.decode_jpeg(tf.io.read_file(str(DATA / "images_training_rev1" / f"{galaxy}.jpg")), channels=3)


batches = [ids[start:start + BATCH] for start in range(0, len(ids), BATCH)]
predicted = np.concatenate([classify(images=tf.stack([image(i) for i in batch]))["votes"] for batch in batches])
print(f"{len(ids)} galaxies, RMSE {np.sqrt(np.mean((predicted - cast) ** 2)):.4f}")


# %% The confusion: which answer had most votes, for people and for the model
def confusion(first, count):
    """Galaxies by most voted answer, [cast, predicted], of those whose question most people came to."""
    a, b = cast[:, first:first + count], predicted[:, first:first + count]
    asked = a.sum(1) >= 0.5
    table = np.zeros((count, count), int)
    np.add.at(table, (a[asked].argmax(1), b[asked].argmax(1)), 1)
    return table


figure, axes = plt.subplots(1, len(QUESTIONS), figsize=(3.4 * len(QUESTIONS), 3.8), layout="constrained")
for ax, (question, (first, answers)) in zip(axes, QUESTIONS.items()):
    table = confusion(first, len(answers))
    ax.imshow(table / np.maximum(table.sum(1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1.4)
    for (row, column), galaxies in np.ndenumerate(table):
        ax.text(column, row, galaxies, ha="center", va="center")
    ax.set_title(f"{question}\n{np.trace(table) / max(table.sum(), 1):.0%} of {table.sum()} alike")
    ax.set_xticks(range(len(answers)), answers)
    ax.set_yticks(range(len(answers)), answers, rotation=90, va="center")
    ax.set_xlabel("model")
axes[0].set_ylabel("people")
figure.savefig(FIGURE, dpi=150)
print(FIGURE)
