"""Keras copies of tfgalaxy's networks, with the same names of layers and variables."""

import keras
import tensorflow as tf

ANSWERS = 37


def seed3(dropout=0.15, scaled=False, size=64):
    """The network seed3 of graph/networks.go; input uint8 or, if scaled, float32 in 0..1, [batch, size, size, 3].

    dropout 0 leaves its two dropouts out.
    """
    layers = keras.layers

    def convolution(number, filters, kernel, **options):
        return layers.Conv2D(filters, kernel, padding="same", name=f"conv{number}", **options)

    def norm(number):
        return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"norm{number}")

    def rest(number):
        return [layers.Dropout(dropout, name=f"dropout{number}")] if dropout else []

    return keras.Sequential([
        keras.Input((size, size, 3), dtype="float32" if scaled else "uint8"),
        *([] if scaled else [layers.Rescaling(1 / 255, name="scale")]),
        convolution(1, 64, 9), layers.ReLU(), layers.MaxPooling2D(2),
        convolution(2, 96, 5, use_bias=False), norm(1), layers.ReLU(), layers.MaxPooling2D(2),
        convolution(3, 128, 3, use_bias=False), norm(2), layers.ReLU(), layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(1024, name="dense1"), *rest(1), layers.ReLU(),
        layers.Dense(256, name="dense2"), *rest(2), layers.ReLU(),
        layers.Dense(ANSWERS, activation="sigmoid", name="dense3"),
    ], name="seed3")


def weighted_mse(weights):
    """sum_k weights_k mean_i (prediction_ik - vote_ik)^2, as a loss of Keras, which takes the mean over i."""
    weights = tf.constant(weights, tf.float32)

    def loss(votes, predictions):
        return tf.reduce_sum(weights * tf.math.squared_difference(predictions, votes), axis=-1)

    return loss


def compile_model(model, weights, learning_rate=1e-3, **options):
    """Compiles with tfgalaxy's loss and optimiser."""
    model.compile(keras.optimizers.Adam(learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-8),
                  loss=weighted_mse(weights), **options)


def variables(model):
    """The model's variables by tfgalaxy's names, such as conv1/kernel."""
    return {f"{layer.name}/{v.name}": v for layer in model.layers for v in layer.variables
            if "seed" not in v.name}  # a dropout keeps the state of its generator


def load_checkpoint(model, prefix):
    """Sets every variable of the model from a checkpoint that tfgalaxy wrote."""
    reader = tf.train.load_checkpoint(str(prefix))
    for name, variable in variables(model).items():
        variable.assign(reader.get_tensor(name))
