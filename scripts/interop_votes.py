"""Predicts with ways to run a model, for scripts/check_interop.py.

    PYTHON scripts/interop_votes.py FOLDER OUT CONSUMER...

CONSUMER is a function of this file, and PYTHON one that has what it imports.
FOLDER holds the model as it was written and converted, and the arrays that each
signature is fed: images-SIGNATURE.npy. OUT-CONSUMER.npz becomes the array that each
signature gave. Printed is the version of each consumer, on a line of its own.
"""

import pathlib
import sys

import numpy as np

# Where each consumer finds its model, and the arrays, in FOLDER.
SAVED_MODEL = "galaxies/1"
FROZEN = "frozen"


def images(folder, signature):
    return np.load(folder / f"images-{signature}.npy")


def converted(folder, suffix):
    """The signatures that were converted to a format, and the file of each."""
    return {path.stem: path for path in sorted(folder.glob(f"*.{suffix}"))}


def saved_model(folder, name=SAVED_MODEL):
    import tensorflow as tf
    signatures = tf.saved_model.load(str(folder / name)).signatures

    def run(signature, output):
        fed = images(folder, "original" if signature == "original" else "serving_default")
        return signatures[signature](images=tf.constant(fed))[output].numpy()

    outputs = {"serving_default": "votes", "original": "votes", "features": "features"}
    return tf.__version__, {signature: run(signature, output) for signature, output in outputs.items()}


def frozen_model(folder):
    return saved_model(folder, FROZEN)


def tfsm_layer(folder):
    import keras
    layer = keras.layers.TFSMLayer(str(folder / SAVED_MODEL), call_endpoint="serving_default")
    pixels = images(folder, "serving_default")
    inputs = keras.Input(pixels.shape[1:], dtype="uint8")
    model = keras.Model(inputs, layer(inputs)["votes"])
    return keras.__version__, {"serving_default": model.predict(pixels, verbose=0)}


def run_tflite(interpreter_class, folder):
    def run(signature, path):
        interpreter = interpreter_class(model_path=str(path))
        return interpreter.get_signature_runner(signature)(images=images(folder, signature))["votes"]

    return {signature: run(signature, path) for signature, path in converted(folder, "tflite").items()}


def tflite(folder):
    import tensorflow as tf
    return tf.__version__, run_tflite(tf.lite.Interpreter, folder)


def litert(folder):
    from importlib.metadata import version
    from ai_edge_litert.interpreter import Interpreter
    return version("ai-edge-litert"), run_tflite(Interpreter, folder)


def onnx_runtime(folder):
    import onnxruntime

    def run(signature, path):
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        return session.run(["votes"], {"images": images(folder, signature)})[0]

    return onnxruntime.__version__, {signature: run(signature, path) for signature, path in converted(folder, "onnx").items()}


def main(folder, out, *consumers):
    for consumer in consumers:
        version, arrays = globals()[consumer](pathlib.Path(folder))
        np.savez(f"{out}-{consumer}.npz", **arrays)
        print(version)


if __name__ == "__main__":
    main(*sys.argv[1:])
