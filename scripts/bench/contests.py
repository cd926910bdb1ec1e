"""What is measured, and what is wanted of it, as data."""

import dataclasses
import typing

import figures

ONEDNN = (("TF_ENABLE_ONEDNN_OPTS", "1"),)
BFLOAT16 = ("avx512_bf16", "amx_bf16")


@dataclasses.dataclass(frozen=True)
class Side:
    """A command to measure, whose words in braces are names of places.Places."""

    name: str
    program: str  # tfgalaxy, or the environment that the script of this folder runs in
    command: str
    rate: str = "images_per_second"  # what its speed is told by, see figures.values
    settings: tuple = ()  # variables of its environment, as pairs
    network: str = ""  # of tfgalaxy's, whose number of weights a peer's copy has to have
    table: str = ""  # of votes, that it writes and that is kept


@dataclasses.dataclass(frozen=True)
class Want:
    """A figure of the measurements, and what it is to be."""

    what: str
    figure: typing.Callable  # of the results: a figures.Figure
    unit: str  # x, % or s
    least: float = None  # with neither, it is told for information
    most: float = None


@dataclasses.dataclass(frozen=True)
class Contest:
    """Sides that run in turn. One that an earlier contest has measured already is not run again."""

    name: str
    what: str
    sides: tuple
    wants: tuple
    rounds: int = None  # instead of those that the user wants
    warm_up: bool = False  # a round before that does not count
    instructions: tuple = ()  # of which the CPU has to have one


def tfgalaxy(network, precision="float32"):
    name = "tfgalaxy" if precision == "float32" else f"tfgalaxy {precision}"
    return Side(f"{name}, {network}", "tfgalaxy",
                f"train --preset {network} --precision {precision} --batch-size 64 --validation 0 --epochs 1 "
                "--data {data} --cache {cache} --run-dir {out}/run --json")


def keras(network, settings=()):
    return Side(f"Keras{' with oneDNN' if settings else ''}, {network}", "tensorflow",
                f"keras_fit.py {{arrays}} --network {network}", settings=settings, network=network)


def pytorch(network, flags=""):
    return Side(f"PyTorch {flags.replace('--', '') or 'default'}, {network}", "pytorch",
                f"pytorch_train.py {{arrays}} --network {network} {flags}", network=network)


# What the recipe of the preset small does with each image and step, in words that
# tfgalaxy and pytorch_train.py share; both turn and mirror besides. Left out are what a
# step hardly feels and pytorch_train.py lacks: the margin of the crops, the average of
# the weights and the last biases. places.Places.fine_arrays has the crops.
RECIPE = ("--size 48 --batch-size 32 --loss mse --optimiser adamw --weight-decay 0.01 --learning-rate 0.002 --schedule cosine --warm-up 200 "
          "--zoom 1.3 --shift 0.02 --brightness 0.5 --steps {steps}")


def tfgalaxy_recipe(network):
    return Side(f"tfgalaxy, {network} by its recipe", "tfgalaxy",
                f"train --network {network} --crop centre --crop-width 144 --oversample 1.5 --rotate --flip {RECIPE} "
                "--margin 0 --average 0 --label-bias=false --validation 0 --data {data} --cache {fine_cache} --run-dir {out}/run --json")


def pytorch_recipe(network):
    """The sides of both memory layouts."""
    return tuple(
        Side(f"PyTorch {layout}, {network} by its recipe", "pytorch",
             f"pytorch_train.py {{fine_arrays}} --crop-size 72 --augment --network {network} {RECIPE} {flag}", network=network)
        for layout, flag in (("default", ""), ("channels-last", "--channels-last")))


SEED2, SEED3 = tfgalaxy("seed2"), tfgalaxy("seed3")
SEED2_BFLOAT16, SEED3_BFLOAT16 = tfgalaxy("seed2", "bfloat16"), tfgalaxy("seed3", "bfloat16")
KERAS2, KERAS3, KERAS3_ONEDNN = keras("seed2"), keras("seed3"), keras("seed3", ONEDNN)
PYTORCH2 = pytorch("seed2"), pytorch("seed2", "--channels-last")
PYTORCH3 = pytorch("seed3"), pytorch("seed3", "--channels-last")
PYTORCH2_BFLOAT16 = pytorch("seed2", "--bfloat16"), pytorch("seed2", "--bfloat16 --channels-last")
PYTORCH3_BFLOAT16 = pytorch("seed3", "--bfloat16"), pytorch("seed3", "--bfloat16 --channels-last")
SMALL, PYTORCH_SMALL = tfgalaxy_recipe("small"), pytorch_recipe("small")
D4, PYTORCH_D4 = tfgalaxy_recipe("d4"), pytorch_recipe("d4")
STUDY3 = Side("the study's script, seed3", "pytorch", "seed_train.py {labels} {crops}", network="seed3")
MATMUL = Side("matrix multiply, float32", "tensorflow", "matmul.py", "gflops", ONEDNN)
MATMUL_BFLOAT16 = Side("matrix multiply, bfloat16", "tensorflow", "matmul.py --bfloat16", "gflops", ONEDNN)
PREP = Side("tfgalaxy prep", "tfgalaxy", "prep --data {data} --crop roi --out {out}/crops --json", "whole_rate")
STUDY_CROPS = Side("the study's crops by OpenCV", "opencv", "seed_crops.py {images} {out}/crops", "whole_rate")
PREDICT = Side("tfgalaxy predict", "tfgalaxy", "predict --model {model} --images {images} --out {out}/votes.csv --json",
               "whole_rate", table="{out}/votes.csv")
