#!/usr/bin/env python3
"""Converts a SavedModel for tools that do not read SavedModels.

    python3 scripts/convert.py --model RUN --to tflite --out galaxies.tflite
    python3 scripts/convert.py --model RUN --to onnx   --out galaxies.onnx
    python3 scripts/convert.py --model RUN --to tfjs   --out galaxies

TensorFlow Lite and ONNX models are files, one for TensorFlow.js is a folder. Each
takes and gives what the signature does, under the same names, and in float32.
What assets.extra/preprocessing.json says of the model's images holds for it too.

Makes the environment .venv/convert where it is missing.
"""

import argparse
import contextlib
import os
import pathlib
import sys
import tempfile

import environment


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=pathlib.Path, required=True, metavar="FOLDER",
                        help="folder of a run or of a SavedModel")
    parser.add_argument("--to", choices=("tflite", "onnx", "tfjs"), required=True, help="format to write")
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="PATH", help="new file, or new folder for tfjs")
    parser.add_argument("--signature", default="serving_default", metavar="NAME",
                        help="signature to convert (default %(default)s)")
    given = parser.parse_args()
    if (given.model / "run.json").exists():
        given.model /= "saved_model"
    if not (given.model / "saved_model.pb").exists():
        parser.error(f"--model {given.model}: want the folder of a run with a model, or of a SavedModel")
    if given.out.exists():
        parser.error(f"--out {given.out} exists: name another, or remove it")
    if not given.out.absolute().parent.is_dir():
        parser.error(f"--out {given.out}: its folder does not exist")
    return given


ARGUMENTS = arguments()  # before TensorFlow, which takes its time to load
environment.enter("convert")


@contextlib.contextmanager
def quiet():
    """Keeps what TensorFlow writes to standard error from the terminal, unless something fails.

    Much of it comes from native code before any level of its log is set.
    """
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        except Exception:
            sys.stderr.flush()
            log.seek(0)
            os.write(terminal, log.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)


def freeze():
    """The signature as a function with the weights as constants; its inputs and outputs by name."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
    signature = tf.saved_model.load(str(ARGUMENTS.model)).signatures[ARGUMENTS.signature]
    function = convert_variables_to_constants_v2(signature)
    inputs = dict(zip(sorted(signature.structured_input_signature[1]), function.inputs, strict=True))
    outputs = dict(zip(sorted(signature.structured_outputs), function.outputs, strict=True))
    return function, inputs, outputs


def to_tflite(out):
    converter = tf.lite.TFLiteConverter.from_saved_model(str(ARGUMENTS.model), signature_keys=[ARGUMENTS.signature])
    out.write_bytes(converter.convert())


def to_onnx(out):
    import tf2onnx
    function, inputs, outputs = freeze()
    tf2onnx.convert.from_graph_def(
        function.graph.as_graph_def(), output_path=str(out),
        input_names=[t.name for t in inputs.values()], output_names=[t.name for t in outputs.values()],
        tensors_to_rename={t.name: name for name, t in {**inputs, **outputs}.items()})


def to_tfjs(out):
    import graph_model
    out.mkdir()
    graph_model.write(out, *freeze())


def check_signature():
    """Ends the program where the model has no such signature."""
    from tensorflow.core.protobuf import saved_model_pb2
    model = saved_model_pb2.SavedModel.FromString((ARGUMENTS.model / "saved_model.pb").read_bytes())
    names = sorted(name for graph in model.meta_graphs for name in graph.signature_def)
    if ARGUMENTS.signature not in names:
        sys.exit(f"convert: {ARGUMENTS.model} has no signature {ARGUMENTS.signature}, but {', '.join(names)}")


def main():
    # Beside its place, and then renamed: a conversion that fails leaves nothing.
    with tempfile.TemporaryDirectory(dir=ARGUMENTS.out.absolute().parent, prefix=".convert-") as folder:
        made = pathlib.Path(folder) / "model"
        try:
            check_signature()
            with quiet():
                {"tflite": to_tflite, "onnx": to_onnx, "tfjs": to_tfjs}[ARGUMENTS.to](made)
            made.rename(ARGUMENTS.out)
        except Exception as error:  # whatever a converter has to say
            sys.exit(f"convert: failed to convert {ARGUMENTS.model}: {error}")
    print(ARGUMENTS.out)


with quiet():
    import tensorflow as tf
main()
