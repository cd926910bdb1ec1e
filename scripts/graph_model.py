"""Writes a frozen TensorFlow graph as a graph model of TensorFlow.js.

The format is a folder: model.json, which holds the graph without its weights and
the list of these, and the weights, one after another, in files of at most 4 MiB.
TensorFlow.js's own converter writes the same, but it brings 3 GB of packages with
it (jax, decision forests and more) that no part of this conversion needs.
"""

import json

import tensorflow as tf
from google.protobuf import json_format
from tensorflow.core.framework import tensor_pb2, types_pb2

SHARD = 4 << 20  # bytes: what browsers keep in their cache
TYPES = ("float32", "int32", "bool")  # that weights have in TensorFlow.js


def write(folder, function, inputs, outputs):
    """Writes the model of a frozen concrete function into an existing folder.

    inputs and outputs are tensors of the function by the names that its users know
    them by. An input of uint8 becomes one of int32, which TensorFlow.js has instead.
    """
    graph = function.graph.as_graph_def()
    weights, encoded = [], bytearray()
    for node in graph.node:
        if node.op != "Const":
            continue
        value = tf.make_ndarray(node.attr["value"].tensor)
        if value.dtype.name not in TYPES:
            raise ValueError(f"{node.name} is of type {value.dtype.name}, which TensorFlow.js has not")
        weights.append({"name": node.name, "shape": list(value.shape), "dtype": value.dtype.name})
        encoded += value.astype(value.dtype.newbyteorder("<")).tobytes()
        node.attr["value"].tensor.CopyFrom(tensor_pb2.TensorProto(dtype=node.attr["dtype"].type))

    starts = range(0, len(encoded), SHARD)
    paths = [f"group1-shard{k}of{len(starts)}.bin" for k in range(1, len(starts) + 1)]
    for path, start in zip(paths, starts):
        (folder / path).write_bytes(encoded[start:start + SHARD])
    (folder / "model.json").write_text(json.dumps({
        "format": "graph-model",
        "generatedBy": f"TensorFlow {tf.__version__}",
        "convertedBy": "tfgalaxy",
        "signature": {"inputs": describe(inputs), "outputs": describe(outputs)},
        "modelTopology": json_format.MessageToDict(graph),
        "weightsManifest": [{"paths": paths, "weights": weights}],
    }))


def describe(tensors):
    """What a signature says of its tensors."""
    return {name: {
        "name": tensor.name,
        "dtype": types_pb2.DataType.Name(tensor.dtype.as_datatype_enum),
        "tensorShape": json_format.MessageToDict(tensor.shape.as_proto()),
    } for name, tensor in tensors.items()}