KERAS_PREDICT = Side("OpenCV and Keras", "predict", "keras_predict.py --model {model} --images {images} --out {out}/votes.csv",
                     "whole_rate", table="{out}/votes.csv")
KERAS_PREDICT_PARALLEL = Side("OpenCV, parallel, and Keras", "predict", KERAS_PREDICT.command + " --parallel", "whole_rate")
VERSION = Side("tfgalaxy version", "tfgalaxy", "version", "whole")
HELP = Side("tfgalaxy --help", "tfgalaxy", "--help", "whole")


def training(network, ours, against):
    """The want of a training's rate: against are triples of what, sides and least ratio."""
    return tuple(Want(f"training {network}, against {what}", figures.ratio(ours, *sides), "x", least=least)
                 for what, sides, least in against)


CONTESTS = (
    Contest("train-seed3", "training seed3, float32", (SEED3, KERAS3, KERAS3_ONEDNN, *PYTORCH3, STUDY3, MATMUL), training(
        "seed3", SEED3, (("Keras fit", (KERAS3,), 1.08), ("Keras fit with oneDNN", (KERAS3_ONEDNN,), None),
                         ("PyTorch, best layout", PYTORCH3, 1.15), ("the study's script", (STUDY3,), 1.5)))),
    Contest("train-seed2", "training seed2, float32", (SEED2, KERAS2, *PYTORCH2), training(
        "seed2", SEED2, (("Keras fit", (KERAS2,), None), ("PyTorch, best layout", PYTORCH2, 2.0)))),
    Contest("train-small", "training small by its recipe, changes of the images included", (SMALL, *PYTORCH_SMALL), training(
        "small by its recipe", SMALL, (("PyTorch, best layout", PYTORCH_SMALL, 1.11),))),  # at most 0.9 of the time
    Contest("train-d4", "the same of d4", (D4, *PYTORCH_D4), training(
        "d4 by the same recipe", D4, (("PyTorch, best layout", PYTORCH_D4, None),))),
    Contest("train-seed2-bfloat16", "training seed2, bfloat16", (SEED2_BFLOAT16, *PYTORCH2_BFLOAT16), training(
        "seed2, bfloat16", SEED2_BFLOAT16, (("PyTorch autocast, best layout", PYTORCH2_BFLOAT16, 2.8),)), instructions=BFLOAT16),
    Contest("train-seed3-bfloat16", "training seed3, bfloat16", (SEED3_BFLOAT16, *PYTORCH3_BFLOAT16, MATMUL_BFLOAT16), training(
        "seed3, bfloat16", SEED3_BFLOAT16, (("PyTorch autocast, best layout", PYTORCH3_BFLOAT16, 1.3),)), instructions=BFLOAT16),
    Contest("machine", "share of the matrix-multiply rate", (SEED3, MATMUL), (
        Want("seed3 of the matrix-multiply rate, float32", figures.share("seed3", SEED3, MATMUL), "%", least=85),)),
    Contest("machine-bfloat16", "the same in bfloat16", (SEED3_BFLOAT16, MATMUL_BFLOAT16), (
        Want("seed3 of the matrix-multiply rate, bfloat16", figures.share("seed3", SEED3_BFLOAT16, MATMUL_BFLOAT16), "%", least=78),),
            instructions=BFLOAT16),
    Contest("data-wait", "waiting for data", (SEED3, SEED2), (
        Want("data wait, seed3", figures.single(SEED3, "data_wait", 100), "%", most=3),
        Want("data wait, seed2", figures.single(SEED2, "data_wait", 100), "%", most=3))),
    Contest("roi-crops", "region-of-interest crops, JPEG to PNG", (PREP, STUDY_CROPS), (
        Want("crops, against the study's OpenCV script", figures.ratio(PREP, STUDY_CROPS), "x", least=3.0),), warm_up=True),
    Contest("predict", "folder of JPEGs to votes", (PREDICT, KERAS_PREDICT, KERAS_PREDICT_PARALLEL), (
        Want("predict, against OpenCV and Keras", figures.ratio(PREDICT, KERAS_PREDICT), "x", least=2.5),
        Want("predict, against the same, reading in parallel", figures.ratio(PREDICT, KERAS_PREDICT_PARALLEL), "x"),
        Want("images whose votes differ", figures.disagreeing(PREDICT, KERAS_PREDICT), "%", most=1)), warm_up=True),
    Contest("memory", "memory of a training", (SEED3, *PYTORCH3), (
        Want("resident memory, training seed3, against PyTorch", figures.ratio(SEED3, *PYTORCH3, key="resident", best=min), "x", most=0.8),
        Want("the same, without PyTorch's libraries for CUDA", figures.ratio(SEED3, *PYTORCH3, key="memory", best=min), "x"))),
    Contest("startup", "start of the program", (VERSION, HELP), (
        Want("tfgalaxy version", figures.single(VERSION, "whole"), "s", most=0.3),
        Want("tfgalaxy --help", figures.single(HELP, "whole"), "s", most=0.3)), rounds=10),
    Contest("first-step", "start of a training", (SEED3,), (
        Want("first step of seed3 ended, cache warm", figures.single(SEED3, "start"), "s", most=5),)),
)
