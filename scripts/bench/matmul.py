"""Measures how fast TensorFlow multiplies matrices here: GFLOP/s, the best of several sizes.

Each size is multiplied for SECONDS; a multiply-add is two FLOP. TensorFlow chooses its
number of threads, and uses oneDNN where TF_ENABLE_ONEDNN_OPTS=1 says so.
"""

import argparse
import json
import time

import tensorflow as tf

SIZES = (1024, 2048, 3072)


def rate(size, dtype, seconds):
    """GFLOP/s of the product of two square matrices of that size."""
    a, b = (tf.cast(tf.random.normal((size, size)), dtype) for _ in range(2))
    multiply = tf.function(tf.linalg.matmul)
    multiply(a, b).numpy()
    count, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        multiply(a, b)[0, 0].numpy()
        count += 1
    return 2e-9 * size ** 3 * count / passed


parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--bfloat16", action="store_true", help="multiply bfloat16 instead of float32")
parser.add_argument("--seconds", type=float, default=2, help="time for each size (default %(default)s)")
given = parser.parse_args()
rates = {size: rate(size, tf.bfloat16 if given.bfloat16 else tf.float32, given.seconds) for size in SIZES}
print(json.dumps({"gflops": max(rates.values()), "sizes": rates, "versions": {"tensorflow in python": tf.__version__}}))
