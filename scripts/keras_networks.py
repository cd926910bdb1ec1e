"""Keras copies of tfgalaxy's networks, with the same names of layers and variables."""

import keras
import tensorflow as tf

ANSWERS = 37


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalization that trains by TensorFlow's own kernel, as tfgalaxy does.

    Keras 3 puts it together from a mean, a variance and so on: the same but for rounding.
    """

    def call(self, inputs, training=None, mask=None):
        if not training:
            return super().call(inputs, training=False, mask=mask)
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma, self.beta, epsilon=self.epsilon, is_training=True)
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + batch * (1 - self.momentum))
        return outputs


def seed2(**options):
    """The network seed2 of graph/networks.go, [batch, 64, 64, 3] to [batch, 37]; for options see seed."""
    return seed("seed2", [(64, 9, 2), (96, 5, 2)], [2700, 675], **options)


def seed3(**options):
    """The network seed3 of graph/networks.go, [batch, 64, 64, 3] to [batch, 37]; for options see seed."""
    return seed("seed3", [(64, 9, 4), (96, 5, 2), (128, 3, 1)], [1024, 256], **options)


def seed(name, convolutions, units, dropout=0.15, scaled=False, norm=keras.layers.BatchNormalization):
    """A network of convolutions, each of (filters, kernel, padding), and of dense layers of so many units.

    Its input is uint8 or, where it is scaled already, float32 in 0..1. dropout 0 leaves its two
    dropouts out. norm makes the layers of batch normalization.
    """
    layers = keras.layers
    network = [keras.Input((64, 64, 3), dtype="float32" if scaled else "uint8")]
    if not scaled:
        network.append(layers.Rescaling(1 / 255, name="scale"))
    for k, (filters, kernel, padding) in enumerate(convolutions):
        same = padding == kernel // 2
        if not same:
            network.append(layers.ZeroPadding2D(padding))
        network.append(layers.Conv2D(filters, kernel, padding="same" if same else "valid", use_bias=k == 0, name=f"conv{k + 1}"))
        if k > 0:
            network.append(norm(momentum=0.9, epsilon=1e-5, name=f"norm{k}"))
        network += [layers.ReLU(), layers.MaxPooling2D(2)]
    network.append(layers.Flatten())
    for k, outputs in enumerate(units, 1):
        network.append(layers.Dense(outputs, name=f"dense{k}"))
        if dropout:
            network.append(layers.Dropout(dropout, name=f"dropout{k}"))
        network.append(layers.ReLU())
    network.append(layers.Dense(ANSWERS, activation="sigmoid", name=f"dense{len(units) + 1}"))
    return keras.Sequential(network, name=name)


def weighted_mse(weights):
    """sum_k weights_k mean_i (prediction_ik - vote_ik)^2, as a loss of Keras, which takes the mean over i."""
    weights = tf.constant(weights, tf.float32)

    def loss(votes, predictions):
        return tf.reduce_sum(weights * tf.math.squared_difference(predictions, votes), axis=-1)

    return loss


def compile_model(model, weights, learning_rate=1e-3, **options):
    """Compiles with tfgalaxy's loss and optimiser; options are those of Keras's compile."""
    model.compile(keras.optimizers.Adam(learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-8),
                  loss=weighted_mse(weights), **options)


def named_variables(model):
    """The network's variables by the names that tfgalaxy gives them, such as conv1/kernel."""
    return {f"{layer.name}/{v.name}": v for layer in model.layers for v in layer.variables}


def take_up(model, prefix):
    """Sets a compiled model, and its optimiser, from a checkpoint that tfgalaxy wrote."""
    reader = tf.train.load_checkpoint(str(prefix))
    optimizer = model.optimizer
    optimizer.build(model.trainable_variables)
    optimizer.iterations.assign(reader.get_tensor("global_step"))
    slots = {v.path: (m, s) for v, m, s in zip(model.trainable_variables, optimizer._momentums, optimizer._velocities)}
    left = set(reader.get_variable_to_shape_map()) - {"global_step"}
    for name, variable in named_variables(model).items():
        variable.assign(reader.get_tensor(name))
        left.remove(name)
        for slot, kept in zip(slots.get(variable.path, ()), ("adam/m/", "adam/v/")):
            slot.assign(reader.get_tensor(kept + name))
            left.remove(kept + name)
    if left:
        raise ValueError(f"{prefix} holds variables that this network has not: {sorted(left)}")
