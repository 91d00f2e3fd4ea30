"""A user's own networks: what Keras's layers do in training, they do here."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import tfvae


@keras.saving.register_keras_serializable("tests")
class Own(layers.Layer):
    """A subclass that takes no `training`, and builds when it is called."""

    def __init__(self, units=6, **kwargs):
        super().__init__(**kwargs)
        self.units, self.flatten, self.dense = units, layers.Flatten(), layers.Dense(units)

    def build(self, input_shape):
        self.dense.build((None, int(np.prod(input_shape[1:]))))

    def call(self, inputs):
        return keras.ops.tanh(self.dense(self.flatten(inputs)))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def functional(shape):
    inputs = keras.Input(shape)
    return keras.Model(inputs, layers.Dense(6, "tanh")(layers.Flatten()(inputs)))


NETWORKS = {
    "Sequential": lambda shape: keras.Sequential([layers.Flatten(), layers.Dense(6, "tanh")]),
    "Sequential with input": lambda shape: keras.Sequential(
        [keras.Input(shape), layers.Flatten(), layers.Dense(6, "tanh")]
    ),
    "functional": functional,
    "layer": lambda shape: Own(),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_users_network_trains_saves_and_loads(kind, make_vae, x, tmp_path):
    vae = make_vae(NETWORKS[kind]((4, 4, 1)), NETWORKS[kind]((2,)))
    vae.compile("adam", run_eagerly=kind == "layer")
    before = vae.get_weights()
    history = vae.fit(x, epochs=8, batch_size=5, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert all((old != new).any() for old, new in zip(before, vae.get_weights(), strict=True))
    vae.save(tmp_path / "vae.keras")
    loaded = keras.saving.load_model(tmp_path / "vae.keras")
    np.testing.assert_array_equal(loaded.reconstruct(x), vae.reconstruct(x))


def test_a_network_of_more_than_one_path_counts_once(make_vae, x):
    shared = layers.Dense(6)
    inputs = keras.Input((4, 4, 1))
    flat = layers.Flatten()(inputs)
    encoder = keras.Model(inputs, layers.Concatenate()([shared(flat), shared(2 * flat)]))
    vae = make_vae(encoder)
    vae.compile("adam", run_eagerly=True)
    vae.fit(x, verbose=0)
    assert vae.count_params() == 16 * 6 + 6 + 2 * (12 * 2 + 2) + 2 * 8 + 8 + 8 * 16 + 16


def test_dropout_drops_in_training_alone(make_vae, x):
    encoder = keras.Sequential([layers.Flatten(), layers.Dropout(0.5, seed=0)])
    vae = make_vae(encoder, posterior=tfvae.families.DiagonalNormal(1))
    seen = []
    trace = vae.trace
    vae.trace = lambda *args, **kwargs: seen.append(trace(*args, **kwargs)) or seen[-1]
    vae.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    vae.fit(x, batch_size=10, epochs=2, verbose=0, shuffle=False)
    vae.evaluate(x, batch_size=10, verbose=0)
    vae.evaluate(x, batch_size=10, verbose=0)
    first, second, third, fourth = (q.inference.posteriors[0].mean().numpy() for q in seen)
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_array_equal(third, fourth)
    np.testing.assert_allclose(third, vae.encode(x).mean(), rtol=1e-5)


def normalised():
    return keras.Sequential([layers.Flatten(), layers.BatchNormalization(momentum=0.5)])


@pytest.mark.parametrize("jit_compile", [False, True])
def test_batch_normalisation_sees_true_batches(jit_compile, make_vae, x):
    vae = make_vae(normalised())
    vae.compile(keras.optimizers.SGD(0.0), jit_compile=jit_compile)
    vae.fit(x, batch_size=4, verbose=0, shuffle=False)
    # By hand, over batches of 4, 4 and 2: one that was filled up would have another mean.
    mean, variance = np.zeros(16), np.ones(16)
    for start in (0, 4, 8):
        part = x[start : start + 4].reshape(-1, 16)
        mean = 0.5 * mean + 0.5 * part.mean(axis=0)
        variance = 0.5 * variance + 0.5 * part.var(axis=0)
    normalise = vae.encoder.layers[-1]
    np.testing.assert_allclose(normalise.moving_mean, mean, rtol=1e-5)
    np.testing.assert_allclose(normalise.moving_variance, variance, rtol=1e-4)
    vae.evaluate(x, batch_size=4, verbose=0)
    np.testing.assert_allclose(normalise.moving_mean, mean, rtol=1e-5)


class Centred(layers.Layer):
    """What a user may write: it mixes the examples of a batch, and nothing tells so."""

    def call(self, inputs):
        flat = tf.reshape(inputs, (tf.shape(inputs)[0], 16))
        return flat - tf.reduce_mean(flat, axis=0)


def test_layers_of_unknown_kind_see_true_batches(make_vae, x):
    batches = tf.data.Dataset.from_tensor_slices(x).batch(4)
    losses = []
    for data in (x, batches):
        vae = make_vae(Centred())
        vae.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
        losses.append(vae.fit(data, batch_size=4, verbose=0, shuffle=False).history["loss"])
    assert losses[0] == losses[1]


def test_weight_decay_is_added_to_the_loss_and_its_gradient(make_vae, x):
    runs = []
    for regularizer in (keras.regularizers.L2(0.1), None):
        start = keras.initializers.GlorotUniform(seed=0)
        dense = layers.Dense(6, kernel_initializer=start, kernel_regularizer=regularizer)
        vae = make_vae(keras.Sequential([layers.Flatten(), dense]))
        vae.compile(keras.optimizers.SGD(0.5), run_eagerly=True)
        before = vae.encoder.layers[-1].kernel.numpy()
        logs = vae.train_on_batch(x, return_dict=True)
        runs.append((before, vae.encoder.layers[-1].kernel.numpy(), logs))
    (before, decayed, with_loss), (_, free, without) = runs
    np.testing.assert_allclose(free - decayed, 0.5 * 2 * 0.1 * before, atol=1e-6)
    np.testing.assert_allclose(
        with_loss["loss"] - without["loss"], 0.1 * np.sum(before**2), rtol=1e-4
    )
    assert with_loss["elbo"] == pytest.approx(without["elbo"], rel=1e-6)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_losses_that_a_layer_adds_do_not_pile_up(run_eagerly, make_vae, x):
    encoder = keras.Sequential(
        [layers.Flatten(), layers.Dense(6, activity_regularizer=keras.regularizers.L1(0.2))]
    )
    vae = make_vae(encoder)
    vae.compile(keras.optimizers.SGD(0.0), run_eagerly=run_eagerly)
    activity = 0.2 * np.abs(encoder(x)).sum() / len(x)
    for logs in (
        vae.fit(x, batch_size=10, epochs=3, verbose=0).history,
        vae.evaluate(x, batch_size=10, verbose=0, return_dict=True),
    ):
        np.testing.assert_allclose(np.add(logs["loss"], logs["elbo"]), activity, rtol=1e-4)
    # By batches of 4, 4 and 2 examples, each with the mean of its own.
    ragged = vae.evaluate(x, batch_size=4, verbose=0, return_dict=True)
    np.testing.assert_allclose(ragged["loss"] + ragged["elbo"], activity, rtol=1e-4)


def test_a_frozen_encoder_stays_as_it_is(make_vae, x):
    vae = make_vae()
    vae.encoder.trainable = False
    vae.compile("adam")
    frozen, free = vae.encoder.get_weights(), vae.decoder.get_weights()
    vae.fit(x, verbose=0)
    for old, new in zip(frozen, vae.encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert any((old != new).any() for old, new in zip(free, vae.decoder.get_weights(), strict=True))
    # Thawed, it trains once the model is compiled again, as Keras has it.
    vae.encoder.trainable = True
    vae.compile("adam")
    vae.fit(x, verbose=0)
    assert any((a != b).any() for a, b in zip(frozen, vae.encoder.get_weights(), strict=True))


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_what_is_frozen_is_so_in_a_file(make, tmp_path, make_vae, x):
    vae = make_vae(encoder=make(x.shape[1:]))
    for part in (vae.encoder, vae.latents.posterior, vae.likelihood):
        part.trainable = False
    vae.compile("adam")
    vae.fit(x, verbose=0)
    vae.save(tmp_path / "vae.keras")
    again = keras.saving.load_model(tmp_path / "vae.keras")
    again.fit(x, verbose=0)
    assert len(again.trainable_weights) == len(again.decoder.weights)
    for part in ("encoder", "likelihood", "latents"):
        old, new = getattr(vae, part).get_weights(), getattr(again, part).get_weights()
        for mine, other in zip(old, new, strict=True):
            np.testing.assert_array_equal(mine, other)


def test_a_model_frozen_whole_warns_and_stays(make_vae, x):
    vae = make_vae()
    vae.trainable = False
    vae.compile("adam")
    before = vae.get_weights()
    with pytest.warns(UserWarning, match="no weights to train"):
        vae.fit(x, verbose=0)
    for old, new in zip(before, vae.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


CLIPPINGS = {
    "clipnorm": lambda g, c: g * min(1.0, c / np.linalg.norm(g)),
    "clipvalue": lambda g, c: np.clip(g, -c, c),
    "global_clipnorm": None,
}


@pytest.mark.parametrize("clipping", CLIPPINGS)
def test_gradients_are_clipped(clipping, make_vae, x):
    steps = []
    for arguments in ({}, {clipping: 0.01}):
        vae = make_vae()
        vae.compile(keras.optimizers.SGD(1.0, **arguments), run_eagerly=True)
        before = vae.get_weights()
        vae.train_on_batch(x)
        steps.append([a - b for a, b in zip(before, vae.get_weights(), strict=True)])
    gradients, clipped = steps
    norm = np.sqrt(sum(np.sum(g**2) for g in gradients))
    assert norm > 0.01
    for gradient, found in zip(gradients, clipped, strict=True):
        rule = CLIPPINGS[clipping]
        expected = gradient * 0.01 / norm if rule is None else rule(gradient, 0.01)
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_constraint_holds_after_a_step(make_vae, x):
    dense = layers.Dense(6, kernel_constraint=keras.constraints.MaxNorm(0.1))
    vae = make_vae(keras.Sequential([layers.Flatten(), dense]))
    vae.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
    vae.fit(x, verbose=0)
    assert np.linalg.norm(dense.kernel, axis=0).max() < 0.1 + 1e-6
